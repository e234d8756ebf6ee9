//! flume: a queue under a lock that hands messages to parked futures.

peer! {
    Flume = "flume", Loose, mpmc;
    tasks, unbounded_tasks {
        Sender = ::flume::Sender<T>;
        Receiver = ::flume::Receiver<T>;
        open = ::flume::bounded, ::flume::unbounded;
        send = send_async;
        recv = recv_async;
    }
    threads, unbounded_threads {
        Sender = ::flume::Sender<T>;
        Receiver = ::flume::Receiver<T>;
        open = ::flume::bounded, ::flume::unbounded;
        send = send;
        recv = recv;
    }
}
