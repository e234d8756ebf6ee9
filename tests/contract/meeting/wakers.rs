//! Who is told, and wakers that are foreign code.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use wakering::{Receiver, SendError, Sender, TryRecvError, bounded};

use crate::common::wakers::{Hook, PanicsAt, WakeLog, hooked};
use crate::common::{Counter, Tracker, Waiting, ignore, poll_once};

#[test]
fn senders_are_told_in_order_each_of_its_own() {
    let (tx, rx) = bounded(0);
    let log = WakeLog::new();
    let mut sends: Vec<_> = (0..4).map(|i| Box::pin(tx.send(i))).collect();
    for (i, send) in sends.iter_mut().enumerate() {
        let waker = log.waker(i);
        assert!(
            send.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!(log.take(), [0]);
    assert_eq!(rx.drain().count(), 3);
    assert_eq!(log.take(), [1, 2, 3]);
    let mut sends: Vec<_> = (4..7).map(|i| Box::pin(tx.send(i))).collect();
    for (i, send) in sends.iter_mut().enumerate() {
        let waker = log.waker(i);
        assert!(
            send.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    rx.close();
    assert_eq!(log.take(), [0, 1, 2], "told of the close in order, too");
}

#[test]
fn the_last_waker_counts_and_none_is_kept() {
    let (tx, rx) = bounded(0);
    let (old, new) = (Counter::new(), Counter::new());
    let mut send = Box::pin(tx.send(1));
    assert!(poll_once(send.as_mut(), &old).is_pending());
    assert!(poll_once(send.as_mut(), &new).is_pending());
    assert_eq!(old.wakers_alive(), 0);
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!((old.wakes(), new.wakes(), new.wakers_alive()), (0, 1, 0));
    assert_eq!(poll_once(send.as_mut(), &old), Poll::Ready(Ok(())));
    let mut send = Box::pin(tx.send(2));
    assert!(poll_once(send.as_mut(), &old).is_pending());
    drop(send);
    assert_eq!((old.wakes(), old.wakers_alive()), (0, 0));
}

#[test]
#[should_panic(expected = "polled after completion")]
fn a_send_that_is_done_is_not_polled_again() {
    let (tx, rx) = bounded(0);
    let mut send = Waiting::new(tx.send(1));
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(send.finish(), Ok(()));
    ignore(send.poll());
}

#[test]
fn a_notification_is_passed_on() {
    let (tx, rx) = bounded(0);
    let first = Waiting::new(rx.recv());
    let mut second = Waiting::new(rx.recv());
    let mut send = Waiting::new(tx.send(1));
    assert!(first.is_woken() && !second.is_woken());
    drop(first);
    assert_eq!(second.finish(), Ok(1));
    assert_eq!(send.finish(), Ok(()));
}

/// One that polls what it wakes, there and then.
struct PollsInline(Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>);

impl Hook for PollsInline {
    fn on_wake(&self) {
        let task = self.0.lock().unwrap().take();
        if let Some(mut task) = task {
            ignore(poll_once(task.as_mut(), &Counter::new()));
        }
    }
}

#[test]
fn a_receiver_that_is_polled_by_its_waker_takes_the_offer_at_once() {
    let (tx, rx): (Sender<i32>, Receiver<i32>) = bounded(0);
    let got = Arc::new(Mutex::new(None));
    let hook = Arc::new(PollsInline(Mutex::new(None)));
    let mut waiting = Box::pin(rx.recv_owned());
    let waker = hooked(hook.clone());
    assert!(
        waiting
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    let into = got.clone();
    *hook.0.lock().unwrap() = Some(Box::pin(async move {
        *into.lock().unwrap() = Some(waiting.await);
    }));
    let mut send = Box::pin(tx.send(1));
    assert_eq!(
        poll_once(send.as_mut(), &Counter::new()),
        Poll::Ready(Ok(()))
    );
    assert_eq!(*got.lock().unwrap(), Some(Ok(1)));
}

/// Whatever call of a sender's waker panics, the message is received once or given back once.
#[test]
fn a_sender_with_a_waker_that_panics() {
    for call in 1..6 {
        let tracker = Tracker::new();
        let (tx, rx) = bounded(0);
        let waker = hooked(Arc::new(PanicsAt::call(call)));
        let mut send = Box::pin(tx.send(tracker.make(1)));
        let polled = catch_unwind(AssertUnwindSafe(|| {
            ignore(send.as_mut().poll(&mut Context::from_waker(&waker)));
        }));
        let received = catch_unwind(AssertUnwindSafe(|| rx.try_recv().map(|m| m.id())));
        let back = send.as_mut().cancel().map(|message| message.id());
        match (&polled, &received) {
            (Ok(()), Ok(received)) => assert_eq!((received, back), (&Ok(1), None)),
            (Err(_), Ok(received)) => assert_ne!(received.is_ok(), back.is_some()),
            // It was received, and the panic took the place of the answer.
            (_, Err(_)) => assert_eq!(back, None),
        }
        drop(send);
        assert_eq!(tracker.alive(), 0);
        // The channel is none the worse for it.
        let mut other = Waiting::new(tx.send(tracker.make(2)));
        assert_eq!(rx.try_recv().unwrap().id(), 2);
        assert!(other.finish().is_ok());
        let _ = catch_unwind(AssertUnwindSafe(move || drop(waker)));
    }
}

/// Whatever call of a receiver's waker panics: the offer stands, and can be taken, or taken back.
#[test]
fn a_receiver_with_a_waker_that_panics() {
    for call in 1..5 {
        let (tx, rx) = bounded(0);
        let waker = hooked(Arc::new(PanicsAt::call(call)));
        let mut recv = Box::pin(rx.recv());
        let _ = catch_unwind(AssertUnwindSafe(|| {
            ignore(recv.as_mut().poll(&mut Context::from_waker(&waker)));
        }));
        let mut send = Box::pin(tx.send(1));
        let polled = catch_unwind(AssertUnwindSafe(|| {
            poll_once(send.as_mut(), &Counter::new())
        }));
        assert!(!matches!(polled, Ok(Poll::Ready(_))));
        assert_eq!(rx.try_recv(), Ok(1), "call {call}");
        assert_eq!(
            poll_once(send.as_mut(), &Counter::new()),
            Poll::Ready(Ok(()))
        );
        drop(recv);
        let mut send = Waiting::new(tx.send(2));
        assert_eq!(send.future.as_mut().cancel(), Some(2));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        let _ = catch_unwind(AssertUnwindSafe(move || drop(waker)));
    }
}

/// One that uses the channel of its future.
struct UsesTheChannel(Sender<i32>, Receiver<i32>);

impl Hook for UsesTheChannel {
    fn on_wake(&self) {
        ignore((self.0.try_send(7), self.1.len(), self.0.is_full()));
        let mut send = Waiting::new(self.0.send(8));
        assert_eq!(send.future.as_mut().cancel(), Some(8));
        self.0.close();
    }
    fn on_drop(&self) {
        ignore(self.1.try_recv());
    }
}

#[test]
fn wakers_may_use_the_channel() {
    let (tx, rx) = bounded(0);
    let waker = hooked(Arc::new(UsesTheChannel(tx.clone(), rx.clone())));
    let mut first = Box::pin(tx.send(1));
    assert!(
        first
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    let mut second = Waiting::new(tx.send(2));
    assert_eq!(rx.try_recv(), Ok(1)); // its waker closes the channel
    assert_eq!(
        poll_once(first.as_mut(), &Counter::new()),
        Poll::Ready(Ok(()))
    );
    assert_eq!(second.finish(), Err(SendError(2)));
}
