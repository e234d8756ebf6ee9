//! No wake-up is lost: each notification is used once, or passed on.

use wakering::{Receiver, Sender};

use crate::common::{Counter, Random, Waiting, now, poll_once, settle};
use crate::driver::{Driver, channel, contract};

contract! {
    any {
        every_message_wakes_one_receiver,
        a_dropped_receiver_passes_its_wake_on,
        a_receiver_that_is_never_polled_stalls_nobody,
        a_receive_served_without_its_wake_passes_it_on,
        many_jobs_in_a_small_channel_all_finish,
    }
    every_freed_slot_wakes_one_sender,
    a_dropped_sender_passes_its_wake_on,
    a_sender_that_is_never_polled_stalls_nobody,
    a_reservation_that_is_never_polled_stalls_nobody,
    the_last_waker_counts,
    a_needless_poll_changes_nothing,
    close_wakes_everybody,
}

fn full(capacity: usize) -> (Sender<usize>, Receiver<usize>) {
    let (tx, rx) = channel(capacity);
    for i in 0..capacity {
        tx.try_send(i).unwrap();
    }
    (tx, rx)
}

async fn every_message_wakes_one_receiver<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let count = capacity.min(20);
    let mut receivers: Vec<_> = (0..count + 2).map(|_| Waiting::new(rx.recv())).collect();
    for i in 0..count {
        tx.try_send(i).unwrap();
        let woken = receivers
            .iter()
            .filter(|receiver| receiver.is_woken())
            .count();
        assert_eq!(woken, i + 1, "after {} messages", i + 1);
    }
    for (i, receiver) in receivers[..count].iter_mut().enumerate() {
        assert_eq!(receiver.finish(), Ok(i));
    }
    assert!(
        receivers[count..]
            .iter_mut()
            .all(|receiver| receiver.poll().is_pending())
    );
}

async fn every_freed_slot_wakes_one_sender<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = full(capacity);
    let count = capacity.min(20);
    let mut senders: Vec<_> = (0..count + 2).map(|i| Waiting::new(tx.send(i))).collect();
    for _ in 0..count {
        rx.try_recv().unwrap();
    }
    // Enough are awake for the room there is; each that ends may wake the next one.
    let mut done = 0;
    while let Some(next) = senders.iter().position(Waiting::is_woken) {
        assert_eq!(senders.remove(next).finish(), Ok(()));
        done += 1;
        if done == count {
            break;
        }
    }
    assert_eq!(
        done, count,
        "room for {count}, but only {done} senders were told"
    );
    assert!(senders.iter_mut().all(|sender| sender.poll().is_pending()));
    assert!(rx.is_full());
}

async fn a_dropped_receiver_passes_its_wake_on<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let mut buffer = Vec::new();
    let recv = Waiting::new(rx.recv());
    let owned = Waiting::new(rx.recv_owned());
    let many = Waiting::new(rx.recv_many(&mut buffer, 5));
    let mut last = Waiting::new(rx.recv());
    tx.try_send(1).unwrap();
    assert!(recv.is_woken() && !owned.is_woken());
    drop(recv);
    assert!(owned.is_woken() && !many.is_woken());
    drop(owned);
    assert!(many.is_woken() && !last.is_woken());
    drop(many);
    assert_eq!(last.finish(), Ok(1));
}

async fn a_dropped_sender_passes_its_wake_on<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = full(capacity);
    let mut batch = [1, 2].into();
    let send = Waiting::new(tx.send(0));
    let owned = Waiting::new(tx.send_owned(0));
    let many = Waiting::new(tx.send_many(&mut batch));
    let reserve = Waiting::new(tx.reserve());
    let reserve_owned = Waiting::new(tx.clone().reserve_owned());
    let mut last = Waiting::new(tx.send(77));
    rx.try_recv().unwrap();
    assert!(send.is_woken() && !owned.is_woken());
    drop(send);
    assert!(owned.is_woken() && !many.is_woken());
    drop(owned);
    assert!(many.is_woken() && !reserve.is_woken());
    drop(many);
    assert!(reserve.is_woken() && !reserve_owned.is_woken());
    drop(reserve);
    assert!(reserve_owned.is_woken() && !last.is_woken());
    drop(reserve_owned);
    assert_eq!(last.finish(), Ok(()));
    assert_eq!(rx.drain().last(), Some(77));
    assert_eq!(batch.len(), 2);
}

/// The first receiver is woken and kept, but never polled: the others are served all the same.
async fn a_receiver_that_is_never_polled_stalls_nobody<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let forgotten = Waiting::new(rx.recv());
    tx.try_send(0).unwrap();
    assert!(forgotten.is_woken());
    assert_eq!(now(rx.recv()), Ok(0), "its message is not reserved");
    for i in 1..50 {
        let mut other = Waiting::new(rx.recv());
        tx.try_send(i).unwrap(); // the one that is kept was notified already: not again
        assert_eq!(other.finish(), Ok(i));
    }
    drop(forgotten);
}

/// The same for senders: one is woken and kept unpolled, the receiver goes on receiving.
async fn a_sender_that_is_never_polled_stalls_nobody<D: Driver>(_: D, capacity: usize) {
    if capacity < 2 {
        return; // there is one slot, and its notification is with the sender that is kept
    }
    let (tx, rx) = full(capacity);
    let forgotten = Waiting::new(tx.send(1_000_000));
    let mut others: Vec<_> = (0..20)
        .map(|i| Waiting::new(tx.send(capacity + i)))
        .collect();
    let mut received = Vec::new();
    for _ in 0..3 * (capacity + 20) {
        received.extend(rx.try_recv());
        others.retain_mut(|other| !(other.is_woken() && other.poll().is_ready()));
    }
    assert!(forgotten.is_woken());
    assert_eq!(others.len(), 0, "senders left asleep in an empty channel");
    assert!(received.into_iter().eq(0..capacity + 20));
}

/// And for large reservations: one is woken and kept unpolled, there is room for both it and the next one.
async fn a_reservation_that_is_never_polled_stalls_nobody<D: Driver>(_: D, capacity: usize) {
    if capacity < 4 {
        return; // two reservations of two do not fit
    }
    let (tx, rx) = full(capacity);
    let forgotten = Waiting::new(tx.reserve_many(2));
    let mut other = Waiting::new(tx.reserve_many(2));
    assert_eq!(rx.drain().count(), capacity);
    assert!(forgotten.is_woken());
    assert_eq!(other.finish().unwrap().len(), 2);
    assert_eq!(now(tx.reserve_many(2)).unwrap().len(), 2);
    drop(forgotten);
    drop(other);
    assert_eq!(tx.try_reserve_many(capacity).unwrap().len(), capacity);
}

async fn the_last_waker_counts<D: Driver>(_: D, capacity: usize) {
    let (old, new) = (Counter::new(), Counter::new());
    let (tx, rx) = channel(capacity);
    let mut recv = Box::pin(rx.recv());
    assert!(poll_once(recv.as_mut(), &old).is_pending());
    assert!(poll_once(recv.as_mut(), &new).is_pending());
    tx.try_send(0).unwrap();
    assert_eq!((old.wakes(), new.wakes()), (0, 1));
    assert!(settle(recv.as_mut(), &new).is_ready());

    let (tx, rx) = full(capacity);
    let (old, new) = (Counter::new(), Counter::new());
    let mut send = Box::pin(tx.send(0));
    assert!(poll_once(send.as_mut(), &old).is_pending());
    assert!(poll_once(send.as_mut(), &new).is_pending());
    assert_eq!(old.wakers_alive(), 0, "the old waker is not kept");
    rx.try_recv().unwrap();
    assert_eq!((old.wakes(), new.wakes()), (0, 1));
    assert!(settle(send.as_mut(), &new).is_ready());
}

async fn a_needless_poll_changes_nothing<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = full(capacity);
    let mut first = Waiting::new(tx.send(capacity));
    let mut second = Waiting::new(tx.send(capacity + 1));
    for _ in 0..10 {
        assert!(first.poll().is_pending() && second.poll().is_pending());
        assert_eq!(
            (first.wakes(), second.wakes()),
            (0, 0),
            "a poll must not wake itself"
        );
    }
    rx.try_recv().unwrap();
    assert_eq!(
        (first.wakes(), second.wakes()),
        (1, 0),
        "the first keeps its place"
    );
    assert!(second.poll().is_pending() || first.poll().is_pending());
}

/// A woken receiver finds its message gone and another one there: one wake, one message, none too few.
async fn a_receive_served_without_its_wake_passes_it_on<D: Driver>(_: D, capacity: usize) {
    if capacity < 2 {
        return; // two messages do not fit
    }
    let (tx, rx) = channel(capacity);
    let mut first = Waiting::new(rx.recv());
    let mut second = Waiting::new(rx.recv());
    let mut third = Waiting::new(rx.recv());
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    assert!(first.is_woken() && second.is_woken() && !third.is_woken());
    // The third one is polled for another reason and takes a message.
    assert!(third.poll().is_ready());
    assert_eq!(first.finish(), Ok(2));
    assert!(second.poll().is_pending());
    tx.try_send(3).unwrap();
    assert_eq!(second.wakes(), 2, "asleep again, so it must be woken again");
    assert_eq!(second.finish(), Ok(3));
}

async fn many_jobs_in_a_small_channel_all_finish<D: Driver>(driver: D, capacity: usize) {
    const EACH: usize = 100;
    let jobs = 16;
    for round in 0..3 {
        let (tx, rx) = channel(capacity);
        let senders: Vec<_> = (0..jobs)
            .map(|seed| {
                let (d, tx) = (driver.clone(), tx.clone());
                driver.spawn(async move {
                    let mut random = Random::new(seed + round);
                    for i in 0..EACH {
                        d.send(&tx, i).await.unwrap();
                        if random.below(4) == 0 {
                            d.pause().await;
                        }
                    }
                })
            })
            .collect();
        let receivers: Vec<_> = (0..jobs)
            .map(|_| {
                let (d, rx) = (driver.clone(), rx.clone());
                driver.spawn(async move {
                    for _ in 0..EACH {
                        d.recv(&rx).await.unwrap();
                    }
                })
            })
            .collect();
        for job in senders.into_iter().chain(receivers) {
            job.await;
        }
        assert!(rx.is_empty());
    }
}

async fn close_wakes_everybody<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = channel::<usize>(capacity);
    let receivers: Vec<_> = (0..8)
        .map(|_| {
            let (d, rx) = (driver.clone(), rx.clone());
            driver.spawn(async move { d.recv(&rx).await })
        })
        .collect();
    let mut asleep: Vec<_> = (0..8).map(|_| Waiting::new(rx.recv())).collect();
    drop(tx);
    for receiver in &mut asleep {
        assert!(receiver.finish().is_err());
    }
    for receiver in receivers {
        assert!(receiver.await.is_err());
    }

    let (tx, rx) = full(capacity);
    let senders: Vec<_> = (0..8)
        .map(|i| {
            let (d, tx) = (driver.clone(), tx.clone());
            driver.spawn(async move { d.send(&tx, i).await })
        })
        .collect();
    let mut asleep: Vec<_> = (0..8).map(|i| Waiting::new(tx.send(i))).collect();
    let mut closed = Waiting::new(tx.closed());
    drop(rx);
    for (i, sender) in asleep.iter_mut().enumerate() {
        assert_eq!(sender.finish().unwrap_err().into_inner(), i);
    }
    for (i, sender) in senders.into_iter().enumerate() {
        assert_eq!(sender.await.unwrap_err().into_inner(), i);
    }
    closed.finish();
}
