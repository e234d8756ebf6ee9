//! Counters.

/// What has happened in a queue, and what is in it, at one moment.
///
/// Nothing is lost: `enqueued == acked + dead + ready + in_flight + delayed`, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Messages enqueued.
    pub enqueued: u64,
    /// Deliveries, first ones and others.
    pub delivered: u64,
    /// Deliveries that were not the first of their message.
    pub redelivered: u64,
    /// Messages acknowledged.
    pub acked: u64,
    /// Deliveries that ended by `nack` or `nack_after`.
    pub nacked: u64,
    /// Deliveries that ended by `reject`.
    pub rejected: u64,
    /// Deliveries that were not settled in time.
    pub expired: u64,
    /// Deliveries that were dropped, panics included.
    pub dropped: u64,
    /// Messages that became dead letters.
    pub dead: u64,
    /// Dead letters that were dropped at once, because nobody could receive them any more.
    pub discarded: u64,
    /// Messages that wait for a consumer.
    pub ready: usize,
    /// Messages that a consumer has.
    pub in_flight: usize,
    /// Messages that are to be ready later.
    pub delayed: usize,
}
