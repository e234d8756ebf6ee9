//! rapidfire: blocks of slots, tasks only. The second flavour has one receiver.

peer! {
    Mpmc = "rapidfire-mpmc", Strict, mpmc;
    tasks {
        Sender = ::rapidfire::Sender<T>;
        Receiver = ::rapidfire::Receiver<T>;
        open = ::rapidfire::bounded;
        send = send;
        recv = recv;
    }
}

peer! {
    Mpsc = "rapidfire-mpsc", Strict, mpsc;
    tasks {
        Sender = ::rapidfire::Sender<T>;
        Receiver = ::rapidfire::mpsc::Receiver<T>;
        open = ::rapidfire::mpsc::bounded;
        send = send;
        recv = recv;
    }
}
