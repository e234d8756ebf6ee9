//! How often receivers tell waiting senders of room.
//!
//! A receiver that empties a full channel makes room for many, and could tell a sender for each message that it takes.
//! But the first of them that runs uses all the room, and the others have been woken for nothing. So in a channel that
//! is not small, a receive tells a sender only when no other one has been told and not looked yet (`TX_TOLD` is down);
//! and the sender that was told tells the next one, if there is room left after it has looked. Room that somebody waits
//! for is thus known to a sender that has been told, always.
//!
//! That one may never look (its future is kept unpolled). So that the others do not stand still while receivers go on,
//! each receive at a *stride*, some positions of each lap, tells another sender all the same, and so does a receiver that
//! finds the channel empty.

use crate::index::Head;
use crate::sync::{EXACT_BELOW, STRIDES};

/// Up to which capacity, and how often, each receive counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Throttle {
    /// One less than the stride, a power of two; 0 when every receive tells.
    mask: usize,
}

impl Throttle {
    pub(super) fn new(capacity: usize) -> Self {
        let mask = if capacity < EXACT_BELOW {
            0
        } else {
            (1 << (capacity / STRIDES).ilog2()) - 1
        };
        Self { mask }
    }

    /// Every receive tells.
    pub(super) fn off() -> Self {
        Self { mask: 0 }
    }

    #[inline(always)]
    pub(super) fn is_on(self) -> bool {
        self.mask != 0
    }

    /// Whether the receive of one message at `head` tells a sender.
    #[inline(always)]
    pub(super) fn lets_one(self, head: Head) -> bool {
        head.tx_waits() && (!head.tx_told() || head.position().index(self.mask) == 0)
    }

    /// How many senders the receive of `n` messages (at least 1) from `head` on tells.
    pub(super) fn lets(self, head: Head, n: usize) -> usize {
        if !head.tx_waits() {
            0
        } else if !self.is_on() {
            n
        } else {
            // Strides begin at positions whose lower bits are 0.
            let before = head.position().minus(1).index(self.mask);
            let strides = (before + n) >> self.mask.count_ones();
            strides.max(usize::from(!head.tx_told()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Position;

    fn head(position: u64, flags: u64) -> Head {
        Head::from_bits(Head::starting_at(Position::new(position)).bits() | flags)
    }

    const TOLD: u64 = Head::TX_WAITS | Head::TX_TOLD;

    #[test]
    fn runs_count_as_their_parts_do() {
        let throttle = Throttle { mask: 7 };
        for start in 0..20 {
            for n in 1..40 {
                let parts = (start..start + n).filter(|&p| throttle.lets_one(head(p, TOLD)));
                assert_eq!(throttle.lets(head(start, TOLD), n as usize), parts.count());
                let first = throttle.lets(head(start, Head::TX_WAITS), n as usize);
                assert!(first >= 1, "nobody has been told yet");
                assert_eq!(throttle.lets(head(start, 0), n as usize), 0);
            }
        }
    }

    #[test]
    fn small_capacities_are_exact() {
        for capacity in 1..EXACT_BELOW {
            let throttle = Throttle::new(capacity);
            assert!(!throttle.is_on());
            for p in 0..5 {
                assert!(throttle.lets_one(head(p, Head::TX_WAITS)));
            }
            assert_eq!(throttle.lets(head(3, Head::TX_WAITS), 5), 5);
        }
        for capacity in EXACT_BELOW..200 {
            let stride = Throttle::new(capacity).mask + 1;
            assert!(stride.is_power_of_two());
            assert!(stride * STRIDES <= capacity, "so many in each lap");
        }
    }
}
