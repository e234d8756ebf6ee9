//! This crate: the same handles for tasks and threads.

use arena::competitor::Competitor;
use arena::peer::Peer;
use arena::{peer, rivals};

peer! {
    Wakering = "wakering", Strict, mpmc;
    tasks {
        Sender = ::wakering::Sender<T>;
        Receiver = ::wakering::Receiver<T>;
        open = ::wakering::bounded;
        send = send;
        recv = recv;
    }
    threads {
        Sender = ::wakering::Sender<T>;
        Receiver = ::wakering::Receiver<T>;
        open = ::wakering::bounded;
        send = send_blocking;
        recv = recv_blocking;
    }
}

/// The name that the others are compared with.
pub const OURS: &str = <Wakering as Peer>::NAME;

/// Everybody, ours first.
pub fn competitors() -> Vec<Competitor> {
    let mut competitors = vec![Competitor::with_both::<Wakering>()];
    competitors.append(&mut rivals::all());
    competitors
}
