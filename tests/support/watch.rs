//! Random operations on a watch channel, against a model that knows the versions, what each receiver has seen, which values
//! are held, which must have been dropped, and who must have been woken. For proptest and for the fuzzer.

// Each user needs a part of it, and none of them is a library.
#![allow(unreachable_pub)]

use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use arbitrary::Arbitrary;
use wakering::watch::{self, Receiver, Ref, Sender};

/// What a program does, one after the other. Numbers choose among what is there.
#[derive(Debug, Clone, Arbitrary)]
pub enum Op {
    Send(u8),
    Replace,
    Modify {
        modifies: bool,
        panics: bool,
    },
    CloneSender,
    DropSender(u8),
    Subscribe,
    CloneReceiver(u8),
    DropReceiver(u8),
    Borrow {
        receiver: u8,
        update: bool,
        keep: bool,
    },
    BorrowOfSender {
        keep: bool,
    },
    DropRef(u8),
    MarkChanged(u8),
    MarkUnchanged(u8),
    Changed(u8),
    /// Waits for a value that is divisible by two or three.
    WaitFor {
        receiver: u8,
        three: bool,
    },
    Poll(u8),
    Cancel(u8),
    Closed,
    CancelClosed,
}

/// A program.
#[derive(Debug, Clone, Arbitrary)]
pub struct Program {
    pub ops: Vec<Op>,
}

/// A value that counts its drop.
struct Value {
    n: usize,
    alive: Arc<AtomicUsize>,
}

impl Drop for Value {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, SeqCst);
    }
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

type Pinned<T> = Pin<Box<dyn Future<Output = T>>>;

/// A future that waits, and how many of its wakes have been expected.
struct Waiting<T> {
    future: Pinned<T>,
    wakes: Arc<Wakes>,
    /// It sleeps, and has to be woken by the next event.
    asleep: bool,
    expected: usize,
}

impl<T> Waiting<T> {
    fn new(future: Pinned<T>) -> Self {
        Self {
            future,
            wakes: Arc::default(),
            asleep: false,
            expected: 0,
        }
    }

    fn told(&mut self) {
        self.expected += usize::from(self.asleep);
        self.asleep = false;
    }

    /// Polls, past polls in which it only yields.
    fn poll(&mut self) -> Poll<T> {
        loop {
            let before = self.wakes.0.load(SeqCst);
            let waker = Waker::from(self.wakes.clone());
            let polled = self.future.as_mut().poll(&mut Context::from_waker(&waker));
            let woken = self.wakes.0.load(SeqCst) - before;
            self.expected += woken;
            if polled.is_ready() || woken == 0 {
                self.asleep = polled.is_pending();
                return polled;
            }
        }
    }
}

enum Wanted {
    Change,
    Multiple(usize),
}

/// A receiver, what it has seen, and what it waits for. The receiver is in a box of its own, and outlives the future.
struct Rx {
    waiting: Option<(Waiting<Option<usize>>, Wanted, bool)>,
    receiver: *mut Receiver<Value>,
    /// The number of the change that it has seen.
    seen: usize,
    marked: bool,
}

impl Rx {
    fn new(receiver: Receiver<Value>, seen: usize, marked: bool) -> Self {
        Self {
            waiting: None,
            receiver: Box::into_raw(Box::new(receiver)),
            seen,
            marked,
        }
    }

    fn lacks(&self, version: usize) -> bool {
        self.marked || self.seen != version
    }

    fn catch_up(&mut self, version: usize) {
        (self.seen, self.marked) = (version, false);
    }

    /// Only while it does not wait.
    fn receiver(&mut self) -> &mut Receiver<Value> {
        assert!(self.waiting.is_none());
        // SAFETY: it is freed in `drop` only, and the future that borrows it is gone.
        unsafe { &mut *self.receiver }
    }
}

impl Drop for Rx {
    fn drop(&mut self) {
        self.waiting = None;
        // SAFETY: it was a box, and the future that borrows it is gone.
        drop(unsafe { Box::from_raw(self.receiver) });
    }
}

/// A held value: its number, and the `Ref` with a handle that it borrows.
struct Held {
    n: usize,
    value: ManuallyDrop<Ref<'static, Value>>,
    _handle: Rc<Sender<Value>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: once, and before the handle.
        unsafe { ManuallyDrop::drop(&mut self.value) };
    }
}

struct Run {
    /// Refs are borrowed from this one; it is counted as a sender until all are dropped by the program.
    anchor: Option<Rc<Sender<Value>>>,
    senders: Vec<Sender<Value>>,
    receivers: Vec<Rx>,
    held: Vec<Held>,
    closed: Option<Waiting<()>>,
    alive: Arc<AtomicUsize>,
    /// The number of the current value; each change makes it one more.
    n: usize,
    version: usize,
}

/// Runs a program and checks every step.
pub fn run(program: &Program) {
    let alive = Arc::new(AtomicUsize::new(1));
    let init = Value {
        n: 0,
        alive: alive.clone(),
    };
    let (tx, rx) = watch::channel(init);
    let mut run = Run {
        anchor: Some(Rc::new(tx)),
        senders: Vec::new(),
        receivers: vec![Rx::new(rx, 0, false)],
        held: Vec::new(),
        closed: None,
        alive: alive.clone(),
        n: 0,
        version: 0,
    };
    for op in &program.ops {
        run.step(op);
        run.check();
    }
    drop(run);
    assert_eq!(alive.load(SeqCst), 0, "values that were never dropped");
}

fn pick<T>(from: &[T], number: u8) -> Option<usize> {
    (!from.is_empty()).then(|| usize::from(number) % from.len())
}

impl Run {
    fn value(&mut self) -> Value {
        self.n += 1;
        self.alive.fetch_add(1, SeqCst);
        Value {
            n: self.n,
            alive: self.alive.clone(),
        }
    }

    fn tx(&self) -> Option<&Sender<Value>> {
        self.senders.first().or(self.anchor.as_deref())
    }

    fn is_held(&self, n: usize) -> bool {
        self.held.iter().any(|held| held.n == n)
    }

    /// A change, or the end.
    fn tell_receivers(&mut self) {
        for rx in &mut self.receivers {
            if let Some((waiting, ..)) = &mut rx.waiting {
                waiting.told();
            }
        }
    }

    fn step(&mut self, op: &Op) {
        match *op {
            Op::Send(number) => {
                let Some(index) = pick(&self.senders, number).or(self.tx().map(|_| 0)) else {
                    return;
                };
                let before = self.n;
                let value = self.value();
                let tx = self.senders.get(index).or(self.anchor.as_deref());
                let sent = tx.expect("there is one").send(value);
                match sent {
                    Ok(()) => assert!(!self.receivers.is_empty() || self.is_held(before)),
                    Err(error) => {
                        assert!(self.receivers.is_empty());
                        assert_eq!(error.0.n, before);
                    }
                }
                self.version += 1;
                self.tell_receivers();
            }
            Op::Replace => {
                if self.tx().is_none() || self.is_held(self.n) {
                    return; // it would wait
                }
                let before = self.n;
                let value = self.value();
                let old = self.tx().expect("there is one").send_replace(value);
                assert_eq!(old.n, before);
                self.version += 1;
                self.tell_receivers();
            }
            Op::Modify { modifies, panics } => {
                if self.tx().is_none() || self.is_held(self.n) {
                    return; // it would wait
                }
                self.n += 1;
                let n = self.n;
                let tx = self.tx().expect("there is one");
                let change = |value: &mut Value| {
                    assert_eq!(value.n, n - 1);
                    value.n = n;
                    if panics {
                        std::panic::resume_unwind(Box::new(()));
                    }
                    modifies
                };
                let modified = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    tx.send_if_modified(change)
                }));
                if let Ok(modified) = modified {
                    assert_eq!(modified, modifies);
                } else {
                    assert!(panics);
                }
                if modified.unwrap_or(false) {
                    self.version += 1;
                    self.tell_receivers();
                }
            }
            Op::CloneSender => {
                if let (Some(tx), true) = (self.tx(), self.senders.len() < 4) {
                    let tx = tx.clone();
                    self.senders.push(tx);
                }
            }
            Op::DropSender(number) => {
                if let Some(index) = pick(&self.senders, number) {
                    self.senders.swap_remove(index);
                    if self.tx().is_none() {
                        self.tell_receivers();
                    }
                } else if self.held.is_empty() && self.closed.is_none() && self.anchor.is_some() {
                    self.anchor = None;
                    self.tell_receivers();
                }
            }
            Op::Subscribe => {
                if let (Some(tx), true) = (self.tx(), self.receivers.len() < 6) {
                    let rx = tx.subscribe();
                    self.receivers.push(Rx::new(rx, self.version, false));
                }
            }
            Op::CloneReceiver(number) => {
                if let (Some(index), true) =
                    (pick(&self.receivers, number), self.receivers.len() < 6)
                {
                    let rx = &mut self.receivers[index];
                    rx.waiting = None;
                    let (seen, marked) = (rx.seen, rx.marked);
                    let clone = rx.receiver().clone();
                    self.receivers.push(Rx::new(clone, seen, marked));
                }
            }
            Op::DropReceiver(number) => {
                if let Some(index) = pick(&self.receivers, number) {
                    self.receivers.swap_remove(index);
                    if let (true, Some(closed)) = (self.receivers.is_empty(), &mut self.closed) {
                        closed.told();
                    }
                }
            }
            Op::Borrow {
                receiver,
                update,
                keep,
            } => {
                let Some(index) = pick(&self.receivers, receiver) else {
                    return;
                };
                let (version, n) = (self.version, self.n);
                let rx = &mut self.receivers[index];
                rx.waiting = None;
                let lacks = rx.lacks(version);
                let value = if update {
                    rx.receiver().borrow_and_update()
                } else {
                    rx.receiver().borrow()
                };
                assert_eq!((value.n, value.has_changed()), (n, lacks));
                drop(value);
                if update {
                    rx.catch_up(version);
                }
                if keep {
                    self.hold();
                }
            }
            Op::BorrowOfSender { keep } => {
                if let Some(tx) = self.tx() {
                    let value = tx.borrow();
                    assert_eq!((value.n, value.has_changed()), (self.n, false));
                }
                if keep {
                    self.hold();
                }
            }
            Op::DropRef(number) => {
                if let Some(index) = pick(&self.held, number) {
                    self.held.swap_remove(index);
                }
            }
            Op::MarkChanged(number) => {
                if let Some(index) = pick(&self.receivers, number) {
                    let rx = &mut self.receivers[index];
                    rx.waiting = None;
                    rx.receiver().mark_changed();
                    rx.marked = true;
                }
            }
            Op::MarkUnchanged(number) => {
                if let Some(index) = pick(&self.receivers, number) {
                    let rx = &mut self.receivers[index];
                    rx.waiting = None;
                    rx.receiver().mark_unchanged();
                    rx.catch_up(self.version);
                }
            }
            Op::Changed(number) => self.wait(number, Wanted::Change),
            Op::WaitFor { receiver, three } => {
                self.wait(receiver, Wanted::Multiple(if three { 3 } else { 2 }));
            }
            Op::Poll(number) => {
                if let Some(index) = pick(&self.receivers, number) {
                    self.poll(index);
                }
                if let Some(closed) = &mut self.closed {
                    let polled = closed.poll();
                    assert_eq!(polled.is_ready(), self.receivers.is_empty());
                    if polled.is_ready() {
                        self.closed = None;
                    }
                }
            }
            Op::Cancel(number) => {
                if let Some(index) = pick(&self.receivers, number) {
                    self.receivers[index].waiting = None;
                }
            }
            Op::Closed => {
                if let (Some(anchor), None) = (&self.anchor, &self.closed) {
                    let anchor = anchor.clone();
                    let mut closed = Waiting::new(Box::pin(async move { anchor.closed().await }));
                    let polled = closed.poll();
                    assert_eq!(polled.is_ready(), self.receivers.is_empty());
                    if polled.is_pending() {
                        self.closed = Some(closed);
                    }
                }
            }
            Op::CancelClosed => self.closed = None,
        }
    }

    fn hold(&mut self) {
        if let (Some(anchor), true) = (&self.anchor, self.held.len() < 8) {
            let value = anchor.borrow();
            assert_eq!(value.n, self.n);
            // SAFETY: it borrows the handle that is kept beside it, and goes before that.
            let value =
                unsafe { std::mem::transmute::<Ref<'_, Value>, Ref<'static, Value>>(value) };
            self.held.push(Held {
                n: self.n,
                value: ManuallyDrop::new(value),
                _handle: anchor.clone(),
            });
        }
    }

    fn wait(&mut self, number: u8, wanted: Wanted) {
        let Some(index) = pick(&self.receivers, number) else {
            return;
        };
        let rx = &mut self.receivers[index];
        rx.waiting = None;
        // SAFETY: the receiver is freed after the future, and not used while the future is there.
        let receiver: &'static mut Receiver<Value> = unsafe { &mut *rx.receiver };
        let future: Pinned<Option<usize>> = match wanted {
            Wanted::Change => Box::pin(async move { receiver.changed().await.ok().map(|()| 0) }),
            Wanted::Multiple(of) => Box::pin(async move {
                let found = receiver.wait_for(|value| value.n % of == 0).await;
                found.ok().map(|value| value.n)
            }),
        };
        rx.waiting = Some((Waiting::new(future), wanted, true));
        self.poll(index);
    }

    fn poll(&mut self, index: usize) {
        let (version, n, ended) = (self.version, self.n, self.tx().is_none());
        let rx = &mut self.receivers[index];
        let lacks = rx.lacks(version);
        let Some((waiting, wanted, fresh)) = &mut rx.waiting else {
            return;
        };
        let looks = std::mem::take(fresh) || lacks;
        let expected = match *wanted {
            Wanted::Change if lacks => Poll::Ready(Some(0)),
            Wanted::Multiple(of) if looks && n % of == 0 => Poll::Ready(Some(n)),
            _ if ended => Poll::Ready(None),
            _ => Poll::Pending,
        };
        let seen = matches!(wanted, Wanted::Multiple(_)) && looks || lacks;
        assert_eq!(waiting.poll(), expected);
        if expected.is_ready() {
            rx.waiting = None;
        }
        if seen {
            rx.catch_up(version);
        }
    }

    fn check(&mut self) {
        let ended = self.tx().is_none();
        let mut values: Vec<_> = self.held.iter().map(|held| held.n).collect();
        for held in &self.held {
            // A value that is changed in place is not held, so each has its number still.
            assert_eq!(held.value.n, held.n);
        }
        if self.receivers.len() + self.senders.len() > 0 || self.anchor.is_some() {
            values.push(self.n);
        }
        values.sort_unstable();
        values.dedup();
        assert_eq!(self.alive.load(SeqCst), values.len(), "values alive");
        let (version, count) = (self.version, self.receivers.len());
        for rx in &mut self.receivers {
            let lacks = rx.lacks(version);
            match &rx.waiting {
                Some((waiting, ..)) => {
                    assert_eq!(waiting.wakes.0.load(SeqCst), waiting.expected, "wakes");
                }
                None => {
                    let rx = rx.receiver();
                    assert_eq!(rx.has_changed().ok(), (!ended).then_some(lacks));
                    assert_eq!((rx.is_closed(), rx.receiver_count()), (ended, count));
                }
            }
        }
        if let Some(closed) = &self.closed {
            assert_eq!(closed.wakes.0.load(SeqCst), closed.expected, "wakes");
        }
        if let Some(tx) = self.tx() {
            assert_eq!((tx.receiver_count(), tx.is_closed()), (count, count == 0));
            let anchors = usize::from(self.anchor.is_some());
            assert_eq!(tx.sender_count(), self.senders.len() + anchors);
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.held.clear();
        self.closed = None;
    }
}
