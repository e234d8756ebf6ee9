//! crossfire: a ring per kind of channel; tasks and threads have separate handles.

use ::crossfire::{AsyncRx, AsyncTx, MAsyncRx, MAsyncTx, MRx, MTx, Rx, Tx, mpmc, mpsc, spsc};

peer! {
    Mpmc = "crossfire-mpmc", Strict, mpmc;
    tasks {
        Sender = MAsyncTx<mpmc::Array<T>>;
        Receiver = MAsyncRx<mpmc::Array<T>>;
        open = mpmc::bounded_async;
        send = send;
        recv = recv;
    }
    threads {
        Sender = MTx<mpmc::Array<T>>;
        Receiver = MRx<mpmc::Array<T>>;
        open = mpmc::bounded_blocking;
        send = send;
        recv = recv;
    }
    unbounded_tasks {
        Sender = MTx<mpmc::List<T>>;
        Receiver = MAsyncRx<mpmc::List<T>>;
        open = mpmc::unbounded_async;
        send_now = send;
        recv = recv;
    }
    unbounded_threads {
        Sender = MTx<mpmc::List<T>>;
        Receiver = MRx<mpmc::List<T>>;
        open = mpmc::unbounded_blocking;
        send = send;
        recv = recv;
    }
}

peer! {
    Mpsc = "crossfire-mpsc", Strict, mpsc;
    tasks {
        Sender = MAsyncTx<mpsc::Array<T>>;
        Receiver = AsyncRx<mpsc::Array<T>>;
        open = mpsc::bounded_async;
        send = send;
        recv = recv;
    }
    threads {
        Sender = MTx<mpsc::Array<T>>;
        Receiver = Rx<mpsc::Array<T>>;
        open = mpsc::bounded_blocking;
        send = send;
        recv = recv;
    }
    unbounded_tasks {
        Sender = MTx<mpsc::List<T>>;
        Receiver = AsyncRx<mpsc::List<T>>;
        open = mpsc::unbounded_async;
        send_now = send;
        recv = recv;
    }
    unbounded_threads {
        Sender = MTx<mpsc::List<T>>;
        Receiver = Rx<mpsc::List<T>>;
        open = mpsc::unbounded_blocking;
        send = send;
        recv = recv;
    }
}

peer! {
    Spsc = "crossfire-spsc", Strict, spsc;
    tasks {
        Sender = AsyncTx<spsc::Array<T>>;
        Receiver = AsyncRx<spsc::Array<T>>;
        open = spsc::bounded_async;
        send = send;
        recv = recv;
    }
    threads {
        Sender = Tx<spsc::Array<T>>;
        Receiver = Rx<spsc::Array<T>>;
        open = spsc::bounded_blocking;
        send = send;
        recv = recv;
    }
    unbounded_tasks {
        Sender = Tx<spsc::List<T>>;
        Receiver = AsyncRx<spsc::List<T>>;
        open = spsc::unbounded_async;
        send_now = send;
        recv = recv;
    }
    unbounded_threads {
        Sender = Tx<spsc::List<T>>;
        Receiver = Rx<spsc::List<T>>;
        open = spsc::unbounded_blocking;
        send = send;
        recv = recv;
    }
}
