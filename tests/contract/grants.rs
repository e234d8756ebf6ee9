//! Room that is given to a waiter: to one that was overtaken, and bit by bit to one that waits for permits.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use wakering::{Receiver, RecvError, SendError, SendTimeoutError, Sender, TrySendError, bounded};

use crate::common::{Counter, Tracker, Waiting, now, settle};
use crate::driver::{Driver, contract};

contract! {
    an_overtaken_send_of_every_kind_gets_the_next_room,
    a_granted_send_that_is_dropped_gives_its_room_to_the_next,
    a_granted_send_that_is_cancelled_gives_its_message_and_its_room,
    a_granted_send_fails_after_a_close_with_its_message,
    a_granted_send_does_not_hold_the_end_back,
    a_granted_reservation_holds_the_end_back_until_it_is_dropped,
    granted_room_that_is_not_taken_goes_to_others_in_the_end,
    a_dropped_reservation_gives_back_what_it_has_gathered,
    a_reservation_that_fails_gives_back_what_it_has_gathered,
    a_reservation_served_by_a_late_look_keeps_nothing_else,
    sends_and_reservations_are_served_in_one_order,
    what_a_reservation_has_gathered_cannot_be_taken,
    a_greedy_sender_overtakes_a_waiting_one_a_few_times_only,
}

const GREEDY: usize = 1_000_000; // the messages of those who overtake
const OWN: usize = 2_000_000; // the message of the one who waits

fn full(capacity: usize) -> (Sender<usize>, Receiver<usize>) {
    let (tx, rx) = bounded(capacity);
    for i in 0..capacity {
        tx.try_send(i).unwrap();
    }
    (tx, rx)
}

/// Makes room, tells `waiting` of it and takes it away again.
fn overtake<F: Future>(waiting: &mut Waiting<F>, tx: &Sender<usize>, rx: &Receiver<usize>) {
    let wakes = waiting.wakes();
    rx.try_recv().unwrap();
    assert_eq!(waiting.wakes(), wakes + 1, "told of the room");
    tx.try_send(GREEDY).unwrap();
    assert!(waiting.poll().is_pending(), "overtaken");
}

/// Overtakes `waiting` twice and makes room once more: that is the waiter's own.
fn grant<F: Future>(waiting: &mut Waiting<F>, tx: &Sender<usize>, rx: &Receiver<usize>) {
    overtake(waiting, tx, rx);
    overtake(waiting, tx, rx);
    rx.try_recv().unwrap();
    assert_eq!(waiting.wakes(), 3, "told of its room");
    assert_eq!(
        tx.try_send(GREEDY),
        Err(TrySendError::Full(GREEDY)),
        "nobody else gets it"
    );
}

async fn an_overtaken_send_of_every_kind_gets_the_next_room<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = full(capacity);
    let mut send = Waiting::new(tx.send(OWN));
    grant(&mut send, &tx, &rx);
    assert_eq!(send.finish(), Ok(()));
    assert_eq!((rx.len(), rx.drain().last()), (capacity, Some(OWN)));

    let (tx, rx) = full(capacity);
    let mut send = Waiting::new(tx.send_owned(OWN));
    grant(&mut send, &tx, &rx);
    assert_eq!(send.finish(), Ok(()));
    assert_eq!((rx.len(), rx.drain().last()), (capacity, Some(OWN)));

    let (tx, rx) = full(capacity);
    let mut send = Waiting::new(tx.send_with(OWN, pending::<()>()));
    grant(&mut send, &tx, &rx);
    assert_eq!(send.finish(), Ok(()));
    assert_eq!((rx.len(), rx.drain().last()), (capacity, Some(OWN)));
    assert_eq!(tx.try_reserve_many(capacity).unwrap().len(), capacity);
}

async fn a_granted_send_that_is_dropped_gives_its_room_to_the_next<D: Driver>(
    _: D,
    capacity: usize,
) {
    let (tx, rx) = full(capacity);
    let mut granted = Waiting::new(tx.send(OWN));
    let mut next = Waiting::new(tx.send(7));
    grant(&mut granted, &tx, &rx);
    assert!(!next.is_woken());
    drop(granted);
    assert_eq!(next.finish(), Ok(()));
    let left: Vec<_> = rx.drain().collect();
    assert_eq!((left.len(), left.last()), (capacity, Some(&7)));
    assert!(!left.contains(&OWN));

    // The next one is a reservation: it gets the very room.
    let (tx, rx) = full(capacity);
    let mut granted = Waiting::new(tx.send_owned(OWN));
    let mut next = Waiting::new(tx.reserve());
    grant(&mut granted, &tx, &rx);
    assert!(!next.is_woken());
    drop(granted);
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
    next.finish().unwrap().send(8);
    assert_eq!((rx.len(), rx.drain().last()), (capacity, Some(8)));

    // Nobody else waits: the room is free.
    let (tx, rx) = full(capacity);
    let mut granted = Waiting::new(tx.send(OWN));
    grant(&mut granted, &tx, &rx);
    drop(granted);
    assert_eq!(tx.try_send(9), Ok(()));
    assert_eq!((rx.len(), rx.drain().last()), (capacity, Some(9)));
}

async fn a_granted_send_that_is_cancelled_gives_its_message_and_its_room<D: Driver>(
    _: D,
    capacity: usize,
) {
    let (tx, rx) = full(capacity);
    let mut granted = Waiting::new(tx.send(OWN));
    let mut next = Waiting::new(tx.send(7));
    grant(&mut granted, &tx, &rx);
    assert_eq!(granted.future.as_mut().cancel(), Some(OWN));
    assert_eq!(next.finish(), Ok(()));
    assert_eq!(granted.future.as_mut().cancel(), None);
    drop(granted);
    assert_eq!((rx.len(), rx.drain().last()), (capacity, Some(7)));
    assert_eq!(tx.try_reserve_many(capacity).unwrap().len(), capacity);
}

async fn a_granted_send_fails_after_a_close_with_its_message<D: Driver>(d: D, capacity: usize) {
    let (tx, rx) = full(capacity);
    let mut granted = Waiting::new(tx.send(OWN));
    grant(&mut granted, &tx, &rx);
    tx.close();
    assert_eq!(granted.finish(), Err(SendError(OWN)));
    assert_eq!(rx.drain().filter(|&message| message == OWN).count(), 0);
    assert_eq!(
        d.recv(&rx).await,
        Err(RecvError),
        "it holds no room any more"
    );

    let (tx, rx) = full(capacity);
    let mut granted = Waiting::new(tx.send_with(OWN, pending::<()>()));
    grant(&mut granted, &tx, &rx);
    rx.close();
    assert_eq!(granted.finish(), Err(SendTimeoutError::Closed(OWN)));
    assert_eq!(rx.drain().count(), capacity - 1);
    assert_eq!(d.recv(&rx).await, Err(RecvError));

    // The last receiver is gone.
    let (tx, rx) = full(capacity);
    let mut granted = Waiting::new(tx.send_owned(OWN));
    grant(&mut granted, &tx, &rx);
    drop(rx);
    assert_eq!(granted.finish(), Err(SendError(OWN)));
    assert_eq!(tx.len(), 0);

    // The message is dropped once, wherever the grant goes.
    let tracker = Tracker::new();
    let (tx, rx) = bounded(capacity);
    for i in 0..capacity {
        tx.try_send(tracker.make(i)).unwrap();
    }
    let mut granted = Waiting::new(tx.send(tracker.make(OWN)));
    for _ in 0..2 {
        drop(rx.try_recv().unwrap());
        tx.try_send(tracker.make(GREEDY)).unwrap();
        assert!(granted.poll().is_pending());
    }
    drop(rx.try_recv().unwrap());
    drop(rx);
    assert_eq!(tracker.alive(), 1);
    drop(granted);
    assert_eq!(tracker.alive(), 0);
}

/// A close finds a send that has room and has not been polled: it takes the room back.
async fn a_granted_send_does_not_hold_the_end_back<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = full(capacity);
    let mut granted = Waiting::new(tx.send(OWN));
    grant(&mut granted, &tx, &rx);
    let mut early = Waiting::new(tx.closed());
    tx.close();
    rx.drain().for_each(drop);
    assert_eq!(now(rx.recv()), Err(RecvError));
    assert_eq!(granted.finish(), Err(SendError(OWN)));
    early.finish();

    // It may come as the last receiver goes, too.
    let (tx, rx) = full(capacity);
    let mut granted = Waiting::new(tx.send(OWN));
    grant(&mut granted, &tx, &rx);
    drop(rx);
    assert_eq!(granted.finish(), Err(SendError(OWN)));
}

/// A close finds a reservation that has room and has not been polled: that is as good as a permit.
async fn a_granted_reservation_holds_the_end_back_until_it_is_dropped<D: Driver>(
    _: D,
    capacity: usize,
) {
    let (tx, rx) = full(capacity);
    let granted = Waiting::new(tx.reserve());
    rx.try_recv().unwrap();
    assert!(granted.is_woken());
    tx.close();
    rx.drain().for_each(drop);
    let mut receivers = [Waiting::new(rx.recv()), Waiting::new(rx.recv())];
    drop(granted);
    for receiver in &mut receivers {
        assert_eq!(receiver.finish(), Err(RecvError));
    }
}

/// See `fairness.md`.
const PATIENCE: usize = 64;

async fn granted_room_that_is_not_taken_goes_to_others_in_the_end<D: Driver>(
    _: D,
    capacity: usize,
) {
    let (tx, rx) = full(capacity);
    let mut kept = Waiting::new(tx.send(OWN));
    grant(&mut kept, &tx, &rx);
    let vain = (0..=PATIENCE).take_while(|&n| tx.try_send(n).is_err());
    assert_eq!(vain.count(), PATIENCE - 1, "one was in vain in `grant`");
    assert_eq!(rx.len(), capacity, "nothing is held back any more");

    // It has kept its place: the next room is its own again.
    assert!(kept.poll().is_pending());
    rx.try_recv().unwrap();
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
    assert_eq!(kept.finish(), Ok(()));
    rx.drain().for_each(drop);
    assert_eq!(tx.try_reserve_many(capacity).unwrap().len(), capacity);

    // One that was late is waited for much longer, while it waits and no more.
    let (tx, rx) = full(capacity);
    let mut late = Waiting::new(tx.send(OWN));
    let mut patience = PATIENCE;
    grant(&mut late, &tx, &rx);
    tx.try_send(0).unwrap_err();
    for _ in 0..3 {
        // The grant was seen by two attempts already.
        let vain = (2..=patience).take_while(|&n| tx.try_send(n).is_err());
        assert_eq!(vain.count(), patience - 2);
        assert!(late.poll().is_pending());
        rx.try_recv().unwrap();
        tx.try_send(1).unwrap_err();
        tx.try_send(2).unwrap_err();
        patience *= 16;
    }
    assert_eq!(late.finish(), Ok(()));
    let mut another = Waiting::new(tx.send(OWN));
    grant(&mut another, &tx, &rx);
    let vain = (0..=PATIENCE).take_while(|&n| tx.try_send(n).is_err());
    assert_eq!(vain.count(), PATIENCE - 1);
    drop(another);

    // One who waits is told of it.
    let (tx, rx) = full(capacity);
    let mut kept = Waiting::new(tx.send(OWN));
    grant(&mut kept, &tx, &rx);
    let mut next = Waiting::new(tx.send(7));
    let vain = (0..=PATIENCE).take_while(|&n| {
        assert!(tx.try_send(n).is_err());
        !next.is_woken()
    });
    assert!(vain.count() < PATIENCE);
    assert_eq!(next.finish(), Ok(()));
    drop(kept);
    rx.drain().for_each(drop);
    assert_eq!(tx.try_reserve_many(capacity).unwrap().len(), capacity);
}

async fn a_dropped_reservation_gives_back_what_it_has_gathered<D: Driver>(_: D, capacity: usize) {
    for gathered in (0..=capacity).step_by(1.max(capacity / 4)) {
        let (tx, rx) = full(capacity);
        let reservation = Waiting::new(tx.reserve_many(capacity));
        let mut next = Waiting::new(tx.reserve_many(gathered.max(1)));
        for _ in 0..gathered {
            rx.try_recv().unwrap();
        }
        assert_eq!(reservation.is_woken(), gathered == capacity);
        assert!(!next.is_woken());
        assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
        drop(reservation);
        if gathered > 0 {
            assert_eq!(next.finish().unwrap().len(), gathered);
        }
        drop(next);
        rx.drain().for_each(drop);
        assert_eq!(tx.try_reserve_many(capacity).unwrap().len(), capacity);
    }
}

async fn a_reservation_that_fails_gives_back_what_it_has_gathered<D: Driver>(
    d: D,
    capacity: usize,
) {
    for gathered in (0..=capacity).step_by(1.max(capacity / 4)) {
        for polled in [false, true] {
            let (tx, rx) = full(capacity);
            let mut reservation = Waiting::new(tx.reserve_many(capacity));
            for i in 0..gathered {
                assert_eq!(rx.try_recv(), Ok(i));
            }
            tx.close();
            if polled {
                assert_eq!(reservation.finish().unwrap_err(), SendError(()));
            } else {
                drop(reservation);
            }
            // It was not a permit: the end comes right after what is queued.
            for i in gathered..capacity {
                assert_eq!(d.recv(&rx).await, Ok(i));
            }
            assert_eq!(d.recv(&rx).await, Err(RecvError));
        }
    }
}

/// A reservation that has a part of its permits is polled again and again: it neither loses nor doubles them.
async fn a_reservation_served_by_a_late_look_keeps_nothing_else<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(2 * capacity);
    for i in 0..2 * capacity {
        tx.try_send(i).unwrap();
    }
    let mut reservation = Waiting::new(tx.reserve_many(capacity));
    for _ in 0..capacity {
        assert!(reservation.poll().is_pending());
        rx.try_recv().unwrap();
    }
    let mut other = Waiting::new(tx.reserve_many(capacity));
    rx.drain().for_each(drop);
    let permits = reservation.finish().unwrap();
    let others = other.finish().unwrap();
    assert_eq!((permits.len(), others.len()), (capacity, capacity));
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
    drop((permits, others));
    assert_eq!(
        now(tx.reserve_many(2 * capacity)).unwrap().len(),
        2 * capacity
    );
}

async fn sends_and_reservations_are_served_in_one_order<D: Driver>(_: D, capacity: usize) {
    let many = capacity.min(3);
    let (tx, rx) = full(capacity);
    let mut batch = [30].into();
    let mut first = Waiting::new(tx.send(10));
    let mut second = Waiting::new(tx.reserve_many(many));
    let mut third = Waiting::new(tx.send_owned(20));
    let mut fourth = Waiting::new(tx.reserve());
    let mut fifth = Waiting::new(tx.send_many(&mut batch));
    let mut sixth = Waiting::new(tx.clone().reserve_owned());
    let woken = |waits: [bool; 6]| waits.into_iter().take_while(|&woken| woken).count();
    macro_rules! served {
        ($n:expr) => {
            let waits = [
                first.is_woken(),
                second.is_woken(),
                third.is_woken(),
                fourth.is_woken(),
                fifth.is_woken(),
                sixth.is_woken(),
            ];
            assert_eq!(
                (woken(waits), waits.into_iter().filter(|&w| w).count()),
                ($n, $n)
            );
        };
    }
    rx.try_recv().unwrap();
    served!(1);
    first.finish().unwrap();
    for _ in 0..many {
        served!(1);
        rx.try_recv().unwrap();
    }
    served!(2);
    second.finish().unwrap().for_each(|permit| permit.send(0));
    served!(2);
    rx.try_recv().unwrap();
    served!(3);
    third.finish().unwrap();
    rx.try_recv().unwrap();
    served!(4);
    fourth.finish().unwrap().send(0);
    rx.try_recv().unwrap();
    served!(5);
    fifth.finish().unwrap();
    rx.try_recv().unwrap();
    served!(6);
    drop(sixth.finish().unwrap().send(0));
    assert_eq!(rx.len(), capacity);
}

/// Room that comes up for a reservation is its own at once, however many try to take it.
async fn what_a_reservation_has_gathered_cannot_be_taken<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = full(capacity);
    let mut all = Waiting::new(tx.reserve_many(capacity));
    let mut behind = Waiting::new(tx.send(OWN));
    for _ in 0..capacity {
        assert!(!all.is_woken(), "told when it has all");
        rx.try_recv().unwrap();
        assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
        assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
        assert_eq!(tx.try_send_many(&mut [1].into()), Ok(0));
        assert!(behind.poll().is_pending());
    }
    assert_eq!(all.wakes(), 1);
    assert_eq!(all.finish().unwrap().len(), capacity);
    assert_eq!(behind.finish(), Ok(()));
}

/// Beside one that tries without end, a waiting send goes back to sleep a few times only. (More than the three times
/// that it takes to be given room: an event that meets a slot in use is only told of, and those who try without end have
/// so little patience that they get the first loans back.)
async fn a_greedy_sender_overtakes_a_waiting_one_a_few_times_only<D: Driver>(
    _: D,
    capacity: usize,
) {
    let (tx, rx) = full(capacity);
    let over = Arc::new(AtomicBool::new(false));
    let greedy = std::thread::spawn({
        let (tx, over) = (tx.clone(), over.clone());
        move || {
            while !over.load(SeqCst) {
                if tx.try_send(GREEDY).is_err() {
                    std::hint::spin_loop();
                }
            }
        }
    });
    let receiver = std::thread::spawn(move || while rx.recv_blocking().is_ok() {});
    for _ in 0..50 {
        let mut send = Box::pin(tx.send(OWN));
        let counter = Counter::new();
        let mut naps = 0;
        let mut wakes = 0;
        while settle(send.as_mut(), &counter).is_pending() {
            naps += 1;
            assert!(naps < 20, "told {naps} times in vain");
            while counter.wakes() == wakes {
                std::thread::yield_now();
            }
            wakes = counter.wakes();
        }
    }
    over.store(true, SeqCst);
    greedy.join().unwrap();
    drop(tx);
    receiver.join().unwrap();
}
