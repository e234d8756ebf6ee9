//! Loom models of the whole channel. Bounds and state counts: `docs/verification.md`.
//!
//! Two threads that find a slot `Busy` try again and again until a third one goes on; loom does not see that end. Models
//! with several senders and receivers at a time are therefore shuttle's, in `tests/shuttle_models.rs`.

use core::pin::Pin;
use core::sync::atomic::Ordering::Relaxed;
use core::task::{Context, Poll, Waker};

use alloc::boxed::Box;
use alloc::vec::Vec;

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::AtomicBool;
use loom::thread;

use crate::mpmc::{Receiver, Sender, bounded, unbounded};
use crate::sync::{Deed, EXACT_BELOW, PATIENCE};

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// For models with too many states: one preemption, whatever the environment says.
fn wide_model(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(1);
    builder.check(model);
}

fn send_in_thread(tx: &Sender<u32>, message: u32) -> thread::JoinHandle<()> {
    let tx = tx.clone();
    thread::spawn(move || block_on(tx.send(message)).unwrap())
}

fn recv_in_thread(rx: &Receiver<u32>) -> thread::JoinHandle<u32> {
    let rx = rx.clone();
    thread::spawn(move || block_on(rx.recv()).unwrap_or(0))
}

#[test]
fn chan_send_and_recv() {
    loom::model(|| {
        let (tx, rx) = bounded(1);
        let sender = thread::spawn(move || {
            block_on(tx.send(1)).unwrap();
            block_on(tx.send(2)).unwrap();
        });
        assert_eq!(block_on(rx.recv()), Ok(1));
        assert_eq!(block_on(rx.recv()), Ok(2));
        assert!(block_on(rx.recv()).is_err());
        sender.join().unwrap();
    });
}

/// Two waiting senders, of which the first is told and never polled again: the second gets the second slot.
#[test]
fn chan_two_waiting_senders_one_forgotten() {
    loom::model(|| {
        let (tx, rx) = bounded(2);
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let mut forgotten = Box::pin(tx.send(9));
        assert!(poll_once(forgotten.as_mut()).is_pending());
        let receiver = thread::spawn(move || {
            assert_eq!(rx.try_recv(), Ok(1));
            assert_eq!(rx.try_recv(), Ok(2));
            rx
        });
        block_on(tx.send(3)).unwrap();
        let rx = receiver.join().unwrap();
        assert_eq!(rx.try_recv(), Ok(3));
    });
}

/// A channel that throttles the wakes of senders, full, whose next receives are not at a stride.
fn throttled() -> (Sender<u32>, Receiver<u32>) {
    let capacity = EXACT_BELOW;
    let (tx, rx) = bounded(capacity);
    tx.try_send(0).unwrap();
    assert_eq!(rx.try_recv(), Ok(0));
    for n in 0..capacity as u32 {
        tx.try_send(n).unwrap();
    }
    (tx, rx)
}

/// Throttled: who was told tells the next one, whether the receive that made room for that one was before or after.
#[test]
fn chan_throttled_senders_tell_each_other() {
    loom::model(|| {
        let (tx, rx) = throttled();
        let mut first = Box::pin(tx.send(8));
        assert!(poll_once(first.as_mut()).is_pending());
        let woken = Arc::new(AtomicBool::new(false));
        let mut second = Box::pin(tx.send(9));
        let waker = Waker::from(alloc::sync::Arc::new(Flag(woken.clone())));
        let polled = second.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        let receiver = thread::spawn(move || {
            assert_eq!(rx.try_recv(), Ok(0));
            assert_eq!(rx.try_recv(), Ok(1));
            rx
        });
        block_on(first.as_mut()).unwrap();
        let rx = receiver.join().unwrap();
        assert!(woken.load(Relaxed), "there is room, and it waits for room");
        assert!(poll_once(second.as_mut()).is_ready());
        assert_eq!(rx.len(), EXACT_BELOW);
    });
}

/// Throttled: who was told in vain and finds room when it goes back tells the next one of the rest, which was received
/// while receivers relied on it.
#[test]
fn chan_throttled_sender_told_in_vain() {
    loom::model(|| {
        let (tx, rx) = throttled();
        let mut first = Box::pin(tx.send(8));
        assert!(poll_once(first.as_mut()).is_pending());
        let woken = Arc::new(AtomicBool::new(false));
        let mut second = Box::pin(tx.send(9));
        let waker = Waker::from(alloc::sync::Arc::new(Flag(woken.clone())));
        let polled = second.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        assert_eq!(rx.try_recv(), Ok(0));
        tx.try_send(7).unwrap();
        let receiver = thread::spawn(move || {
            assert_eq!(rx.try_recv(), Ok(1));
            assert_eq!(rx.try_recv(), Ok(2));
            rx
        });
        block_on(first.as_mut()).unwrap();
        let rx = receiver.join().unwrap();
        assert!(woken.load(Relaxed), "there is room, and it waits for room");
        assert_eq!(rx.len(), EXACT_BELOW - 1);
    });
}

/// Notes that it was woken.
struct Flag(Arc<AtomicBool>);

impl alloc::task::Wake for Flag {
    fn wake(self: alloc::sync::Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

/// Throttled: a sender that was told and gives up tells the next one.
#[test]
fn chan_throttled_sender_gives_up() {
    loom::model(|| {
        let (tx, rx) = throttled();
        let mut first = Box::pin(tx.send(8));
        assert!(poll_once(first.as_mut()).is_pending());
        let second = {
            let tx = tx.clone();
            thread::spawn(move || block_on(tx.send(9)).unwrap())
        };
        let receiver = thread::spawn(move || {
            assert_eq!(rx.try_recv(), Ok(0));
            rx
        });
        drop(first);
        second.join().unwrap();
        drop(receiver.join().unwrap());
    });
}

/// Throttled: a sender that was told and is never polled again holds up the others until the receiver finds nothing.
#[test]
fn chan_throttled_sender_forgotten() {
    loom::model(|| {
        let (tx, rx) = bounded(EXACT_BELOW);
        for n in 0..EXACT_BELOW as u32 {
            tx.try_send(n).unwrap();
        }
        let mut forgotten = Box::pin(tx.send(8));
        assert!(poll_once(forgotten.as_mut()).is_pending());
        // At a stride: the later ones are not.
        assert_eq!(rx.try_recv(), Ok(0));
        let receiver = thread::spawn(move || {
            while rx.try_recv().is_ok() {}
            rx
        });
        block_on(tx.send(9)).unwrap();
        drop(receiver.join().unwrap());
    });
}

/// Two waiting receivers: each message tells one.
#[test]
fn chan_two_waiting_receivers() {
    wide_model(|| {
        let (tx, rx) = bounded(2);
        let receivers = [recv_in_thread(&rx), recv_in_thread(&rx)];
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let sum: u32 = receivers
            .map(|receiver| receiver.join().unwrap())
            .iter()
            .sum();
        assert_eq!(sum, 3);
    });
}

/// A receiver that gives up loses neither the message nor the wake-up of the other one.
#[test]
fn chan_cancelled_recv() {
    loom::model(|| {
        let (tx, rx) = bounded(1);
        let mut first = Box::pin(rx.recv());
        assert!(poll_once(first.as_mut()).is_pending());
        let second = recv_in_thread(&rx);
        let sender = thread::spawn(move || tx.try_send(7).unwrap());
        drop(first);
        sender.join().unwrap();
        assert_eq!(second.join().unwrap(), 7);
    });
}

/// A sender that gives up has not sent, and the other one gets the room.
#[test]
fn chan_cancelled_send() {
    loom::model(|| {
        let (tx, rx) = bounded(1);
        tx.try_send(1).unwrap();
        let mut first = Box::pin(tx.send(9));
        assert!(poll_once(first.as_mut()).is_pending());
        let second = send_in_thread(&tx, 2);
        let receiver = thread::spawn(move || {
            let one = block_on(rx.recv()).unwrap();
            let two = block_on(rx.recv()).unwrap();
            assert_eq!((one, two), (1, 2));
        });
        assert_eq!(first.as_mut().cancel(), Some(9));
        receiver.join().unwrap();
        second.join().unwrap();
    });
}

/// Closing tells both kinds of waiters and those who wait for the close.
#[test]
fn chan_close_against_waiters() {
    loom::model(|| {
        let (tx, rx) = bounded::<u32>(1);
        let receiver = recv_in_thread(&rx);
        let closed = {
            let tx = tx.clone();
            thread::spawn(move || block_on(tx.closed()))
        };
        assert!(rx.close());
        assert_eq!(receiver.join().unwrap(), 0);
        closed.join().unwrap();
    });
}

#[test]
fn chan_close_against_a_waiting_sender() {
    loom::model(|| {
        let (tx, rx) = bounded(1);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || block_on(tx.send(2)).is_err());
        rx.close();
        assert!(sender.join().unwrap());
        assert_eq!(rx.try_recv(), Ok(1));
    });
}

/// The last sender goes while a receiver falls asleep.
#[test]
fn chan_last_sender_against_receivers() {
    loom::model(|| {
        let (tx, rx) = bounded::<u32>(1);
        let receivers = [recv_in_thread(&rx), recv_in_thread(&rx)];
        drop(tx);
        assert_eq!(receivers.map(|receiver| receiver.join().unwrap()), [0, 0]);
    });
}

/// A message sent while the last receiver goes is dropped while the sender lives on, or refused.
#[test]
fn chan_last_receiver_against_send() {
    loom::model(|| {
        let (tx, rx) = bounded(1);
        let message = Arc::new(());
        let sender = {
            let (tx, message) = (tx.clone(), message.clone());
            thread::spawn(move || drop(tx.try_send(message)))
        };
        drop(rx);
        sender.join().unwrap();
        assert_eq!(Arc::strong_count(&message), 1);
        drop(tx);
    });
}

/// So are the first messages of an unbounded channel, which link its second segment meanwhile.
#[test]
fn r081_r110_unbounded_last_receiver_against_the_first_sends() {
    loom::model(|| {
        let (tx, rx) = unbounded();
        let message = Arc::new(());
        let sender = {
            let (tx, message) = (tx.clone(), message.clone());
            thread::spawn(move || {
                for _ in 0..3 {
                    drop(tx.try_send(message.clone()));
                }
            })
        };
        drop(rx);
        sender.join().unwrap();
        assert_eq!(Arc::strong_count(&message), 1);
        drop(tx);
    });
}

/// A receiver sleeps while messages come over the boundary of a segment.
#[test]
fn chan_unbounded_send_and_recv() {
    loom::model(|| {
        let (tx, rx) = unbounded();
        let sender = thread::spawn(move || {
            for n in 1..=3 {
                block_on(tx.send(n)).unwrap();
            }
        });
        for n in 1..=3 {
            assert_eq!(block_on(rx.recv()), Ok(n));
        }
        assert!(block_on(rx.recv()).is_err());
        sender.join().unwrap();
    });
}

/// The end of an unbounded channel comes after the permit that was out.
#[test]
fn chan_unbounded_permit_against_close() {
    loom::model(|| {
        let (tx, rx) = unbounded();
        let permit = tx.clone().try_reserve_owned().unwrap();
        let holder = thread::spawn(move || {
            drop(permit.send(1));
        });
        tx.close();
        assert!(tx.try_send(2).is_err());
        assert_eq!(block_on(rx.recv()), Ok(1));
        assert!(block_on(rx.recv()).is_err());
        holder.join().unwrap();
    });
}

/// So is one that a permit sends.
#[test]
fn chan_last_receiver_against_a_permit() {
    loom::model(|| {
        let (tx, rx) = bounded(1);
        let message = Arc::new(());
        let permit = tx.clone().try_reserve_owned().unwrap();
        let sender = {
            let message = message.clone();
            thread::spawn(move || drop(permit.send(message)))
        };
        drop(rx);
        sender.join().unwrap();
        assert_eq!(Arc::strong_count(&message), 1);
        drop(tx);
    });
}

/// A permit that is given back makes room for a sender that falls asleep.
#[test]
fn chan_permit_returned_against_a_waiting_sender() {
    loom::model(|| {
        let (tx, rx) = bounded(1);
        let permit = tx.clone().try_reserve_owned().unwrap();
        let sender = send_in_thread(&tx, 1);
        drop(permit.release());
        sender.join().unwrap();
        assert_eq!(rx.try_recv(), Ok(1));
    });
}

/// The last permit of a closed channel tells all receivers: used...
#[test]
fn chan_closed_permit_sent_to_two_receivers() {
    wide_model(|| {
        let (tx, rx) = bounded(1);
        let permit = tx.clone().try_reserve_owned().unwrap();
        tx.close();
        let receivers = [recv_in_thread(&rx), recv_in_thread(&rx)];
        drop(permit.send(5));
        let sum: u32 = receivers
            .map(|receiver| receiver.join().unwrap())
            .iter()
            .sum();
        assert_eq!(sum, 5);
    });
}

/// ... or given back.
#[test]
fn chan_closed_permit_returned_to_two_receivers() {
    loom::model(|| {
        let (tx, rx) = bounded::<u32>(1);
        let permit = tx.clone().try_reserve_owned().unwrap();
        tx.close();
        let receivers = [recv_in_thread(&rx), recv_in_thread(&rx)];
        drop(permit.release());
        assert_eq!(receivers.map(|receiver| receiver.join().unwrap()), [0, 0]);
    });
}

/// Two reservations of all the room, each of which would hold a part of it, both come through.
#[test]
fn chan_two_wide_reservations() {
    wide_model(|| {
        let (tx, _rx) = bounded::<u32>(2);
        let single = tx.clone().try_reserve_owned().unwrap();
        let other = {
            let tx = tx.clone();
            thread::spawn(move || drop(block_on(tx.reserve_many(2)).unwrap()))
        };
        let releaser = thread::spawn(move || drop(single.release()));
        drop(block_on(tx.reserve_many(2)).unwrap());
        other.join().unwrap();
        releaser.join().unwrap();
    });
}

/// A reservation is dropped while it is given its credit: the next waiter gets the room.
#[test]
fn chan_grant_against_cancel() {
    loom::model(|| {
        let (tx, rx) = bounded(1);
        tx.try_send(1).unwrap();
        let mut reserve = Box::pin(tx.reserve());
        assert!(poll_once(reserve.as_mut()).is_pending());
        let receiver = thread::spawn(move || {
            assert_eq!(rx.try_recv(), Ok(1));
            rx
        });
        let sender = send_in_thread(&tx, 2);
        drop(reserve);
        sender.join().unwrap();
        assert_eq!(receiver.join().unwrap().try_recv(), Ok(2));
    });
}

/// A reservation is given its credit while the channel is closed: the receiver's end comes, whatever it returns.
#[test]
fn chan_grant_against_close() {
    loom::model(|| {
        let (tx, rx) = bounded(1);
        tx.try_send(1).unwrap();
        let mut reserve = Box::pin(tx.reserve());
        assert!(poll_once(reserve.as_mut()).is_pending());
        let receiver = thread::spawn(move || {
            assert_eq!(rx.try_recv(), Ok(1));
            block_on(rx.recv()).is_err()
        });
        tx.close();
        drop(poll_once(reserve.as_mut()));
        drop(reserve);
        assert!(receiver.join().unwrap());
    });
}

/// Polls a send into a full channel of capacity 1, and overtakes it twice: the next room is lent to it.
fn overtake<F: Future>(mut send: Pin<&mut F>, tx: &Sender<u32>, rx: &Receiver<u32>) {
    assert!(poll_once(send.as_mut()).is_pending());
    for n in 1..=2 {
        rx.try_recv().unwrap();
        tx.try_send(n).unwrap();
        assert!(poll_once(send.as_mut()).is_pending());
    }
}

/// Room is lent to an overtaken send, which comes for it while others ask for it often enough to get it.
#[test]
fn chan_loan_against_revoking() {
    loom::model(|| {
        let (tx, rx) = bounded(1);
        tx.try_send(0).unwrap();
        let mut send = Box::pin(tx.send(7));
        overtake(send.as_mut(), &tx, &rx);
        assert_eq!(rx.try_recv(), Ok(2));
        assert!(tx.try_send(8).is_err(), "lent");
        let other = {
            let tx = tx.clone();
            thread::spawn(move || (0..PATIENCE).any(|_| tx.try_send(8).is_ok()))
        };
        // loom does not think of letting the other one run here by itself.
        thread::yield_now();
        let mut sent = poll_once(send.as_mut()).is_ready();
        let others = other.join().unwrap();
        if !sent && !others {
            // It went back in between, and has been lent the room once more.
            sent = poll_once(send.as_mut()).is_ready();
        }
        assert!(sent != others, "one of them has the room");
        drop(send);
        assert_eq!(rx.try_recv(), Ok(if sent { 7 } else { 8 }));
        assert!(
            tx.try_reserve().is_ok(),
            "and the channel has all of it again"
        );
    });
}

/// Room is lent to an overtaken send, which comes for it while the channel is closed, or never: the end comes.
#[test]
fn chan_loan_against_close() {
    loom::model(|| {
        let (tx, rx) = bounded(1);
        tx.try_send(0).unwrap();
        let mut send = Box::pin(tx.send(7));
        overtake(send.as_mut(), &tx, &rx);
        let receiver = thread::spawn(move || {
            assert_eq!(rx.try_recv(), Ok(2));
            block_on(rx.recv()).is_err()
        });
        tx.close();
        assert!(receiver.join().unwrap(), "though the send is alive");
        drop(send);
    });
}

/// Room comes up bit by bit for a reservation of two: it is told once it has both.
#[test]
fn chan_grant_in_two_parts() {
    loom::model(|| {
        let (tx, rx) = bounded(2);
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let other = rx.clone();
        let first = thread::spawn(move || assert!(other.try_recv().is_ok()));
        let second = thread::spawn(move || {
            rx.try_recv().unwrap();
            rx
        });
        assert_eq!(block_on(tx.reserve_many(2)).unwrap().len(), 2);
        first.join().unwrap();
        second.join().unwrap();
    });
}

/// An upgrade never brings a side back that has gone.
#[test]
fn shared_upgrade_against_last_drop() {
    loom::model(|| {
        let (tx, rx) = bounded::<u32>(1);
        let weak = tx.downgrade();
        let upgrader = thread::spawn(move || {
            if let Some(tx) = weak.upgrade() {
                let _ = tx.try_send(3);
            }
        });
        drop(tx);
        let got = block_on(rx.recv());
        upgrader.join().unwrap();
        assert!(matches!(got, Ok(3) | Err(_)));
        assert!(rx.is_closed());
        assert_eq!(rx.sender_count(), 0);
    });
}

/// Who learns of the end has seen what every sender did before it left.
#[test]
fn shared_last_drop_publishes_what_all_did_before() {
    loom::model(|| {
        let (tx, rx) = bounded::<u32>(1);
        let data = Arc::new((Deed::new(), Deed::new()));
        let other = {
            let (tx, data) = (tx.clone(), data.clone());
            thread::spawn(move || {
                data.0.perform();
                drop(tx);
            })
        };
        let own = {
            let data = data.clone();
            thread::spawn(move || {
                data.1.perform();
                drop(tx);
            })
        };
        if rx.try_recv().is_err_and(|error| error.is_closed()) {
            assert!(data.0.is_done() && data.1.is_done());
        }
        other.join().unwrap();
        own.join().unwrap();
    });
}

/// Both sides go at the same time: everything is dropped once, nothing hangs.
#[test]
fn shared_both_sides_go() {
    loom::model(|| {
        let (tx, rx) = bounded(1);
        let message = Arc::new(());
        tx.try_send(message.clone()).unwrap();
        let handles: Vec<_> = Vec::from([
            thread::spawn(move || drop(tx)),
            thread::spawn(move || drop(rx)),
        ]);
        for handle in handles {
            handle.join().unwrap();
        }
        assert_eq!(Arc::strong_count(&message), 1);
    });
}
