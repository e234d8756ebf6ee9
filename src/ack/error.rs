//! What is said to a delivery that is too late.

use std::fmt;

/// The time of the delivery was up: its message has gone back into the queue, or to somebody else. Nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired;

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("the delivery has expired")
    }
}

impl std::error::Error for Expired {}
