//! What a program can do to a channel: one enum for proptest, cargo-fuzz and the model checkers.
//!
//! Operands are single bytes. The executor takes them modulo the number of things there are, so that every sequence of
//! operations is a program; an operation without a thing to work on does nothing.

use arbitrary::Arbitrary;

/// A channel and what happens to it.
#[derive(Debug, Clone, Arbitrary)]
pub struct Program {
    /// See [`Program::capacity`].
    pub size: u8,
    /// In which order the leftovers are dropped at the end; see `Runner::finish`.
    pub ending: u8,
    pub ops: Vec<Op>,
}

impl Program {
    pub fn capacity(&self) -> Option<usize> {
        capacity(self.size)
    }

    pub fn starts_full(&self) -> bool {
        starts_full(self.size)
    }
}

/// The capacity of a channel: mostly 1 to 6, now and then larger, powers of two and others. About a quarter is large
/// enough for receivers to tell fewer senders than they make room for, and one in eight is `None`, without bound.
pub fn capacity(size: u8) -> Option<usize> {
    Some(match size % 32 {
        _ if (UNBOUNDED..THROTTLED).contains(&size) => return None,
        n if size >= THROTTLED => [16, 16, 16, 31, 16, 16, 24, 64][usize::from(n % 8)],
        n @ 0..24 => usize::from(n % 6) + 1,
        n => [7, 8, 9, 13, 16, 31, 64, 100][usize::from(n - 24)],
    })
}

/// Whether a channel is full to begin with.
pub fn starts_full(size: u8) -> bool {
    size >= FULL
}

/// An operand as a number of messages or permits: from none to a few more than the capacity; of a large capacity mostly
/// few, but all of it at times. Without bound, at times more than a segment has.
pub fn amount(capacity: Option<usize>, byte: u8) -> usize {
    match capacity.unwrap_or(SEGMENT) {
        large @ 16.. if byte >= ALL => large + usize::from(byte - ALL) / 16,
        capacity => usize::from(byte) % (capacity.min(8) + 3),
    }
}

/// Programs of this size or more have an unbounded channel, those of `THROTTLED` or more a large one, and those of `FULL` or
/// more one that is full to begin with.
const UNBOUNDED: u8 = 192;
const THROTTLED: u8 = 224;
const FULL: u8 = 240;

/// Operands of this size or more mean as many messages as a large channel holds, or more.
pub const ALL: u8 = 224;

/// How many small messages a segment of an unbounded channel has: `src/sync/mod.rs`.
const SEGMENT: usize = 128;

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Op {
    /// Something that sends, or says at once that it cannot.
    Send(SendNow),
    /// Something that receives, or says at once that it cannot.
    Recv(RecvNow),
    /// Makes a future; `polled`: and polls it once.
    Start {
        job: Job,
        handle: u8,
        polled: bool,
    },
    /// Polls a future, woken or not; `fresh`: with a waker it has not seen.
    Poll {
        task: u8,
        fresh: bool,
    },
    /// Polls the future that was notified first and has not been polled since, as an executor would.
    PollNotified,
    Task(TaskOp),
    Permit(PermitOp),
    Handle(HandleOp),
    Scene(Scene),
    /// Nothing, without the feature `sink`.
    Sink(SinkOp),
}

/// Some operations in a row, to a state that single ones seldom reach. The channel is filled first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Scene {
    /// A waiting send is notified and finds its place taken, so many times; `granted`: then one more message goes.
    Overtaken { times: u8, granted: bool },
    /// A reservation of `n` waits, and `got` places come free; `closed`: then the channel is closed.
    PartlyGranted { n: u8, got: u8, closed: bool },
}

/// Sinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum SinkOp {
    Open {
        tx: u8,
        owned: bool,
    },
    /// `poll_ready`; `fresh` as in [`Op::Poll`].
    Ready {
        sink: u8,
        fresh: bool,
    },
    /// `start_send`, if it is ready.
    Send {
        sink: u8,
    },
    Close {
        sink: u8,
    },
    Drop {
        sink: u8,
    },
}

/// Sending without waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum SendNow {
    TrySend {
        tx: u8,
    },
    TrySendMany {
        tx: u8,
        n: u8,
    },
    ForceSend {
        tx: u8,
    },
    /// `send_timeout` of zero.
    Timeout {
        tx: u8,
    },
    /// `send_deadline` of now.
    Deadline {
        tx: u8,
    },
    /// `send_blocking`, when it would not block.
    Blocking {
        tx: u8,
    },
    /// `send_many_blocking`, when it would not block.
    ManyBlocking {
        tx: u8,
        n: u8,
    },
}

/// Receiving without waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum RecvNow {
    TryRecv {
        rx: u8,
    },
    TryRecvMany {
        rx: u8,
        n: u8,
    },
    /// Takes `n` messages from `try_iter`.
    TryIter {
        rx: u8,
        n: u8,
    },
    /// Takes `n` messages from `drain`.
    Drain {
        rx: u8,
        n: u8,
    },
    /// `recv_timeout` of zero.
    Timeout {
        rx: u8,
    },
    /// `recv_deadline` of now.
    Deadline {
        rx: u8,
    },
    /// `recv_blocking`, when it would not block.
    Blocking {
        rx: u8,
    },
    /// `recv_many_blocking`, when it would not block.
    ManyBlocking {
        rx: u8,
        n: u8,
    },
    /// `poll_recv`, or `Stream::poll_next` (the same waiter); `fresh` as in [`Op::Poll`].
    Poll {
        rx: u8,
        stream: bool,
        fresh: bool,
    },
    /// Sends and receives by futures that never wait; with the largest `rounds` so often that a handle has to yield.
    Burst {
        tx: u8,
        rx: u8,
        rounds: u8,
    },
}

/// What a future does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Job {
    Send,
    SendOwned,
    SendMany { n: u8 },
    SendWith,
    Reserve,
    ReserveMany { n: u8 },
    ReserveOwned,
    Closed,
    Recv,
    RecvOwned,
    RecvMany { n: u8 },
    RecvWith,
}

/// What happens to a future besides being polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum TaskOp {
    Drop {
        task: u8,
    },
    /// `cancel`: takes the message back; a future without `cancel` is dropped.
    TakeBack {
        task: u8,
    },
    /// Kept and never touched again, until everything is dropped in the end.
    Abandon {
        task: u8,
    },
    /// Made, not polled, and forgotten with `mem::forget`.
    Forget {
        job: Job,
        handle: u8,
    },
    /// The timer of a `send_with` or `recv_with` goes off.
    Ring {
        task: u8,
    },
}

/// Room taken in advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum PermitOp {
    TryReserve {
        tx: u8,
    },
    TryReserveMany {
        tx: u8,
        n: u8,
    },
    TryReserveOwned {
        tx: u8,
    },
    /// Takes one permit out of an iterator of them.
    Split {
        permit: u8,
    },
    Send {
        permit: u8,
    },
    Drop {
        permit: u8,
    },
    /// `release`, of an owned permit.
    Release {
        permit: u8,
    },
    /// `mem::forget`, of a borrowed permit.
    Forget {
        permit: u8,
    },
}

/// Handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum HandleOp {
    CloneSender { tx: u8 },
    CloneReceiver { rx: u8 },
    DropSender { tx: u8 },
    DropReceiver { rx: u8 },
    DowngradeSender { tx: u8 },
    DowngradeReceiver { rx: u8 },
    UpgradeSender { weak: u8 },
    UpgradeReceiver { weak: u8 },
    DropWeak { sender: bool, weak: u8 },
    CloseBySender { tx: u8 },
    CloseByReceiver { rx: u8 },
}
