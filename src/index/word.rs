//! The two index words: what their bits mean, and every transition they can make.
//!
//! ```text
//!          63                         24 23             3   2          1         0
//!   tail  [ position of the next send   | credits       | ABANDONED | RX_WAITS | CLOSED   ]
//!   head  [ position of the next receive|                       | TX_TOLD      | TX_WAITS ]
//! ```
//!
//! Positions sit in the top 40 bits, so that stepping past the last one wraps out of the word without touching a
//! neighbour (R4). A credit is a permit that has neither been sent nor dropped: room that is promised, not yet placed.

use core::fmt;

const SHIFT: u32 = 24;
const CREDIT: u64 = 1 << 3;
const CREDITS: u64 = ((1 << SHIFT) - 1) & !(CREDIT - 1);
const POSITION: u64 = !((1 << SHIFT) - 1);

/// How many permits can be out at one time on one channel.
pub(crate) const MAX_CREDITS: usize = (CREDITS / CREDIT) as usize;

/// The largest capacity that keeps "before" and "after" distinct for 40-bit positions (R4).
pub(crate) const MAX_CAPACITY: u64 = 1 << 38;

/// A place in the endless sequence of messages, modulo 2^40; kept shifted, as it stands in the words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position(u64);

/// A number of positions, kept shifted as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Distance(u64);

impl Distance {
    #[inline(always)]
    pub(crate) const fn new(n: u64) -> Self {
        Self(n << SHIFT)
    }

    pub(crate) const fn get(self) -> u64 {
        self.0 >> SHIFT
    }
}

impl Position {
    pub(crate) const fn new(n: u64) -> Self {
        Self(n << SHIFT)
    }

    #[inline(always)]
    pub(crate) const fn plus(self, n: u64) -> Self {
        self.on_by(Distance::new(n))
    }

    #[inline(always)]
    pub(crate) const fn minus(self, n: u64) -> Self {
        self.back_by(Distance::new(n))
    }

    #[inline(always)]
    pub(crate) const fn on_by(self, distance: Distance) -> Self {
        Self(self.0.wrapping_add(distance.0))
    }

    #[inline(always)]
    pub(crate) const fn back_by(self, distance: Distance) -> Self {
        Self(self.0.wrapping_sub(distance.0))
    }

    /// How far `self` is ahead of `other`; negative when it is behind.
    #[inline(always)]
    pub(crate) const fn ahead_of(self, other: Self) -> i64 {
        (self.0.wrapping_sub(other.0) as i64) >> SHIFT
    }

    /// The slot of this position in a ring of `mask + 1` slots.
    #[inline(always)]
    pub(crate) const fn index(self, mask: usize) -> usize {
        (self.0 >> SHIFT) as usize & mask
    }

    /// The position that `raw` gave.
    #[inline(always)]
    pub(crate) const fn from_raw(raw: u64) -> Self {
        Self(raw & POSITION)
    }

    /// A number to keep the position by.
    #[inline(always)]
    pub(crate) const fn raw(self) -> u64 {
        self.0
    }

    /// The stamp of a slot whose last message made room for that of this position.
    #[inline(always)]
    pub(crate) const fn free(self) -> u64 {
        self.0
    }

    /// The stamp of a slot that holds the message of this position.
    #[inline(always)]
    pub(crate) const fn full(self) -> u64 {
        self.0 | 1
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 >> SHIFT)
    }
}

/// A value of the senders' word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tail(u64);

impl Tail {
    /// One credit.
    pub(crate) const CREDIT: u64 = CREDIT;
    /// One position.
    pub(crate) const OFFER: u64 = 1 << SHIFT;
    pub(crate) const CLOSED: u64 = 1;
    pub(crate) const RX_WAITS: u64 = 2;
    /// No receiver is left; implies `CLOSED`.
    pub(crate) const ABANDONED: u64 = 4;

    pub(crate) const fn starting_at(position: Position) -> Self {
        Self(position.0)
    }

    #[inline(always)]
    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[inline(always)]
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    #[inline(always)]
    pub(crate) const fn position(self) -> Position {
        Position(self.0 & POSITION)
    }

    #[inline(always)]
    pub(crate) const fn credits(self) -> usize {
        ((self.0 & CREDITS) / CREDIT) as usize
    }

    /// The first position that is neither taken nor promised.
    #[inline(always)]
    pub(crate) const fn end(self) -> Position {
        self.position().plus((self.0 & CREDITS) / CREDIT)
    }

    #[inline(always)]
    pub(crate) const fn is_closed(self) -> bool {
        self.0 & Self::CLOSED != 0
    }

    #[inline(always)]
    pub(crate) const fn is_abandoned(self) -> bool {
        self.0 & Self::ABANDONED != 0
    }

    #[inline(always)]
    pub(crate) const fn rx_waits(self) -> bool {
        self.0 & Self::RX_WAITS != 0
    }

    /// No position will be taken any more: closed, and no permit is out.
    #[inline(always)]
    pub(crate) const fn is_final(self) -> bool {
        self.0 & (Self::CLOSED | CREDITS) == Self::CLOSED
    }

    /// `n` more positions taken.
    #[inline(always)]
    pub(crate) const fn taken(self, n: u64) -> Self {
        Self(self.0.wrapping_add(n << SHIFT))
    }

    /// `n` more credits given out.
    #[inline(always)]
    pub(crate) const fn promised(self, n: usize) -> Self {
        Self(self.0 + CREDIT * n as u64)
    }

    /// `n` credits given back unused.
    #[inline(always)]
    pub(crate) const fn returned(self, n: usize) -> Self {
        Self(self.0 - CREDIT * n as u64)
    }

    /// One credit turned into a position.
    #[inline(always)]
    pub(crate) const fn redeemed(self) -> Self {
        self.returned(1).taken(1)
    }
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail")
            .field("position", &self.position())
            .field("credits", &self.credits())
            .field("rx_waits", &self.rx_waits())
            .field("closed", &self.is_closed())
            .field("abandoned", &self.is_abandoned())
            .finish()
    }
}

/// A value of the receivers' word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head(u64);

impl Head {
    pub(crate) const TX_WAITS: u64 = 1;
    /// One of them has been told of room and has not looked yet.
    pub(crate) const TX_TOLD: u64 = 2;

    pub(crate) const fn starting_at(position: Position) -> Self {
        Self(position.0)
    }

    #[inline(always)]
    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[inline(always)]
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    #[inline(always)]
    pub(crate) const fn position(self) -> Position {
        Position(self.0 & POSITION)
    }

    #[inline(always)]
    pub(crate) const fn tx_waits(self) -> bool {
        self.0 & Self::TX_WAITS != 0
    }

    #[inline(always)]
    pub(crate) const fn tx_told(self) -> bool {
        self.0 & Self::TX_TOLD != 0
    }

    /// `n` more positions taken.
    #[inline(always)]
    pub(crate) const fn taken(self, n: u64) -> Self {
        Self(self.0.wrapping_add(n << SHIFT))
    }

    /// With the flags of `other` too.
    pub(crate) const fn with_flags_of(self, other: Self) -> Self {
        Self(self.0 | (other.0 & Self::TX_WAITS))
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("position", &self.position())
            .field("tx_waits", &self.tx_waits())
            .field("tx_told", &self.tx_told())
            .finish()
    }
}
