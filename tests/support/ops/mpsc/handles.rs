//! The handles of a channel, bounded or not, and what borrows them.

use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_core::stream::FusedStream;
use wakering::mpsc::error::{RecvTimeoutError, SendError, SendTimeoutError, TryRecvError};
use wakering::mpsc::{
    self, Receiver, Sender, UnboundedReceiver, UnboundedSender, WeakSender, WeakUnboundedSender,
};

use super::super::message::{Message, ids};
use super::super::model::Outcome;

/// A sender.
pub(super) enum Tx {
    Bounded(Sender<Message>),
    Unbounded(UnboundedSender<Message>),
}

/// A sender that does not keep the channel open.
#[derive(Clone)]
pub(super) enum Weak {
    Bounded(WeakSender<Message>),
    Unbounded(WeakUnboundedSender<Message>),
}

/// The receiver.
pub(super) enum Rx {
    Bounded(Receiver<Message>),
    Unbounded(UnboundedReceiver<Message>),
}

/// One call of a method that both kinds have.
macro_rules! both {
    ($kind:ident, $of:expr, $handle:ident => $call:expr) => {
        match $of {
            $kind::Bounded($handle) => $call,
            $kind::Unbounded($handle) => $call,
        }
    };
}

pub(super) fn channel(capacity: Option<usize>) -> (Tx, Rx) {
    match capacity {
        Some(capacity) => {
            let (tx, rx) = mpsc::channel(capacity);
            (Tx::Bounded(tx), Rx::Bounded(rx))
        }
        None => {
            let (tx, rx) = mpsc::unbounded_channel();
            (Tx::Unbounded(tx), Rx::Unbounded(rx))
        }
    }
}

impl Tx {
    pub(super) fn bounded(&self) -> Option<&Sender<Message>> {
        match self {
            Self::Bounded(sender) => Some(sender),
            Self::Unbounded(_) => None,
        }
    }

    pub(super) fn same_channel(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bounded(one), Self::Bounded(other)) => one.same_channel(other),
            (Self::Unbounded(one), Self::Unbounded(other)) => one.same_channel(other),
            _ => false,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        both!(Tx, self, tx => tx.is_closed())
    }

    pub(super) fn strong_count(&self) -> usize {
        both!(Tx, self, tx => tx.strong_count())
    }

    pub(super) fn weak_count(&self) -> usize {
        both!(Tx, self, tx => tx.weak_count())
    }

    pub(super) fn downgrade(&self) -> Weak {
        match self {
            Self::Bounded(tx) => Weak::Bounded(tx.downgrade()),
            Self::Unbounded(tx) => Weak::Unbounded(tx.downgrade()),
        }
    }
}

impl Clone for Tx {
    fn clone(&self) -> Self {
        match self {
            Self::Bounded(tx) => Self::Bounded(tx.clone()),
            Self::Unbounded(tx) => Self::Unbounded(tx.clone()),
        }
    }
}

impl Weak {
    pub(super) fn upgrade(&self) -> Option<Tx> {
        match self {
            Self::Bounded(weak) => weak.upgrade().map(Tx::Bounded),
            Self::Unbounded(weak) => weak.upgrade().map(Tx::Unbounded),
        }
    }

    pub(super) fn counts(&self) -> (usize, usize) {
        both!(Weak, self, weak => (weak.strong_count(), weak.weak_count()))
    }
}

impl Rx {
    pub(super) fn try_recv(&mut self) -> Outcome {
        match both!(Rx, self, rx => rx.try_recv()) {
            Ok(message) => received(Some(message)),
            Err(TryRecvError::Empty) => Outcome::Empty,
            Err(TryRecvError::Disconnected) => Outcome::End,
        }
    }

    pub(super) fn recv_timeout(&mut self, limit: std::time::Duration) -> Outcome {
        in_time(both!(Rx, self, rx => rx.blocking_recv_timeout(limit)))
    }

    pub(super) fn recv_deadline(&mut self, deadline: std::time::Instant) -> Outcome {
        in_time(both!(Rx, self, rx => rx.blocking_recv_deadline(deadline)))
    }

    pub(super) fn blocking_recv(&mut self) -> Outcome {
        received(both!(Rx, self, rx => rx.blocking_recv()))
    }

    pub(super) fn blocking_recv_many(&mut self, limit: usize) -> Outcome {
        let mut buffer = Vec::new();
        let n = both!(Rx, self, rx => rx.blocking_recv_many(&mut buffer, limit));
        several(n, buffer)
    }

    pub(super) fn poll_recv(&mut self, stream: bool, cx: &mut Context<'_>) -> Poll<Outcome> {
        if stream {
            let next = both!(Rx, self, rx => futures_core::Stream::poll_next(Pin::new(rx), cx));
            next.map(received)
        } else {
            both!(Rx, self, rx => rx.poll_recv(cx)).map(received)
        }
    }

    pub(super) fn poll_recv_many(&mut self, limit: usize, cx: &mut Context<'_>) -> Poll<Outcome> {
        let mut buffer = Vec::new();
        let n = both!(Rx, self, rx => rx.poll_recv_many(cx, &mut buffer, limit));
        assert!(n.is_ready() || buffer.is_empty(), "pending, with messages");
        n.map(|n| several(n, buffer))
    }

    pub(super) fn close(&mut self) {
        both!(Rx, self, rx => rx.close());
    }

    pub(super) fn is_closed(&self) -> bool {
        both!(Rx, self, rx => rx.is_closed())
    }

    pub(super) fn is_terminated(&self) -> bool {
        both!(Rx, self, rx => rx.is_terminated())
    }

    pub(super) fn len(&self) -> usize {
        let len = both!(Rx, self, rx => rx.len());
        assert_eq!(len == 0, both!(Rx, self, rx => rx.is_empty()), "is_empty");
        let hint = both!(Rx, self, rx => futures_core::Stream::size_hint(rx));
        assert_eq!(hint, (len, None), "size_hint");
        len
    }

    pub(super) fn sender_counts(&self) -> (usize, usize) {
        both!(Rx, self, rx => (rx.sender_strong_count(), rx.sender_weak_count()))
    }
}

/// The receiver, in a place where one future may borrow it for as long as it likes.
pub(super) struct Lent(NonNull<Rx>);

impl Lent {
    pub(super) fn new(rx: Rx) -> Rc<Self> {
        Rc::new(Self(NonNull::from(Box::leak(Box::new(rx)))))
    }

    /// # Safety
    ///
    /// There is no other borrow of it until this one is gone, and `self` outlives it.
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn borrow(&self) -> &'static mut Rx {
        // SAFETY: it came out of a box; nobody else looks, says the caller.
        unsafe { &mut *self.0.as_ptr() }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // SAFETY: it came out of a box, and is not borrowed any more.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// What a future or permit borrows.
#[derive(Clone)]
pub(super) enum Lender {
    Sender(Rc<Tx>),
    Receiver(Rc<Lent>),
    /// It is an owned one.
    Nobody,
}

/// A future with its output put into other words; it is not dropped when it is done.
pub(super) struct Mapped<F, M> {
    pub(super) future: Pin<Box<F>>,
    pub(super) map: M,
}

/// A future of the channel, whichever it is.
pub(super) trait Work<R> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<R>;
}

impl<R, F: Future, M: FnMut(F::Output) -> R> Work<R> for Mapped<F, M> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<R> {
        self.future.as_mut().poll(cx).map(&mut self.map)
    }
}

/// The outcome of a send.
pub(super) fn sent(result: Result<(), SendError<Message>>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(SendError(message)) => Outcome::Closed(ids([message])),
    }
}

/// The outcome of a send with a time limit.
pub(super) fn sent_in_time(result: Result<(), SendTimeoutError<Message>>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(SendTimeoutError::Timeout(message)) => Outcome::TimedOut(ids([message])),
        Err(SendTimeoutError::Closed(message)) => Outcome::Closed(ids([message])),
    }
}

/// The outcome of a receive.
pub(super) fn received(message: Option<Message>) -> Outcome {
    match message {
        Some(message) => Outcome::Received(ids([message])),
        None => Outcome::End,
    }
}

/// The outcome of a receive of several.
pub(super) fn several(n: usize, buffer: Vec<Message>) -> Outcome {
    assert_eq!(n, buffer.len(), "the number of messages received");
    Outcome::Received(ids(buffer))
}

/// The outcome of a receive with a time limit that was up at once: nothing there is `Empty`.
fn in_time(result: Result<Message, RecvTimeoutError>) -> Outcome {
    match result {
        Ok(message) => received(Some(message)),
        Err(RecvTimeoutError::Timeout) => Outcome::Empty,
        Err(RecvTimeoutError::Disconnected) => Outcome::End,
    }
}
