//! The loops of the task executors.

use super::{Jobs, PAIR, Part, shares};
use crate::cells::{Cell, Shape, Workload};
use crate::message::{Message, Words};
use crate::peer::{Ends, Received, TaskPeer};
use futures_lite::future::Boxed;
use std::ops::Range;
use std::time::Instant;

/// The tasks of a cell.
pub fn jobs<P: TaskPeer>(cell: &Cell, messages: u64) -> Jobs {
    let tasks = match (cell.workload, cell.bytes) {
        (Workload::Flow { shape, capacity }, 8) => flow::<P, Words<1>>(shape, capacity, messages),
        (Workload::Flow { shape, capacity }, 64) => flow::<P, Words<8>>(shape, capacity, messages),
        (Workload::Flow { shape, capacity }, 1024) => {
            flow::<P, Words<128>>(shape, capacity, messages)
        }
        (Workload::PingPong, 8) => ping_pong::<P, Words<1>>(messages),
        (_, bytes) => unreachable!("no cell has messages of {bytes} bytes"),
    };
    Jobs::Tasks(tasks)
}

fn flow<P: TaskPeer, T: Message>(shape: Shape, capacity: usize, messages: u64) -> Vec<Boxed<Part>> {
    let Ends { senders, receivers } = P::open::<T>(capacity, shape);
    let mut tasks: Vec<Boxed<Part>> = Vec::new();
    for receiver in receivers {
        tasks.push(Box::pin(receive::<P, T>(receiver)));
    }
    for (sender, share) in senders.into_iter().zip(shares(messages, shape.senders)) {
        tasks.push(Box::pin(send::<P, T>(sender, share)));
    }
    tasks
}

fn ping_pong<P: TaskPeer, T: Message>(trips: u64) -> Vec<Boxed<Part>> {
    let (there, far) = P::open::<T>(1, PAIR).pair();
    let (back, near) = P::open::<T>(1, PAIR).pair();
    vec![
        Box::pin(pong::<P, T>(far, back)),
        Box::pin(ping::<P, T>(there, near, trips)),
    ]
}

async fn send<P: TaskPeer, T: Message>(mut sender: P::Sender<T>, share: Range<u64>) -> Part {
    let start = Instant::now();
    for value in share {
        P::send(&mut sender, T::new(value))
            .await
            .expect("the channel is open");
    }
    drop(sender);
    Part {
        start,
        end: Instant::now(),
        sum: 0,
    }
}

async fn receive<P: TaskPeer, T: Message>(mut receiver: P::Receiver<T>) -> Part {
    let start = Instant::now();
    let mut sum = 0_u64;
    while let Some(message) = P::recv(&mut receiver).await.message() {
        sum = sum.wrapping_add(message.sum());
    }
    Part {
        start,
        end: Instant::now(),
        sum,
    }
}

async fn ping<P: TaskPeer, T: Message>(
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
    Part {
        start,
        end: Instant::now(),
        sum,
    }
}

async fn pong<P: TaskPeer, T: Message>(
    mut receiver: P::Receiver<T>,
    mut sender: P::Sender<T>,
) -> Part {
    let start = Instant::now();
    while let Some(message) = P::recv(&mut receiver).await.message() {
        P::send(&mut sender, message)
            .await
            .expect("the channel is open");
    }
    Part {
        start,
        end: Instant::now(),
        sum: 0,
    }
}
