//! Senders as sinks.
//!
//! `poll_ready` reserves room, `start_send` uses it. Messages are in the channel when `start_send` returns, so there is
//! nothing to flush.

use core::borrow::Borrow;
use core::fmt;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_sink::Sink;

use crate::chan::{RoomAhead, TxHandle};
use crate::error::SendError;

/// What both sinks are.
struct Inner<T, H: Borrow<TxHandle<T>>> {
    handle: H,
    room: RoomAhead,
    _message: PhantomData<fn() -> T>,
}

impl<T, H: Borrow<TxHandle<T>>> Inner<T, H> {
    fn new(handle: H) -> Self {
        Self {
            handle,
            room: RoomAhead::new(),
            _message: PhantomData,
        }
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError<()>>> {
        self.room.poll(self.handle.borrow(), cx)
    }

    fn start_send(&mut self, message: T) {
        let sent = self.room.send(self.handle.borrow(), message);
        assert!(
            sent.is_ok(),
            "`start_send` without a `poll_ready` that was ready"
        );
    }

    /// Gives back what `poll_ready` has taken.
    fn release(&mut self) {
        self.room.release(self.handle.borrow());
    }
}

impl<T, H: Borrow<TxHandle<T>>> Drop for Inner<T, H> {
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

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.release();
        Poll::Ready(Ok(()))
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

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.release();
        Poll::Ready(Ok(()))
    }
}

impl<T> fmt::Debug for OwnedSendSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedSendSink")
            .field(&self.inner.handle)
            .finish()
    }
}
