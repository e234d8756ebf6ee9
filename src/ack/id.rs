//! The names of messages.

use std::fmt;

/// Names a message of a queue, for as long as it is there and after.
///
/// Ids of one queue are ordered by the time of their enqueue: exactly, where they are counted; to the precision of
/// the random part, where they are UUIDs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(Repr);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Repr {
    Counter(u64),
    #[cfg(feature = "uuid")]
    Uuid(uuid::Uuid),
}

/// How a queue names its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Ids {
    /// By a number: 0, 1, 2, ... in the order of enqueue. It names a message within its queue only.
    #[default]
    Counter,
    /// By a UUID of version 7, which is unique everywhere. It takes a reading of the system's clock and some random bits.
    #[cfg(feature = "uuid")]
    Uuid,
}

impl Ids {
    /// What there is to be made of an id before the queue is locked: random numbers and clocks are foreign code.
    pub(super) fn prepare(self) -> Option<Id> {
        match self {
            Self::Counter => None,
            #[cfg(feature = "uuid")]
            Self::Uuid => Some(Id(Repr::Uuid(uuid::Uuid::now_v7()))),
        }
    }
}

impl Id {
    pub(super) fn counted(n: u64) -> Self {
        Self(Repr::Counter(n))
    }

    /// The number, where messages are counted.
    #[must_use]
    pub fn as_number(&self) -> Option<u64> {
        match self.0 {
            Repr::Counter(n) => Some(n),
            #[cfg(feature = "uuid")]
            Repr::Uuid(_) => None,
        }
    }

    /// The UUID, where messages have one.
    #[cfg(feature = "uuid")]
    #[must_use]
    pub fn as_uuid(&self) -> Option<uuid::Uuid> {
        match self.0 {
            Repr::Counter(_) => None,
            Repr::Uuid(uuid) => Some(uuid),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Counter(n) => n.fmt(f),
            #[cfg(feature = "uuid")]
            Repr::Uuid(uuid) => uuid.fmt(f),
        }
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}
