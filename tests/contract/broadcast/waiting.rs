//! Receivers that wait: who is woken, how often, and what is left behind.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use futures_core::Stream;
use futures_core::stream::FusedStream;
use wakering::broadcast::error::{Lagged, RecvError};
use wakering::broadcast::{Receiver, channel};

use crate::common::{Counter, Waiting, now, watchdog};
use crate::driver::{Driver, contract};

contract! {
    one_wake_for_a_burst,
    the_end_wakes_all,
    a_poll_and_a_future_are_both_told,
    a_stream_yields_its_lags,
    r121_an_always_ready_loop_lets_others_run,
}

fn poll(rx: &mut Receiver<usize>, counter: &Counter) -> Poll<Result<usize, RecvError>> {
    rx.poll_recv(&mut Context::from_waker(&counter.waker()))
}

/// However many messages come before it looks.
async fn one_wake_for_a_burst<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx1) = channel(capacity);
    let mut rx2 = tx.subscribe();
    let mut rx3 = tx.subscribe();
    let mut first = Waiting::new(rx1.recv());
    let mut second = Waiting::new(rx2.recv());
    for n in 0..capacity {
        tx.send(n).unwrap();
        assert_eq!((first.wakes(), second.wakes()), (1, 1));
    }
    assert_eq!((first.finish(), second.finish()), (Ok(0), Ok(0)));
    assert_eq!(now(rx3.recv()), Ok(0));
    drop((first, second));
    for n in 1..capacity {
        assert_eq!(now(rx1.recv()), Ok(n));
    }
}

async fn the_end_wakes_all<D: Driver>(driver: D, capacity: usize) {
    let (tx, mut rx1) = channel::<usize>(capacity);
    let mut rx2 = tx.subscribe();
    let mut rx3 = tx.subscribe();
    let other = tx.clone();
    let waiting = driver.spawn(async move { rx3.recv().await });
    let mut first = Waiting::new(rx1.recv());
    let counter = Counter::new();
    assert!(poll(&mut rx2, &counter).is_pending());
    drop(tx);
    assert_eq!((first.wakes(), counter.wakes()), (0, 0));
    drop(other);
    assert_eq!((first.wakes(), counter.wakes()), (1, 1));
    assert_eq!(first.finish(), Err(RecvError::Closed));
    assert_eq!(
        poll(&mut rx2, &counter),
        Poll::Ready(Err(RecvError::Closed))
    );
    assert_eq!(waiting.await, Err(RecvError::Closed));
}

/// embassy (r020): one place for two that wait.
async fn a_poll_and_a_future_are_both_told<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let counter = Counter::new();
    assert!(poll(&mut rx, &counter).is_pending());
    let mut recv = Waiting::new(rx.recv());
    tx.send(1).unwrap();
    assert_eq!((recv.wakes(), counter.wakes()), (1, 1));
    assert_eq!(recv.finish(), Ok(1));
    drop(recv);
    assert!(poll(&mut rx, &counter).is_pending());
    tx.send(2).unwrap();
    assert_eq!(counter.wakes(), 2);
    assert_eq!(poll(&mut rx, &counter), Poll::Ready(Ok(2)));
}

/// async-broadcast (r132): its stream did not say that it had missed something.
async fn a_stream_yields_its_lags<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let counter = Counter::new();
    let waker = counter.waker();
    let mut cx = Context::from_waker(&waker);
    assert!(Pin::new(&mut rx).poll_next(&mut cx).is_pending());
    for n in 0..capacity + 3 {
        tx.send(n).unwrap();
    }
    drop(tx);
    assert_eq!(counter.wakes(), 1);
    assert!(!rx.is_terminated());
    let mut items = Vec::new();
    while let Poll::Ready(Some(item)) = Pin::new(&mut rx).poll_next(&mut cx) {
        items.push(item);
        if items.len() > 1000 + 3 {
            break;
        }
    }
    // The yield of a handle that never waits, at large capacities.
    while !rx.is_terminated() {
        if let Poll::Ready(Some(item)) = Pin::new(&mut rx).poll_next(&mut cx) {
            items.push(item);
        }
    }
    assert_eq!(items[0], Err(Lagged(3)));
    assert_eq!(items.len(), capacity + 1);
    for (n, item) in items[1..].iter().enumerate() {
        assert_eq!(*item, Ok(n + 3));
    }
    assert!(rx.is_terminated());
    assert_eq!(Pin::new(&mut rx).poll_next(&mut cx), Poll::Ready(None));
}

/// A task that has always something to receive on a thread that others need.
async fn r121_an_always_ready_loop_lets_others_run<D: Driver>(driver: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let stop = Arc::new(AtomicUsize::new(0));
    let looping = {
        let stop = stop.clone();
        driver.spawn(async move {
            while stop.load(SeqCst) == 0 {
                tx.send(0).unwrap();
                rx.recv().await.unwrap();
            }
        })
    };
    let other = driver.spawn(async move { stop.store(1, SeqCst) });
    other.await;
    looping.await;
}

/// tokio (r106), mini-redis (r107): a wait that was given up left its waker behind.
#[test]
fn r106_r107_a_wait_leaves_nothing_behind() {
    let (tx, mut rx) = channel::<usize>(1);
    for _ in 0..1000 {
        let recv = Waiting::new(rx.recv());
        let counter = recv.counter.clone();
        assert_eq!(
            counter.wakers_alive(),
            2,
            "its waker, and the counter in `recv`"
        );
        drop(recv);
        assert_eq!(counter.wakers_alive(), 0);
    }
    let counter = Counter::new();
    assert!(poll(&mut rx, &counter).is_pending());
    assert_eq!(counter.wakers_alive(), 1);
    drop(rx);
    assert_eq!(counter.wakers_alive(), 0);
    assert_eq!(counter.wakes(), 0);
    let rx = tx.subscribe();
    tx.send(1).unwrap();
    let send = Waiting::new(tx.send_lossless(2));
    let closed = Waiting::new(tx.closed());
    let counters = [send.counter.clone(), closed.counter.clone()];
    drop((send, closed));
    assert!(counters.iter().all(|counter| counter.wakers_alive() == 0));
    drop(rx);
}

/// tokio (r010): the waker of the latest poll is the one that counts.
#[test]
fn r010_the_latest_waker_is_called() {
    let (tx, mut rx) = channel(1);
    let (first, second) = (Counter::new(), Counter::new());
    assert!(poll(&mut rx, &first).is_pending());
    assert!(poll(&mut rx, &second).is_pending());
    assert_eq!(first.wakers_alive(), 0);
    tx.send(1).unwrap();
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
    assert_eq!(poll(&mut rx, &second), Poll::Ready(Ok(1)));
}

/// Subscribes, and has the new receiver wait, when it is woken.
struct Newcomer {
    tx: wakering::broadcast::Sender<usize>,
    came: std::sync::Mutex<Vec<(Receiver<usize>, Counter)>>,
}

impl Wake for Newcomer {
    fn wake(self: Arc<Self>) {
        let mut rx = self.tx.subscribe();
        let counter = Counter::new();
        assert!(poll(&mut rx, &counter).is_pending());
        self.came.lock().unwrap().push((rx, counter));
    }
}

/// tokio (r126): who comes while all are told is not told.
#[test]
fn r126_a_newcomer_is_not_told_of_what_came_before() {
    watchdog("r126", || {
        let (tx, mut rx) = channel(1);
        let newcomer = Arc::new(Newcomer {
            tx: tx.clone(),
            came: Default::default(),
        });
        let waker = Waker::from(newcomer.clone());
        let mut cx = Context::from_waker(&waker);
        let mut others: Vec<_> = (0..40).map(|_| tx.subscribe()).collect();
        let counter = Counter::new();
        assert!(rx.poll_recv(&mut cx).is_pending());
        for other in &mut others {
            assert!(poll(other, &counter).is_pending());
        }
        tx.send(1).unwrap();
        assert_eq!(counter.wakes(), 40);
        let came = std::mem::take(&mut *newcomer.came.lock().unwrap());
        assert_eq!(came.len(), 1);
        assert_eq!(came[0].1.wakes(), 0);
        drop(rx);
        tx.send(2).unwrap();
        assert_eq!(came[0].1.wakes(), 1);
    });
}

/// tokio (r123): to tell ten thousand took ten thousand times as long as to tell one, squared.
#[test]
fn r123_ten_thousand_receivers_cost_ten_thousand_wakes() {
    const RECEIVERS: usize = 10_000;
    const ROUNDS: usize = 5;
    #[derive(Clone)]
    struct Counted(Arc<AtomicUsize>);
    let clones = Arc::new(AtomicUsize::new(0));
    impl Counted {
        fn count(self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    watchdog("r123", move || {
        let (tx, rx) = channel(2);
        let mut receivers: Vec<_> = (1..RECEIVERS).map(|_| tx.subscribe()).chain([rx]).collect();
        let counter = Counter::new();
        let waker = counter.waker();
        let mut cx = Context::from_waker(&waker);
        for round in 1..=ROUNDS {
            for rx in &mut receivers {
                assert!(rx.poll_recv(&mut cx).is_pending());
            }
            assert_eq!(tx.send(Counted(clones.clone())).ok(), Some(RECEIVERS));
            assert_eq!(counter.wakes(), round * RECEIVERS);
            for rx in &mut receivers {
                match rx.poll_recv(&mut cx) {
                    Poll::Ready(Ok(message)) => message.count(),
                    _ => panic!("it is there"),
                }
            }
            assert_eq!(clones.load(SeqCst), round * RECEIVERS);
        }
        assert_eq!(
            counter.wakes(),
            ROUNDS * RECEIVERS,
            "one each, for each message"
        );
        assert_eq!(Arc::strong_count(&clones), 1);
    });
}
