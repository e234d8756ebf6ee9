//! Loom models of a channel with one receiver: its wait cell against what happens on the other side. What has to do with
//! senders among themselves is modelled in `chan::loom`.

use core::pin::Pin;
use core::sync::atomic::Ordering::Relaxed;
use core::task::{Context, Poll, Waker};

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::AtomicBool;
use loom::thread;

use super::{channel, unbounded_channel};

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    core::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Notes that it was woken.
struct Flag(Arc<AtomicBool>);

impl alloc::task::Wake for Flag {
    fn wake(self: alloc::sync::Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn mpsc_park_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel(1);
        let sender = thread::spawn(move || tx.try_send(1).unwrap());
        assert_eq!(block_on(rx.recv()), Some(1));
        sender.join().unwrap();
        assert_eq!(block_on(rx.recv()), None);
    });
}

/// It parks again and again, with the flag that is left from the last time.
#[test]
fn mpsc_park_against_sends() {
    loom::model(|| {
        let (tx, mut rx) = channel(1);
        let sender = thread::spawn(move || {
            block_on(tx.send(1)).unwrap();
            block_on(tx.send(2)).unwrap();
        });
        assert_eq!(block_on(rx.recv()), Some(1));
        assert_eq!(block_on(rx.recv()), Some(2));
        sender.join().unwrap();
    });
}

/// One sender is late to tell, and takes the flag down that the receiver has raised for the next.
#[test]
fn mpsc_park_against_two_senders() {
    // Too many states for more, whatever the environment says.
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(1);
    builder.check(|| {
        let (tx, mut rx) = channel(2);
        let senders = [1, 2].map(|n| {
            let tx = tx.clone();
            thread::spawn(move || tx.try_send(n).unwrap())
        });
        let both = [block_on(rx.recv()), block_on(rx.recv())];
        assert!(both == [Some(1), Some(2)] || both == [Some(2), Some(1)]);
        for sender in senders {
            sender.join().unwrap();
        }
    });
}

#[test]
fn mpsc_unbounded_park_against_sends() {
    loom::model(|| {
        let (tx, mut rx) = unbounded_channel();
        let sender = thread::spawn(move || {
            for n in 1..=3 {
                tx.send(n).unwrap();
            }
        });
        for n in 1..=3 {
            assert_eq!(block_on(rx.recv()), Some(n));
        }
        sender.join().unwrap();
        assert_eq!(block_on(rx.recv()), None);
    });
}

/// The last sender goes.
#[test]
fn mpsc_park_against_close() {
    loom::model(|| {
        let (tx, mut rx) = channel::<u32>(1);
        let sender = thread::spawn(move || drop(tx));
        assert_eq!(block_on(rx.recv()), None);
        sender.join().unwrap();
    });
}

/// Closed already, the last permit is used or given back.
#[test]
fn mpsc_park_against_the_last_permit() {
    for used in [true, false] {
        loom::model(move || {
            let (tx, mut rx) = channel(1);
            let permit = tx.try_reserve_owned().unwrap();
            rx.close();
            let holder = thread::spawn(move || {
                if used {
                    drop(permit.send(1));
                }
            });
            assert_eq!(block_on(rx.recv()), used.then_some(1));
            assert_eq!(block_on(rx.recv()), None);
            holder.join().unwrap();
        });
    }
}

/// A future that waits is dropped while a message comes: the next one has it.
#[test]
fn mpsc_dropped_recv_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel(1);
        {
            let mut recv = core::pin::pin!(rx.recv());
            assert!(poll_once(recv.as_mut()).is_pending());
            let sender = thread::spawn(move || tx.try_send(1).unwrap());
            // Not before the sender may run.
            drop(sender);
        }
        assert_eq!(block_on(rx.recv()), Some(1));
    });
}

/// The one that waits comes back with another waker, which is the one that counts.
#[test]
fn mpsc_another_waker_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel(1);
        let woken = Arc::new(AtomicBool::new(false));
        let waker = Waker::from(alloc::sync::Arc::new(Flag(woken.clone())));
        let mut recv = core::pin::pin!(rx.recv());
        assert!(poll_once(recv.as_mut()).is_pending());
        let sender = thread::spawn(move || tx.try_send(1).unwrap());
        let polled = Pin::new(&mut recv).poll(&mut Context::from_waker(&waker));
        sender.join().unwrap();
        if polled.is_pending() {
            assert!(woken.load(Relaxed), "it waits, and there is a message");
            assert_eq!(poll_once(recv), Poll::Ready(Some(1)));
        }
    });
}

/// The receiver goes while a sender tells it.
#[test]
fn mpsc_dropped_receiver_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel(1);
        assert!(
            rx.poll_recv(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        let message = Arc::new(());
        let sender = {
            let message = message.clone();
            thread::spawn(move || {
                drop(tx.try_send(message));
                tx
            })
        };
        drop(rx);
        let tx = sender.join().unwrap();
        assert_eq!(Arc::strong_count(&message), 1);
        drop(tx);
    });
}
