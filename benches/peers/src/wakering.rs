//! This crate, twice: the channels with any number of receivers, and those with one. The same
//! handles serve tasks and threads. The shapes that are no queues go with the first.

use ::wakering::mpsc;
use arena::competitor::Competitor;
use arena::peer::Peer;
use arena::{peer, rivals};

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

peer! {
    Mpsc = "wakering-mpsc", Strict, mpsc;
    tasks {
        Sender = mpsc::Sender<T>;
        Receiver = mpsc::Receiver<T>;
        open = mpsc::channel;
        send = send;
        recv = recv;
    }
    threads {
        Sender = mpsc::Sender<T>;
        Receiver = mpsc::Receiver<T>;
        open = mpsc::channel;
        send = blocking_send;
        recv = blocking_recv;
    }
    unbounded_tasks {
        Sender = mpsc::UnboundedSender<T>;
        Receiver = mpsc::UnboundedReceiver<T>;
        open = mpsc::unbounded_channel;
        send_now = send;
        recv = recv;
    }
    unbounded_threads {
        Sender = mpsc::UnboundedSender<T>;
        Receiver = mpsc::UnboundedReceiver<T>;
        open = mpsc::unbounded_channel;
        send = send;
        recv = blocking_recv;
    }
}

arena::tokio_shapes!(Mpmc, wakering);

/// The names that count as no rival: each is compared with the others, and not with its sibling.
pub const OURS: [&str; 2] = [Mpmc::NAME, Mpsc::NAME];

/// Everybody, ours first.
pub fn competitors() -> Vec<Competitor> {
    let mut competitors = vec![Mpmc::with_shapes(Mpmc::competitor()), Mpsc::competitor()];
    competitors.append(&mut rivals::all());
    competitors
}
