//! The sending half.

use core::fmt;
use core::future::Future;
use core::mem::ManuallyDrop;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::pin::Pin;
use core::ptr;
use core::task::{Context, Poll, ready};

use super::node::{Hold, Tx};
use crate::wait::Turn;

/// Sends one message to a [`Receiver`](super::Receiver).
///
/// Created by [`channel`](super::channel). Dropped without sending, it ends the channel: the receiver learns that at
/// once.
pub struct Sender<T> {
    hold: Hold<T, Tx>,
}

impl<T> Sender<T> {
    #[inline]
    pub(super) fn new(hold: Hold<T, Tx>) -> Self {
        Self { hold }
    }

    /// Sends the message. Never waits.
    ///
    /// `Ok` says that the receiver was there to get it, not that it ever will: it may be dropped, or look no more. Then
    /// the message is dropped with it.
    ///
    /// To send from a destructor, keep the sender in an [`Option`] and [`take`](Option::take) it.
    ///
    /// # Errors
    ///
    /// The message, when the receiver is gone or has [closed](super::Receiver::close) the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::oneshot;
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// assert_eq!(tx.send(1), Ok(()));
    /// assert_eq!(rx.try_recv(), Ok(1));
    ///
    /// let (tx, rx) = oneshot::channel();
    /// drop(rx);
    /// assert_eq!(tx.send(2), Err(2));
    /// ```
    #[inline]
    pub fn send(self, t: T) -> Result<(), T> {
        let hold = self.into_hold();
        // SAFETY: the sender ends here, or when it is dropped: it has not yet, and a message is put in.
        unsafe {
            hold.put(t);
            hold.end_with_value()
        }
    }

    /// Waits until the receiver is gone or has closed the channel: a message would not be received.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done changes nothing, and drops the waker that it waited with.
    ///
    /// # Examples
    ///
    /// Work that nobody waits for is not done:
    ///
    /// ```
    /// # use futures_lite::future;
    /// # future::block_on(async {
    /// use wakering::oneshot;
    ///
    /// let (mut tx, rx) = oneshot::channel::<u32>();
    /// drop(rx);
    /// let work = async { Some(6 * 7) };
    /// let given_up = async {
    ///     tx.closed().await;
    ///     None
    /// };
    /// assert_eq!(future::or(given_up, work).await, None);
    /// # });
    /// ```
    pub fn closed(&mut self) -> impl Future<Output = ()> {
        Closed {
            sender: self,
            waits: false,
        }
    }

    /// Whether the receiver is gone or has closed the channel: a message would come back.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = wakering::oneshot::channel::<u32>();
    /// assert!(!tx.is_closed());
    /// drop(rx);
    /// assert!(tx.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.hold.state().is_ended()
    }

    /// Polls for what [`closed`](Self::closed) waits for: for hand-written futures.
    ///
    /// When it is pending, the waker of `cx` is called when the channel is closed; only that of the latest call is.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let turn = ready!(Turn::take(cx));
        loop {
            let state = self.hold.state();
            if state.is_ended() {
                turn.used();
                return Poll::Ready(());
            }
            if self.hold.wait(state, cx.waker()) {
                return Poll::Pending;
            }
        }
    }

    #[inline]
    fn into_hold(self) -> Hold<T, Tx> {
        let this = ManuallyDrop::new(self);
        // SAFETY: it is read once; the sender is not dropped.
        unsafe { ptr::read(&this.hold) }
    }
}

impl<T> Drop for Sender<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: it is read once; nothing uses the field after this.
        let hold = unsafe { ptr::read(&self.hold) };
        if let Err(hold) = hold.end_and_leave(0) {
            hold.leave();
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("is_closed", &self.hold.glance().is_ended())
            .finish()
    }
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}

/// The future of [`Sender::closed`].
struct Closed<'a, T> {
    sender: &'a mut Sender<T>,
    waits: bool,
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let polled = this.sender.poll_closed(cx);
        this.waits = polled.is_pending();
        polled
    }
}

impl<T> Drop for Closed<'_, T> {
    fn drop(&mut self) {
        if self.waits {
            self.sender.hold.wait_no_more();
        }
    }
}
