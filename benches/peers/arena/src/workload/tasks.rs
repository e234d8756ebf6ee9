//! The loops of the task executors.

use super::{Jobs, PAIR, Part, shares, waits};
use crate::cells::{Capacity, Cell, Shape, Workload};
use crate::message::{Message, Words};
use crate::peer::{Bound, Bounded, Ends, Received, TaskPeer, Unbounded};
use futures_lite::future::{Boxed, yield_now};
use std::ops::Range;
use std::time::Instant;

/// How many messages a task sends to an unbounded channel before it lets others run.
const YIELD_EVERY: u64 = 256;

/// The tasks of a cell whose channels are bounded.
pub fn jobs<P: TaskPeer<Bounded>>(cell: &Cell, messages: u64) -> Jobs {
    if let Workload::Paced(_) | Workload::Crowd(_) = cell.workload {
        return waits::tasks::<P>(cell, messages);
    }
    let Capacity::Bounded(capacity) = cell.capacity() else {
        unreachable!("{cell} is not a bounded cell");
    };
    let bound = Bounded(capacity);
    let tasks = match (cell.workload, cell.bytes) {
        (Workload::Flow { shape, .. }, 8) => flow::<P, _, Words<1>>(bound, shape, messages),
        (Workload::Flow { shape, .. }, 64) => flow::<P, _, Words<8>>(bound, shape, messages),
        (Workload::Flow { shape, .. }, 1024) => flow::<P, _, Words<128>>(bound, shape, messages),
        (Workload::Flow { shape, .. }, 4096) => flow::<P, _, Words<512>>(bound, shape, messages),
        (Workload::PingPong, 8) => ping_pong::<P, Words<1>>(messages),
        (_, bytes) => unreachable!("no cell has messages of {bytes} bytes"),
    };
    Jobs::Tasks(tasks)
}

/// The tasks of a cell whose channel is unbounded.
pub fn unbounded_jobs<P: TaskPeer<Unbounded>>(cell: &Cell, messages: u64) -> Jobs {
    Jobs::Tasks(flow::<P, _, Words<1>>(Unbounded, cell.shape(), messages))
}

fn flow<P: TaskPeer<B>, B: Bound, T: Message>(
    bound: B,
    shape: Shape,
    messages: u64,
) -> Vec<Boxed<Part>> {
    let Ends { senders, receivers } = P::open::<T>(bound, shape);
    let mut tasks: Vec<Boxed<Part>> = Vec::new();
    for receiver in receivers {
        tasks.push(Box::pin(receive::<P, B, T>(receiver)));
    }
    for (sender, share) in senders.into_iter().zip(shares(messages, shape.senders)) {
        tasks.push(Box::pin(send::<P, B, T>(sender, share)));
    }
    tasks
}

fn ping_pong<P: TaskPeer<Bounded>, T: Message>(trips: u64) -> Vec<Boxed<Part>> {
    let (there, far) = P::open::<T>(Bounded(1), PAIR).pair();
    let (back, near) = P::open::<T>(Bounded(1), PAIR).pair();
    vec![
        Box::pin(pong::<P, T>(far, back)),
        Box::pin(ping::<P, T>(there, near, trips)),
    ]
}

async fn send<P: TaskPeer<B>, B: Bound, T: Message>(
    mut sender: P::Sender<T>,
    share: Range<u64>,
) -> Part {
    let start = Instant::now();
    for value in share {
        P::send(&mut sender, T::new(value))
            .await
            .expect("the channel is open");
        if B::SENDERS_YIELD && value.is_multiple_of(YIELD_EVERY) {
            yield_now().await;
        }
    }
    drop(sender);
    Part::new(start, 0)
}

async fn receive<P: TaskPeer<B>, B: Bound, T: Message>(mut receiver: P::Receiver<T>) -> Part {
    let start = Instant::now();
    let mut sum = 0_u64;
    while let Some(message) = P::recv(&mut receiver).await.message() {
        sum = sum.wrapping_add(message.sum());
    }
    Part::new(start, sum)
}

async fn ping<P: TaskPeer<Bounded>, T: Message>(
    mut sender: P::Sender<T>,
    mut receiver: P::Receiver<T>,
    trips: u64,
) -> Part {
    let start = Instant::now();
    let mut sum = 0_u64;
    for value in 1..=trips {
        P::send(&mut sender, T::new(value))
            .await
            .expect("the channel is open");
        let message = P::recv(&mut receiver)
            .await
            .message()
            .expect("the channel is open");
        sum = sum.wrapping_add(message.sum());
    }
    Part::new(start, sum)
}

async fn pong<P: TaskPeer<Bounded>, T: Message>(
    mut receiver: P::Receiver<T>,
    mut sender: P::Sender<T>,
) -> Part {
    let start = Instant::now();
    while let Some(message) = P::recv(&mut receiver).await.message() {
        P::send(&mut sender, message)
            .await
            .expect("the channel is open");
    }
    Part::new(start, 0)
}
