//! What a program can do to an `mpsc` channel. As in [`program`](super::super::program), any bytes are a program; what an
//! unbounded channel does not have, does nothing there.

use arbitrary::Arbitrary;

use super::super::program;
pub use super::super::program::PermitOp;

/// A channel and what happens to it.
#[derive(Debug, Clone, Arbitrary)]
pub struct Program {
    /// See [`program::capacity`].
    pub size: u8,
    /// In which order the leftovers are dropped at the end; see `Runner::finish`.
    pub ending: u8,
    pub ops: Vec<Op>,
}

impl Program {
    pub fn capacity(&self) -> Option<usize> {
        program::capacity(self.size)
    }

    pub fn starts_full(&self) -> bool {
        program::starts_full(self.size)
    }
}

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Op {
    /// Something that sends, or says at once that it cannot.
    Send(SendNow),
    /// Something that receives, or says at once that it cannot; or closes.
    Recv(RecvNow),
    /// Makes a future of a sender; `polled`: and polls it once.
    Start {
        job: SendJob,
        tx: u8,
        polled: bool,
    },
    /// Makes a future of the receiver, unless there is one; `polled` as above.
    Receive {
        job: ReceiveJob,
        polled: bool,
    },
    /// Polls a future, woken or not; `fresh`: with a waker it has not seen.
    Poll {
        task: u8,
        fresh: bool,
    },
    /// Polls what was notified first and has not been polled since, as an executor would.
    PollNotified,
    Task(TaskOp),
    Permit(PermitOp),
    Poller(PollerOp),
    Handle(HandleOp),
    Scene(Scene),
}

/// Some operations in a row, to a state that single ones seldom reach. The channel is filled first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Scene {
    /// A waiting send is notified and finds its place taken, so many times; `granted`: then one more message goes.
    Overtaken { times: u8, granted: bool },
    /// A reservation of `n` waits, and `got` places come free; `closed`: then the channel is closed.
    PartlyGranted { n: u8, got: u8, closed: bool },
    /// A waiting send is lent its room and is not polled, while others ask for it so often. Then it is polled, `times` in all.
    NotFetched { times: u8, attempts: u8 },
    /// Permits are out, the channel is closed and emptied, and the receiver waits for what they send.
    WaitsForPermits { n: u8, stream: bool },
}

/// Sending without waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum SendNow {
    /// `try_send`; unbounded: `send`. All the others do the same there.
    TrySend { tx: u8 },
    /// So many times.
    TrySendSome { tx: u8, n: u8 },
    /// `blocking_send_timeout` of zero.
    Timeout { tx: u8 },
    /// `blocking_send_deadline` of now.
    Deadline { tx: u8 },
    /// `blocking_send`, when it would not block.
    Blocking { tx: u8 },
}

/// The receiver, without waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum RecvNow {
    TryRecv,
    /// So many times.
    TryRecvSome {
        n: u8,
    },
    /// `blocking_recv_timeout` of zero.
    Timeout,
    /// `blocking_recv_deadline` of now.
    Deadline,
    /// `blocking_recv`, when it would not block.
    Blocking,
    /// `blocking_recv_many`, when it would not block.
    ManyBlocking {
        n: u8,
    },
    /// `poll_recv`, or `Stream::poll_next`; `fresh` as in [`Op::Poll`].
    Poll {
        stream: bool,
        fresh: bool,
    },
    /// `poll_recv_many`.
    PollMany {
        n: u8,
        fresh: bool,
    },
    /// Sends and receives by futures that never wait; with the largest `rounds` so often that a handle has to yield.
    Burst {
        tx: u8,
        rounds: u8,
    },
    Close,
}

/// What a future of a sender does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum SendJob {
    Send,
    SendWith,
    Reserve,
    ReserveMany { n: u8 },
    ReserveOwned,
    Closed,
}

/// What a future of the receiver does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum ReceiveJob {
    Recv,
    RecvMany { n: u8 },
}

/// What happens to a future besides being polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum TaskOp {
    Drop {
        task: u8,
    },
    /// Kept and never touched again, until everything is dropped in the end.
    Abandon {
        task: u8,
    },
    /// Made, not polled, and forgotten with `mem::forget`.
    Forget {
        job: SendJob,
        tx: u8,
    },
    ForgetReceive {
        job: ReceiveJob,
    },
    /// The timer of a `send_with` goes off.
    Ring {
        task: u8,
    },
}

/// `PollSender`s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum PollerOp {
    Open {
        tx: u8,
    },
    Clone {
        poller: u8,
    },
    /// `poll_reserve`, or `Sink::poll_ready`; `fresh` as in [`Op::Poll`].
    Reserve {
        poller: u8,
        sink: bool,
        fresh: bool,
    },
    /// `send_item`, if that does not panic.
    Send {
        poller: u8,
    },
    /// `abort_send`.
    Abort {
        poller: u8,
    },
    Close {
        poller: u8,
    },
    Drop {
        poller: u8,
    },
}

/// Handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum HandleOp {
    CloneSender { tx: u8 },
    DropSender { tx: u8 },
    DropReceiver,
    Downgrade { tx: u8 },
    CloneWeak { weak: u8 },
    Upgrade { weak: u8 },
    DropWeak { weak: u8 },
}
