//! What the threads did, and when.
//!
//! Every call is stamped twice from one global counter: before it starts and after it returned. Between two stamps of the
//! same thread nothing but the call itself runs, so the intervals are as narrow as a test can make them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) type Value = u32;

/// One indivisible step, together with the answer that was seen. Most calls are one step; a batch is several in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A send put this message in.
    Push(Value),
    /// A send or a reservation of this many places found no room.
    Full(usize),
    /// A send or a reservation found the channel closed.
    SendClosed,
    /// A receive took this message out.
    Pop(Value),
    /// A receive that never returned: whatever it took, if anything.
    PopAny,
    /// A receive that cannot wait found nothing.
    Empty,
    /// A receive found the channel closed and drained.
    RecvClosed,
    /// A batch receive stopped early: there was nothing more to take, closed or not.
    NoMore,
    /// `force_send`, first step: the channel was full and this message, the oldest, went out.
    Evict(Value),
    /// `force_send` found the channel open and full.
    SeenFull,
    /// `force_send` after that, when it failed in the end: whatever was the oldest message went out.
    EvictAny,
    /// `force_send` gave its own message back: permits held the whole capacity, so there was nothing to evict.
    NothingToEvict,
    /// This many permits were taken.
    Reserve(usize),
    /// A permit was spent on this message.
    PermitSend(Value),
    /// This many permits were given back.
    PermitDrop(usize),
    /// `close`, and whether it was this call that closed.
    Close(bool),
    Len(usize),
    IsFull(bool),
    IsClosed(bool),
}

/// The stamp of a call that never returned.
pub(crate) const PENDING: u64 = u64::MAX;

/// One call of one thread. A call without steps had no effect (a cancelled future).
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub thread: usize,
    pub name: &'static str,
    pub begin: u64,
    pub end: u64,
    pub steps: Vec<Action>,
    /// The steps may have been taken or not; once begun, they were taken to the end.
    pub perhaps: bool,
    /// So many places may have been kept for this call while it ran: what waits in line can be given its room before it
    /// comes back for it.
    pub granted: usize,
}

/// The one counter all stamps of a history come from. It is a plain atomic of the standard library even under a model
/// scheduler: it is not a part of what is tested, and must not add scheduling points.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicU64);

impl Clock {
    pub(crate) fn now(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// What one thread writes down.
#[derive(Debug)]
pub(crate) struct Log {
    thread: usize,
    clock: Arc<Clock>,
    pub calls: Vec<Call>,
}

impl Log {
    pub(crate) fn new(thread: usize, clock: Arc<Clock>) -> Self {
        Log {
            thread,
            clock,
            calls: Vec::with_capacity(32),
        }
    }

    pub(crate) fn begin(&self) -> u64 {
        self.clock.now()
    }

    /// Stamps the return first, then does the bookkeeping.
    pub(crate) fn end(&mut self, begin: u64, name: &'static str, steps: &[Action]) {
        self.end_waiting(begin, name, 0, steps);
    }

    /// The same for a call that waits for so many places.
    pub(crate) fn end_waiting(
        &mut self,
        begin: u64,
        name: &'static str,
        granted: usize,
        steps: &[Action],
    ) {
        let end = self.clock.now();
        let (thread, steps) = (self.thread, steps.to_vec());
        self.calls.push(Call {
            thread,
            name,
            begin,
            end,
            steps,
            granted,
            perhaps: false,
        });
    }

    /// Steps behind the scenes that may have been taken between `begin` and now.
    pub(crate) fn perhaps(&mut self, begin: u64, name: &'static str, steps: &[Action]) {
        self.end(begin, name, steps);
        self.calls.last_mut().expect("just pushed").perhaps = true;
    }
}

/// All calls of one run, in the order in which they began.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub capacity: usize,
    pub calls: Vec<Call>,
}

impl History {
    pub(crate) fn new(capacity: usize, mut calls: Vec<Call>) -> Self {
        calls.sort_by_key(|call| call.begin);
        History { capacity, calls }
    }

    /// How many pairs of calls from different threads overlapped: a history without any proves nothing.
    pub(crate) fn overlaps(&self) -> usize {
        let mut pairs = 0;
        for (i, a) in self.calls.iter().enumerate() {
            pairs += self.calls[i + 1..]
                .iter()
                .filter(|b| b.thread != a.thread && b.begin < a.end)
                .count();
        }
        pairs
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "capacity {}; [begin..end] thread, call, steps",
            self.capacity
        )?;
        for (i, call) in self.calls.iter().enumerate() {
            let end = if call.end == PENDING {
                "   -".to_string()
            } else {
                format!("{:4}", call.end)
            };
            write!(
                f,
                "  {i:3} [{:4}..{end}] {:indent$}{} {:<20} ",
                call.begin,
                "",
                call.thread,
                call.name,
                indent = call.thread.min(8) * 2
            )?;
            match (call.perhaps, call.steps.len()) {
                (_, 0) => write!(f, "no effect")?,
                (true, _) => write!(f, "perhaps ")?,
                (false, _) => {}
            }
            for (i, step) in call.steps.iter().enumerate() {
                write!(f, "{}{step:?}", if i > 0 { ", " } else { "" })?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
