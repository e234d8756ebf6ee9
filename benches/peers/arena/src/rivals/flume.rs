//! flume: a queue under a lock that hands messages to parked futures.

peer! {
    Flume = "flume", Loose, mpmc;
    tasks {
        Sender = ::flume::Sender<T>;
        Receiver = ::flume::Receiver<T>;
        open = ::flume::bounded;
        send = send_async;
        recv = recv_async;
    }
    threads {
        Sender = ::flume::Sender<T>;
        Receiver = ::flume::Receiver<T>;
        open = ::flume::bounded;
        send = send;
        recv = recv;
    }
}
