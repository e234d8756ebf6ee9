//! The executor: does each operation to a real channel and to the model, and compares.
//!
//! Everything happens on one thread, futures are polled by hand. After every operation it is checked that
//!
//! - the result is the model's, message by message;
//! - whoever has something to do has been told, in order (see [`waits`](super::waits));
//! - `len`, `is_full`, the counts, ... say what the model says;
//! - the messages that exist are those that the model knows of: none lost, none kept, none dropped twice;
//! - wakers of finished and dropped futures have been let go.
//!
//! One thing is tolerated: a poll may yield (`Pending`, woken during the poll itself), when its handle has completed
//! [`STREAK`] operations in a row, and once more before it waits, after [`WAITS`] that did not. It is then polled again.

mod held;
mod now;
mod scenes;
#[cfg(feature = "sink")]
mod sinks;
mod tasks;

use std::rc::Rc;

use wakering::{Receiver, Sender, WeakReceiver, WeakSender};

use super::message::{self, Message};
use super::model::{Model, Outcome};
use super::program::{ALL, Op, Program, SendNow, amount};
use super::watcher::{self, WakerId, Watcher};
use super::work::{Lender, Rx};
use held::Held;
use tasks::Running;

/// How many operations of a handle may complete in a row before one of its polls yields.
const STREAK: usize = 512;

/// After how many waits there may be one that is put off.
const WAITS: usize = 16;

/// The most handles of one kind, futures, and permits that a run keeps.
const HANDLES: usize = 4;
const TASKS: usize = 12;
const PERMITS: usize = 8;

/// A channel under test.
pub struct Runner {
    model: Model,
    senders: Vec<Rc<Sender<Message>>>,
    receivers: Vec<Rc<Rx>>,
    weak_senders: Vec<WeakSender<Message>>,
    weak_receivers: Vec<WeakReceiver<Message>>,
    /// Oldest first.
    tasks: Vec<Running>,
    /// Futures that nobody touches any more.
    abandoned: Vec<Running>,
    permits: Vec<Held>,
    #[cfg(feature = "sink")]
    sinks: Vec<sinks::Held>,
    /// The wakes of the operation that is being done, as far as they have been collected.
    log: Vec<WakerId>,
    next_id: u32,
    /// Messages that were given to `mem::forget`.
    forgotten: usize,
    /// Futures that were polled, and how many of these polls yielded.
    begun: usize,
    yielded: usize,
    /// For reports.
    step: usize,
    op: Option<Op>,
}

/// Runs a program from beginning to end.
///
/// # Panics
///
/// When the channel does not do what the model does.
pub fn run(program: &Program) {
    let mut runner = Runner::new(program.capacity());
    if program.starts_full() {
        runner.fill();
    }
    for &op in &program.ops {
        runner.apply(op);
    }
    runner.finish(program.ending);
}

impl Runner {
    pub fn new(capacity: Option<usize>) -> Self {
        message::reset();
        watcher::take_log();
        let (sender, receiver) = match capacity {
            Some(capacity) => wakering::bounded(capacity),
            None => wakering::unbounded(),
        };
        Self {
            model: Model::new(capacity),
            senders: vec![Rc::new(sender)],
            receivers: vec![Rx::new(receiver)],
            weak_senders: vec![],
            weak_receivers: vec![],
            tasks: vec![],
            abandoned: vec![],
            permits: vec![],
            #[cfg(feature = "sink")]
            sinks: vec![],
            log: vec![],
            next_id: 0,
            forgotten: 0,
            begun: 0,
            yielded: 0,
            step: 0,
            op: None,
        }
    }

    /// Does one operation and checks everything.
    pub fn apply(&mut self, op: Op) {
        self.step += 1;
        self.op = Some(op);
        match op {
            Op::Send(op) => self.send_now(op),
            Op::Recv(op) => self.recv_now(op),
            Op::Start {
                job,
                handle,
                polled,
            } => {
                if self.start(job, handle) && polled {
                    self.poll(self.tasks.len() - 1, true);
                }
            }
            Op::Poll { task, fresh } => {
                if let Some(index) = pick(task, self.tasks.len()) {
                    self.poll(index, fresh);
                }
            }
            Op::PollNotified => {
                self.poll_notified();
            }
            Op::Task(op) => self.task_op(op),
            Op::Permit(op) => self.permit_op(op),
            Op::Handle(op) => self.handle_op(op),
            Op::Scene(scene) => self.scene(scene),
            #[cfg(feature = "sink")]
            Op::Sink(op) => self.sink_op(op),
            #[cfg(not(feature = "sink"))]
            Op::Sink(_) => {}
        }
        self.settle();
    }

    /// Ends the run: first, if `ending` is odd, everybody who has been told is polled until nobody has; then everything
    /// is dropped, in an order that `ending` chooses.
    pub fn finish(mut self, ending: u8) {
        self.op = None;
        if ending % 2 == 1 {
            let mut polls = 0;
            while self.poll_notified() {
                self.settle();
                polls += 1;
                assert!(polls < 1000, "the futures wake each other for ever");
            }
        }
        let mut order = [0, 1, 2, 3, 4, 5];
        order.rotate_left(usize::from(ending / 2 % 6));
        if ending / 16 % 2 == 1 {
            order.reverse();
        }
        for group in order {
            while self.drop_one(group) {
                self.settle();
            }
        }
        self.weak_senders.clear();
        self.weak_receivers.clear();
        self.settle();
        assert_eq!(
            message::undropped().len(),
            self.forgotten,
            "messages leaked"
        );
    }

    /// Drops something of the `group`, if there is anything.
    fn drop_one(&mut self, group: usize) -> bool {
        match group {
            0 => self.tasks.pop().map(|task| self.drop_task(task)).is_some(),
            1 => self
                .permits
                .pop()
                .map(|held| self.drop_held(held))
                .is_some(),
            2 => {
                let sender = self.senders.pop();
                sender
                    .map(|sender| self.release(Lender::Sender(sender)))
                    .is_some()
            }
            3 => {
                let receiver = self.receivers.pop();
                receiver
                    .map(|rx| self.release(Lender::Receiver(rx)))
                    .is_some()
            }
            4 => self
                .abandoned
                .pop()
                .map(|task| self.drop_task(task))
                .is_some(),
            #[cfg(feature = "sink")]
            _ => self.sinks.pop().map(|held| self.drop_sink(held)).is_some(),
            #[cfg(not(feature = "sink"))]
            _ => false,
        }
    }

    fn next_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    fn new_watcher(&mut self) -> Watcher {
        Watcher::new(self.next_id())
    }

    /// Compares what the channel did with what the model did.
    #[track_caller]
    fn compare(&self, got: &Outcome, want: &Outcome) {
        assert_eq!(
            got,
            want,
            "left: the channel, right: the model, at {}",
            self.at()
        );
    }

    fn at(&self) -> String {
        match &self.op {
            Some(op) => format!("operation {} ({op:?})", self.step),
            None => format!("the end, after operation {}", self.step),
        }
    }

    /// The checks that follow every operation.
    fn settle(&mut self) {
        self.check_wakes();
        let known = self.model.messages() + self.forgotten;
        assert_eq!(
            message::alive(),
            known,
            "messages that exist, at {}",
            self.at()
        );
        if let Some(sender) = self.senders.first() {
            self.ask_sender(sender);
        }
        if let Some(rx) = self.receivers.first() {
            self.ask_receiver(&rx.receiver);
        }
    }

    /// Whether everybody has been told who must be.
    fn check_wakes(&mut self) {
        self.log.extend(watcher::take_log());
        if let Err(error) = self.model.settle(&self.log) {
            panic!("{error}, at {}", self.at());
        }
        self.log.clear();
    }

    fn ask_sender(&self, sender: &Sender<Message>) {
        let model = &self.model;
        let at = || self.at();
        assert_eq!(sender.len(), model.len(), "len, {}", at());
        assert_eq!(sender.is_empty(), model.len() == 0, "is_empty, {}", at());
        assert_eq!(sender.is_full(), model.is_full(), "is_full, {}", at());
        assert_eq!(sender.capacity(), model.capacity());
        assert_eq!(sender.is_closed(), model.is_closed(), "is_closed, {}", at());
        assert_eq!(sender.is_disconnected(), model.receivers() == 0, "{}", at());
        assert_eq!(sender.sender_count(), model.senders(), "senders, {}", at());
        assert_eq!(
            sender.receiver_count(),
            model.receivers(),
            "receivers, {}",
            at()
        );
    }

    fn ask_receiver(&self, receiver: &Receiver<Message>) {
        let model = &self.model;
        let at = || self.at();
        assert_eq!(receiver.len(), model.len(), "len, {}", at());
        assert_eq!(receiver.is_empty(), model.len() == 0, "is_empty, {}", at());
        assert_eq!(receiver.is_full(), model.is_full(), "is_full, {}", at());
        assert_eq!(receiver.capacity(), model.capacity());
        assert_eq!(
            receiver.is_closed(),
            model.is_closed(),
            "is_closed, {}",
            at()
        );
        assert_eq!(receiver.is_disconnected(), model.senders() == 0, "{}", at());
        assert_eq!(
            receiver.sender_count(),
            model.senders(),
            "senders, {}",
            at()
        );
        assert_eq!(
            receiver.receiver_count(),
            model.receivers(),
            "receivers, {}",
            at()
        );
    }

    /// `byte` as a number of messages or permits.
    fn amount(&self, byte: u8) -> usize {
        amount(self.model.capacity(), byte)
    }

    /// Sends until there is no more room; more than a segment, where there always is.
    fn fill(&mut self) {
        if self.model.capacity().is_none_or(|n| n >= 16) {
            self.apply(Op::Send(SendNow::TrySendMany { tx: 0, n: ALL }));
        }
        while self.model.capacity().is_some() && self.model.room() > 0 {
            self.apply(Op::Send(SendNow::TrySend { tx: 0 }));
        }
    }
}

/// `byte` as an index into `len` things.
fn pick(byte: u8, len: usize) -> Option<usize> {
    (len > 0).then(|| usize::from(byte) % len)
}
