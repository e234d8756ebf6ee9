//! Senders as sinks.
//!
//! `poll_ready` reserves room, `start_send` uses it. Messages are in the channel when `start_send` returns, so there is
//! nothing to flush. Without capacity there is no room: `start_send` takes the message, the next poll of any kind offers
//! it, and each waits until it is received.

use alloc::boxed::Box;
use core::borrow::Borrow;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_sink::Sink;

use crate::chan::{RoomAhead, SendOp, TxHandle};
use crate::error::SendError;
use crate::wait::Wait;

/// What both sinks are.
struct Inner<T, H: Borrow<TxHandle<T>> + Clone> {
    handle: H,
    room: RoomAhead,
    handover: Handover<T, H>,
}

/// In place of room, on a channel that never has any.
enum Handover<T, H: Borrow<TxHandle<T>>> {
    Idle,
    /// `poll_ready` was ready.
    Ready,
    /// A message that has not been received yet.
    Offer(Pin<Box<Wait<SendOp<T, H>>>>),
}

// SAFETY: nothing can be done with a shared reference, so the message need not be `Sync`.
unsafe impl<T: Send, H: Borrow<TxHandle<T>> + Sync> Sync for Handover<T, H> {}
impl<T, H: Borrow<TxHandle<T>>> Unpin for Handover<T, H> {}

impl<T, H: Borrow<TxHandle<T>>> Handover<T, H> {
    /// Waits until the last message has been received.
    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError<()>>> {
        let Self::Offer(send) = self else {
            return Poll::Ready(Ok(()));
        };
        let sent = ready!(send.as_mut().poll(cx));
        *self = Self::Idle;
        Poll::Ready(sent)
    }
}

impl<T, H: Borrow<TxHandle<T>> + Clone> Inner<T, H> {
    fn new(handle: H) -> Self {
        Self {
            handle,
            room: RoomAhead::new(),
            handover: Handover::Idle,
        }
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError<()>>> {
        let handle = self.handle.borrow();
        if !handle.is_meeting() {
            return self.room.poll(handle, cx);
        }
        ready!(self.handover.poll_done(cx))?;
        if handle.is_closed() {
            return Poll::Ready(Err(SendError(())));
        }
        self.handover = Handover::Ready;
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, message: T) {
        if let Handover::Ready = self.handover {
            let send = Wait::new(SendOp::by(self.handle.clone(), message));
            self.handover = Handover::Offer(Box::pin(send));
            return;
        }
        let sent = self.room.send(self.handle.borrow(), message);
        assert!(
            sent.is_ok(),
            "`start_send` without a `poll_ready` that was ready"
        );
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError<()>>> {
        self.handover.poll_done(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError<()>>> {
        self.release();
        self.poll_flush(cx)
    }

    /// Gives back what `poll_ready` has taken.
    fn release(&mut self) {
        self.room.release(self.handle.borrow());
        if let Handover::Ready = self.handover {
            self.handover = Handover::Idle;
        }
    }
}

impl<T, H: Borrow<TxHandle<T>> + Clone> Drop for Inner<T, H> {
    fn drop(&mut self) {
        self.release();
    }
}

/// A sink that sends by a borrowed sender. Created by [`Sender::sink`](crate::Sender::sink).
///
/// It is `Unpin` and allocates once, when it first has to wait. Between a `poll_ready` that is ready and the
/// `start_send` after it, it keeps room for one message, as a permit does. Closing it gives that room back; the channel
/// stays open as long as there are senders.
///
/// On a channel of capacity 0, the sink has the message after `start_send`; the next `poll_flush`, `poll_ready` or
/// `poll_close` offers it to receivers, and is ready when one has taken it. A message that nobody has taken is dropped
/// with the sink, or when the channel is closed. Each message is allocated, with its place in the line.
///
/// # Panics
///
/// `start_send` panics when no `poll_ready` was ready before it.
pub struct SendSink<'a, T> {
    inner: Inner<T, &'a TxHandle<T>>,
}

/// A sink that owns its sender. Created by [`Sender::into_sink`](crate::Sender::into_sink); see [`SendSink`].
pub struct OwnedSendSink<T> {
    inner: Inner<T, TxHandle<T>>,
}

impl<'a, T> SendSink<'a, T> {
    pub(crate) fn new(handle: &'a TxHandle<T>) -> Self {
        Self {
            inner: Inner::new(handle),
        }
    }
}

impl<T> OwnedSendSink<T> {
    pub(crate) fn new(handle: TxHandle<T>) -> Self {
        Self {
            inner: Inner::new(handle),
        }
    }
}

impl<T> Sink<T> for SendSink<'_, T> {
    type Error = SendError<()>;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: T) -> Result<(), Self::Error> {
        self.inner.start_send(message);
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_close(cx)
    }
}

impl<T> fmt::Debug for SendSink<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SendSink").field(&self.inner.handle).finish()
    }
}

impl<T> Sink<T> for OwnedSendSink<T> {
    type Error = SendError<()>;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: T) -> Result<(), Self::Error> {
        self.inner.start_send(message);
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_close(cx)
    }
}

impl<T> fmt::Debug for OwnedSendSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedSendSink")
            .field(&self.inner.handle)
            .finish()
    }
}
