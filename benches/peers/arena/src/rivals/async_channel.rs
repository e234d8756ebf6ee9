//! async-channel: `concurrent-queue` and `event-listener`.

peer! {
    AsyncChannel = "async-channel", Strict, mpmc;
    tasks, unbounded_tasks {
        Sender = ::async_channel::Sender<T>;
        Receiver = ::async_channel::Receiver<T>;
        open = ::async_channel::bounded, ::async_channel::unbounded;
        send = send;
        recv = recv;
    }
    threads, unbounded_threads {
        Sender = ::async_channel::Sender<T>;
        Receiver = ::async_channel::Receiver<T>;
        open = ::async_channel::bounded, ::async_channel::unbounded;
        send = send_blocking;
        recv = recv_blocking;
    }
}
