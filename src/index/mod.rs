//! The two words that senders and receivers race on, apart from where the messages are kept (`ring`).
//!
//! R3 and R4 of `ring` are held here.

mod word;

pub(crate) use word::{Distance, Head, MAX_CAPACITY, MAX_CREDITS, Position, Tail};

use core::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

use crossbeam_utils::CachePadded;

use crate::sync::{AtomicU64, SPINS, spin_loop};

/// Why nothing could be claimed for sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// As many messages and credits as the capacity allows.
    Full,
    /// Closed.
    Closed,
    /// There is room, but the receiver that made it has not let go of the slot yet.
    Busy,
}

/// Why nothing could be claimed for receiving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoItem {
    /// No message.
    Empty,
    /// No message, and none will come.
    Closed,
    /// There is a message, but its sender has not finished writing it.
    Busy,
}

/// How often the pause after a failed exchange doubles.
const MAX_DOUBLINGS: u32 = 6;

/// `tail` and `head`, a cache line for each.
pub(crate) struct Index {
    tail: CachePadded<AtomicU64>,
    head: CachePadded<AtomicU64>,
}

impl Index {
    pub(crate) fn starting_at(start: Position) -> Self {
        Self {
            tail: CachePadded::new(AtomicU64::new(Tail::starting_at(start).bits())),
            head: CachePadded::new(AtomicU64::new(Head::starting_at(start).bits())),
        }
    }

    // --- moving --------------------------------------------------------------------------------------------------

    #[inline(always)]
    pub(crate) fn exchange_tail(
        &self,
        from: Tail,
        to: Tail,
        success: Ordering,
    ) -> Result<(), Tail> {
        // ORDERING: of success: the caller says why. Of failure Relaxed, as in `tail`.
        match self
            .tail
            .compare_exchange_weak(from.bits(), to.bits(), success, Relaxed)
        {
            Ok(_) => Ok(()),
            Err(now) => Err(Tail::from_bits(now)),
        }
    }

    #[inline(always)]
    pub(crate) fn exchange_head(&self, from: Head, n: u64, success: Ordering) -> Result<(), Head> {
        let to = from.taken(n);
        // ORDERING: of success: the caller says why. Of failure Relaxed, as in `tail`.
        match self
            .head
            .compare_exchange_weak(from.bits(), to.bits(), success, Relaxed)
        {
            Ok(_) => Ok(()),
            Err(now) => Err(Head::from_bits(now)),
        }
    }

    /// Moves the receivers' word on to `to`, for a storage that has one receiver and never makes a sender wait for room: flags
    /// that come or go meanwhile may be overlooked.
    #[inline(always)]
    pub(crate) fn store_head(&self, to: Head) {
        // ORDERING: Relaxed: to others it is a number.
        self.head.store(to.bits(), Relaxed);
    }

    /// One more position, for a storage that counts by them; returns the word as it was.
    pub(crate) fn add_offer(&self) -> Tail {
        // ORDERING: Relaxed: coherence of the one word is all the handshake needs (W3); messages go by a lock.
        Tail::from_bits(self.tail.fetch_add(Tail::OFFER, Relaxed))
    }

    /// One position less, likewise.
    pub(crate) fn remove_offer(&self) -> Tail {
        // ORDERING: Relaxed, as in `add_offer`.
        Tail::from_bits(self.tail.fetch_sub(Tail::OFFER, Relaxed))
    }

    /// Gives back `n` credits; returns the word as it is then.
    pub(crate) fn unreserve(&self, n: usize) -> Tail {
        // ORDERING: Release, pairs with the Acquire load in `why_no_item`: whoever learns from the return of the last
        // credit that the channel is finished also sees what its holder did before.
        let before = self.tail.fetch_sub(Tail::CREDIT * n as u64, Release);
        Tail::from_bits(before).returned(n)
    }

    /// The slot at `head` was not published: tells why, or `None` to look again.
    #[cold]
    pub(crate) fn why_no_item(&self, head: Head, spins: &mut u32) -> Option<NoItem> {
        let nothing = self.nothing_at(head);
        if nothing.is_some() {
            return nothing;
        }
        look_again(spins).then_some(NoItem::Busy)
    }

    /// Tells why there is no message at `head`, or `None` if one has been claimed at least.
    ///
    /// As `head` was read before `tail` is, equality means that nothing was there when `head` was read.
    pub(crate) fn nothing_at(&self, head: Head) -> Option<NoItem> {
        let tail = self.tail();
        if tail.position().ahead_of(head.position()) <= 0 {
            if tail.is_final() {
                // ORDERING: Acquire, pairs with the Releases in `shut` and `unreserve`: what was done before the close
                // is seen by whoever is told of it. The value is final already (R3).
                self.tail.load(Acquire);
                return Some(NoItem::Closed);
            }
            return Some(NoItem::Empty);
        }
        None
    }

    // --- trying again ----------------------------------------------------------------------------------------------

    /// `tail` for another look. One that has moved makes a new beginning: it is not the same slot that is in use.
    pub(crate) fn tail_again(&self, seen: Tail, spins: &mut u32) -> Tail {
        let now = self.tail();
        if now.end() != seen.end() {
            *spins = 0;
        }
        now
    }

    /// `head` for another look, likewise.
    pub(crate) fn head_again(&self, seen: Head, spins: &mut u32) -> Head {
        let now = self.head();
        if now.position() != seen.position() {
            *spins = 0;
        }
        now
    }

    /// `tail` after an exchange of it has failed.
    #[cold]
    pub(crate) fn tail_after(&self, failures: &mut u32) -> Tail {
        keep_off(failures);
        self.tail()
    }

    /// `head` after an exchange of it has failed.
    #[cold]
    pub(crate) fn head_after(&self, failures: &mut u32) -> Head {
        keep_off(failures);
        self.head()
    }

    // --- closing -------------------------------------------------------------------------------------------------

    /// No more claims. Returns the word as it was.
    pub(crate) fn close(&self) -> Tail {
        self.shut(Tail::CLOSED)
    }

    /// No more claims, and credits are void: nobody is left to read. Returns the word as it was.
    pub(crate) fn abandon(&self) -> Tail {
        self.shut(Tail::CLOSED | Tail::ABANDONED)
    }

    fn shut(&self, bits: u64) -> Tail {
        // ORDERING: Release, pairs with the Acquire loads in `closed` and `why_no_item`.
        Tail::from_bits(self.tail.fetch_or(bits, Release))
    }

    #[cold]
    pub(crate) fn closed(&self) -> NoRoom {
        // ORDERING: Acquire, pairs with the Release in `shut`: what was done before the close is seen by whoever is
        // told of it.
        self.tail.load(Acquire);
        NoRoom::Closed
    }

    // --- asking --------------------------------------------------------------------------------------------------

    /// Whether no more claims can be made.
    pub(crate) fn is_closed(&self) -> bool {
        // ORDERING: Acquire, as in `closed`.
        Tail::from_bits(self.tail.load(Acquire)).is_closed()
    }

    /// The senders' word at some recent moment.
    #[inline(always)]
    pub(crate) fn tail(&self) -> Tail {
        // ORDERING: Relaxed: nothing is concluded from it but what a later read-modify-write of the same word confirms
        // or what its own history says.
        Tail::from_bits(self.tail.load(Relaxed))
    }

    #[inline(always)]
    pub(crate) fn head(&self) -> Head {
        // ORDERING: Relaxed, as in `tail`.
        Head::from_bits(self.head.load(Relaxed))
    }

    /// The senders' word, with all that was done before its position was reached: for a storage whose moves of it are
    /// Releases.
    #[inline(always)]
    pub(crate) fn acquire_tail(&self) -> Tail {
        // ORDERING: Acquire: every change of the word is a read-modify-write, so this synchronises with all Releases
        // of it so far.
        Tail::from_bits(self.tail.load(Acquire))
    }

    /// The receivers' word, likewise.
    #[inline(always)]
    pub(crate) fn acquire_head(&self) -> Head {
        // ORDERING: Acquire, as in `acquire_tail`.
        Head::from_bits(self.head.load(Acquire))
    }

    /// Closed, nothing queued, and nothing to come.
    #[cfg(feature = "stream")]
    pub(crate) fn is_finished(&self) -> bool {
        let head = self.head();
        let tail = self.tail();
        tail.is_final() && tail.position().ahead_of(head.position()) <= 0
    }

    /// Whether a receiver has something to do: a message, or the end.
    pub(crate) fn has_news(&self) -> bool {
        let tail = self.tail();
        tail.position().ahead_of(self.head().position()) > 0 || tail.is_final()
    }

    // --- the flags of the sleeping -------------------------------------------------------------------------------

    /// From now on every claim for sending sees that a receiver waits. (One that does not is seen by a later look.)
    pub(crate) fn raise_rx(&self) {
        // A flag that is up already need not be raised: the value that shows it also shows every claim before it.
        if !self.tail().rx_waits() {
            // ORDERING: Relaxed: coherence of the one word is all the handshake needs (W3).
            self.tail.fetch_or(Tail::RX_WAITS, Relaxed);
        }
    }

    /// As `raise_rx`, for a receiver that has no lock to order what it did before and what senders do after: whoever
    /// acquires the word and finds the flag has seen that.
    pub(crate) fn raise_rx_anew(&self) {
        // ORDERING: Release, pairs with `acquire_tail`. A read-modify-write even if the flag is up, since a claim that
        // came between would be told of by a flag older than this, and nothing be acquired with it.
        self.tail.fetch_or(Tail::RX_WAITS, Release);
    }

    /// No receiver waits any more.
    pub(crate) fn lower_rx(&self) {
        // ORDERING: Relaxed, as in `raise_rx`.
        self.tail.fetch_and(!Tail::RX_WAITS, Relaxed);
    }

    /// From now on every claim for receiving sees that a sender waits.
    pub(crate) fn raise_tx(&self) {
        if !self.head().tx_waits() {
            // ORDERING: Relaxed, as in `raise_rx`.
            self.head.fetch_or(Head::TX_WAITS, Relaxed);
        }
    }

    /// No sender waits any more.
    pub(crate) fn lower_tx(&self) {
        // ORDERING: Relaxed, as in `raise_rx`.
        self.head
            .fetch_and(!(Head::TX_WAITS | Head::TX_TOLD), Relaxed);
    }

    /// A sender is about to be told of room. Comes before the telling, so that its `lower_told` comes after this.
    pub(crate) fn raise_told(&self) {
        if !self.head().tx_told() {
            // ORDERING: Relaxed, as in `raise_rx`.
            self.head.fetch_or(Head::TX_TOLD, Relaxed);
        }
    }

    /// A sender that was told looks now: from now on every claim for receiving sees that. Says whether others wait.
    pub(crate) fn lower_told(&self) -> bool {
        let head = self.head();
        if !head.tx_told() {
            return head.tx_waits();
        }
        // ORDERING: Relaxed, as in `raise_rx`.
        Head::from_bits(self.head.fetch_and(!Head::TX_TOLD, Relaxed)).tx_waits()
    }
}

/// Keeps off a contended word for a while, longer after each exchange that failed: its owner runs a burst meanwhile.
fn keep_off(failures: &mut u32) {
    for _ in 0..1_u32 << *failures {
        core::hint::spin_loop();
    }
    *failures = (*failures + 1).min(MAX_DOUBLINGS);
}

/// Counts one more look at something another thread is about to finish; true when it was the last one.
pub(crate) fn look_again(spins: &mut u32) -> bool {
    if *spins == SPINS {
        return true;
    }
    *spins += 1;
    spin_loop();
    false
}
