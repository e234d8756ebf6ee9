//! The rivals, one file per crate.

mod async_broadcast;
mod async_channel;
mod crossbeam;
mod crossfire;
mod fibre;
mod flume;
mod futures_channel;
mod kanal;
mod loole;
mod oneshot;
mod rapidfire;
mod tachyonix;
mod thingbuf;
mod tokio;

use crate::competitor::Competitor;
use crate::peer::Peer;

/// The name of the rival that most programs use.
pub const TOKIO: &str = tokio::Tokio::NAME;

/// All rivals, the strict ones first.
pub fn all() -> Vec<Competitor> {
    vec![
        crossfire::Mpmc::competitor(),
        crossfire::Mpsc::competitor(),
        crossfire::Spsc::competitor(),
        rapidfire::Mpmc::competitor(),
        rapidfire::Mpsc::competitor(),
        tachyonix::Tachyonix::competitor(),
        thingbuf::Thingbuf::competitor(),
        fibre::Mpsc::competitor(),
        async_channel::AsyncChannel::competitor(),
        tokio::Tokio::with_shapes(tokio::Tokio::competitor()),
        oneshot::competitor(),
        futures_channel::oneshot(),
        async_broadcast::competitor(),
        crossbeam::Crossbeam::competitor().meets(),
        kanal::Kanal::competitor().meets(),
        flume::Flume::competitor().meets(),
        loole::Loole::competitor().meets(),
        fibre::Mpmc::competitor(),
        futures_channel::FuturesChannel::competitor(),
    ]
}

/// What rivals ask for at the start of a program.
pub fn prepare() {
    ::crossfire::detect_backoff_cfg();
}
