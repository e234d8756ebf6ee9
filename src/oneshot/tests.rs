//! A side that is "stalled" between its end and its letting go is a hold that is kept.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use super::error::TryRecvError;
use super::node::{Hold, Node, Tx, VALUE, Wakers};
use super::{Receiver, channel};

struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

/// Ends as a sender does that finds a receiver waiting, and stops there.
fn stalled<T>(value: Option<T>) -> (Hold<T, Tx>, Wakers, Receiver<T>) {
    let (tx, rx) = Hold::<T, Tx>::pair();
    let mut rx = Receiver::new(rx);
    let waker = Waker::from(Arc::new(Nobody));
    let mut cx = Context::from_waker(&waker);
    assert!(Pin::new(&mut rx).poll(&mut cx).is_pending());
    let more = if value.is_some() { VALUE } else { 0 };
    if let Some(value) = value {
        // SAFETY: it has not ended.
        unsafe { tx.put(value) };
    }
    let ended = super::node::TX_ENDED;
    let replaced = tx.try_end(ended | more, 0).expect("it is the first");
    // SAFETY: it was, and this is what it replaced.
    let wakers = unsafe { tx.take_wakers(replaced) };
    (tx, wakers, rx)
}

/// asyncband: a receiver spun until the sender that was waking it went on.
#[test]
fn r118_a_sender_stalls_at_its_end() {
    let mut cx = Context::from_waker(Waker::noop());
    // It is not waited for, whatever the receiver does.
    let (tx, wakers, mut rx) = stalled(Some(Box::new(1)));
    assert_eq!(
        Pin::new(&mut rx).poll(&mut cx),
        Poll::Ready(Ok(Box::new(1)))
    );
    drop(rx);
    tx.leave();
    wakers.tell();

    let (tx, wakers, mut rx) = stalled(Some(Box::new(2)));
    rx.close();
    assert_eq!(rx.try_recv(), Ok(Box::new(2)));
    tx.leave();
    wakers.tell();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));

    // The message is dropped at once.
    let message = Arc::new(());
    let (tx, wakers, rx) = stalled(Some(message.clone()));
    drop(rx);
    assert_eq!(Arc::strong_count(&message), 1);
    wakers.tell();
    tx.leave();

    let (tx, wakers, rx) = stalled(None::<Box<u8>>);
    assert!(rx.is_closed() && rx.is_empty());
    assert!(rx.blocking_recv().is_err());
    tx.leave();
    wakers.tell();
}

/// The same of a receiver that closes: a sender goes its way.
#[test]
fn r118_a_receiver_stalls_at_its_end() {
    let (mut tx, mut rx) = channel();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(tx.poll_closed(&mut cx).is_pending());
    let wakers = rx.hold.as_mut().and_then(Hold::end);
    assert!(tx.poll_closed(&mut cx).is_ready());
    assert_eq!(tx.send(Box::new(1)), Err(Box::new(1)));
    drop(rx);
    wakers.expect("it is the first").tell();
}

/// One word of state, and nothing else beside the message and two wakers.
#[test]
fn a_node_is_small() {
    let wakers = 2 * size_of::<Waker>();
    assert_eq!(size_of::<Node<u64>>(), wakers + 16);
    assert_eq!(size_of::<Node<[u8; 7]>>(), wakers + 8);
    assert_eq!(size_of::<Receiver<u64>>(), size_of::<usize>());
}
