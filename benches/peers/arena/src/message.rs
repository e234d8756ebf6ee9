//! What is sent.

use std::fmt::Debug;

/// A message that is built from a number and gives back a sum, so that a lost or torn message is
/// noticed.
///
/// `Clone` and `Default` are what the most demanding rival (thingbuf) asks of its messages.
pub trait Message: Clone + Debug + Default + Send + Sync + Unpin + 'static {
    fn new(value: u64) -> Self;
    /// The wrapping sum of all words.
    fn sum(&self) -> u64;
}

/// `WORDS` words, all of which hold the same number.
#[derive(Clone, Debug)]
pub struct Words<const WORDS: usize>([u64; WORDS]);

impl<const WORDS: usize> Default for Words<WORDS> {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl<const WORDS: usize> Message for Words<WORDS> {
    fn new(value: u64) -> Self {
        Self([value; WORDS])
    }

    fn sum(&self) -> u64 {
        self.0.iter().fold(0, |sum, &word| sum.wrapping_add(word))
    }
}
