//! The executor; see [`runner`](super::super::runner), which does the same for `mpmc`.
//!
//! A receive takes `&mut`: while a future of the receiver lives, nothing else can be done to it, and such operations are
//! left out.

use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::super::message::{self, Message};
use super::super::model::{Model, Outcome};
use super::super::program::{ALL, amount};
use super::super::watcher::{self, WakerId, Watcher};
use super::handles::{Lender, Lent, Rx, Tx, Weak, channel};
use super::permits::Held;
use super::pollers::Poller;
use super::program::{Op, Program, RecvNow, Scene, SendJob, SendNow};
use super::tasks::Running;

/// How many operations of a handle may complete in a row before one of its polls yields.
pub(super) const STREAK: usize = 512;

/// After how many waits there may be one that is put off by a poll.
const WAITS: usize = 16;

/// The most handles of one kind, futures, and permits that a run keeps.
pub(super) const HANDLES: usize = 4;
pub(super) const TASKS: usize = 12;
pub(super) const PERMITS: usize = 8;

/// A channel under test.
pub(super) struct Runner {
    pub(super) model: Model,
    pub(super) senders: Vec<Rc<Tx>>,
    pub(super) receiver: Option<Rc<Lent>>,
    pub(super) weak: Vec<Weak>,
    /// Oldest first.
    pub(super) tasks: Vec<Running>,
    /// Futures that nobody touches any more.
    pub(super) abandoned: Vec<Running>,
    pub(super) permits: Vec<Held>,
    pub(super) pollers: Vec<Poller>,
    /// The receiver's wakers: those that it may still hold, and the latest one.
    pub(super) receiving: Vec<Watcher>,
    /// The wakes of the operation that is being done, as far as they have been collected.
    pub(super) log: Vec<WakerId>,
    next_id: u32,
    /// Messages that were given to `mem::forget`.
    pub(super) forgotten: usize,
    /// Polls, and how many of them yielded.
    polls: usize,
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
    fn new(capacity: Option<usize>) -> Self {
        message::reset();
        watcher::take_log();
        let (tx, rx) = channel(capacity);
        Self {
            model: Model::mpsc(capacity),
            senders: vec![Rc::new(tx)],
            receiver: Some(Lent::new(rx)),
            weak: vec![],
            tasks: vec![],
            abandoned: vec![],
            permits: vec![],
            pollers: vec![],
            receiving: vec![],
            log: vec![],
            next_id: 0,
            forgotten: 0,
            polls: 0,
            yielded: 0,
            step: 0,
            op: None,
        }
    }

    /// Does one operation and checks everything.
    pub(super) fn apply(&mut self, op: Op) {
        self.step += 1;
        self.op = Some(op);
        match op {
            Op::Send(op) => self.send_now(op),
            Op::Recv(op) => self.recv_now(op),
            Op::Start { job, tx, polled } => {
                if self.start(job, tx) && polled {
                    self.poll(self.tasks.len() - 1, true);
                }
            }
            Op::Receive { job, polled } => {
                if self.start_receive(job) && polled {
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
            Op::Poller(op) => self.poller_op(op),
            Op::Handle(op) => self.handle_op(op),
            Op::Scene(scene) => self.scene(scene),
        }
        self.settle();
    }

    /// Ends the run: first, if `ending` is odd, everybody who has been told is polled until nobody has; then everything
    /// is dropped, in an order that `ending` chooses.
    fn finish(mut self, ending: u8) {
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
        self.weak.clear();
        self.settle();
        let left = message::undropped().len();
        assert_eq!(left, self.forgotten, "messages leaked");
    }

    /// Drops something of the `group`, if there is anything.
    fn drop_one(&mut self, group: usize) -> bool {
        match group {
            0 => self.tasks.pop().map(|task| self.drop_task(task)),
            1 => self.permits.pop().map(|held| self.drop_held(held)),
            2 => {
                let sender = self.senders.pop();
                sender.map(|sender| self.release(Lender::Sender(sender)))
            }
            3 => {
                let receiver = self.receiver.take();
                receiver.map(|receiver| self.release(Lender::Receiver(receiver)))
            }
            4 => self.abandoned.pop().map(|task| self.drop_task(task)),
            _ => self.pollers.pop().map(|poller| self.drop_poller(poller)),
        }
        .is_some()
    }

    /// Some operations in a row, each with its checks.
    fn scene(&mut self, scene: Scene) {
        if self.model.is_closed() || self.senders.is_empty() || self.free_receiver().is_none() {
            return;
        }
        self.fill();
        let start = |job| Op::Start {
            job,
            tx: 0,
            polled: true,
        };
        match scene {
            Scene::Overtaken { times, granted } => {
                self.apply(start(SendJob::Send));
                for _ in 0..times % 4 {
                    self.apply(Op::Recv(RecvNow::TryRecv));
                    self.apply(Op::Send(SendNow::TrySend { tx: 0 }));
                    self.apply(Op::PollNotified);
                }
                if granted {
                    self.apply(Op::Recv(RecvNow::TryRecv));
                }
            }
            Scene::PartlyGranted { n, got, closed } => {
                self.apply(start(SendJob::ReserveMany { n }));
                for _ in 0..got % 4 {
                    self.apply(Op::Recv(RecvNow::TryRecv));
                }
                if closed {
                    self.apply(Op::Recv(RecvNow::Close));
                }
            }
            Scene::NotFetched { times, attempts } => {
                let times = times % 3;
                self.scene(Scene::Overtaken {
                    times: 2,
                    granted: true,
                });
                for time in 0..=times {
                    for _ in 0..attempts % 80 {
                        self.apply(Op::Send(SendNow::TrySend { tx: 0 }));
                    }
                    if time < times {
                        // It has been told: with room of its own, or to go back to its place.
                        self.apply(Op::PollNotified);
                        self.apply(Op::Recv(RecvNow::TryRecv));
                    }
                }
            }
            Scene::WaitsForPermits { n, stream } => {
                for _ in 0..1 + n % 3 {
                    self.apply(Op::Recv(RecvNow::TryRecv));
                    self.apply(start(SendJob::Reserve));
                }
                self.apply(Op::Recv(RecvNow::Close));
                self.apply(Op::Recv(RecvNow::TryRecvSome { n: ALL }));
                let fresh = true;
                self.apply(Op::Recv(RecvNow::Poll { stream, fresh }));
            }
        }
    }

    /// Sends until there is no more room; more than a segment, where there always is.
    fn fill(&mut self) {
        let n = ALL;
        self.apply(Op::Send(SendNow::TrySendSome { tx: 0, n }));
        while self.model.capacity().is_some() && self.model.room() > 0 {
            self.apply(Op::Send(SendNow::TrySend { tx: 0 }));
        }
    }

    // --- polling -------------------------------------------------------------------------------------------------

    pub(super) fn next_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    pub(super) fn new_watcher(&mut self) -> Watcher {
        Watcher::new(self.next_id())
    }

    /// The waker to poll the receiver with: the latest one, or a new one.
    pub(super) fn receiving(&mut self, fresh: bool) -> (WakerId, Waker) {
        if fresh || self.receiving.is_empty() {
            let watcher = self.new_watcher();
            self.receiving.push(watcher);
        }
        let latest = &self.receiving[self.receiving.len() - 1];
        (latest.id(), latest.waker())
    }

    /// Polls; again if the poll yields.
    pub(super) fn poll_to_its_end<R>(
        &mut self,
        (id, waker): (WakerId, Waker),
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let mut cx = Context::from_waker(&waker);
        self.polls += 1;
        for _ in 0..3 {
            self.log.extend(watcher::take_log());
            if let Poll::Ready(outcome) = poll(&mut cx) {
                return Poll::Ready(outcome);
            }
            let mut log = watcher::take_log();
            let woken = log.len();
            log.retain(|&other| other != id);
            let yielded = log.len() < woken;
            self.log.extend(log);
            if !yielded {
                return Poll::Pending;
            }
            self.yielded += 1;
            assert!(
                self.yielded * WAITS <= self.polls,
                "a future wakes itself instead of waiting, at {}",
                self.at()
            );
        }
        panic!("a future yields three times in a row, at {}", self.at());
    }

    // --- checks --------------------------------------------------------------------------------------------------

    /// Compares what the channel did with what the model did.
    #[track_caller]
    pub(super) fn compare(&self, got: &Outcome, want: &Outcome) {
        let at = self.at();
        assert_eq!(got, want, "left: the channel, right: the model, at {at}");
    }

    pub(super) fn at(&self) -> String {
        match &self.op {
            Some(op) => format!("operation {} ({op:?})", self.step),
            None => format!("the end, after operation {}", self.step),
        }
    }

    /// The checks that follow every operation.
    fn settle(&mut self) {
        self.check_wakes();
        let known = self.model.messages() + self.forgotten;
        let at = self.at();
        assert_eq!(message::alive(), known, "messages that exist, at {at}");
        self.check_receiving();
        if let Some(tx) = self.senders.first() {
            self.ask_sender(tx);
        }
        if let Some(rx) = self.free_receiver() {
            self.ask_receiver(rx);
        }
        if let Some(weak) = self.weak.first() {
            let counts = (self.model.senders(), self.weak.len());
            assert_eq!(weak.counts(), counts, "counts by a weak sender, at {at}");
        }
    }

    /// Whether everybody has been told who must be.
    pub(super) fn check_wakes(&mut self) {
        self.log.extend(watcher::take_log());
        if let Err(error) = self.model.settle(&self.log) {
            panic!("{error}, at {}", self.at());
        }
        self.log.clear();
    }

    /// Whether the channel holds the one waker of the receiver that the model says it does.
    fn check_receiving(&mut self) {
        let held = self.model.waker_in_cell();
        for watcher in &self.receiving {
            let (id, is_held) = (watcher.id(), !watcher.is_released());
            let at = self.at();
            assert_eq!(is_held, held == Some(id), "waker {id} is kept, at {at}");
        }
        let latest = self.receiving.last().map(Watcher::id);
        self.receiving
            .retain(|watcher| !watcher.is_released() || latest == Some(watcher.id()));
    }

    fn ask_sender(&self, tx: &Tx) {
        let model = &self.model;
        let at = self.at();
        assert_eq!(tx.is_closed(), model.is_closed(), "is_closed, {at}");
        assert_eq!(tx.strong_count(), model.senders(), "senders, {at}");
        assert_eq!(tx.weak_count(), self.weak.len(), "weak senders, {at}");
        if let Some(tx) = tx.bounded() {
            assert_eq!(tx.capacity(), model.room(), "capacity, {at}");
            assert_eq!(Some(tx.max_capacity()), model.capacity());
        }
    }

    fn ask_receiver(&self, rx: &Rx) {
        let model = &self.model;
        let at = self.at();
        assert_eq!(rx.len(), model.len(), "len, {at}");
        assert_eq!(rx.is_closed(), model.is_closed(), "is_closed, {at}");
        let finished = model.is_finished();
        assert_eq!(rx.is_terminated(), finished, "is_terminated, {at}");
        let counts = (model.senders(), self.weak.len());
        assert_eq!(rx.sender_counts(), counts, "senders, {at}");
        if let Rx::Bounded(rx) = rx {
            assert_eq!(rx.capacity(), model.room(), "capacity, {at}");
            assert_eq!(Some(rx.max_capacity()), model.capacity());
        }
    }

    // --- handles -------------------------------------------------------------------------------------------------

    /// `byte` as a number of messages or permits.
    pub(super) fn amount(&self, byte: u8) -> usize {
        amount(self.model.capacity(), byte)
    }

    /// The receiver, if there is one and no future borrows it.
    pub(super) fn free_receiver(&self) -> Option<&'static mut Rx> {
        let receiver = self.receiver.as_ref();
        let free = receiver.filter(|receiver| Rc::strong_count(receiver) == 1);
        // SAFETY: no future borrows it, and nobody calls this while using what it has returned.
        free.map(|receiver| unsafe { receiver.borrow() })
    }

    /// Some sender.
    pub(super) fn sender(&self, tx: u8) -> Option<Rc<Tx>> {
        pick(tx, self.senders.len()).map(|tx| Rc::clone(&self.senders[tx]))
    }

    /// Gives a borrow back; the handle goes with its last user.
    pub(super) fn release(&mut self, lender: Lender) {
        match lender {
            Lender::Nobody => {}
            Lender::Sender(handle) => {
                if let Some(sender) = Rc::into_inner(handle) {
                    drop(sender);
                    self.model.drop_sender();
                }
            }
            Lender::Receiver(handle) => {
                if let Some(receiver) = Rc::into_inner(handle) {
                    drop(receiver);
                    self.model.drop_receiver();
                }
            }
        }
    }

    /// Does `call` with a new message.
    pub(super) fn with_message(
        &mut self,
        real: impl FnOnce(Message) -> Outcome,
        model: impl FnOnce(&mut Model, message::Id) -> Outcome,
    ) {
        let message = Message::next();
        let id = message.id();
        let got = real(message);
        let want = model(&mut self.model, id);
        self.compare(&got, &want);
    }
}

/// `byte` as an index into `len` things.
pub(super) fn pick(byte: u8, len: usize) -> Option<usize> {
    (len > 0).then(|| usize::from(byte) % len)
}
