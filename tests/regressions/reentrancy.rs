//! Wakers and `Drop` run user code, and that code may use the same channel.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use futures_lite::future::block_on;
use wakering::{Receiver, Sender, bounded};

use crate::common::wakers::{Hook, hooked};
use crate::common::{Counter, Tracker, Waiting, ignore, poll_once, watchdog};
use crate::threads::{job, race, rounds};

/// Does everything that can be done to a channel. One level deep: its own operations may wake it again.
struct Meddler {
    tx: Mutex<Option<Sender<u32>>>,
    rx: Mutex<Option<Receiver<u32>>>,
    close: bool,
    busy: AtomicBool,
    runs: AtomicUsize,
}

impl Meddler {
    fn new(tx: &Sender<u32>, rx: &Receiver<u32>, close: bool) -> Arc<Self> {
        Arc::new(Self {
            tx: Mutex::new(Some(tx.clone())),
            rx: Mutex::new(Some(rx.clone())),
            close,
            busy: AtomicBool::new(false),
            runs: AtomicUsize::new(0),
        })
    }

    /// Lets its handles go: they make a cycle with a waker kept by the channel.
    fn retire(&self) {
        let handles = (
            self.tx.lock().unwrap().take(),
            self.rx.lock().unwrap().take(),
        );
        drop(handles);
    }

    fn meddle(&self) {
        if self.busy.swap(true, SeqCst) {
            return;
        }
        self.runs.fetch_add(1, SeqCst);
        let tx = self.tx.lock().unwrap().clone();
        let rx = self.rx.lock().unwrap().clone();
        if let (Some(tx), Some(rx)) = (tx, rx) {
            let counter = Counter::new();
            let _ = tx.try_send(1000);
            let _ = poll_once(Box::pin(tx.send(1001)).as_mut(), &counter);
            let _ = poll_once(Box::pin(rx.recv()).as_mut(), &counter);
            let _ = rx.try_recv();
            let _ = tx.force_send(1002);
            drop(tx.try_reserve());
            drop((tx.downgrade().upgrade(), rx.downgrade().upgrade()));
            let _ = (tx.len(), rx.is_full(), rx.sender_count());
            if self.close {
                tx.close();
            }
            let _ = rx.drain().count();
        }
        self.busy.store(false, SeqCst);
    }
}

/// Meddles at the chosen operation of the waker.
struct At<const WHEN: usize>(Arc<Meddler>);

impl<const WHEN: usize> Hook for At<WHEN> {
    fn on_wake(&self) {
        if WHEN == 0 {
            self.0.meddle();
        }
    }
    fn on_clone(&self) {
        if WHEN == 1 {
            self.0.meddle();
        }
    }
    fn on_drop(&self) {
        if WHEN == 2 {
            self.0.meddle();
        }
    }
}

fn meddling_waker(when: usize, meddler: Arc<Meddler>) -> Waker {
    match when {
        0 => hooked(Arc::new(At::<0>(meddler))),
        1 => hooked(Arc::new(At::<1>(meddler))),
        _ => hooked(Arc::new(At::<2>(meddler))),
    }
}

/// Polls `future` with a waker that meddles at `when`, lets `event` happen, polls with another waker, drops.
fn with_meddling<F: Future>(when: usize, meddler: &Arc<Meddler>, future: F, event: impl FnOnce()) {
    let mut future = Box::pin(future);
    let mut pending = true;
    for _ in 0..2 {
        let waker = meddling_waker(when, meddler.clone());
        let mut cx = Context::from_waker(&waker);
        pending = pending && future.as_mut().poll(&mut cx).is_pending();
    }
    event();
    if pending {
        let _ = poll_once(future.as_mut(), &Counter::new());
    }
    let waker = meddling_waker(when, meddler.clone());
    drop(future);
    drop(waker);
}

/// tokio: a waker that used the channel when it was woken or dropped met the lock of the wait list.
#[test]
fn r043_wakers_may_use_the_channel() {
    watchdog("r043", || {
        for when in 0..3 {
            for close in [false, true] {
                for capacity in [1, 3] {
                    let (tx, rx) = bounded(capacity);
                    let meddler = Meddler::new(&tx, &rx, close);
                    with_meddling(when, &meddler, rx.recv(), || ignore(tx.try_send(1)));
                    with_meddling(when, &meddler, rx.recv(), || ignore(tx.close()));
                    let (tx, rx) = bounded(capacity);
                    let other = Meddler::new(&tx, &rx, close);
                    let fill = || while tx.try_send(0).is_ok() {};
                    fill();
                    with_meddling(when, &other, tx.send(1), || ignore(rx.try_recv()));
                    fill();
                    with_meddling(when, &other, tx.reserve(), || ignore(rx.try_recv()));
                    fill();
                    with_meddling(when, &other, tx.reserve_many(capacity), || {
                        let _ = rx.drain().count();
                    });
                    fill();
                    with_meddling(when, &other, tx.closed(), || ignore(rx.close()));
                    let mut stream = rx.clone();
                    with_meddling(
                        when,
                        &other,
                        std::future::poll_fn(|cx| stream.poll_recv(cx)),
                        || {
                            tx.close();
                        },
                    );
                    assert!(meddler.runs.load(SeqCst) + other.runs.load(SeqCst) > 0);
                    meddler.retire();
                    other.retire();
                }
            }
        }
    });
}

/// A waker whose wake drops the last handles of the channel that wakes it.
#[test]
fn r043_a_waker_may_drop_the_last_handles() {
    struct Last(Mutex<Option<(Sender<u32>, Receiver<u32>)>>);
    impl Wake for Last {
        fn wake(self: Arc<Self>) {
            let handles = self.0.lock().unwrap().take();
            drop(handles);
        }
    }
    watchdog("r043, last handles", || {
        for sends in [true, false] {
            let (tx, rx) = bounded(1);
            let tx2 = tx.clone();
            let mut recv = Box::pin(rx.recv_owned());
            let last = Arc::new(Last(Mutex::new(Some((tx, rx)))));
            let waker = Waker::from(last.clone());
            assert!(
                recv.as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
            if sends {
                tx2.try_send(1).unwrap();
            } else {
                tx2.close();
            }
            assert!(last.0.lock().unwrap().is_none());
            drop(tx2);
            assert_eq!(block_on(recv).is_ok(), sends);
        }
    });
}

/// tokio, asyncband: wakers were cloned or dropped under the lock. Here every one of their operations
/// takes the test's own lock while another thread, holding that lock, uses the channel.
#[test]
fn r044_no_operation_of_a_waker_runs_under_a_lock() {
    struct Locking(Arc<Mutex<()>>);
    impl Hook for Locking {
        fn on_wake(&self) {
            drop(self.0.lock().unwrap());
        }
        fn on_clone(&self) {
            drop(self.0.lock().unwrap());
        }
        fn on_drop(&self) {
            drop(self.0.lock().unwrap());
        }
    }
    watchdog("r044", || {
        let (tx, rx) = bounded::<u32>(1);
        let lock = Arc::new(Mutex::new(()));
        let over = Arc::new(AtomicBool::new(false));
        let other = thread::spawn({
            let (tx, rx, lock, over) = (tx.clone(), rx.clone(), lock.clone(), over.clone());
            move || {
                while !over.load(SeqCst) {
                    let _held = lock.lock().unwrap();
                    // Under the test's lock: must not wait for anybody who waits for it. Plain wakers
                    // only, since a wake of `Locking` from here would be the test's own deadlock.
                    let counter = Counter::new();
                    assert!(poll_once(Box::pin(tx.closed()).as_mut(), &counter).is_pending());
                    assert!(poll_once(Box::pin(rx.recv()).as_mut(), &counter).is_pending());
                    let _ = (tx.len(), rx.is_closed());
                    drop(rx.clone());
                }
            }
        });
        let new_waker = || hooked(Arc::new(Locking(lock.clone())));
        for _ in 0..2_000 {
            let waker = new_waker();
            let (mut closed, mut recv) = (Box::pin(tx.closed()), Box::pin(rx.recv()));
            assert!(
                closed
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
            assert!(
                recv.as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
            let waker = new_waker(); // another one each time: the old one is dropped
            assert!(
                closed
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
            assert!(
                recv.as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
        }
        over.store(true, SeqCst);
        other.join().unwrap();
    });
}

/// A message whose drop uses its own channel.
struct Reentrant {
    tx: Option<Sender<Reentrant>>,
    rx: Option<Receiver<Reentrant>>,
    drops: Arc<AtomicUsize>,
}

impl Drop for Reentrant {
    fn drop(&mut self) {
        self.drops.fetch_add(1, SeqCst);
        let plain = || Reentrant {
            tx: None,
            rx: None,
            drops: self.drops.clone(),
        };
        if let Some(tx) = &self.tx {
            let _ = tx.len();
            drop(tx.try_send(plain()));
            drop(tx.force_send(plain()));
            drop(tx.try_reserve());
            drop(tx.clone());
            tx.close();
        }
        if let Some(rx) = &self.rx {
            ignore(rx.try_recv());
            drop(rx.clone());
        }
    }
}

/// kanal: queued messages were dropped inside the lock of the channel.
#[test]
fn r045_a_drop_may_use_the_channel() {
    watchdog("r045", || {
        let drops = Arc::new(AtomicUsize::new(0));
        for way in 0..5 {
            drops.store(0, SeqCst);
            let (tx, rx) = bounded(3);
            let with_tx = || Reentrant {
                tx: Some(tx.clone()),
                rx: None,
                drops: drops.clone(),
            };
            let with_rx = || Reentrant {
                tx: None,
                rx: Some(rx.clone()),
                drops: drops.clone(),
            };
            match way {
                // The last receiver drops what is queued.
                0 => {
                    (0..3).for_each(|_| tx.try_send(with_tx()).unwrap());
                    drop(rx);
                }
                1 => {
                    (0..3).for_each(|_| tx.try_send(with_rx()).unwrap());
                    assert!(rx.drain().count() >= 1); // each drop takes another one out
                    assert_eq!(drops.load(SeqCst), 3);
                }
                2 => {
                    (0..3).for_each(|_| tx.try_send(with_tx()).unwrap());
                    drop(tx.force_send(with_rx()).unwrap());
                    assert!(rx.try_iter().count() >= 1);
                }
                3 => {
                    (0..3).for_each(|_| tx.try_send(with_tx()).unwrap());
                    drop(Waiting::new(tx.send(with_rx())));
                    assert!(rx.try_iter().count() >= 3);
                }
                _ => {
                    let permit = tx.try_reserve().unwrap();
                    drop(rx);
                    permit.send(with_tx());
                }
            }
            assert!(drops.load(SeqCst) >= 1, "way {way}");
            tx.close();
        }
    });
}

/// tokio: a future dropped while a wake-all had its node on a private list was freed while linked.
#[test]
fn r046_a_future_may_be_dropped_beside_a_wake_of_all() {
    rounds("drop beside wake-all", |round| {
        let (tx, rx) = bounded::<u32>(1);
        let recvs: Vec<_> = (0..40).map(|_| Waiting::new(rx.recv_owned())).collect();
        drop(rx);
        let (front, back): (Vec<_>, Vec<_>) = recvs
            .into_iter()
            .enumerate()
            .partition(|(i, _)| i % 2 == round % 2);
        race(vec![
            job(move || drop(front)),
            job(move || drop(back.into_iter().rev().collect::<Vec<_>>())),
            job(move || ignore(tx.close())),
        ]);
    });
}

/// tokio: dropping the receiver took a lock that it held already.
#[test]
fn r047_the_receiver_may_be_dropped_in_any_state() {
    watchdog("r047", || {
        let tracker = Tracker::new();
        let (tx, rx) = bounded(2);
        tx.try_send(tracker.make(1)).unwrap();
        let mut stream = rx.clone();
        let other = rx.clone();
        assert_eq!(other.try_recv().unwrap().id(), 1);
        let counter = Counter::new();
        let waker = counter.waker();
        assert!(
            stream
                .poll_recv(&mut Context::from_waker(&waker))
                .is_pending()
        );
        tx.try_send(tracker.make(2)).unwrap();
        tx.try_send(tracker.make(3)).unwrap();
        let sender = Waiting::new(tx.send(tracker.make(4)));
        drop((rx, other));
        drop(stream); // the last, notified, with messages queued and a sender asleep
        assert_eq!(sender.wakes(), 1);
        drop(sender);
        assert_eq!(tracker.alive(), 0);
        assert_eq!(counter.wakers_alive(), 1, "this test's own");
    });
}

/// Polls its task where it is woken.
struct Inline {
    task: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    again: AtomicBool,
    done: AtomicBool,
}

impl Inline {
    fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Arc<Self> {
        let inline = Arc::new(Self {
            task: Mutex::new(Some(Box::pin(task))),
            again: AtomicBool::new(false),
            done: AtomicBool::new(false),
        });
        inline.clone().wake();
        inline
    }
}

impl Inline {
    fn take(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        self.task.lock().unwrap().take()
    }
}

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        let waker = Waker::from(self.clone());
        self.again.store(true, SeqCst);
        // If the task is being polled, whoever polls it sees `again`.
        loop {
            let Some(mut task) = self.take() else { return };
            self.again.store(false, SeqCst);
            match task.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(()) => return self.done.store(true, SeqCst),
                Poll::Pending => *self.task.lock().unwrap() = Some(task),
            }
            if !self.again.load(SeqCst) {
                return;
            }
        }
    }
}

/// .NET: an executor that runs tasks inside `wake` ran one under the lock of the channel.
#[test]
fn r048_a_waker_may_poll_its_task_at_once() {
    watchdog("r048", || {
        let (tx, rx) = bounded(1);
        let (back_tx, back_rx) = bounded(1);
        let echo = Inline::spawn(async move {
            while let Ok(message) = rx.recv().await {
                back_tx.send(message).await.unwrap();
            }
        });
        let sum = Arc::new(AtomicUsize::new(0));
        let sink = Inline::spawn({
            let sum = sum.clone();
            async move {
                while let Ok(message) = back_rx.recv().await {
                    sum.fetch_add(message, SeqCst);
                }
            }
        });
        for _ in 0..3_000 {
            tx.try_send(1).expect("the echo ran inside the wake");
        }
        drop(tx);
        assert_eq!(sum.load(SeqCst), 3_000);
        assert!(echo.done.load(SeqCst) && sink.done.load(SeqCst));

        // A close that wakes many such tasks, each of which drops a handle and wakes others.
        let (tx, rx) = bounded::<u32>(1);
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let rx = rx.clone();
                Inline::spawn(async move { assert!(rx.recv().await.is_err()) })
            })
            .collect();
        drop(rx);
        tx.close();
        assert!(tasks.iter().all(|task| task.done.load(SeqCst)));
    });
}

/// flume: a poll that met a taken lock went to sleep without leaving its waker.
#[test]
fn r050_contended_registrations_are_all_kept() {
    rounds("contended registrations", |_| {
        let (tx, rx) = bounded::<u32>(1);
        let mut jobs: Vec<_> = (0..3)
            .map(|_| {
                let rx = rx.clone();
                job(move || assert_eq!(block_on(rx.recv()), Ok(1)))
            })
            .collect();
        jobs.push(job(move || {
            (0..3).for_each(|_| tx.send_blocking(1).unwrap())
        }));
        race(jobs);
    });
}
