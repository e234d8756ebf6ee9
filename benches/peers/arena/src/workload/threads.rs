//! The same loops with blocking calls, one OS thread each.

use super::{Jobs, PAIR, Part, shares};
use crate::cells::{Cell, Shape, Workload};
use crate::message::{Message, Words};
use crate::peer::{Ends, Received, ThreadPeer};
use std::ops::Range;
use std::time::Instant;

type Thread = Box<dyn FnOnce() -> Part + Send>;

/// The threads of a cell.
pub fn jobs<P: ThreadPeer>(cell: &Cell, messages: u64) -> Jobs {
    let threads = match (cell.workload, cell.bytes) {
        (Workload::Flow { shape, capacity }, 8) => flow::<P, Words<1>>(shape, capacity, messages),
        (Workload::Flow { shape, capacity }, 64) => flow::<P, Words<8>>(shape, capacity, messages),
        (Workload::Flow { shape, capacity }, 1024) => {
            flow::<P, Words<128>>(shape, capacity, messages)
        }
        (Workload::PingPong, 8) => ping_pong::<P, Words<1>>(messages),
        (_, bytes) => unreachable!("no cell has messages of {bytes} bytes"),
    };
    Jobs::Threads(threads)
}

fn flow<P: ThreadPeer, T: Message>(shape: Shape, capacity: usize, messages: u64) -> Vec<Thread> {
    let Ends { senders, receivers } = P::open::<T>(capacity, shape);
    let mut threads: Vec<Thread> = Vec::new();
    for receiver in receivers {
        threads.push(Box::new(|| receive::<P, T>(receiver)));
    }
    for (sender, share) in senders.into_iter().zip(shares(messages, shape.senders)) {
        threads.push(Box::new(|| send::<P, T>(sender, share)));
    }
    threads
}

fn ping_pong<P: ThreadPeer, T: Message>(trips: u64) -> Vec<Thread> {
    let (there, far) = P::open::<T>(1, PAIR).pair();
    let (back, near) = P::open::<T>(1, PAIR).pair();
    vec![
        Box::new(|| pong::<P, T>(far, back)),
        Box::new(move || ping::<P, T>(there, near, trips)),
    ]
}

fn send<P: ThreadPeer, T: Message>(mut sender: P::Sender<T>, share: Range<u64>) -> Part {
    let start = Instant::now();
    for value in share {
        P::send(&mut sender, T::new(value)).expect("the channel is open");
    }
    drop(sender);
    Part {
        start,
        end: Instant::now(),
        sum: 0,
    }
}

fn receive<P: ThreadPeer, T: Message>(mut receiver: P::Receiver<T>) -> Part {
    let start = Instant::now();
    let mut sum = 0_u64;
    while let Some(message) = P::recv(&mut receiver).message() {
        sum = sum.wrapping_add(message.sum());
    }
    Part {
        start,
        end: Instant::now(),
        sum,
    }
}

fn ping<P: ThreadPeer, T: Message>(
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
    Part {
        start,
        end: Instant::now(),
        sum,
    }
}

fn pong<P: ThreadPeer, T: Message>(mut receiver: P::Receiver<T>, mut sender: P::Sender<T>) -> Part {
    let start = Instant::now();
    while let Some(message) = P::recv(&mut receiver).message() {
        P::send(&mut sender, message).expect("the channel is open");
    }
    Part {
        start,
        end: Instant::now(),
        sum: 0,
    }
}
