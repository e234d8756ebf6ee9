//! loole: a queue under a lock that hands messages to parked futures.

peer! {
    Loole = "loole", Loose, mpmc;
    tasks, unbounded_tasks {
        Sender = ::loole::Sender<T>;
        Receiver = ::loole::Receiver<T>;
        open = ::loole::bounded, ::loole::unbounded;
        send = send_async;
        recv = recv_async;
    }
    threads, unbounded_threads {
        Sender = ::loole::Sender<T>;
        Receiver = ::loole::Receiver<T>;
        open = ::loole::bounded, ::loole::unbounded;
        send = send;
        recv = recv;
    }
}
