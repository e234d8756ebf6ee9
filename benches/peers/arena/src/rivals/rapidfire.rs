//! rapidfire: blocks of slots, tasks only. The second flavour has one receiver.

peer! {
    Mpmc = "rapidfire-mpmc", Strict, mpmc;
    tasks, unbounded_tasks {
        Sender = ::rapidfire::Sender<T>;
        Receiver = ::rapidfire::Receiver<T>;
        open = ::rapidfire::bounded, ::rapidfire::unbounded;
        send = send;
        recv = recv;
    }
}

peer! {
    Mpsc = "rapidfire-mpsc", Strict, mpsc;
    tasks, unbounded_tasks {
        Sender = ::rapidfire::Sender<T>;
        Receiver = ::rapidfire::mpsc::Receiver<T>;
        open = ::rapidfire::mpsc::bounded, ::rapidfire::mpsc::unbounded;
        send = send;
        recv = recv;
    }
}
