//! Cancelling: a receive that is dropped loses no message, a send that is dropped has not sent, and its
//! message can be taken back.

use std::collections::VecDeque;
use std::future::{pending, ready};
use std::pin::pin;

use wakering::{RecvError, RecvTimeoutError, SendTimeoutError, TryRecvError};

use crate::common::{Counter, Random, Tracker, Waiting, now, poll_once};
use crate::driver::{Driver, channel, contract};

contract! {
    any {
        a_dropped_recv_loses_nothing,
        a_dropped_recv_many_loses_nothing,
        a_recv_with_a_timer_ends_one_way_or_the_other,
        a_storm_of_cancelled_operations_loses_nothing,
    }
    a_dropped_send_has_not_sent,
    a_cancelled_send_gives_its_message_back,
    a_dropped_send_many_keeps_what_was_not_sent,
    a_dropped_reserve_gives_its_room_back,
    a_send_with_a_timer_ends_one_way_or_the_other,
}

async fn a_dropped_recv_loses_nothing<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    for i in 0..200 {
        match i % 4 {
            0 => {
                let waiting = Waiting::new(rx.recv());
                tx.try_send(i).unwrap();
                assert!(waiting.is_woken());
                drop(waiting); // woken, never polled again
            }
            1 => {
                let waiting = Waiting::new(rx.recv_owned());
                tx.try_send(i).unwrap();
                drop(waiting);
            }
            2 => {
                let waiting = Waiting::new(rx.recv_with(pending::<()>()));
                tx.try_send(i).unwrap();
                drop(waiting);
            }
            _ => {
                let counter = Counter::new();
                let waker = counter.waker();
                let mut cx = std::task::Context::from_waker(&waker);
                assert!(rx.poll_recv(&mut cx).is_pending());
                tx.try_send(i).unwrap();
                assert_eq!(counter.wakes(), 1);
                // The handle keeps the wait; it is cancelled with the handle.
                rx = rx.clone();
            }
        }
        assert_eq!(rx.len(), 1);
        assert_eq!(rx.try_recv(), Ok(i));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    }
    drop(Box::pin(rx.recv())); // never polled
    assert!(rx.is_empty());
}

async fn a_dropped_recv_many_loses_nothing<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let mut buffer = vec![100];
    for limit in [1, 2, 1000] {
        let waiting = Waiting::new(rx.recv_many(&mut buffer, limit));
        for i in 0..capacity {
            tx.try_send(i).unwrap();
        }
        assert!(waiting.is_woken());
        drop(waiting);
        assert_eq!(buffer, [100], "nothing was moved into the buffer");
        assert!((0..capacity).all(|i| rx.try_recv() == Ok(i)));
    }
}

async fn a_dropped_send_has_not_sent<D: Driver>(_: D, capacity: usize) {
    let tracker = Tracker::new();
    let (tx, rx) = channel(capacity);
    for i in 0..capacity {
        tx.try_send(tracker.make(i)).unwrap();
    }
    let unpolled = tx.send(tracker.make(1_000));
    let asleep = Waiting::new(tx.send(tracker.make(1_001)));
    let woken = Waiting::new(tx.send_owned(tracker.make(1_002)));
    drop(unpolled);
    assert_eq!(tracker.dropped(), 1);
    drop(asleep);
    assert_eq!(tracker.dropped(), 2);
    assert_eq!(rx.try_recv().unwrap().id(), 0);
    assert!(woken.is_woken());
    drop(woken);
    assert_eq!(tracker.dropped(), 4);
    assert_eq!(rx.len(), capacity - 1);
    for i in 1..capacity {
        assert_eq!(rx.try_recv().unwrap().id(), i);
    }
    assert_eq!(rx.try_recv().unwrap_err(), TryRecvError::Empty);
    assert_eq!(tracker.alive(), 0);
}

async fn a_cancelled_send_gives_its_message_back<D: Driver>(_: D, capacity: usize) {
    let tracker = Tracker::new();
    let (tx, rx) = channel(capacity);

    // Before the first poll.
    let mut send = pin!(tx.send(tracker.make(1)));
    assert_eq!(send.as_mut().cancel().unwrap().id(), 1);
    assert!(send.as_mut().cancel().is_none(), "taken back once");

    // After the message was sent.
    let mut send = pin!(tx.send(tracker.make(2)));
    assert!(poll_once(send.as_mut(), &Counter::new()).is_ready());
    assert!(send.cancel().is_none(), "it is in the channel");

    for _ in 1..capacity {
        tx.try_send(tracker.make(3)).unwrap();
    }

    // Asleep, and woken: the wake goes to the next one.
    let mut asleep = Waiting::new(tx.send(tracker.make(4)));
    let mut woken = Waiting::new(tx.send_owned(tracker.make(5)));
    let mut last = Waiting::new(tx.send(tracker.make(6)));
    assert_eq!(asleep.future.as_mut().cancel().unwrap().id(), 4);
    assert_eq!(rx.try_recv().unwrap().id(), 2);
    assert!(woken.is_woken() && !last.is_woken());
    assert_eq!(woken.future.as_mut().cancel().unwrap().id(), 5);
    last.finish().unwrap();

    // The futures of cancelled sends are still there, and drop nothing twice.
    drop((asleep, woken, last));
    let left: Vec<usize> = rx.drain().map(|message| message.id()).collect();
    assert_eq!(left.len(), capacity);
    assert_eq!(left.last(), Some(&6));
    assert_eq!(tracker.alive(), 0);
}

async fn a_dropped_send_many_keeps_what_was_not_sent<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let mut batch: VecDeque<usize> = (0..capacity + 10).collect();
    drop(tx.send_many(&mut batch));
    assert_eq!(batch.len(), capacity + 10, "never polled");
    let waiting = Waiting::new(tx.send_many(&mut batch));
    drop(waiting);
    assert!(
        batch.iter().copied().eq(capacity..capacity + 10),
        "{batch:?}"
    );

    let mut waiting = Waiting::new(tx.send_many(&mut batch));
    assert_eq!(rx.try_recv(), Ok(0));
    assert!(waiting.is_woken());
    assert!(waiting.poll().is_pending());
    drop(waiting);
    assert!(
        batch.iter().copied().eq(capacity + 1..capacity + 10),
        "{batch:?}"
    );
    assert!(rx.drain().eq(1..=capacity));
}

async fn a_dropped_reserve_gives_its_room_back<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel::<usize>(capacity);
    let all = now(tx.reserve_many(capacity)).unwrap();
    assert_eq!(all.len(), capacity);

    let one = Waiting::new(tx.reserve());
    let many = Waiting::new(tx.reserve_many(capacity));
    let owned = Waiting::new(tx.clone().reserve_owned());
    drop(tx.reserve());
    drop((one, many));
    drop(all); // wakes the only waiter left
    assert!(owned.is_woken());
    drop(owned);
    assert!(!tx.is_full());
    for i in 0..capacity {
        tx.try_send(i).unwrap();
    }
    assert!(tx.is_full());

    // Ready, never taken out of the future.
    assert_eq!(rx.drain().count(), capacity);
    now(async { drop(tx.reserve().await) });
    assert_eq!(tx.try_reserve_many(capacity).unwrap().len(), capacity);
    assert!(!tx.is_full());
}

async fn a_send_with_a_timer_ends_one_way_or_the_other<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    assert_eq!(now(tx.send_with(0, pending::<()>())), Ok(()));
    for i in 1..capacity {
        tx.try_send(i).unwrap();
    }
    // The time is up.
    assert_eq!(
        now(tx.send_with(99, ready(()))),
        Err(SendTimeoutError::Timeout(99))
    );
    assert_eq!(rx.len(), capacity);
    // There is room in time.
    let mut waiting = Waiting::new(tx.send_with(7, pending::<()>()));
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!(waiting.finish(), Ok(()));
    // Closed in time.
    let mut waiting = Waiting::new(tx.send_with(8, pending::<()>()));
    tx.close();
    assert_eq!(waiting.finish(), Err(SendTimeoutError::Closed(8)));
    assert_eq!(
        now(tx.send_with(9, ready(()))),
        Err(SendTimeoutError::Closed(9))
    );
    assert!(rx.drain().eq((1..capacity).chain([7])));
}

async fn a_recv_with_a_timer_ends_one_way_or_the_other<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    assert_eq!(now(rx.recv_with(ready(()))), Err(RecvTimeoutError::Timeout));
    tx.try_send(1).unwrap();
    assert_eq!(now(rx.recv_with(pending::<()>())), Ok(1));
    let mut waiting = Waiting::new(rx.recv_with(pending::<()>()));
    tx.try_send(2).unwrap();
    assert_eq!(waiting.finish(), Ok(2));
    let mut waiting = Waiting::new(rx.recv_with(pending::<()>()));
    drop(tx);
    assert_eq!(waiting.finish(), Err(RecvTimeoutError::Closed));
    assert_eq!(now(rx.recv_with(ready(()))), Err(RecvTimeoutError::Closed));
}

/// Jobs poll operations a random number of times and drop them. Every message that a send accepted is
/// received, every other one came back or was dropped with its future: nothing is lost or seen twice.
async fn a_storm_of_cancelled_operations_loses_nothing<D: Driver>(d: D, capacity: usize) {
    const EACH: usize = 1_000;
    let tracker = Tracker::new();
    let (tx, rx) = channel(capacity);
    let senders: Vec<_> = (0..3)
        .map(|sender| {
            let (driver, tx, tracker) = (d.clone(), tx.clone(), tracker.clone());
            d.spawn(async move {
                let mut random = Random::new(sender as u64 + 1);
                let mut accepted = Vec::new();
                for i in 0..EACH {
                    let id = sender * EACH + i;
                    let mut send = Box::pin(tx.send(tracker.make(id)));
                    for _ in 0..random.below(4) {
                        if let Some(result) = futures_lite::future::poll_once(&mut send).await {
                            result.unwrap();
                            accepted.push(id);
                            break;
                        }
                        assert!(tx.capacity().is_none_or(|capacity| tx.len() <= capacity));
                        driver.pause().await;
                    }
                    if accepted.last() == Some(&id) {
                        assert!(send.as_mut().cancel().is_none());
                    } else if random.below(2) == 0 {
                        assert_eq!(send.as_mut().cancel().unwrap().id(), id);
                    }
                }
                accepted
            })
        })
        .collect();
    drop(tx);
    let receivers: Vec<_> = (0..3)
        .map(|receiver| {
            let (driver, rx) = (d.clone(), rx.clone());
            d.spawn(async move {
                let mut random = Random::new(receiver + 100);
                let mut got = Vec::new();
                loop {
                    let mut recv = Box::pin(rx.recv());
                    for _ in 0..random.below(4) {
                        match futures_lite::future::poll_once(&mut recv).await {
                            Some(Ok(message)) => got.push(message.id()),
                            Some(Err(RecvError)) => return got,
                            None => {
                                driver.pause().await;
                                continue;
                            }
                        }
                        break;
                    }
                }
            })
        })
        .collect();
    drop(rx);
    let mut accepted = Vec::new();
    for sender in senders {
        accepted.extend(sender.await);
    }
    let mut got = Vec::new();
    for receiver in receivers {
        got.extend(receiver.await);
    }
    accepted.sort_unstable();
    got.sort_unstable();
    assert_eq!(accepted, got);
    assert_eq!(tracker.alive(), 0);
}
