//! Receiving by iteration.

use core::iter::FusedIterator;

use super::Receiver;

/// Blocks for each message, to the end of the channel. Created by [`Receiver::iter`].
#[cfg(feature = "std")]
#[derive(Debug)]
#[must_use = "iterators do nothing unless they are used"]
pub struct Iter<'a, T> {
    receiver: &'a Receiver<T>,
}

#[cfg(feature = "std")]
impl<'a, T> Iter<'a, T> {
    pub(super) fn new(receiver: &'a Receiver<T>) -> Self {
        Self { receiver }
    }
}

#[cfg(feature = "std")]
impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.next_blocking()
    }
}

#[cfg(feature = "std")]
impl<T> FusedIterator for Iter<'_, T> {}

/// As [`Iter`], with a receiver of its own. Created by [`Receiver::into_iter`].
#[cfg(feature = "std")]
#[derive(Debug)]
#[must_use = "iterators do nothing unless they are used"]
pub struct IntoIter<T> {
    receiver: Receiver<T>,
}

#[cfg(feature = "std")]
impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.next_blocking()
    }
}

#[cfg(feature = "std")]
impl<T> FusedIterator for IntoIter<T> {}

#[cfg(feature = "std")]
impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
    }
}

#[cfg(feature = "std")]
impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// Takes messages as long as there are some. Created by [`Receiver::try_iter`].
#[derive(Debug)]
#[must_use = "iterators do nothing unless they are used"]
pub struct TryIter<'a, T> {
    receiver: &'a Receiver<T>,
}

impl<'a, T> TryIter<'a, T> {
    pub(super) fn new(receiver: &'a Receiver<T>) -> Self {
        Self { receiver }
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }
}

/// Takes the messages that were there when it was made. Created by [`Receiver::drain`].
#[derive(Debug)]
#[must_use = "iterators do nothing unless they are used"]
pub struct Drain<'a, T> {
    receiver: &'a Receiver<T>,
    left: usize,
}

impl<'a, T> Drain<'a, T> {
    pub(super) fn new(receiver: &'a Receiver<T>) -> Self {
        Self {
            receiver,
            left: receiver.handle.at_hand(),
        }
    }
}

impl<T> Iterator for Drain<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let left = self.left.checked_sub(1)?;
        let message = self.receiver.try_recv().ok();
        self.left = if message.is_some() { left } else { 0 };
        message
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

impl<T> FusedIterator for Drain<'_, T> {}
