//! kanal: one spin lock for everything, messages are handed to parked futures.

peer! {
    Kanal = "kanal", Loose, mpmc;
    tasks, unbounded_tasks {
        Sender = ::kanal::AsyncSender<T>;
        Receiver = ::kanal::AsyncReceiver<T>;
        open = ::kanal::bounded_async, ::kanal::unbounded_async;
        send = send;
        recv = recv;
    }
    threads, unbounded_threads {
        Sender = ::kanal::Sender<T>;
        Receiver = ::kanal::Receiver<T>;
        open = ::kanal::bounded, ::kanal::unbounded;
        send = send;
        recv = recv;
    }
}
