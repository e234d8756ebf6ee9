//! Wake-ups that were lost, or went to the wrong waiter.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use futures_core::Stream;
use futures_lite::future::block_on;
use wakering::{Receiver, Sender, TryRecvError, bounded};

use crate::common::wakers::WakeLog;
use crate::common::{Counter, Random, Waiting, ignore, now, poll_once, settle, watchdog};
use crate::threads::{ROUNDS, job, race, rounds};

fn full(capacity: usize) -> (Sender<usize>, Receiver<usize>) {
    let (tx, rx) = bounded(capacity);
    (0..capacity).for_each(|i| tx.try_send(i).unwrap());
    (tx, rx)
}

/// async-std: the second send woke nobody, because "someone is already notified".
#[test]
fn r001_every_send_wakes_a_receiver() {
    let (tx, rx) = bounded(8);
    let mut receivers: Vec<_> = (0..8).map(|_| Waiting::new(rx.recv())).collect();
    (0..8).for_each(|i| tx.try_send(i).unwrap());
    for (i, receiver) in receivers.iter_mut().enumerate() {
        assert_eq!(receiver.finish(), Ok(i));
    }
}

/// async-channel: a blocked sender that was woken and never polled held the only notification.
#[test]
fn r002_a_forgotten_sender_does_not_stop_the_others() {
    let (tx, rx) = full(2);
    let forgotten = Waiting::new(tx.send(2));
    let mut second = Waiting::new(tx.send(3));
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(0), Ok(1)));
    assert_eq!(second.finish(), Ok(()));
    assert_eq!(rx.try_recv(), Ok(3));
    drop(forgotten);
}

/// async-channel: the same on the other side.
#[test]
fn r002_a_forgotten_receiver_does_not_stop_the_others() {
    let (tx, rx) = bounded(2);
    let forgotten = Waiting::new(rx.recv());
    let mut second = Waiting::new(rx.recv());
    tx.try_send(0).unwrap();
    tx.try_send(1).unwrap();
    assert_eq!(second.finish(), Ok(0));
    assert_eq!(now(rx.recv()), Ok(1));
    drop(forgotten);
}

/// crossfire: a sender that got through on its retry stayed registered and swallowed a later wake.
#[test]
fn r003_a_finished_sender_leaves_the_queue() {
    let (tx, rx) = full(1);
    let mut first = Waiting::new(tx.send(1));
    let mut second = Waiting::new(tx.send(2));
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!(first.finish(), Ok(()));
    // `first` is finished but alive: the next wake is not for it.
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(second.finish(), Ok(()));
    assert_eq!(first.wakes(), 1);
    assert_eq!(rx.try_recv(), Ok(2));
}

/// flume (found by iroh): a receive cancelled after its wake took the wake with it.
#[test]
fn r004_a_cancelled_receiver_passes_its_wake_on() {
    let (tx, rx) = bounded(4);
    let first = Waiting::new(rx.recv());
    let mut second = Waiting::new(rx.recv());
    tx.try_send(7).unwrap();
    assert!(first.is_woken() && !second.is_woken());
    drop(first);
    assert_eq!(second.finish(), Ok(7));
}

/// tokio: `OwnedPermit::release` did not tell the receiver of a closed channel.
#[test]
fn r005_a_released_permit_ends_a_closed_channel() {
    let (tx, rx) = bounded::<u32>(1);
    let permit = tx.try_reserve_owned().unwrap();
    rx.close();
    let mut recv = Waiting::new(rx.recv());
    drop(permit.release());
    assert!(recv.finish().is_err());
}

/// tokio: a `reserve_many` that failed or was cancelled after close kept what it had gathered, and the
/// receiver was not told.
#[test]
fn r006_a_queued_reservation_gives_everything_back() {
    for cancelled in [false, true] {
        let (tx, rx) = bounded::<u32>(3);
        let held = tx.try_reserve().unwrap();
        let mut queued = Waiting::new(tx.reserve_many(3));
        tx.close();
        let mut recv = Waiting::new(rx.recv());
        if cancelled {
            drop(queued);
            assert!(recv.poll().is_pending(), "a permit is out");
        } else {
            assert!(queued.finish().is_err());
        }
        drop(held);
        assert!(recv.finish().is_err());
    }
}

/// tokio: a permit dropped unsent after close did not tell the receiver.
#[test]
fn r007_a_dropped_permit_ends_a_closed_channel() {
    let (tx, rx) = bounded::<u32>(4);
    let permit = tx.try_reserve().unwrap();
    let permits = tx.try_reserve_many(2).unwrap();
    let mut recv = Waiting::new(rx.recv());
    tx.close();
    drop(permit);
    assert!(recv.poll().is_pending());
    drop(permits);
    assert!(recv.finish().is_err());
}

/// tokio `Notify`: dropping a waiter that was notified twice over erased the second notification.
#[test]
fn r008_dropping_a_notified_waiter_keeps_the_other_notification() {
    let (tx, rx) = bounded(4);
    let first = Waiting::new(rx.recv());
    let second = Waiting::new(rx.recv());
    let mut third = Waiting::new(rx.recv());
    let mut fourth = Waiting::new(rx.recv());
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    drop(first);
    drop(second);
    assert_eq!(third.finish(), Ok(1));
    assert_eq!(fourth.finish(), Ok(2));
}

/// tokio, oneshot, event-listener, flume: a poll with a new waker did not replace the old one.
#[test]
fn r010_the_newest_waker_is_woken() {
    fn newest_is_woken<F: Future>(future: F, event: impl FnOnce()) {
        let (first, second) = (Counter::new(), Counter::new());
        let mut future = Box::pin(future);
        assert!(poll_once(future.as_mut(), &first).is_pending());
        assert!(poll_once(future.as_mut(), &first).is_pending());
        assert!(poll_once(future.as_mut(), &second).is_pending());
        event();
        assert_eq!((first.wakes(), second.wakes()), (0, 1));
    }
    let (tx, rx) = bounded(1);
    newest_is_woken(rx.recv(), || tx.try_send(1).unwrap());
    newest_is_woken(tx.send(2), || ignore(rx.try_recv()));
    tx.try_send(3).unwrap();
    newest_is_woken(tx.reserve(), || ignore(rx.try_recv()));
    newest_is_woken(tx.closed(), || ignore(rx.close()));
    let (tx, mut rx) = bounded(1);
    let mut other = rx.clone();
    newest_is_woken(poll_fn(|cx| rx.poll_recv(cx)), || tx.try_send(1).unwrap());
    other.try_recv().unwrap();
    newest_is_woken(poll_fn(|cx| Pin::new(&mut other).poll_next(cx)), || {
        ignore(tx.close());
    });
}

/// event-listener: a shortcut in `notify` missed the very first registration.
#[test]
fn r011_the_first_registration_is_seen() {
    rounds("the first registration", |_| {
        let (tx, rx) = bounded(1);
        race(vec![
            job(move || assert_eq!(block_on(rx.recv()), Ok(1))),
            job(move || tx.try_send(1).unwrap()),
        ]);
    });
}

/// event-listener: entries put back into the list made it lose others, or wake in the wrong order.
#[test]
fn r013_waiters_come_and_go_as_in_a_model() {
    let (tx, rx) = bounded(1);
    let log = WakeLog::new();
    let mut random = Random::new(13);
    // In the order of registration. Each has a name for the log.
    let mut waiters: VecDeque<(usize, Pin<Box<wakering::Recv<'_, usize>>>)> = VecDeque::new();
    for name in 0..20_000 {
        match random.below(4) {
            0 | 1 => {
                let mut recv = Box::pin(rx.recv());
                let waker = log.waker(name);
                let mut poll = || recv.as_mut().poll(&mut Context::from_waker(&waker));
                assert!(poll().is_pending());
                if log.take() == [name] {
                    // It has yielded, and registers now.
                    assert!(poll().is_pending());
                }
                waiters.push_back((name, recv));
            }
            2 if !waiters.is_empty() => {
                drop(waiters.remove(random.below(waiters.len())));
                assert_eq!(
                    log.take(),
                    [],
                    "nobody was notified, so nothing is passed on"
                );
            }
            _ => {
                tx.try_send(name).unwrap();
                let woken = log.take();
                match waiters.pop_front() {
                    None => assert_eq!((woken, rx.try_recv()), (vec![], Ok(name))),
                    Some((first, mut recv)) => {
                        assert_eq!(woken, [first]);
                        let waker = log.waker(first);
                        let polled = recv.as_mut().poll(&mut Context::from_waker(&waker));
                        match polled {
                            Poll::Ready(message) => assert_eq!(message, Ok(name)),
                            Poll::Pending => {
                                // A cooperative yield.
                                assert_eq!(log.take(), [first]);
                                assert_eq!(rx.try_recv(), Ok(name));
                            }
                        }
                    }
                }
            }
        }
    }
}

/// loole: close woke one pending receiver only.
#[test]
fn r014_close_wakes_every_kind_of_waiter() {
    watchdog("r014", || {
        let (tx, rx) = bounded::<u32>(1);
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let rx = rx.clone();
                thread::spawn(move || rx.recv_blocking())
            })
            .collect();
        let mut tasks: Vec<_> = (0..3).map(|_| Waiting::new(rx.recv())).collect();
        drop(tx);
        assert!(tasks.iter_mut().all(|task| task.finish().is_err()));
        assert!(
            threads
                .into_iter()
                .all(|thread| thread.join().unwrap().is_err())
        );

        let (tx, rx) = bounded(1);
        tx.try_send(0).unwrap();
        let threads: Vec<_> = (0..3)
            .map(|i| {
                let tx = tx.clone();
                thread::spawn(move || tx.send_blocking(i))
            })
            .collect();
        let mut tasks: Vec<_> = (0..3).map(|i| Waiting::new(tx.send(i))).collect();
        drop(rx);
        assert!(tasks.iter_mut().all(|task| task.finish().is_err()));
        assert!(
            threads
                .into_iter()
                .all(|thread| thread.join().unwrap().is_err())
        );
    });
}

/// embassy-sync: clearing the channel told no sender of the room.
#[test]
fn r016_drain_tells_as_many_senders_as_it_frees_slots() {
    let (tx, rx) = full(5);
    let mut senders: Vec<_> = (0..8).map(|i| Waiting::new(tx.send(10 + i))).collect();
    assert!(rx.drain().eq(0..5));
    let mut through = 0;
    // One that got through may be the one to tell the next.
    while let Some(woken) = senders.iter().position(Waiting::is_woken) {
        if through == 5 {
            break;
        }
        assert_eq!(senders.remove(woken).finish(), Ok(()));
        through += 1;
    }
    assert_eq!(through, 5);
    assert!(rx.is_full());

    // An eviction by `force_send` frees a slot and takes it: nobody gets through.
    assert_eq!(tx.force_send(99), Ok(Some(10)));
    assert!(senders.iter_mut().all(|sender| sender.poll().is_pending()));
    assert_eq!(rx.len(), 5);
}

/// embassy-sync, async-oneshot: a send or close between the check and the registration was missed.
#[test]
fn r018_nothing_slips_between_check_and_registration() {
    rounds("check and register", |round| {
        let (tx, rx) = bounded(1);
        race(vec![
            job(move || assert_eq!(block_on(rx.recv()).is_ok(), round % 2 == 0)),
            job(move || {
                if round % 2 == 0 {
                    tx.try_send(()).unwrap();
                } else {
                    tx.close();
                }
                block_on(tx.closed());
            }),
        ]);
    });
}

/// embassy-sync: a second future on the same receiver evicted the waker of the first one.
#[test]
fn r020_two_waits_on_one_handle_are_both_told() {
    let (tx, mut rx) = bounded(2);
    let (stream, future) = (Counter::new(), Counter::new());
    assert!(settle(Box::pin(poll_fn(|cx| rx.poll_recv(cx))).as_mut(), &stream).is_pending());
    let mut recv = Box::pin(rx.recv());
    assert!(settle(recv.as_mut(), &future).is_pending());
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    assert_eq!((stream.wakes(), future.wakes()), (1, 1));
    assert!(settle(recv.as_mut(), &future).is_ready());
    drop(recv);
    assert!(now(poll_fn(|cx| rx.poll_recv(cx))).is_ok());
}

/// futures, lean4: some of the ways to take a message out forgot to tell the senders.
#[test]
fn r021_every_way_to_take_a_message_out_tells_a_sender() {
    type Take = fn(&Receiver<usize>);
    let ways: [Take; 8] = [
        |rx| ignore(rx.try_recv().unwrap()),
        |rx| ignore(now(rx.recv()).unwrap()),
        |rx| ignore(rx.recv_blocking().unwrap()),
        |rx| ignore(rx.recv_timeout(Duration::from_secs(1)).unwrap()),
        |rx| ignore(rx.try_iter().next().unwrap()),
        |rx| ignore(rx.drain().next().unwrap()),
        |rx| assert_eq!(rx.try_recv_many(&mut Vec::new(), 1), 1),
        |rx| assert_eq!(now(rx.recv_many(&mut Vec::new(), 1)), 1),
    ];
    for (number, take) in ways.into_iter().enumerate() {
        let (tx, rx) = full(1);
        let mut sender = Waiting::new(tx.send(1));
        take(&rx);
        assert!(sender.is_woken(), "way {number}");
        assert_eq!(sender.finish(), Ok(()));
    }
}

/// futures, std: a sender that went to sleep just after the close slept for ever.
#[test]
fn r022_going_to_sleep_beside_a_close() {
    rounds("sleep beside close", |round| {
        let (tx, rx) = full(1);
        let tx2 = tx.clone();
        race(vec![
            job(move || assert!(tx.send_blocking(1).is_err())),
            job(move || assert!(block_on(tx2.send(2)).is_err())),
            job(move || {
                if round % 2 == 0 {
                    rx.close();
                } else {
                    drop(rx);
                }
            }),
        ]);
    });
}

/// tokio: a condition variable was notified without its lock, and a blocked thread slept on.
#[test]
fn r023_a_blocked_thread_is_told() {
    watchdog("r023", || {
        let (tx, rx) = bounded(1);
        let (back_tx, back_rx) = bounded(1);
        let echo = thread::spawn(move || {
            for message in rx.iter() {
                back_tx.send_blocking(message).unwrap();
            }
        });
        for i in 0..ROUNDS {
            tx.send_blocking(i).unwrap();
            assert_eq!(back_rx.recv_blocking(), Ok(i));
        }
        drop(tx);
        echo.join().unwrap();
    });
}

/// postage: the last sender left without a message, and the receiver was not told.
#[test]
fn r024_the_last_sender_tells_the_receiver() {
    let (tx, rx) = bounded::<u32>(1);
    let weak = tx.downgrade();
    let mut recv = Waiting::new(rx.recv());
    drop(tx);
    assert!(recv.finish().is_err());
    drop(weak);
}

/// asyncband, loole: with several blocked senders, errors carried somebody else's message.
#[test]
fn r025_each_pending_sender_gets_its_own_message_back() {
    let (tx, rx) = full(2);
    let mut senders: Vec<_> = (0..10).map(|i| Waiting::new(tx.send(100 + i))).collect();
    // A cancelled one hands its notification to the next.
    assert_eq!(rx.try_recv(), Ok(0));
    drop(senders.remove(0));
    assert_eq!(senders.remove(0).finish(), Ok(()));
    drop(rx);
    for (i, sender) in senders.iter_mut().enumerate() {
        assert_eq!(sender.finish().unwrap_err().into_inner(), 102 + i);
    }
}

/// loole: any second poll of a send said it was done, and a stray unpark ended a blocking send.
#[test]
fn r026_a_stray_poll_or_unpark_is_no_success() {
    let (tx, rx) = full(1);
    let mut send = Waiting::new(tx.send(1));
    for _ in 0..5 {
        assert!(send.poll().is_pending());
    }
    assert_eq!(send.wakes(), 0);
    assert_eq!(rx.len(), 1);
    drop(send);

    watchdog("r026", move || {
        let sender = thread::spawn(move || tx.send_blocking(2));
        for _ in 0..100 {
            sender.thread().unpark();
            thread::yield_now();
        }
        assert!(
            !sender.is_finished(),
            "unparked by a stranger: nothing was sent"
        );
        assert_eq!((rx.recv_blocking(), rx.recv_blocking()), (Ok(0), Ok(2)));
        sender.join().unwrap().unwrap();
    });
}

/// raven: a select woken by one channel took from another, and the wake of the first was lost.
#[test]
fn r027_a_select_gives_the_wake_back_that_it_does_not_use() {
    let (tx_a, rx_a) = bounded(1);
    let (tx_b, rx_b) = bounded(1);
    let select_a = Waiting::new(rx_a.recv());
    let mut select_b = Waiting::new(rx_b.recv());
    let mut behind = Waiting::new(rx_a.recv());
    tx_a.try_send(1).unwrap();
    assert!(select_a.is_woken() && !behind.is_woken());
    tx_b.try_send(2).unwrap();
    assert_eq!(select_b.finish(), Ok(2));
    drop(select_a);
    assert_eq!(behind.finish(), Ok(1));
}

/// php-async, moonbit: a waiter taken off the list at its wake and cancelled before it ran.
#[test]
fn r028_every_cancelled_waiter_in_a_row_passes_the_wake_on() {
    let (tx, rx) = bounded(1);
    let mut receivers: VecDeque<_> = (0..50).map(|_| Waiting::new(rx.recv())).collect();
    tx.try_send(1).unwrap();
    while receivers.len() > 1 {
        let first = receivers.pop_front().unwrap();
        assert!(first.is_woken() && !receivers[0].is_woken());
        drop(first);
    }
    assert_eq!(receivers[0].finish(), Ok(1));

    let (tx, rx) = full(1);
    let mut senders: VecDeque<_> = (0..50).map(|i| Waiting::new(tx.send(i))).collect();
    rx.try_recv().unwrap();
    while senders.len() > 1 {
        let first = senders.pop_front().unwrap();
        assert!(first.is_woken());
        drop(first);
    }
    assert_eq!(senders[0].finish(), Ok(()));
    assert_eq!(rx.try_recv(), Ok(49));
}

/// feldera: the token of `thread::park` belongs to the thread, and anybody may use it up or set it.
#[test]
fn r030_the_token_of_park_is_nobodys_own() {
    watchdog("r030", || {
        let (tx, rx) = bounded(1);
        let stop = Arc::new(AtomicBool::new(false));
        let receiver = thread::spawn({
            let stop = stop.clone();
            move || {
                for i in 0..ROUNDS {
                    if i % 3 == 0 {
                        thread::park_timeout(Duration::ZERO); // uses a token up
                    }
                    assert_eq!(rx.recv_blocking(), Ok(i));
                    thread::current().unpark(); // leaves one behind
                }
                stop.store(true, SeqCst);
                rx
            }
        });
        let noise = thread::spawn({
            let (thread, stop) = (receiver.thread().clone(), stop.clone());
            move || {
                while !stop.load(SeqCst) {
                    thread.unpark();
                    thread::yield_now();
                }
            }
        });
        for i in 0..ROUNDS {
            thread::current().unpark();
            tx.send_blocking(i).unwrap();
        }
        noise.join().unwrap();
        let rx = receiver.join().unwrap();
        thread::current().unpark();
        assert!(
            rx.recv_timeout(Duration::from_millis(10))
                .unwrap_err()
                .is_timeout()
        );
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    });
}
