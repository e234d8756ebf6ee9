//! The same loops with blocking calls, one OS thread each.

use super::{Jobs, PAIR, Part, shares, waits};
use crate::cells::{Capacity, Cell, Shape, Workload};
use crate::message::{Message, Words};
use crate::peer::{Bound, Bounded, Ends, Received, ThreadPeer, Unbounded};
use std::ops::Range;
use std::time::Instant;

type Thread = Box<dyn FnOnce() -> Part + Send>;

/// The threads of a cell whose channels are bounded.
pub fn jobs<P: ThreadPeer<Bounded>>(cell: &Cell, messages: u64) -> Jobs {
    if let Workload::Paced(_) = cell.workload {
        return waits::threads::<P>(cell, messages);
    }
    let Capacity::Bounded(capacity) = cell.capacity() else {
        unreachable!("{cell} is not a bounded cell");
    };
    let bound = Bounded(capacity);
    let threads = match (cell.workload, cell.bytes) {
        (Workload::Flow { shape, .. }, 8) => flow::<P, _, Words<1>>(bound, shape, messages),
        (Workload::Flow { shape, .. }, 64) => flow::<P, _, Words<8>>(bound, shape, messages),
        (Workload::Flow { shape, .. }, 1024) => flow::<P, _, Words<128>>(bound, shape, messages),
        (Workload::Flow { shape, .. }, 4096) => flow::<P, _, Words<512>>(bound, shape, messages),
        (Workload::PingPong, 8) => ping_pong::<P, Words<1>>(messages),
        (_, bytes) => unreachable!("no cell has messages of {bytes} bytes"),
    };
    Jobs::Threads(threads)
}

/// The threads of a cell whose channel is unbounded.
pub fn unbounded_jobs<P: ThreadPeer<Unbounded>>(cell: &Cell, messages: u64) -> Jobs {
    Jobs::Threads(flow::<P, _, Words<1>>(Unbounded, cell.shape(), messages))
}

fn flow<P: ThreadPeer<B>, B: Bound, T: Message>(
    bound: B,
    shape: Shape,
    messages: u64,
) -> Vec<Thread> {
    let Ends { senders, receivers } = P::open::<T>(bound, shape);
    let mut threads: Vec<Thread> = Vec::new();
    for receiver in receivers {
        threads.push(Box::new(|| receive::<P, B, T>(receiver)));
    }
    for (sender, share) in senders.into_iter().zip(shares(messages, shape.senders)) {
        threads.push(Box::new(|| send::<P, B, T>(sender, share)));
    }
    threads
}

fn ping_pong<P: ThreadPeer<Bounded>, T: Message>(trips: u64) -> Vec<Thread> {
    let (there, far) = P::open::<T>(Bounded(1), PAIR).pair();
    let (back, near) = P::open::<T>(Bounded(1), PAIR).pair();
    vec![
        Box::new(|| pong::<P, T>(far, back)),
        Box::new(move || ping::<P, T>(there, near, trips)),
    ]
}

fn send<P: ThreadPeer<B>, B: Bound, T: Message>(
    mut sender: P::Sender<T>,
    share: Range<u64>,
) -> Part {
    let start = Instant::now();
    for value in share {
        P::send(&mut sender, T::new(value)).expect("the channel is open");
    }
    drop(sender);
    Part::new(start, 0)
}

fn receive<P: ThreadPeer<B>, B: Bound, T: Message>(mut receiver: P::Receiver<T>) -> Part {
    let start = Instant::now();
    let mut sum = 0_u64;
    while let Some(message) = P::recv(&mut receiver).message() {
        sum = sum.wrapping_add(message.sum());
    }
    Part::new(start, sum)
}

fn ping<P: ThreadPeer<Bounded>, T: Message>(
    mut sender: P::Sender<T>,
    mut receiver: P::Receiver<T>,
    trips: u64,
) -> Part {
    let start = Instant::now();
    let mut sum = 0_u64;
    for value in 1..=trips {
        P::send(&mut sender, T::new(value)).expect("the channel is open");
        let message = P::recv(&mut receiver)
            .message()
            .expect("the channel is open");
        sum = sum.wrapping_add(message.sum());
    }
    Part::new(start, sum)
}

fn pong<P: ThreadPeer<Bounded>, T: Message>(
    mut receiver: P::Receiver<T>,
    mut sender: P::Sender<T>,
) -> Part {
    let start = Instant::now();
    while let Some(message) = P::recv(&mut receiver).message() {
        P::send(&mut sender, message).expect("the channel is open");
    }
    Part::new(start, 0)
}
