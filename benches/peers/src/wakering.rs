//! This crate, twice: the channels with any number of receivers, and those with one. The same
//! handles serve tasks and threads. The shapes that are no queues go with the first.

use arena::competitor::Competitor;
use arena::peer::Peer;
use arena::{peer, rivals, tokio_mpsc};

peer! {
    Mpmc = "wakering", Strict, mpmc;
    tasks, unbounded_tasks {
        Sender = ::wakering::Sender<T>;
        Receiver = ::wakering::Receiver<T>;
        open = ::wakering::bounded, ::wakering::unbounded;
        send = send;
        recv = recv;
    }
    threads, unbounded_threads {
        Sender = ::wakering::Sender<T>;
        Receiver = ::wakering::Receiver<T>;
        open = ::wakering::bounded, ::wakering::unbounded;
        send = send_blocking;
        recv = recv_blocking;
    }
}

tokio_mpsc!(Mpsc = "wakering-mpsc", wakering);
arena::tokio_shapes!(Mpmc, wakering);

/// The names that count as no rival: each is compared with the others, and not with its sibling.
pub const OURS: [&str; 2] = [Mpmc::NAME, Mpsc::NAME];

/// Everybody, ours first.
pub fn competitors() -> Vec<Competitor> {
    let mut competitors = vec![
        Mpmc::with_shapes(Mpmc::competitor().meets()),
        Mpsc::competitor(),
    ];
    competitors.append(&mut rivals::all());
    competitors
}
