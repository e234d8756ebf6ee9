//! futures-channel: tasks only. Its queues hold the capacity plus one message per sender, more than asked.

use crate::competitor::Competitor;
use crate::peer::{Class, Kind, Peer};
use crate::shapes;
use ::futures_channel::{mpsc, oneshot};
use futures_util::SinkExt;

peer! {
    FuturesChannel = "futures-channel", Loose, mpsc;
    tasks {
        Sender = mpsc::Sender<T>;
        Receiver = mpsc::Receiver<T>;
        open = mpsc::channel;
        send = send;
        recv = recv;
    }
    unbounded_tasks {
        Sender = mpsc::UnboundedSender<T>;
        Receiver = mpsc::UnboundedReceiver<T>;
        open = mpsc::unbounded;
        send_now = unbounded_send;
        recv = recv;
    }
}

/// Its oneshot channels, which are strict.
pub struct FuturesOneshot;

impl Peer for FuturesOneshot {
    const NAME: &'static str = "futures-oneshot";
    const CLASS: Class = Class::Strict;
    const KIND: Kind = Kind::Spsc;
}

impl shapes::Oneshot for FuturesOneshot {
    type Sender = oneshot::Sender<u64>;
    type Receiver = oneshot::Receiver<u64>;

    fn open() -> (Self::Sender, Self::Receiver) {
        oneshot::channel()
    }

    fn send(sender: Self::Sender, message: u64) {
        sender.send(message).expect("the receiver is there");
    }
}

pub fn oneshot() -> Competitor {
    Competitor::named::<FuturesOneshot>().oneshot::<FuturesOneshot>()
}
