//! Too many wakes, endless wakes, and work that grows with the number of waiters.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Wake, Waker};
use std::time::Instant;

use wakering::{Receiver, bounded};

use crate::common::{Counter, Waiting, now, watchdog};

/// tokio: waking many receivers looked through the whole list again for each batch.
#[test]
fn r123_waking_many_is_linear() {
    /// Seconds to register, notify and close `count` receivers.
    fn time(count: usize) -> f64 {
        let (tx, rx) = bounded(count);
        let start = Instant::now();
        let mut receivers: Vec<_> = (0..2 * count).map(|_| Waiting::new(rx.recv())).collect();
        (0..count).for_each(|i| tx.try_send(i).unwrap());
        tx.close();
        let ended = receivers
            .iter_mut()
            .filter(|receiver| receiver.is_woken())
            .count();
        assert_eq!(ended, 2 * count);
        start.elapsed().as_secs_f64()
    }
    watchdog("r123", || {
        time(1_000);
        let small = (0..3).map(|_| time(2_000)).fold(f64::MAX, f64::min);
        let large = (0..3).map(|_| time(40_000)).fold(f64::MAX, f64::min);
        // Linear is 20 times, quadratic 400 times.
        assert!(
            large < 120.0 * small,
            "{large} s for 20 times the work of {small} s"
        );
    });
}

/// async-channel: every stream was woken for every message.
#[test]
fn r125_one_message_wakes_one_stream() {
    let (tx, rx) = bounded(10);
    let counter = Counter::new();
    let waker = counter.waker();
    let mut streams: Vec<Receiver<u32>> = (0..10).map(|_| rx.clone()).collect();
    for stream in &mut streams {
        assert!(
            stream
                .poll_recv(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    for sent in 1..=10 {
        tx.try_send(1).unwrap();
        assert_eq!(counter.wakes(), sent);
    }
}

/// A waker that waits again, on the same channel, each time it is woken.
struct Again {
    rx: Receiver<u32>,
    wakes: AtomicUsize,
}

impl Wake for Again {
    fn wake(self: Arc<Self>) {
        if self.wakes.fetch_add(1, SeqCst) < 1_000 {
            let mut recv = Box::pin(self.rx.recv_owned());
            let waker = Waker::from(self.clone());
            if recv
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
            {
                std::mem::forget(recv);
            }
        }
    }
}

/// tokio `Notify`: a waiter that came back during a wake-all was woken again, without end.
#[test]
fn r126_a_close_wakes_each_waiter_once() {
    watchdog("r126", || {
        let (tx, rx) = bounded(1);
        let again = Arc::new(Again {
            rx: rx.clone(),
            wakes: AtomicUsize::new(0),
        });
        let waker = Waker::from(again.clone());
        let mut recvs: Vec<_> = (0..3).map(|_| Box::pin(rx.recv())).collect();
        for recv in &mut recvs {
            assert!(
                recv.as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
        }
        tx.close();
        assert_eq!(
            again.wakes.load(SeqCst),
            3,
            "what is polled during the close sees the close"
        );
        assert!(recvs.into_iter().all(|recv| now(recv).is_err()));
    });
}

/// A notification for one waiter is not seen by those that come while it is given.
#[test]
fn r126_a_waiter_that_comes_during_a_wake_waits() {
    struct Newcomer {
        rx: Receiver<u32>,
        inner: Counter,
    }
    impl Wake for Newcomer {
        fn wake(self: Arc<Self>) {
            let first = self.rx.try_recv();
            assert_eq!(first, Ok(7));
            let mut recv = Box::pin(self.rx.recv_owned());
            let waker = self.inner.waker();
            assert!(
                recv.as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
        }
    }
    let (tx, rx) = bounded(1);
    let newcomer = Arc::new(Newcomer {
        rx: rx.clone(),
        inner: Counter::new(),
    });
    let waker = Waker::from(newcomer.clone());
    let mut recv = Box::pin(rx.recv());
    assert!(
        recv.as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    tx.try_send(7).unwrap();
    assert_eq!(newcomer.inner.wakes(), 0, "one message, one wake");
}
