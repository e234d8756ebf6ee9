//! crossbeam-channel: threads only.

peer! {
    Crossbeam = "crossbeam", Strict, mpmc;
    threads, unbounded_threads {
        Sender = crossbeam_channel::Sender<T>;
        Receiver = crossbeam_channel::Receiver<T>;
        open = crossbeam_channel::bounded, crossbeam_channel::unbounded;
        send = send;
        recv = recv;
    }
}
