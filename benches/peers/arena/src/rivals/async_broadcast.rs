//! async-broadcast, which waits for the slowest receiver.

use crate::competitor::Competitor;
use crate::peer::{Class, Kind, Peer};
use crate::shapes;

pub struct AsyncBroadcast;

impl Peer for AsyncBroadcast {
    const NAME: &'static str = "async-broadcast";
    const CLASS: Class = Class::Strict;
    const KIND: Kind = Kind::Mpmc;
}

impl shapes::Broadcast for AsyncBroadcast {
    type Sender = ::async_broadcast::Sender<u64>;
    type Receiver = ::async_broadcast::Receiver<u64>;

    fn open(capacity: usize, receivers: usize) -> (Self::Sender, Vec<Self::Receiver>) {
        let (sender, receiver) = ::async_broadcast::broadcast(capacity);
        (sender, vec![receiver; receivers])
    }

    async fn send(sender: &mut Self::Sender, message: u64) {
        sender
            .broadcast_direct(message)
            .await
            .expect("there are receivers");
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv_direct().await.ok()
    }
}

pub fn competitor() -> Competitor {
    Competitor::named::<AsyncBroadcast>().broadcast::<AsyncBroadcast>()
}
