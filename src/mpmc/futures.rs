//! The futures of the handles. Each is the one future of the `wait` room around one operation of the `chan` room.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::{OwnedPermit, Permit, PermitIterator, Sender};
use crate::chan::{
    ClosedOp, RecvManyOp, RecvOp, ReserveOp, RxHandle, SendManyOp, SendOp, TxHandle,
};
use crate::error::{RecvError, RecvTimeoutError, SendError, SendTimeoutError};
use crate::wait::{Expired, Timed, Wait, project_wait};

/// The future of [`Sender::send`].
///
/// Dropping it before it is done means that the message has not been sent and never will be. [`cancel`](Self::cancel)
/// does the same and gives the message back. (At capacity 0, a receiver may have been faster: then it has been sent.)
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Send<'a, T> {
    wait: Wait<SendOp<T, &'a TxHandle<T>>>,
}

project_wait!(Send['a, T] => Wait<SendOp<T, &'a TxHandle<T>>>);

impl<'a, T> Send<'a, T> {
    #[inline]
    pub(super) fn new(handle: &'a TxHandle<T>, message: T) -> Self {
        Self {
            wait: Wait::new(SendOp::new(handle, message)),
        }
    }

    /// Stops waiting and takes the message back; `None` when it has been sent, or has been taken back before.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::pin;
    ///
    /// let (tx, _rx) = wakering::bounded(1);
    /// let mut send = pin!(tx.send(String::from("precious")));
    /// assert_eq!(send.as_mut().cancel().as_deref(), Some("precious"));
    /// assert_eq!(send.as_mut().cancel(), None);
    /// ```
    pub fn cancel(self: Pin<&mut Self>) -> Option<T> {
        self.wait().cancel().take_back()
    }
}

impl<T> Future for Send<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut wait = self.wait();
        let sent = ready!(wait.as_mut().poll(cx));
        Poll::Ready(wait.op_mut().outcome(sent))
    }
}

/// The future of [`Sender::send_owned`]: as [`Send`], with a handle of its own.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct SendOwned<T> {
    wait: Wait<SendOp<T, TxHandle<T>>>,
}

project_wait!(SendOwned[T] => Wait<SendOp<T, TxHandle<T>>>);

impl<T> SendOwned<T> {
    pub(super) fn new(handle: TxHandle<T>, message: T) -> Self {
        Self {
            wait: Wait::new(SendOp::owning(handle, message)),
        }
    }

    /// As [`Send::cancel`].
    pub fn cancel(self: Pin<&mut Self>) -> Option<T> {
        self.wait().cancel().take_back()
    }
}

impl<T> Future for SendOwned<T> {
    type Output = Result<(), SendError<T>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut wait = self.wait();
        let sent = ready!(wait.as_mut().poll(cx));
        Poll::Ready(wait.op_mut().outcome(sent))
    }
}

/// The future of [`Sender::send_with`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct SendWith<'a, T, F> {
    wait: Timed<SendOp<T, &'a TxHandle<T>>, F>,
}

project_wait!(SendWith['a, T, F] => Timed<SendOp<T, &'a TxHandle<T>>, F>);

impl<'a, T, F> SendWith<'a, T, F> {
    pub(super) fn new(handle: &'a TxHandle<T>, message: T, timer: F) -> Self {
        Self {
            wait: Timed::new(SendOp::new(handle, message), timer),
        }
    }

    /// As [`Send::cancel`].
    pub fn cancel(self: Pin<&mut Self>) -> Option<T> {
        self.wait().cancel().take_back()
    }
}

impl<T, F: Future> Future for SendWith<'_, T, F> {
    type Output = Result<(), SendTimeoutError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let sent = ready!(self.as_mut().wait().poll(cx));
        let op = self.wait().cancel();
        Poll::Ready(op.timed_outcome(sent.map_or(Poll::Pending, Poll::Ready)))
    }
}

/// The future of [`Sender::send_many`].
///
/// Dropping it leaves what has not been sent in the deque, in order.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct SendMany<'a, T> {
    wait: Wait<SendManyOp<'a, T>>,
}

project_wait!(SendMany['a, T] => Wait<SendManyOp<'a, T>>);

impl<'a, T> SendMany<'a, T> {
    pub(super) fn new(op: SendManyOp<'a, T>) -> Self {
        Self {
            wait: Wait::new(op),
        }
    }
}

impl<T> Future for SendMany<'_, T> {
    type Output = Result<(), SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.wait().poll(cx)
    }
}

/// The future of [`Sender::reserve`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Reserve<'a, T> {
    wait: Wait<ReserveOp<T, &'a TxHandle<T>>>,
    handle: &'a TxHandle<T>,
}

impl<'a, T> Reserve<'a, T> {
    pub(super) fn new(handle: &'a TxHandle<T>) -> Self {
        Self {
            wait: Wait::new(ReserveOp::new(handle, 1)),
            handle,
        }
    }
}

project_wait!(Reserve['a, T] => Wait<ReserveOp<T, &'a TxHandle<T>>>);

impl<'a, T> Future for Reserve<'a, T> {
    type Output = Result<Permit<'a, T>, SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let handle = self.handle;
        let reserved = ready!(self.wait().poll(cx));
        Poll::Ready(reserved.map(|()| Permit::new(handle)))
    }
}

/// The future of [`Sender::reserve_many`].
///
/// Dropping it gives back what it has gathered.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct ReserveMany<'a, T> {
    wait: Wait<ReserveOp<T, &'a TxHandle<T>>>,
    handle: &'a TxHandle<T>,
}

project_wait!(ReserveMany['a, T] => Wait<ReserveOp<T, &'a TxHandle<T>>>);

impl<'a, T> ReserveMany<'a, T> {
    pub(super) fn new(handle: &'a TxHandle<T>, n: usize) -> Self {
        Self {
            wait: Wait::new(ReserveOp::new(handle, n)),
            handle,
        }
    }
}

impl<'a, T> Future for ReserveMany<'a, T> {
    type Output = Result<PermitIterator<'a, T>, SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (handle, n) = (self.handle, self.wait.op().n());
        let reserved = ready!(self.wait().poll(cx));
        Poll::Ready(reserved.map(|()| PermitIterator::new(handle, n)))
    }
}

/// The future of [`Sender::reserve_owned`].
///
/// Dropping it drops the sender in it.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct ReserveOwned<T> {
    wait: Wait<ReserveOp<T, TxHandle<T>>>,
}

project_wait!(ReserveOwned[T] => Wait<ReserveOp<T, TxHandle<T>>>);

impl<T> ReserveOwned<T> {
    pub(super) fn new(handle: TxHandle<T>) -> Self {
        Self {
            wait: Wait::new(ReserveOp::owning(handle, 1)),
        }
    }
}

impl<T> Future for ReserveOwned<T> {
    type Output = Result<OwnedPermit<T>, SendError<()>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let reserved = ready!(self.as_mut().wait().poll(cx));
        Poll::Ready(reserved.map(|()| {
            let handle = self.wait.op().handle().clone();
            OwnedPermit::new(Sender::new(handle))
        }))
    }
}

/// The future of [`Receiver::recv`](super::Receiver::recv).
///
/// Dropping it before it is done loses no message.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Recv<'a, T> {
    wait: Wait<RecvOp<T, &'a RxHandle<T>>>,
}

project_wait!(Recv['a, T] => Wait<RecvOp<T, &'a RxHandle<T>>>);

impl<'a, T> Recv<'a, T> {
    #[inline]
    pub(super) fn new(handle: &'a RxHandle<T>) -> Self {
        Self {
            wait: Wait::new(RecvOp::new(handle)),
        }
    }
}

impl<T> Future for Recv<'_, T> {
    type Output = Result<T, RecvError>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.wait().poll(cx)
    }
}

/// The future of [`Receiver::recv_owned`](super::Receiver::recv_owned): as [`Recv`], with a handle of its own.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct RecvOwned<T> {
    wait: Wait<RecvOp<T, RxHandle<T>>>,
}

project_wait!(RecvOwned[T] => Wait<RecvOp<T, RxHandle<T>>>);

impl<T> RecvOwned<T> {
    pub(super) fn new(handle: RxHandle<T>) -> Self {
        Self {
            wait: Wait::new(RecvOp::owning(handle)),
        }
    }
}

impl<T> Future for RecvOwned<T> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.wait().poll(cx)
    }
}

/// The future of [`Receiver::recv_with`](super::Receiver::recv_with).
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct RecvWith<'a, T, F> {
    wait: Timed<RecvOp<T, &'a RxHandle<T>>, F>,
}

project_wait!(RecvWith['a, T, F] => Timed<RecvOp<T, &'a RxHandle<T>>, F>);

impl<'a, T, F> RecvWith<'a, T, F> {
    pub(super) fn new(handle: &'a RxHandle<T>, timer: F) -> Self {
        Self {
            wait: Timed::new(RecvOp::new(handle), timer),
        }
    }
}

impl<T, F: Future> Future for RecvWith<'_, T, F> {
    type Output = Result<T, RecvTimeoutError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(self.wait().poll(cx)) {
            Ok(received) => received.map_err(RecvTimeoutError::from),
            Err(Expired) => Err(RecvTimeoutError::Timeout),
        })
    }
}

/// The future of [`Receiver::recv_many`](super::Receiver::recv_many).
///
/// Dropping it before it is done loses no message.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct RecvMany<'a, T> {
    wait: Wait<RecvManyOp<'a, T>>,
}

project_wait!(RecvMany['a, T] => Wait<RecvManyOp<'a, T>>);

impl<'a, T> RecvMany<'a, T> {
    pub(super) fn new(op: RecvManyOp<'a, T>) -> Self {
        Self {
            wait: Wait::new(op),
        }
    }
}

impl<T> Future for RecvMany<'_, T> {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        self.wait().poll(cx)
    }
}

/// The future of [`Sender::closed`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Closed<'a, T> {
    wait: Wait<ClosedOp<'a, T>>,
}

project_wait!(Closed['a, T] => Wait<ClosedOp<'a, T>>);

impl<'a, T> Closed<'a, T> {
    pub(super) fn new(handle: &'a TxHandle<T>) -> Self {
        Self {
            wait: Wait::new(ClosedOp::new(handle)),
        }
    }
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.wait().poll(cx)
    }
}
