//! How a worker sleeps while its future is pending, and how a stalled history is noticed.
//!
//! Each worker has a seat. When every worker still in the room sleeps and nobody has been woken, nothing will happen any
//! more. Then either the channel forgot to wake somebody (the gate asks it, see [`Stall`]) or everybody waits for good
//! reason; in both cases the sleepers are told to give up, and drop their futures.
//!
//! Wakers carry the number of the poll they were made for. A wake that arrives for an older poll is ignored, so a
//! channel that keeps a stale waker, or wakes it in place of the new one, is found out.

use super::job::sys::{Condvar, Mutex, pause};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// What a sleeping worker waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// Room for so many messages.
    Room(usize),
    Message,
}

/// When a worker stops waiting by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Give up after so many polls, without ever sleeping. `None` sleeps until woken.
    pub polls: Option<usize>,
    /// Make a new waker for every poll, as a future that moves between tasks would see.
    pub new_wakers: bool,
}

/// What the channel says when nobody moves any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    pub len: usize,
    pub full: bool,
    pub closed: bool,
}

/// Whether a future that has been polled so often since `began` gets nowhere. A thread that it waits for may be preempted
/// for long; a model scheduler is fair to all.
fn gets_nowhere(polled: usize, began: Instant) -> bool {
    if cfg!(wakering_shuttle) {
        polled == 5_000
    } else {
        polled % 1024 == 0 && began.elapsed() > Duration::from_secs(20)
    }
}

struct Seat {
    waiting: Option<Waiting>,
    poll: u64,
    woken: bool,
    give_up: bool,
}

struct Room {
    awake: usize,
    seats: Vec<Seat>,
    /// What is wrong with the first stall that had no reason.
    forgotten: Option<String>,
}

pub(crate) struct Gate {
    room: Mutex<Room>,
    bells: Vec<Condvar>,
    polls: AtomicU64,
    /// Permits that workers hold.
    pub permits: AtomicIsize,
    kept: std::sync::Mutex<Vec<(Waiting, Arc<Flag>)>>,
    probe: Box<dyn Fn() -> Probe + Send + Sync>,
}

impl Gate {
    pub(crate) fn new(
        workers: usize,
        probe: impl Fn() -> Probe + Send + Sync + 'static,
    ) -> Arc<Gate> {
        let seat = || Seat {
            waiting: None,
            poll: 0,
            woken: false,
            give_up: false,
        };
        Arc::new(Gate {
            room: Mutex::new(Room {
                awake: workers,
                seats: (0..workers).map(|_| seat()).collect(),
                forgotten: None,
            }),
            bells: (0..workers).map(|_| Condvar::new()).collect(),
            polls: AtomicU64::new(1),
            permits: AtomicIsize::new(0),
            kept: Default::default(),
            probe: Box::new(probe),
        })
    }

    /// Polls `future` to its end, sleeping in between. `None`: the worker gave up, and must drop the future.
    pub(crate) fn wait<F: Future>(
        self: &Arc<Self>,
        seat: usize,
        waiting: Waiting,
        patience: Patience,
        mut future: Pin<&mut F>,
    ) -> Option<F::Output> {
        let mut waker = None;
        let began = Instant::now();
        for polled in 1.. {
            let fresh = waker.is_none() || patience.new_wakers;
            if fresh {
                let poll = self.polls.fetch_add(1, Ordering::Relaxed);
                waker = Some(Waker::from(Arc::new(Bell {
                    gate: self.clone(),
                    seat,
                    poll,
                })));
                self.room.lock().unwrap().seats[seat].poll = poll;
            }
            self.room.lock().unwrap().seats[seat].woken = false;
            if let Poll::Ready(output) = future
                .as_mut()
                .poll(&mut Context::from_waker(waker.as_ref().unwrap()))
            {
                return Some(output);
            }
            if gets_nowhere(polled, began) {
                let told = format!(
                    "a future that waits for {waiting:?} is woken again and again and gets nowhere"
                );
                self.room.lock().unwrap().forgotten.get_or_insert(told);
                return None;
            }
            match patience.polls {
                Some(limit) if polled >= limit => return None,
                Some(_) => pause(),
                None if self.sleep(seat, waiting) => {}
                None => return None,
            }
        }
        unreachable!()
    }

    /// Returns true when woken, false when told to give up.
    fn sleep(&self, seat: usize, waiting: Waiting) -> bool {
        let mut room = self.room.lock().unwrap();
        if room.seats[seat].woken {
            drop(room);
            pause();
            return true;
        }
        room.seats[seat].waiting = Some(waiting);
        room.awake -= 1;
        self.look_for_stall(&mut room);
        while !room.seats[seat].woken && !room.seats[seat].give_up {
            room = self.bells[seat].wait(room).unwrap();
        }
        // Whoever woke this seat counted it as awake again.
        let me = &mut room.seats[seat];
        me.waiting = None;
        !std::mem::take(&mut me.give_up)
    }

    fn ring(&self, seat: usize, poll: u64) {
        let mut room = self.room.lock().unwrap();
        let it = &mut room.seats[seat];
        if it.poll == poll && !it.woken && !it.give_up {
            it.woken = true;
            if it.waiting.is_some() {
                room.awake += 1;
                self.bells[seat].notify_one();
            }
        }
    }

    /// The worker has nothing more to do.
    pub(crate) fn leave(&self) {
        let mut room = self.room.lock().unwrap();
        room.awake -= 1;
        self.look_for_stall(&mut room);
    }

    pub(crate) fn forgotten(&self) -> Option<String> {
        self.room.lock().unwrap().forgotten.clone()
    }

    fn look_for_stall(&self, room: &mut Room) {
        if room.awake > 0 || room.seats.iter().all(|seat| seat.waiting.is_none()) {
            return;
        }
        if room.forgotten.is_none() {
            let waiting = room.seats.iter().filter_map(|seat| seat.waiting).collect();
            let stall = Stall {
                waiting,
                kept_woken: self.kept_woken(),
                permits: self.permits.load(Ordering::SeqCst),
            };
            room.forgotten = stall.forgotten((self.probe)());
        }
        for (seat, bell) in room
            .seats
            .iter_mut()
            .zip(&self.bells)
            .filter(|(seat, _)| seat.waiting.is_some())
        {
            seat.give_up = true;
            room.awake += 1;
            bell.notify_one();
        }
    }

    /// A waker for a future that is polled once and then left alone for a while.
    pub(crate) fn keep(&self, waiting: Waiting) -> Arc<Flag> {
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        self.kept.lock().unwrap().push((waiting, flag.clone()));
        flag
    }

    pub(crate) fn unkeep(&self, flag: &Arc<Flag>) {
        self.kept
            .lock()
            .unwrap()
            .retain(|(_, f)| !Arc::ptr_eq(f, flag));
    }

    fn kept_woken(&self) -> Vec<Waiting> {
        self.kept
            .lock()
            .unwrap()
            .iter()
            .filter(|(_, flag)| flag.0.load(Ordering::SeqCst))
            .map(|(w, _)| *w)
            .collect()
    }
}

/// Everybody sleeps. Is there a reason?
pub(crate) struct Stall {
    pub waiting: Vec<Waiting>,
    /// What those futures wait for that were woken but are not being polled: a wake may rest with them.
    pub kept_woken: Vec<Waiting>,
    pub permits: isize,
}

impl Stall {
    /// What the channel should have told somebody, if anything.
    pub(crate) fn forgotten(&self, channel: Probe) -> Option<String> {
        let message = |w: &&Waiting| **w == Waiting::Message;
        let room = |w: &&Waiting| matches!(w, Waiting::Room(_));
        let receivers = self.waiting.iter().filter(message).count();
        let senders = self.waiting.iter().filter(room).count();
        let resting = |kind: fn(&Waiting) -> bool| self.kept_woken.iter().any(kind);
        // A waiter that wants several places at once may hold up the others behind it.
        let large = self
            .waiting
            .iter()
            .any(|w| matches!(w, Waiting::Room(n) if *n > 1));
        let told = if channel.closed && senders > 0 {
            "the channel is closed and senders still wait"
        } else if channel.closed
            && receivers > 0
            && channel.len == 0
            && self.permits == 0
            && !resting(|w| matches!(w, Waiting::Room(_)))
        {
            "the channel is closed and drained and receivers still wait"
        } else if receivers > 0 && channel.len > 0 && !resting(|w| *w == Waiting::Message) {
            "there are messages and receivers still wait"
        } else if senders > 0
            && !channel.full
            && !large
            && !resting(|w| matches!(w, Waiting::Room(_)))
        {
            "there is room and senders still wait"
        } else {
            return None;
        };
        Some(format!(
            "nobody moves any more, but {told}: {channel:?}, waiting {:?}, permits {}",
            self.waiting, self.permits
        ))
    }
}

struct Bell {
    gate: Arc<Gate>,
    seat: usize,
    poll: u64,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.gate.ring(self.seat, self.poll);
    }
}

/// The waker of a kept future: remembers that it was woken.
pub(crate) struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}
