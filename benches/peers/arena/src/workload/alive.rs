//! Many channels at a time, most of them idle.

use crate::message::{Message, Words};
use crate::peer::{Bounded, Received, TaskPeer};
use crate::workload::PAIR;
use futures_lite::future::block_on;

/// Opens channels of a capacity. What it returns keeps them open, and when it is called passes a message through each.
pub type MakeAlive = fn(capacity: usize, channels: usize) -> Box<dyn FnMut()>;

pub fn make<P: TaskPeer<Bounded>>(capacity: usize, channels: usize) -> Box<dyn FnMut()> {
    let open = |_| P::open::<Words<1>>(Bounded(capacity), PAIR).pair();
    let mut all: Vec<_> = (0..channels).map(open).collect();
    Box::new(move || {
        block_on(async {
            for (sender, receiver) in &mut all {
                let sent = P::send(sender, Words::new(1)).await;
                sent.expect("the channel is open");
                let message = P::recv(receiver).await.message();
                message.expect("the channel is open");
            }
        });
    })
}
