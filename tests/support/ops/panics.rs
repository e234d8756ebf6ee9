//! Foreign code that panics: messages when they are dropped, wakers when they are cloned, woken or dropped.
//!
//! An operation that a panic cut short has no result that a model could foretell, so there is no model here. Instead it is
//! checked, after every operation, panic or not, that
//!
//! - no panic comes out but the planned ones;
//! - the messages that exist are those in the channel and those that pending futures have not sent;
//! - waiters have been told, as in [`waits`](super::waits): a wake that panicked counts, and does not excuse the others;
//!
//! and in the end, that the channel still holds as many messages as its capacity says, that every message was dropped
//! once and that every waker was given back.
//!
//! Planned panics are raised by `resume_unwind`, which calls no panic hook: whatever else reaches the hook (which aborts,
//! under a fuzzer) is a finding.

use std::any::Any;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use std::thread::panicking;

use arbitrary::Arbitrary;
use wakering::{OwnedPermit, Receiver, Sender};

/// A channel and what happens to it. Operands are taken modulo the number of things there are.
#[derive(Debug, Clone, Arbitrary)]
pub struct Program {
    pub capacity: u8,
    pub acts: Vec<Act>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Act {
    /// The next but `after` call of that kind, of any waker that the channel holds, panics.
    Arm {
        part: Part,
        after: u8,
    },
    /// `armed`: the message panics when it is dropped (unless the thread is panicking already).
    TrySend {
        tx: u8,
        armed: bool,
    },
    ForceSend {
        tx: u8,
        armed: bool,
    },
    TryRecv {
        rx: u8,
    },
    TryRecvMany {
        rx: u8,
        n: u8,
    },
    Start {
        job: Job,
        handle: u8,
        armed: bool,
    },
    /// `fresh`: with a waker it has not seen.
    Poll {
        task: u8,
        fresh: bool,
    },
    DropTask {
        task: u8,
    },
    TryReserve {
        tx: u8,
    },
    SendByPermit {
        permit: u8,
        armed: bool,
    },
    DropPermit {
        permit: u8,
    },
    CloneSender {
        tx: u8,
    },
    CloneReceiver {
        rx: u8,
    },
    DropSender {
        tx: u8,
    },
    /// `unwinding`: while the thread is panicking. Armed messages then panic all the same, which the channel must
    /// keep from meeting the other panic.
    DropReceiver {
        rx: u8,
        unwinding: bool,
    },
    Close {
        tx: u8,
    },
    Scene(Scene),
}

/// Acts in a row, to a state that single ones seldom reach. The channel is filled first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Scene {
    /// A send waits, is notified and finds its place taken, so many times.
    Overtaken { times: u8 },
    /// Two futures wait for room; then a `part` of a waker is to panic, and so many messages go.
    Two {
        all: [bool; 2],
        part: Part,
        after: u8,
        received: u8,
    },
}

/// The parts of a waker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Part {
    Clone,
    Wake,
    Drop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Job {
    Send,
    Reserve,
    /// Takes permits for the whole capacity, uses one, and drops the others.
    ReserveAll,
    Closed,
    Recv,
    RecvMany,
    /// `poll_recv` of a receiver of its own.
    Stream,
}

/// The panics that are part of the program.
struct Planned;

fn explode() -> ! {
    resume_unwind(Box::new(Planned))
}

// --- the ledger of messages and wakers ---------------------------------------------------------------------------

#[derive(Default)]
struct Ledger {
    /// Drops of each message made.
    messages: Vec<u32>,
    wakers: Vec<Entry>,
    /// How many more calls of each part go well.
    fuses: [Option<u8>; 3],
    /// Armed messages panic even on a panicking thread.
    reckless: bool,
}

#[derive(Default)]
struct Entry {
    /// Clones that exist.
    held: usize,
    told: bool,
}

thread_local! {
    static LEDGER: RefCell<Ledger> = RefCell::default();
}

fn ledger<R>(f: impl FnOnce(&mut Ledger) -> R) -> R {
    LEDGER.with_borrow_mut(f)
}

struct Message {
    id: usize,
    armed: bool,
}

impl Message {
    fn new(armed: bool) -> Self {
        let id = ledger(|ledger| {
            ledger.messages.push(0);
            ledger.messages.len() - 1
        });
        Self { id, armed }
    }

    /// For messages that have come back: their drop is not the channel's.
    fn defuse(mut self) {
        self.armed = false;
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        let (times, reckless) = ledger(|ledger| {
            ledger.messages[self.id] += 1;
            (ledger.messages[self.id], ledger.reckless)
        });
        assert!(
            times == 1 || panicking(),
            "message {} dropped twice",
            self.id
        );
        if self.armed && (reckless || !panicking()) {
            explode();
        }
    }
}

/// Enters a call of a waker; panics if its fuse has burnt down.
fn call(part: Part, id: usize) {
    let explodes = ledger(|ledger| {
        let waker = &mut ledger.wakers[id];
        match part {
            Part::Clone => {}
            Part::Wake => waker.told = true,
            Part::Drop => waker.held -= 1,
        }
        let fuse = &mut ledger.fuses[part as usize];
        if *fuse == Some(0) && !panicking() {
            *fuse = None;
            return true;
        }
        if let Some(left) = fuse {
            *left = left.saturating_sub(1);
        }
        if part == Part::Clone {
            ledger.wakers[id].held += 1;
        }
        false
    });
    if explodes {
        explode();
    }
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(
    |id| {
        call(Part::Clone, id as usize);
        RawWaker::new(id, &VTABLE)
    },
    |id| {
        // By value: it is used up even if it panics.
        ledger(|ledger| ledger.wakers[id as usize].held -= 1);
        call(Part::Wake, id as usize);
    },
    |id| call(Part::Wake, id as usize),
    |id| call(Part::Drop, id as usize),
);

fn new_waker() -> usize {
    ledger(|ledger| {
        ledger.wakers.push(Entry::default());
        ledger.wakers.len() - 1
    })
}

/// The waker itself, which is never dropped; only clones of it count.
fn waker(id: usize) -> ManuallyDrop<Waker> {
    let raw = RawWaker::new(id as *const (), &VTABLE);
    // SAFETY: the table keeps the contract of wakers, with numbers in place of pointers.
    ManuallyDrop::new(unsafe { Waker::from_raw(raw) })
}

// --- the executor ------------------------------------------------------------------------------------------------

/// What a future ends with.
enum Loot {
    Nothing,
    Messages(Vec<Message>),
    Permit(OwnedPermit<Message>),
}

type BoxFuture = Pin<Box<dyn Future<Output = Loot>>>;

struct Task {
    future: BoxFuture,
    /// The future shares its handle with us, and so never drops the last one itself: the language leaks what a block
    /// evaluates to when a drop at its end panics.
    _handle: Rc<dyn Any>,
    job: Job,
    waker: usize,
    /// It has been polled, and waits.
    waits: bool,
}

struct World {
    capacity: usize,
    senders: Vec<Sender<Message>>,
    receivers: Vec<Receiver<Message>>,
    tasks: Vec<Task>,
    permits: Vec<OwnedPermit<Message>>,
    /// Stays till the end, to ask the channel.
    closed: bool,
    step: usize,
}

/// Runs a program from beginning to end.
///
/// # Panics
///
/// When the channel does not stand the panics.
pub fn run(program: &Program) {
    ledger(|ledger| *ledger = Ledger::default());
    let capacity = usize::from(program.capacity % 5) + 1;
    let (sender, receiver) = wakering::bounded(capacity);
    let mut world = World {
        capacity,
        senders: vec![sender],
        receivers: vec![receiver],
        tasks: vec![],
        permits: vec![],
        closed: false,
        step: 0,
    };
    for &act in &program.acts {
        world.step += 1;
        world.act(act);
        world.check();
    }
    world.finish();
    ledger(|ledger| {
        let leaked = |drops: &&u32| **drops != 1;
        assert_eq!(
            ledger.messages.iter().find(leaked),
            None,
            "drops of a message"
        );
        let held: usize = ledger.wakers.iter().map(|waker| waker.held).sum();
        assert_eq!(held, 0, "wakers that are still held");
    });
}

/// Runs `f`, past a planned panic.
fn past<R>(f: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(result) => Some(result),
        Err(panic) if panic.is::<Planned>() => None,
        Err(panic) => resume_unwind(panic),
    }
}

fn pick(byte: u8, len: usize) -> Option<usize> {
    (len > 0).then(|| usize::from(byte) % len)
}

fn defuse(messages: impl IntoIterator<Item = Message>) {
    messages.into_iter().for_each(Message::defuse);
}

impl World {
    fn act(&mut self, act: Act) {
        match act {
            Act::Arm { part, after } => {
                ledger(|ledger| ledger.fuses[part as usize] = Some(after % 4));
            }
            Act::TrySend { tx, armed } => {
                if let Some(tx) = pick(tx, self.senders.len()) {
                    let refused = past(|| self.senders[tx].try_send(Message::new(armed)).err());
                    defuse(refused.flatten().map(|error| error.into_inner()));
                }
            }
            Act::ForceSend { tx, armed } => {
                if let Some(tx) = pick(tx, self.senders.len()) {
                    match past(|| self.senders[tx].force_send(Message::new(armed))) {
                        Some(Ok(evicted)) => defuse(evicted),
                        Some(Err(error)) => error.into_inner().defuse(),
                        None => {}
                    }
                }
            }
            Act::TryRecv { rx } => {
                if let Some(rx) = pick(rx, self.receivers.len()) {
                    defuse(past(|| self.receivers[rx].try_recv().ok()).flatten());
                }
            }
            Act::TryRecvMany { rx, n } => {
                if let Some(rx) = pick(rx, self.receivers.len()) {
                    let mut buffer = vec![];
                    past(|| self.receivers[rx].try_recv_many(&mut buffer, usize::from(n % 8)));
                    defuse(buffer);
                }
            }
            Act::Start { job, handle, armed } => self.start(job, handle, armed),
            Act::Poll { task, fresh } => self.poll(task, fresh),
            Act::DropTask { task } => {
                if let Some(task) = pick(task, self.tasks.len()) {
                    let task = self.tasks.remove(task);
                    past(|| drop(task));
                }
            }
            Act::TryReserve { tx } => {
                if let Some(tx) = pick(tx, self.senders.len()) {
                    let sender = self.senders[tx].clone();
                    match past(|| sender.try_reserve_owned()) {
                        Some(Ok(permit)) => self.permits.push(permit),
                        // The sender comes back.
                        Some(Err(error)) => drop(error.into_inner()),
                        None => {}
                    }
                }
            }
            Act::SendByPermit { permit, armed } => {
                if let Some(permit) = pick(permit, self.permits.len()) {
                    let permit = self.permits.remove(permit);
                    past(|| drop(permit.send(Message::new(armed))));
                }
            }
            Act::DropPermit { permit } => {
                if let Some(permit) = pick(permit, self.permits.len()) {
                    let permit = self.permits.remove(permit);
                    past(|| drop(permit));
                }
            }
            Act::CloneSender { tx } => {
                if let Some(tx) = pick(tx, self.senders.len()).filter(|_| self.senders.len() < 4) {
                    self.senders.push(self.senders[tx].clone());
                }
            }
            Act::CloneReceiver { rx } => {
                if let Some(rx) =
                    pick(rx, self.receivers.len()).filter(|_| self.receivers.len() < 4)
                {
                    self.receivers.push(self.receivers[rx].clone());
                }
            }
            Act::DropSender { tx } => {
                if let Some(tx) = pick(tx, self.senders.len()) {
                    let sender = self.senders.remove(tx);
                    past(|| drop(sender));
                }
            }
            Act::DropReceiver { rx, unwinding } => {
                if let Some(rx) = pick(rx, self.receivers.len()) {
                    let receiver = self.receivers.remove(rx);
                    if unwinding {
                        drop_while_panicking(receiver);
                    } else {
                        past(|| drop(receiver));
                    }
                }
            }
            Act::Close { tx } => {
                if let Some(tx) = pick(tx, self.senders.len()) {
                    past(|| self.senders[tx].close());
                    assert!(self.senders[tx].is_closed());
                }
            }
            Act::Scene(scene) => self.scene(scene),
        }
    }

    fn scene(&mut self, scene: Scene) {
        let (tx, rx, armed, fresh) = (0, 0, false, false);
        for _ in 0..self.capacity {
            self.step_by(Act::TrySend { tx, armed });
        }
        match scene {
            Scene::Overtaken { times } => {
                let task = self.start_and_poll(Job::Send);
                for _ in 0..times % 4 {
                    self.step_by(Act::TryRecv { rx });
                    self.step_by(Act::TrySend { tx, armed });
                    self.step_by(Act::Poll { task, fresh });
                }
            }
            Scene::Two {
                all,
                part,
                after,
                received,
            } => {
                for all in all {
                    self.start_and_poll(if all { Job::ReserveAll } else { Job::Reserve });
                }
                self.step_by(Act::Arm { part, after });
                for _ in 0..received % 4 {
                    self.step_by(Act::TryRecv { rx });
                }
            }
        }
    }

    /// The newest future.
    fn start_and_poll(&mut self, job: Job) -> u8 {
        let (handle, armed, fresh) = (0, false, false);
        self.step_by(Act::Start { job, handle, armed });
        let task = self.tasks.len().saturating_sub(1) as u8;
        self.step_by(Act::Poll { task, fresh });
        task
    }

    fn step_by(&mut self, act: Act) {
        self.act(act);
        self.check();
    }

    fn start(&mut self, job: Job, handle: u8, armed: bool) {
        if self.tasks.len() >= 8 {
            return;
        }
        let message = matches!(job, Job::Send | Job::ReserveAll).then(|| Message::new(armed));
        let (future, handle): (BoxFuture, Rc<dyn Any>) = match job {
            Job::Recv | Job::RecvMany | Job::Stream => {
                let Some(rx) = pick(handle, self.receivers.len()) else {
                    return;
                };
                let rx = Rc::new(RefCell::new(self.receivers[rx].clone()));
                (receive(job, Rc::clone(&rx)), rx)
            }
            _ => {
                let Some(tx) = pick(handle, self.senders.len()) else {
                    return defuse(message);
                };
                let tx = Rc::new(self.senders[tx].clone());
                (send(job, Rc::clone(&tx), message, self.capacity), tx)
            }
        };
        let (waker, waits) = (new_waker(), false);
        self.tasks.push(Task {
            future,
            _handle: handle,
            job,
            waker,
            waits,
        });
    }

    /// A future that panics, or is ready, is dropped.
    fn poll(&mut self, task: u8, fresh: bool) {
        let Some(index) = pick(task, self.tasks.len()) else {
            return;
        };
        let task = &mut self.tasks[index];
        if fresh {
            task.waker = new_waker();
        }
        ledger(|ledger| ledger.wakers[task.waker].told = false);
        let waker = waker(task.waker);
        let mut cx = Context::from_waker(&waker);
        let poll = past(|| task.future.as_mut().poll(&mut cx));
        if let Some(Poll::Pending) = poll {
            task.waits = true;
            return;
        }
        let task = self.tasks.remove(index);
        past(|| drop(task));
        match poll {
            Some(Poll::Ready(Loot::Messages(messages))) => defuse(messages),
            Some(Poll::Ready(Loot::Permit(permit))) => self.permits.push(permit),
            _ => {}
        }
    }

    /// What must hold after every operation.
    fn check(&mut self) {
        let (len, full, closed, receivers) = match (self.senders.first(), self.receivers.first()) {
            (Some(tx), _) => (tx.len(), tx.is_full(), tx.is_closed(), tx.receiver_count()),
            (_, Some(rx)) => (rx.len(), rx.is_full(), rx.is_closed(), rx.receiver_count()),
            _ => return,
        };
        let at = self.step;
        assert!(len <= self.capacity, "{len} messages, operation {at}");
        assert!(
            receivers > 0 || len == 0,
            "messages without receivers, operation {at}"
        );
        assert!(closed || !self.closed, "opened again, operation {at}");
        self.closed = closed;

        let alive = ledger(|ledger| ledger.messages.iter().filter(|drops| **drops == 0).count());
        let unsent = |task: &&Task| matches!(task.job, Job::Send | Job::ReserveAll);
        let unsent = self.tasks.iter().filter(unsent).count();
        assert_eq!(alive, len + unsent, "messages that exist, operation {at}");

        // What has been given to those who wait is not known. Who has been given all that it asked for has been told;
        // a `ReserveAll` may have a part, and hold up the others.
        let needs_room = |job| matches!(job, Job::Send | Job::Reserve | Job::ReserveAll);
        let waits_for = |job| self.tasks.iter().any(|task| task.waits && task.job == job);
        let gathers = waits_for(Job::ReserveAll);
        let given = gathers || waits_for(Job::Reserve) || waits_for(Job::Send);
        let room = self.capacity.saturating_sub(len + self.permits.len());
        let ended = closed && len == 0 && self.permits.is_empty() && !given;
        self.check_told("messages", ended, len, |job| {
            matches!(job, Job::Recv | Job::RecvMany | Job::Stream)
        });
        let room = if gathers { usize::from(!full) } else { room };
        self.check_told("room", closed, room, needs_room);
        self.check_told("close", closed, 0, |job| job == Job::Closed);
    }

    /// Of those who wait, `due` (or `all`) have been told.
    fn check_told(&self, what: &str, all: bool, due: usize, waits_for_it: impl Fn(Job) -> bool) {
        let waiters = self
            .tasks
            .iter()
            .filter(|task| task.waits && waits_for_it(task.job));
        let wakers: Vec<usize> = waiters.map(|task| task.waker).collect();
        let told = ledger(|ledger| wakers.iter().filter(|id| ledger.wakers[**id].told).count());
        let due = if all {
            wakers.len()
        } else {
            due.min(wakers.len())
        };
        assert!(
            told >= due,
            "of {} that wait for {what} only {told} have been told, not {due}, operation {}",
            wakers.len(),
            self.step
        );
    }

    /// Drops everything; in between, sees whether the channel is still what it was.
    fn finish(mut self) {
        ledger(|ledger| ledger.fuses = [None; 3]);
        while let Some(task) = self.tasks.pop() {
            past(|| drop(task));
            self.check();
        }
        while let Some(permit) = self.permits.pop() {
            past(|| drop(permit));
            self.check();
        }
        if let (Some(tx), Some(rx)) = (self.senders.first(), self.receivers.first()) {
            while let Ok(message) = rx.try_recv() {
                message.defuse();
            }
            if !self.closed {
                for n in 0..self.capacity {
                    let sent = tx.try_send(Message::new(false));
                    assert!(
                        sent.is_ok(),
                        "only {n} of {} messages find room",
                        self.capacity
                    );
                }
                let refused = tx.try_send(Message::new(false));
                assert!(refused.is_err(), "one message more than the capacity");
                drop(refused);
            }
        }
        while let Some(receiver) = self.receivers.pop() {
            past(|| drop(receiver));
            self.check();
        }
        while let Some(sender) = self.senders.pop() {
            past(|| drop(sender));
            self.check();
        }
    }
}

/// The futures of a sender.
fn send(job: Job, tx: Rc<Sender<Message>>, message: Option<Message>, all: usize) -> BoxFuture {
    Box::pin(async move {
        match (job, message) {
            (Job::Send, Some(message)) => match tx.send(message).await {
                Ok(()) => Loot::Nothing,
                Err(error) => Loot::Messages(vec![error.into_inner()]),
            },
            (Job::ReserveAll, Some(message)) => {
                let Ok(mut permits) = tx.reserve_many(all).await else {
                    return Loot::Messages(vec![message]);
                };
                if let Some(permit) = permits.next() {
                    permit.send(message);
                }
                Loot::Nothing
            }
            (Job::Reserve, _) => {
                let permit = (*tx).clone().reserve_owned().await;
                permit.map_or(Loot::Nothing, Loot::Permit)
            }
            _ => {
                tx.closed().await;
                Loot::Nothing
            }
        }
    })
}

/// The futures of a receiver.
#[allow(clippy::await_holding_refcell_ref)] // Nobody else borrows it.
fn receive(job: Job, rx: Rc<RefCell<Receiver<Message>>>) -> BoxFuture {
    Box::pin(async move {
        let mut rx = rx.borrow_mut();
        let mut buffer = vec![];
        match job {
            Job::RecvMany => {
                rx.recv_many(&mut buffer, 3).await;
            }
            Job::Stream => buffer.extend(poll_fn(|cx| rx.poll_recv(cx)).await),
            _ => buffer.extend(rx.recv().await),
        }
        Loot::Messages(buffer)
    })
}

/// Drops `receiver` in the middle of an unwinding.
fn drop_while_panicking(receiver: Receiver<Message>) {
    struct WhilePanicking(Option<Receiver<Message>>);

    impl Drop for WhilePanicking {
        fn drop(&mut self) {
            ledger(|ledger| ledger.reckless = true);
            self.0 = None;
            ledger(|ledger| ledger.reckless = false);
        }
    }

    past(|| {
        let _guard = WhilePanicking(Some(receiver));
        explode();
    });
}
