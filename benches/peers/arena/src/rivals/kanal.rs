//! kanal: one spin lock for everything, messages are handed to parked futures.

peer! {
    Kanal = "kanal", Loose, mpmc;
    tasks {
        Sender = ::kanal::AsyncSender<T>;
        Receiver = ::kanal::AsyncReceiver<T>;
        open = ::kanal::bounded_async;
        send = send;
        recv = recv;
    }
    threads {
        Sender = ::kanal::Sender<T>;
        Receiver = ::kanal::Receiver<T>;
        open = ::kanal::bounded;
        send = send;
        recv = recv;
    }
}
