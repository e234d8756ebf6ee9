//! tachyonix: one receiver, tasks only.

peer! {
    Tachyonix = "tachyonix", Strict, mpsc;
    tasks {
        Sender = ::tachyonix::Sender<T>;
        Receiver = ::tachyonix::Receiver<T>;
        open = ::tachyonix::channel;
        send = send;
        recv = recv;
    }
}
