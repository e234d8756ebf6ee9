//! tokio's channels. mpsc: permits in order of arrival. Under tokio it takes part in the cooperative budget.

use ::tokio::sync::mpsc;

peer! {
    Tokio = "tokio", Strict, mpsc;
    tasks {
        Sender = mpsc::Sender<T>;
        Receiver = mpsc::Receiver<T>;
        open = mpsc::channel;
        send = send;
        recv = recv;
    }
    threads {
        Sender = mpsc::Sender<T>;
        Receiver = mpsc::Receiver<T>;
        open = mpsc::channel;
        send = blocking_send;
        recv = blocking_recv;
    }
    unbounded_tasks {
        Sender = mpsc::UnboundedSender<T>;
        Receiver = mpsc::UnboundedReceiver<T>;
        open = mpsc::unbounded_channel;
        send_now = send;
        recv = recv;
    }
    unbounded_threads {
        Sender = mpsc::UnboundedSender<T>;
        Receiver = mpsc::UnboundedReceiver<T>;
        open = mpsc::unbounded_channel;
        send = send;
        recv = blocking_recv;
    }
}

crate::tokio_shapes!(Tokio, tokio::sync);
