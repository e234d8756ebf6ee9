//! crossbeam-channel: threads only.

peer! {
    Crossbeam = "crossbeam", Strict, mpmc;
    threads {
        Sender = crossbeam_channel::Sender<T>;
        Receiver = crossbeam_channel::Receiver<T>;
        open = crossbeam_channel::bounded;
        send = send;
        recv = recv;
    }
}
