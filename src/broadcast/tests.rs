//! What needs positions near the wrap, or somebody that is stopped in the middle of its act.

use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::pin::pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};

use super::chan::Chan;
use super::error::{RecvError, TryRecvError};
use super::position::{Cursor, Position};
use super::slot::{Delivery, Loan, Slot, Taken};
use super::{Receiver, Sender, channel};
use crate::shared;

/// The first positions wrap after this many messages.
const BEFORE_WRAP: u64 = 10;

/// A channel whose positions wrap soon.
fn wrapping<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let start = Position::new(0u64.wrapping_sub(BEFORE_WRAP));
    let tx = Sender::on(shared::sender(Chan::starting_at(capacity, start)));
    let rx = tx.subscribe();
    (tx, rx)
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn r095_positions_wrap() {
    for capacity in [1, 2, 3, 5, 7, 8] {
        let (tx, mut rx) = wrapping(capacity);
        let late = tx.subscribe();
        for n in 0..3 * BEFORE_WRAP {
            assert_eq!(tx.send(n).unwrap(), 2);
            assert_eq!(rx.len(), 1);
            assert_eq!(tx.len(), (n as usize + 1).min(capacity));
            assert_eq!(rx.try_recv(), Ok(n));
            assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        }
        drop(late);
        assert!(tx.is_empty());
    }
}

/// tokio (r129): `Lagged(2^64 - n)`. Counts are exact from every offset, over the wrap, once and again.
#[test]
fn r129_lags_are_exact_at_the_wrap() {
    for capacity in [1, 2, 3, 5, 8] {
        for received in 0..capacity as u64 {
            for sent in capacity as u64..4 * BEFORE_WRAP {
                let (tx, mut rx) = wrapping(capacity);
                let mut at = 0;
                for n in 0..received {
                    tx.send(n).unwrap();
                    assert_eq!(rx.try_recv(), Ok(n));
                    at = n + 1;
                }
                for n in received..sent {
                    tx.send(n).unwrap();
                }
                assert_eq!(rx.len() as u64, sent - at);
                let oldest = sent - capacity as u64;
                if oldest > at {
                    assert_eq!(rx.try_recv(), Err(TryRecvError::Lagged(oldest - at)));
                    at = oldest;
                }
                // Again, before it has read on.
                tx.send(sent).unwrap();
                if at == oldest {
                    assert_eq!(rx.try_recv(), Err(TryRecvError::Lagged(1)));
                    at += 1;
                }
                drop(tx);
                for n in at..=sent {
                    assert_eq!(rx.try_recv(), Ok(n));
                }
                assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
            }
        }
    }
}

#[test]
fn cursors_keep_to_their_slots() {
    for capacity in [1, 2, 3, 7, 64] {
        let mut cursor = Cursor {
            position: Position::new(0u64.wrapping_sub(BEFORE_WRAP)),
            index: capacity / 2,
        };
        let start = cursor;
        for n in 0..200 {
            let ahead = start.ahead(n, capacity);
            assert_eq!(ahead.position, cursor.position);
            assert_eq!(ahead.index, cursor.index);
            assert_eq!(cursor.position.since(start.position), n);
            cursor = cursor.next(capacity);
        }
    }
}

/// asyncband (r130): a receiver that finds a send half done is told neither of a lag that is none nor of a message
/// that is none.
#[test]
fn r130_a_send_that_is_half_done_is_not_seen() {
    let (tx, mut rx) = wrapping(2);
    let mut slow = tx.subscribe();
    tx.send(0).unwrap();
    assert_eq!(rx.try_recv(), Ok(0));
    tx.send(1).unwrap();
    assert_eq!(rx.try_recv(), Ok(1));
    // The third message has been placed, and `tail` has not been moved.
    let third = Cursor {
        position: Position::new(0u64.wrapping_sub(BEFORE_WRAP)).plus(2),
        index: 0,
    };
    let mut delivery = delivery(2);
    assert!(
        tx.handle
            .slot(third)
            .put(third.position, 2, &mut delivery, true)
            .is_ok()
    );
    assert_eq!(delivery.evicted, Some(0));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    // That one has missed a message, and is told of that one only.
    assert_eq!(slow.try_recv(), Err(TryRecvError::Lagged(1)));
    assert_eq!(slow.try_recv(), Ok(1));
    assert_eq!(slow.try_recv(), Err(TryRecvError::Empty));
    // Now the send is complete.
    drop(delivery);
    let slot: &Slot<i32> = tx.handle.slot(third);
    assert!(slot.skip(third.position).is_none());
    assert_eq!(slot.skip(third.position), Some(2));
}

fn delivery<T>(message: T) -> Delivery<T> {
    Delivery {
        message: Some(message),
        evicted: None,
        spare: None,
    }
}

/// Lends its next message to `rx`, which goes on, as a `Clone` that does not end would.
fn borrow<T: Clone>(rx: &mut Receiver<T>) -> (Cursor, Loan<T>) {
    let cursor = rx.reader.next;
    match rx.reader.chan.slot(cursor).take(cursor.position) {
        Taken::Lent(loan) => {
            rx.reader.step();
            (cursor, loan)
        }
        _ => panic!("it cannot be lent"),
    }
}

/// A message that is being cloned: others who want it come back for it; all else goes on.
#[test]
fn a_clone_that_does_not_end_holds_up_nobody_else() {
    let (tx, mut rx1) = channel(2);
    let mut rx2 = tx.subscribe();
    let mut stuck = tx.subscribe();
    tx.send(Arc::new(0)).unwrap();
    tx.send(Arc::new(1)).unwrap();
    let (cursor, loan) = borrow(&mut stuck);
    assert_eq!(rx1.try_recv(), Err(TryRecvError::Empty));
    // A task is not put to sleep.
    let count = Arc::new(Count::default());
    let waker = Waker::from(count.clone());
    {
        let mut recv = pin!(rx1.recv());
        assert!(
            recv.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        assert_eq!(count.0.load(Ordering::Relaxed), 1, "it wakes itself");
    }
    // Senders go on, and the message stays with the borrower.
    tx.send(Arc::new(2)).unwrap();
    assert_eq!(tx.handle.slot(cursor).look(&loan, |message| **message), 0);
    assert_eq!(rx1.try_recv(), Err(TryRecvError::Lagged(1)));
    assert_eq!(rx1.try_recv(), Ok(Arc::new(1)));
    assert_eq!(rx1.try_recv(), Ok(Arc::new(2)));
    assert_eq!(rx2.try_recv(), Err(TryRecvError::Lagged(1)));
    assert_eq!(rx2.try_recv(), Ok(Arc::new(1)));
    let (message, freed) = tx.handle.slot(cursor).give_back(loan);
    assert_eq!((message.as_deref(), freed), (Some(&0), false));
}

/// Each message that is overwritten while it is lent stays alive until its borrower has done, whatever lies in the slot
/// by then; and nothing is freed twice.
#[test]
fn many_are_overwritten_while_they_are_lent() {
    let (tx, mut rx) = channel(3);
    let readers: Vec<_> = (0..4).map(|_| tx.subscribe()).collect();
    let mut loans = Vec::new();
    for n in 0..12 {
        tx.send(Arc::new(n)).unwrap();
        loans.push((n, borrow(&mut rx)));
    }
    loans.reverse();
    for (n, (cursor, loan)) in loans {
        let slot = tx.handle.slot(cursor);
        assert_eq!(slot.look(&loan, |message| **message), n);
        let (message, freed) = slot.give_back(loan);
        assert_eq!(message.as_deref(), if n < 9 { Some(&n) } else { None });
        assert!(!freed);
    }
    assert_eq!((tx.len(), rx.len()), (3, 0));
    drop(readers);
    assert!(tx.is_empty());
}

/// The last but one gives back, and the last has gone meanwhile: the message goes with the loan.
#[test]
fn a_loan_may_be_the_last() {
    let (tx, rx1) = channel(1);
    let mut rx2 = tx.subscribe();
    let message = Arc::new(());
    tx.send(message.clone()).unwrap();
    let (cursor, loan) = borrow(&mut rx2);
    drop(rx1);
    assert_eq!(tx.len(), 1);
    let (last, freed) = tx.handle.slot(cursor).give_back(loan);
    assert!(freed);
    drop(last);
    assert_eq!(Arc::strong_count(&message), 1);
    assert!(tx.is_empty());
}

/// The flag comes down when nobody waits.
#[test]
fn flags_come_down() {
    use super::position::Tail;

    let (tx, mut rx) = channel(1);
    let count = Arc::new(Count::default());
    let waker = Waker::from(count.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(pin!(rx.recv()).poll(&mut cx).is_pending()); // and gives up
    assert!(!tx.handle.tail().has(Tail::RX_WAITS));
    {
        let mut recv = pin!(rx.recv());
        assert!(recv.as_mut().poll(&mut cx).is_pending());
        assert!(tx.handle.tail().has(Tail::RX_WAITS));
        tx.send(1).unwrap();
        assert!(!tx.handle.tail().has(Tail::RX_WAITS));
        assert_eq!(recv.as_mut().poll(&mut cx), Poll::Ready(Ok(1)));
    }
    tx.send(2).unwrap();
    {
        let mut send = pin!(tx.send_lossless(3));
        assert!(send.as_mut().poll(&mut cx).is_pending());
        assert!(tx.handle.tail().has(Tail::TX_WAITS));
    }
    assert!(!tx.handle.tail().has(Tail::TX_WAITS));
    drop(tx);
    assert_eq!(rx.try_recv(), Ok(2));
    assert_eq!(
        pin!(rx.recv()).poll(&mut cx),
        Poll::Ready(Err(RecvError::Closed))
    );
}
