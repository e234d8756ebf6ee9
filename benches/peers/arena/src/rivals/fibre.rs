//! fibre: its mpsc is a ring of its own, its mpmc a lock that hands messages to parked futures.

use ::fibre::{mpmc, mpsc};

peer! {
    Mpsc = "fibre-mpsc", Strict, mpsc;
    tasks {
        Sender = mpsc::BoundedAsyncSender<T>;
        Receiver = mpsc::BoundedAsyncReceiver<T>;
        open = mpsc::bounded_async;
        send = send;
        recv = recv;
    }
    threads {
        Sender = mpsc::BoundedSyncSender<T>;
        Receiver = mpsc::BoundedSyncReceiver<T>;
        open = mpsc::bounded;
        send = send;
        recv = recv;
    }
}

peer! {
    Mpmc = "fibre-mpmc", Loose, mpmc;
    tasks {
        Sender = mpmc::AsyncSender<T>;
        Receiver = mpmc::AsyncReceiver<T>;
        open = mpmc::bounded_async;
        send = send;
        recv = recv;
    }
    threads {
        Sender = mpmc::Sender<T>;
        Receiver = mpmc::Receiver<T>;
        open = mpmc::bounded;
        send = send;
        recv = recv;
    }
}
