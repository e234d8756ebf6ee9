//! The rivals, one file per crate.

mod async_channel;
mod crossbeam;
mod crossfire;
mod fibre;
mod flume;
mod futures_channel;
mod kanal;
mod loole;
mod rapidfire;
mod tachyonix;
mod thingbuf;
mod tokio;

use crate::competitor::Competitor;

/// All rivals, the strict ones first.
pub fn all() -> Vec<Competitor> {
    vec![
        Competitor::with_both::<crossfire::Mpmc>(),
        Competitor::with_both::<crossfire::Mpsc>(),
        Competitor::with_both::<crossfire::Spsc>(),
        Competitor::with_tasks::<rapidfire::Mpmc>(),
        Competitor::with_tasks::<rapidfire::Mpsc>(),
        Competitor::with_tasks::<tachyonix::Tachyonix>(),
        Competitor::with_both::<thingbuf::Thingbuf>(),
        Competitor::with_both::<fibre::Mpsc>(),
        Competitor::with_both::<async_channel::AsyncChannel>(),
        Competitor::with_both::<tokio::Tokio>(),
        Competitor::with_threads::<crossbeam::Crossbeam>(),
        Competitor::with_both::<kanal::Kanal>(),
        Competitor::with_both::<flume::Flume>(),
        Competitor::with_both::<loole::Loole>(),
        Competitor::with_both::<fibre::Mpmc>(),
        Competitor::with_tasks::<futures_channel::FuturesChannel>(),
    ]
}

/// What rivals ask for at the start of a program.
pub fn prepare() {
    ::crossfire::detect_backoff_cfg();
}
