//! The `oneshot` crate.

use crate::competitor::Competitor;
use crate::peer::{Class, Kind, Peer};
use crate::shapes;

pub struct Oneshot;

impl Peer for Oneshot {
    const NAME: &'static str = "oneshot";
    const CLASS: Class = Class::Strict;
    const KIND: Kind = Kind::Spsc;
}

impl shapes::Oneshot for Oneshot {
    type Sender = ::oneshot::Sender<u64>;
    type Receiver = ::oneshot::Receiver<u64>;

    fn open() -> (Self::Sender, Self::Receiver) {
        ::oneshot::channel()
    }

    fn send(sender: Self::Sender, message: u64) {
        sender.send(message).expect("the receiver is there");
    }
}

pub fn competitor() -> Competitor {
    Competitor::named::<Oneshot>().oneshot::<Oneshot>()
}
