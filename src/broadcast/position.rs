//! The places of messages, and the one word of the channel.

use core::fmt;

const SHIFT: u32 = 3;

/// A place in the endless sequence of messages, modulo 2^61; kept shifted, as it stands in the word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Position(u64);

impl Position {
    pub(super) const fn new(n: u64) -> Self {
        Self(n << SHIFT)
    }

    #[inline(always)]
    pub(super) const fn plus(self, n: u64) -> Self {
        Self(self.0.wrapping_add(n << SHIFT))
    }

    /// How many messages are from `earlier` to this one.
    #[inline(always)]
    pub(super) const fn since(self, earlier: Self) -> u64 {
        self.0.wrapping_sub(earlier.0) >> SHIFT
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 >> SHIFT)
    }
}

/// A position and its slot. Stepping from one to the next needs no division, and no relation between the capacity and
/// the number at which positions wrap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    pub(super) position: Position,
    pub(super) index: usize,
}

impl Cursor {
    #[inline(always)]
    pub(super) fn next(self, capacity: usize) -> Self {
        let index = self.index + 1;
        Self {
            position: self.position.plus(1),
            index: if index == capacity { 0 } else { index },
        }
    }

    pub(super) fn ahead(self, n: u64, capacity: usize) -> Self {
        let capacity = capacity as u64;
        Self {
            position: self.position.plus(n),
            index: ((self.index as u64 + n % capacity) % capacity) as usize,
        }
    }
}

/// A value of the channel's word.
///
/// ```text
///   63                                     3   2          1          0
///  [ position of the next message           | TX_WAITS | RX_WAITS | CLOSED ]
/// ```
///
/// The position is at the top, so that a step past the last one falls out of the word and touches no flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail(u64);

impl Tail {
    /// No sender is left.
    pub(super) const CLOSED: u64 = 1;
    /// A receiver waits for a message.
    pub(super) const RX_WAITS: u64 = 2;
    /// A sender waits for room.
    pub(super) const TX_WAITS: u64 = 4;
    /// One message.
    pub(super) const STEP: u64 = 1 << SHIFT;

    pub(super) const fn starting_at(position: Position) -> Self {
        Self(position.0)
    }

    #[inline(always)]
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[inline(always)]
    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    #[inline(always)]
    pub(super) const fn position(self) -> Position {
        Position(self.0 & !(Self::STEP - 1))
    }

    #[inline(always)]
    pub(super) const fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }
}
