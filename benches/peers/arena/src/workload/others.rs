//! The loops of the shapes that are no queues.
//!
//! Where one sender has several receivers, it keeps pace with the slowest: their progress is in counters beside the
//! channel, for everybody alike, and the sender yields while it is too far ahead. So each message reaches each receiver.

use super::{Jobs, Part};
use crate::cells::Cell;
use crate::shapes::{Actor, Answer, Broadcast, Oneshot, Watch};
use futures_lite::future::{Boxed, yield_now};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

const RECEIVERS: usize = 4;
const CAPACITY: usize = 128;

/// How far a broadcasting sender gets ahead.
const AHEAD: u64 = 64;

pub fn oneshot<P: Oneshot>(_: &Cell, messages: u64) -> Jobs {
    Jobs::Tasks(vec![timed(async move {
        let mut sum = 0;
        for value in 1..=messages {
            let (sender, receiver) = P::open();
            P::send(sender, value);
            let Answer(answer) = receiver.await.into();
            sum += answer;
        }
        sum
    })])
}

pub fn actor<P: Actor>(_: &Cell, messages: u64) -> Jobs {
    let (mut client, server) = P::open();
    let serve = async {
        P::serve(server).await;
        0
    };
    let ask = async move {
        let mut sum = 0;
        for value in 1..=messages {
            sum += P::ask(&mut client, value).await;
        }
        sum
    };
    Jobs::Tasks(vec![timed(serve), timed(ask)])
}

pub fn broadcast<P: Broadcast>(_: &Cell, messages: u64) -> Jobs {
    let (mut sender, receivers) = P::open(CAPACITY, RECEIVERS);
    let progress = Progress::new();
    let mut tasks = Vec::new();
    for (index, mut receiver) in receivers.into_iter().enumerate() {
        let progress = progress.clone();
        tasks.push(timed(async move {
            let mut sum = 0;
            for expected in 1..=messages {
                let message = P::recv(&mut receiver).await;
                assert_eq!(message, Some(expected));
                sum += progress.has(index, expected);
            }
            sum
        }));
    }
    tasks.push(timed(async move {
        for value in 1..=messages {
            while progress.least() + AHEAD < value {
                yield_now().await;
            }
            P::send(&mut sender, value).await;
        }
        0
    }));
    Jobs::Tasks(tasks)
}

pub fn watch<P: Watch>(_: &Cell, messages: u64) -> Jobs {
    let (mut sender, receivers) = P::open(RECEIVERS);
    let progress = Progress::new();
    let mut tasks = Vec::new();
    for (index, mut receiver) in receivers.into_iter().enumerate() {
        let progress = progress.clone();
        tasks.push(timed(async move {
            let mut sum = 0;
            for expected in 1..=messages {
                let value = P::changed(&mut receiver).await;
                assert_eq!(value, Some(expected));
                sum += progress.has(index, expected);
            }
            sum
        }));
    }
    tasks.push(timed(async move {
        for value in 1..=messages {
            P::send(&mut sender, value);
            while progress.least() < value {
                yield_now().await;
            }
        }
        0
    }));
    Jobs::Tasks(tasks)
}

/// What each receiver has received.
#[derive(Clone)]
struct Progress(Arc<[AtomicU64; RECEIVERS]>);

impl Progress {
    fn new() -> Self {
        Self(Arc::new([const { AtomicU64::new(0) }; RECEIVERS]))
    }

    /// The receiver has `message`. Returns it for the sum of the run, to which one of the receivers counts.
    fn has(&self, index: usize, message: u64) -> u64 {
        self.0[index].store(message, Relaxed);
        if index == 0 { message } else { 0 }
    }

    fn least(&self) -> u64 {
        let least = self.0.iter().map(|message| message.load(Relaxed)).min();
        least.unwrap_or(0)
    }
}

/// A task that gives its sum.
fn timed(act: impl Future<Output = u64> + Send + 'static) -> Boxed<Part> {
    Box::pin(async move {
        let start = Instant::now();
        let sum = act.await;
        Part::new(start, sum)
    })
}
