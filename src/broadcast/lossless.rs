//! Sending that waits for the slowest receiver.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::chan::Refused;
use super::error::SendError;
use super::sender::TxHandle;
use crate::wait::{Attempt, Gate, Operation, Streak, Wait, done, project_wait};

/// The future of [`Sender::send_lossless`](super::Sender::send_lossless).
///
/// Dropping it before it is done means that the message has not been sent and never will be. [`cancel`](Self::cancel)
/// does the same and gives the message back.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct SendLossless<'a, T> {
    wait: Wait<SendLosslessOp<'a, T>>,
}

project_wait!(SendLossless['a, T] => Wait<SendLosslessOp<'a, T>>);

impl<'a, T> SendLossless<'a, T> {
    pub(super) fn new(op: SendLosslessOp<'a, T>) -> Self {
        Self {
            wait: Wait::new(op),
        }
    }

    /// Stops waiting and takes the message back; `None` when it has been sent, or has been taken back before.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::pin;
    ///
    /// let (tx, _rx) = wakering::broadcast::channel(1);
    /// let mut send = pin!(tx.send_lossless(String::from("precious")));
    /// assert_eq!(send.as_mut().cancel().as_deref(), Some("precious"));
    /// assert_eq!(send.as_mut().cancel(), None);
    /// ```
    pub fn cancel(self: Pin<&mut Self>) -> Option<T> {
        self.wait().cancel().message.take()
    }
}

impl<T> Future for SendLossless<'_, T> {
    /// To how many receivers it was sent.
    type Output = Result<usize, SendError<T>>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut wait = self.wait();
        let sent = ready!(wait.as_mut().poll(cx));
        Poll::Ready(wait.op_mut().outcome(sent))
    }
}

/// Refused: the message is in the operation.
pub(super) struct NoReceivers;

/// Sends one message without overwriting what somebody has not seen.
pub(super) struct SendLosslessOp<'a, T> {
    handle: &'a TxHandle<T>,
    /// `None` once it is sent, refused or taken back.
    pub(super) message: Option<T>,
}

impl<'a, T> SendLosslessOp<'a, T> {
    pub(super) fn new(handle: &'a TxHandle<T>, message: T) -> Self {
        Self {
            handle,
            message: Some(message),
        }
    }

    /// The outcome as the user gets it: refused, with the message.
    pub(super) fn outcome(
        &mut self,
        sent: Result<usize, NoReceivers>,
    ) -> Result<usize, SendError<T>> {
        sent.map_err(|NoReceivers| SendError(self.refused()))
    }

    /// The message of a send that was not done.
    #[cold]
    pub(super) fn refused(&mut self) -> T {
        match self.message.take() {
            Some(message) => message,
            None => unreachable!("a send that is not done has its message"),
        }
    }
}

impl<T> Operation for SendLosslessOp<'_, T> {
    type Output = Result<usize, NoReceivers>;

    fn attempt(&mut self, output: &mut Poll<Self::Output>) -> Attempt {
        let Some(message) = self.message.take() else {
            panic!("`send_lossless` future polled after completion");
        };
        match self.handle.send(message, false) {
            Ok(receivers) => done(output, Ok(receivers)),
            Err((why, message)) => {
                self.message = Some(message);
                match why {
                    Refused::Full => Attempt::Blocked,
                    Refused::NoReceivers => done(output, Err(NoReceivers)),
                }
            }
        }
    }

    fn gate(&self) -> impl Gate {
        self.handle.room()
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle.streak())
    }
}
