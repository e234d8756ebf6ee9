//! Loom models of capacity 0. Each runs all of the channel: the line, the words, and those who wait on either side.

use core::pin::Pin;
use core::sync::atomic::Ordering::Relaxed;
use core::task::{Context, Poll, Waker};

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::AtomicBool;
use loom::thread;

use crate::error::TryRecvError;
use crate::mpmc::bounded;

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn meeting_send_and_recv() {
    loom::model(|| {
        let (tx, rx) = bounded(0);
        let sender = thread::spawn(move || block_on(tx.send(1)).unwrap());
        assert_eq!(block_on(rx.recv()), Ok(1));
        assert!(block_on(rx.recv()).is_err());
        sender.join().unwrap();
    });
}

/// The second send comes while the first one is taken. (More threads are shuttle's: loom does not get through with them.)
#[test]
fn meeting_two_senders() {
    loom::model(|| {
        let (tx, rx) = bounded(0);
        let mut first = Box::pin(tx.send(1));
        assert!(poll_once(first.as_mut()).is_pending());
        let other = tx.clone();
        let second = thread::spawn(move || block_on(other.send(2)).unwrap());
        assert_eq!(block_on(rx.recv()), Ok(1));
        assert_eq!(block_on(first.as_mut()), Ok(()));
        assert_eq!(block_on(rx.recv()), Ok(2));
        second.join().unwrap();
    });
}

/// The second receive comes while the first one is told.
#[test]
fn meeting_two_receivers() {
    loom::model(|| {
        let (tx, rx) = bounded(0);
        let mut first = Box::pin(rx.recv());
        assert!(poll_once(first.as_mut()).is_pending());
        let other = rx.clone();
        let second = thread::spawn(move || block_on(other.recv()).unwrap());
        let mut send = Box::pin(tx.send(1));
        // The first one is told of it, if the second one has not come by already; and gives up.
        let sent = poll_once(send.as_mut());
        drop(first);
        if sent.is_pending() {
            block_on(send.as_mut()).unwrap();
        }
        assert_eq!(second.join().unwrap(), 1);
    });
}

/// An offer is taken, or taken back. The message has a state of its own, which both look at.
#[test]
fn meeting_cancel_against_recv() {
    loom::model(|| {
        let (tx, rx) = bounded(0);
        let mut send = Box::pin(tx.send(Box::new(7)));
        assert!(poll_once(send.as_mut()).is_pending());
        let receiver = thread::spawn(move || rx.try_recv());
        let back = send.as_mut().cancel();
        drop(send);
        match receiver.join().unwrap() {
            Ok(message) => assert_eq!((*message, back), (7, None)),
            Err(_) => assert_eq!(back.as_deref(), Some(&7)),
        }
    });
}

/// A future that is dropped is gone when its drop returns: nobody looks for the message there any more.
#[test]
fn meeting_drop_against_recv() {
    loom::model(|| {
        let (tx, rx) = bounded(0);
        let message = Arc::new(());
        let mut send = Box::pin(tx.send(message.clone()));
        assert!(poll_once(send.as_mut()).is_pending());
        let receiver = thread::spawn(move || rx.try_recv().is_ok());
        drop(send);
        receiver.join().unwrap();
        assert_eq!(Arc::strong_count(&message), 1);
    });
}

/// Polled for other reasons while a receiver comes.
#[test]
fn meeting_poll_against_recv() {
    loom::model(|| {
        let (tx, rx) = bounded(0);
        let mut send = Box::pin(tx.send(7));
        assert!(poll_once(send.as_mut()).is_pending());
        let receiver = thread::spawn(move || {
            assert_eq!(rx.try_recv(), Ok(7));
            rx
        });
        assert_eq!(block_on(send.as_mut()), Ok(()));
        receiver.join().unwrap();
    });
}

#[test]
fn meeting_close_against_recv() {
    loom::model(|| {
        let (tx, rx) = bounded(0);
        let mut send = Box::pin(tx.send(7));
        assert!(poll_once(send.as_mut()).is_pending());
        let other = rx.clone();
        let receiver = thread::spawn(move || other.try_recv());
        assert!(tx.close());
        let sent = block_on(send.as_mut());
        match receiver.join().unwrap() {
            Ok(message) => assert_eq!((message, sent), (7, Ok(()))),
            Err(why) => {
                assert_eq!(
                    why,
                    TryRecvError::Closed,
                    "there was an offer until the close"
                );
                assert_eq!(sent.unwrap_err().into_inner(), 7);
            }
        }
    });
}

/// After a close, no offer is taken, though its sender has not heard of it yet.
#[test]
fn meeting_recv_after_a_close() {
    loom::model(|| {
        let (tx, rx) = bounded(0);
        let closer = rx.clone();
        let receiver = thread::spawn(move || {
            closer.close();
            assert_eq!(closer.try_recv(), Err(TryRecvError::Closed));
        });
        assert_eq!(block_on(tx.send(7)).unwrap_err().into_inner(), 7);
        receiver.join().unwrap();
        assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    });
}

#[test]
fn meeting_last_receiver_against_send() {
    loom::model(|| {
        let (tx, rx) = bounded(0);
        let receiver = thread::spawn(move || drop(rx));
        assert_eq!(block_on(tx.send(7)).unwrap_err().into_inner(), 7);
        receiver.join().unwrap();
    });
}

/// A receiver that is told of an offer and gives up passes that on.
#[test]
fn meeting_cancelled_recv() {
    loom::model(|| {
        let (tx, rx) = bounded(0);
        let mut recv = Box::pin(rx.recv());
        assert!(poll_once(recv.as_mut()).is_pending());
        let sender = thread::spawn(move || block_on(tx.send(7)).unwrap());
        let other = rx.clone();
        let receiver = thread::spawn(move || block_on(other.recv()));
        drop(recv);
        assert_eq!(receiver.join().unwrap(), Ok(7));
        sender.join().unwrap();
    });
}

/// A batch that is given up keeps in order what was not taken.
#[test]
fn meeting_batch_against_recv() {
    loom::model(|| {
        let (tx, rx) = bounded(0);
        let mut batch = VecDeque::from([1, 2]);
        let mut send = Box::pin(tx.send_many(&mut batch));
        assert!(poll_once(send.as_mut()).is_pending());
        let receiver = thread::spawn(move || {
            let first = rx.try_recv();
            (first, rx)
        });
        let _ = poll_once(send.as_mut());
        drop(send);
        let (first, rx) = receiver.join().unwrap();
        assert_eq!(first.is_ok(), batch.len() == 1);
        assert!(first.is_err() || batch[0] == 2);
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    });
}

/// What the sender did before it offered is seen by the receiver, and what the receiver did before it took the message by
/// the sender that is done.
#[test]
fn meeting_both_see_what_the_other_did() {
    loom::model(|| {
        let (tx, rx) = bounded(0);
        let (mine, yours) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicBool::new(false)),
        );
        let receiver = thread::spawn({
            let (mine, yours) = (mine.clone(), yours.clone());
            move || {
                yours.store(true, Relaxed);
                block_on(rx.recv()).unwrap();
                assert!(mine.load(Relaxed));
            }
        });
        mine.store(true, Relaxed);
        block_on(tx.send(7)).unwrap();
        assert!(yours.load(Relaxed));
        receiver.join().unwrap();
    });
}
