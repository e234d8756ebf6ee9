//! Receivers as streams.

use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::stream::{FusedStream, Stream};

use crate::mpmc::Receiver;

impl<T> Stream for Receiver<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.get_mut().poll_recv(cx).map(Result::ok)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // What is queued may go to another receiver.
        (0, None)
    }
}

impl<T> FusedStream for Receiver<T> {
    /// Whether the channel is closed and nothing is left in it.
    fn is_terminated(&self) -> bool {
        self.handle.is_finished()
    }
}
