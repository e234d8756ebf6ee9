//! async-channel: `concurrent-queue` and `event-listener`.

peer! {
    AsyncChannel = "async-channel", Strict, mpmc;
    tasks {
        Sender = ::async_channel::Sender<T>;
        Receiver = ::async_channel::Receiver<T>;
        open = ::async_channel::bounded;
        send = send;
        recv = recv;
    }
    threads {
        Sender = ::async_channel::Sender<T>;
        Receiver = ::async_channel::Receiver<T>;
        open = ::async_channel::bounded;
        send = send_blocking;
        recv = recv_blocking;
    }
}
