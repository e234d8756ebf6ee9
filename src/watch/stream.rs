//! A receiver as a stream of values.

use core::fmt;
use core::task::{Context, Poll};

use super::Receiver;

/// The values of a channel, cloned, as a `Stream`; the end comes when all senders are gone.
///
/// As `tokio_stream::wrappers::WatchStream`: values that come faster than the stream is polled are lost, all but the last.
/// While a closure changes the value in place ([`send_modify`](super::Sender::send_modify)), it is polled again and again.
///
/// # Examples
///
/// ```
/// # futures_lite::future::block_on(async {
/// use futures_lite::StreamExt;
/// use wakering::watch::{self, WatchStream};
///
/// let (tx, rx) = watch::channel("now");
/// let mut values = WatchStream::new(rx.clone());
/// let mut changes = WatchStream::from_changes(rx);
/// assert_eq!(values.next().await, Some("now"));
/// tx.send("later").unwrap();
/// drop(tx);
/// assert_eq!(values.next().await, Some("later"));
/// assert_eq!(values.next().await, None);
/// assert_eq!(changes.next().await, Some("later"));
/// # });
/// ```
pub struct WatchStream<T> {
    rx: Receiver<T>,
    is_done: bool,
}

impl<T> WatchStream<T> {
    /// First the current value, seen or not, and then each that is found to be new.
    pub fn new(mut rx: Receiver<T>) -> Self {
        rx.mark_changed();
        Self::from_changes(rx)
    }

    /// Only values that the receiver has not seen.
    pub fn from_changes(rx: Receiver<T>) -> Self {
        Self { rx, is_done: false }
    }

    /// The receiver. It has seen what the stream has yielded.
    pub fn into_inner(self) -> Receiver<T> {
        self.rx
    }

    pub(crate) fn poll_value(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>>
    where
        T: Clone,
    {
        let polled = self.rx.poll_value(cx);
        if let Poll::Ready(None) = polled {
            self.is_done = true;
        }
        polled
    }

    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }
}

impl<T> From<Receiver<T>> for WatchStream<T> {
    fn from(rx: Receiver<T>) -> Self {
        Self::new(rx)
    }
}

impl<T> fmt::Debug for WatchStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WatchStream").field(&self.rx).finish()
    }
}
