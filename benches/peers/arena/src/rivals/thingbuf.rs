//! thingbuf: slots that are used again in place; tasks and threads have separate channels.

use ::thingbuf::mpsc;

peer! {
    Thingbuf = "thingbuf", Strict, mpsc;
    tasks {
        Sender = mpsc::Sender<T>;
        Receiver = mpsc::Receiver<T>;
        open = mpsc::channel;
        send = send;
        recv = recv;
    }
    threads {
        Sender = mpsc::blocking::Sender<T>;
        Receiver = mpsc::blocking::Receiver<T>;
        open = mpsc::blocking::channel;
        send = send;
        recv = recv;
    }
}
