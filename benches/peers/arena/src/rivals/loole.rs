//! loole: a queue under a lock that hands messages to parked futures.

peer! {
    Loole = "loole", Loose, mpmc;
    tasks {
        Sender = ::loole::Sender<T>;
        Receiver = ::loole::Receiver<T>;
        open = ::loole::bounded;
        send = send_async;
        recv = recv_async;
    }
    threads {
        Sender = ::loole::Sender<T>;
        Receiver = ::loole::Receiver<T>;
        open = ::loole::bounded;
        send = send;
        recv = recv;
    }
}
