//! futures-channel: tasks only. It holds the capacity plus one message per sender, more than asked.

use ::futures_channel::mpsc;
use futures_util::SinkExt;

peer! {
    FuturesChannel = "futures-channel", Loose, mpsc;
    tasks {
        Sender = mpsc::Sender<T>;
        Receiver = mpsc::Receiver<T>;
        open = mpsc::channel;
        send = send;
        recv = recv;
    }
    unbounded_tasks {
        Sender = mpsc::UnboundedSender<T>;
        Receiver = mpsc::UnboundedReceiver<T>;
        open = mpsc::unbounded;
        send_now = unbounded_send;
        recv = recv;
    }
}
