//! Large channels tell fewer senders than there is room for, and rely on those that were told to tell the next ones
//! (`docs/fairness.md`). One that is told and never polled again must not stop the others.

use std::future::Future;

use wakering::{bounded, mpsc};

use crate::common::{Waiting, now};

/// From the smallest one that throttles.
const LARGE: [usize; 4] = [16, 17, 64, 128];

/// Which of the waiting senders are never polled again.
type Forgotten = fn(usize) -> bool;

const SOME: [Forgotten; 6] = [
    |_| false,
    |n| n == 0,
    |n| n < 5,
    |n| n % 2 == 0,
    |n| n % 3 == 1,
    |n| n >= 30,
];

/// `senders` wait in a full channel. One receiver goes on, by `receive`, and who is told and not forgotten is polled.
///
/// All the others get their turn; and the receiver finds the channel empty no more often than there are forgotten ones to
/// be told in vain.
fn the_others_go_on<F: Future>(
    capacity: usize,
    senders: impl Iterator<Item = F>,
    forgotten: Forgotten,
    mut receive: impl FnMut() -> Option<usize>,
) {
    let mut senders: Vec<_> = senders.map(Waiting::new).enumerate().collect();
    let all = senders.len();
    let lost = (0..all).filter(|&n| forgotten(n)).count();
    let mut got = Vec::new();
    let mut vain = 0;
    while vain <= lost {
        match receive() {
            Some(n) => got.push(n),
            None => vain += 1,
        }
        // As an executor does: once for each wake, in any number of rounds.
        while let Some(told) = senders
            .iter()
            .position(|(n, sender)| sender.is_woken() && !forgotten(*n))
        {
            let (n, mut sender) = senders.remove(told);
            let done = sender.poll().is_ready();
            assert!(done, "capacity {capacity}: {n} was told, and found no room");
        }
    }
    got.extend(std::iter::from_fn(&mut receive));
    let left: Vec<_> = senders.iter().map(|(n, _)| *n).collect();
    assert!(left.iter().all(|&n| forgotten(n)), "{capacity}: {left:?}");
    let sent = got.split_off(capacity);
    let others: Vec<_> = (0..all).filter(|&n| !forgotten(n)).collect();
    assert_eq!(sent, others, "capacity {capacity}");
    // The forgotten ones have all been told, and who comes late finds room.
    for (n, sender) in &mut senders {
        assert!(sender.is_woken(), "capacity {capacity}: {n} was never told");
        assert!(sender.poll().is_ready(), "capacity {capacity}: {n}");
        assert_eq!(receive(), Some(*n));
    }
}

/// Even before the channel is empty: within half a lap.
#[test]
fn another_one_is_told_half_a_lap_later() {
    for capacity in LARGE {
        let (tx, rx) = bounded(capacity);
        (0..capacity).for_each(|n| tx.try_send(n).unwrap());
        let waiting: Vec<_> = (0..3).map(|n| Waiting::new(tx.send(n))).collect();
        rx.try_recv().unwrap();
        assert!(waiting[0].is_woken());
        for _ in 0..capacity / 2 {
            rx.try_recv().unwrap();
        }
        assert!(waiting[1].is_woken(), "capacity {capacity}");
    }
}

#[test]
fn who_is_told_and_never_looks_does_not_stop_the_others() {
    for capacity in LARGE {
        for forgotten in SOME {
            let (tx, rx) = bounded(capacity);
            (0..capacity).for_each(|_| tx.try_send(usize::MAX).unwrap());
            let senders = (0..40).map(|n| tx.send(n));
            the_others_go_on(capacity, senders, forgotten, || rx.try_recv().ok());
        }
    }
}

#[test]
fn nor_those_of_mpsc() {
    for capacity in LARGE {
        for forgotten in SOME {
            let (tx, mut rx) = mpsc::channel(capacity);
            (0..capacity).for_each(|_| tx.try_send(usize::MAX).unwrap());
            let senders = (0..40).map(|n| tx.send(n));
            the_others_go_on(capacity, senders, forgotten, || rx.try_recv().ok());
        }
    }
}

/// By reservations, which are given their room: those that are forgotten keep it, but no more than that.
#[test]
fn nor_do_reservations() {
    for capacity in LARGE {
        let (tx, mut rx) = mpsc::channel(capacity);
        (0..capacity).for_each(|_| tx.try_send(0).unwrap());
        let mut waiting: Vec<_> = (0..40).map(|_| Waiting::new(tx.reserve())).collect();
        // The first four are never polled.
        for _ in 0..capacity + 200 {
            let _ = rx.try_recv();
            waiting = send_by_those_told(waiting);
        }
        assert_eq!(waiting.len(), 4, "capacity {capacity}");
        assert_eq!(
            tx.capacity() + rx.len(),
            capacity - 4,
            "capacity {capacity}"
        );
    }
}

/// Polls all but the first four of those that were told, and sends by their permits.
fn send_by_those_told<'a, F>(waiting: Vec<Waiting<F>>) -> Vec<Waiting<F>>
where
    F: Future<Output = Result<mpsc::Permit<'a, usize>, mpsc::error::SendError<()>>>,
{
    let mut kept = Vec::new();
    for (n, mut reserve) in waiting.into_iter().enumerate() {
        if n < 4 || !reserve.is_woken() {
            kept.push(reserve);
        } else {
            let std::task::Poll::Ready(permit) = reserve.poll() else {
                panic!("a reservation that was told has its room");
            };
            permit.unwrap().send(1);
        }
    }
    kept
}

/// 64 senders wait, and nobody is polled before the channel is empty: each of them is told in the end.
#[test]
fn all_of_many_senders_are_told() {
    for capacity in [1, 15, 16, 64, 128] {
        let (tx, mut rx) = mpsc::channel(capacity);
        (0..capacity).for_each(|_| tx.try_send(0).unwrap());
        let mut senders: Vec<_> = (0..64).map(|n| Waiting::new(tx.send(n))).collect();
        let mut received = 0;
        while rx.try_recv().is_ok() {
            received += 1;
        }
        assert_eq!(received, capacity);
        let mut looks = 0;
        while !senders.iter().all(Waiting::is_woken) {
            assert!(looks <= 64, "capacity {capacity}: not all are told");
            looks += 1;
            if capacity < 16 {
                // Not throttled: a receive tells one, an empty look nobody.
                assert_eq!(now(tx.send(0)), Ok(()));
            }
            let _ = rx.try_recv();
        }
        // They go in their order, as far as there is room, and the others after them.
        let mut sent = 0;
        let mut got = 0;
        while sent < 64 || got < 64 {
            let before = (sent, got);
            while sent < 64 && senders[sent].poll().is_ready() {
                sent += 1;
            }
            while let Ok(n) = rx.try_recv() {
                assert_eq!(n, got);
                got += 1;
            }
            assert_ne!(before, (sent, got), "capacity {capacity}: nobody moves");
        }
    }
}
