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
    unbounded_tasks {
        Sender = mpsc::UnboundedAsyncSender<T>;
        Receiver = mpsc::UnboundedAsyncReceiver<T>;
        open = mpsc::unbounded_async;
        send = send;
        recv = recv;
    }
    unbounded_threads {
        Sender = mpsc::UnboundedSyncSender<T>;
        Receiver = mpsc::UnboundedSyncReceiver<T>;
        open = mpsc::unbounded;
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
    unbounded_tasks {
        Sender = mpmc::UnboundedAsyncSender<T>;
        Receiver = mpmc::UnboundedAsyncReceiver<T>;
        open = mpmc::unbounded_async;
        send = send;
        recv = recv;
    }
    unbounded_threads {
        Sender = mpmc::UnboundedSyncSender<T>;
        Receiver = mpmc::UnboundedSyncReceiver<T>;
        open = mpmc::unbounded;
        send = send;
        recv = recv;
    }
}
