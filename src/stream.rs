//! Receivers as streams.

use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::stream::{FusedStream, Stream};

#[cfg(feature = "std")]
use crate::ack;
use crate::broadcast::{
    self,
    error::{Lagged, RecvError},
};
use crate::{mpmc, mpsc, watch};

impl<T> Stream for mpmc::Receiver<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.get_mut().poll_next_message(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // What is queued may go to another receiver.
        (0, None)
    }
}

impl<T> FusedStream for mpmc::Receiver<T> {
    /// Whether the channel is closed and nothing is left in it.
    fn is_terminated(&self) -> bool {
        self.handle.is_finished()
    }
}

impl<T> Stream for mpsc::Receiver<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.get_mut().poll_recv(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // What is queued goes to nobody else.
        (self.len(), None)
    }
}

impl<T> FusedStream for mpsc::Receiver<T> {
    /// Whether the channel is closed and nothing is left in it.
    fn is_terminated(&self) -> bool {
        self.is_finished()
    }
}

impl<T> Stream for mpsc::UnboundedReceiver<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.get_mut().poll_recv(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // What is queued goes to nobody else.
        (self.len(), None)
    }
}

impl<T> FusedStream for mpsc::UnboundedReceiver<T> {
    /// Whether the channel is closed and nothing is left in it.
    fn is_terminated(&self) -> bool {
        self.is_finished()
    }
}

impl<T: Clone> Stream for watch::WatchStream<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.get_mut().poll_value(cx)
    }
}

impl<T: Clone> FusedStream for watch::WatchStream<T> {
    /// Whether it has yielded `None`.
    fn is_terminated(&self) -> bool {
        self.is_done()
    }
}

impl<T: Clone> Stream for broadcast::Receiver<T> {
    /// A lag is an item, and not the end.
    type Item = Result<T, Lagged>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_recv(cx).map(|received| match received {
            Ok(message) => Some(Ok(message)),
            Err(RecvError::Lagged(n)) => Some(Err(Lagged(n))),
            Err(RecvError::Closed) => None,
        })
    }
}

impl<T: Clone> FusedStream for broadcast::Receiver<T> {
    /// Whether all senders are gone and nothing is left to receive.
    fn is_terminated(&self) -> bool {
        self.is_finished()
    }
}

#[cfg(feature = "std")]
impl<T> Stream for ack::Consumer<T> {
    type Item = ack::Delivery<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_dequeue(cx).map(Result::ok)
    }
}

#[cfg(feature = "std")]
impl<T> FusedStream for ack::Consumer<T> {
    /// Whether the queue is closed, and every message acknowledged or dead.
    fn is_terminated(&self) -> bool {
        self.is_finished()
    }
}
