//! Batches in and out, and the iterators.

use std::collections::VecDeque;

use wakering::{SendError, TryRecvError};

use crate::common::{Waiting, now};
use crate::driver::{Driver, channel, contract};

contract! {
    any {
        a_batch_of_any_size_goes_through,
        recv_many_takes_what_is_there,
        recv_many_waits_for_the_first,
        a_batch_in_an_empty_deque_is_done,
        batches_in_a_crowd,
        iterators_take_what_they_say,
        drain_stops_at_the_messages_of_the_call,
    }
    try_send_many_sends_what_fits,
    a_close_in_the_middle_leaves_the_rest,
    room_made_by_every_kind_of_receive_is_told,
}

async fn a_batch_of_any_size_goes_through<D: Driver>(driver: D, capacity: usize) {
    for count in [1, capacity, capacity + 1, 3 * capacity + 7] {
        let (tx, rx) = channel(capacity);
        let sender = driver.spawn({
            let d = driver.clone();
            async move {
                let mut batch: VecDeque<usize> = (0..count).collect();
                d.send_many(&tx, &mut batch).await.unwrap();
                assert!(batch.is_empty());
            }
        });
        let mut got = Vec::new();
        while driver.recv_many(&rx, &mut got, 7).await > 0 {
            assert!(rx.capacity().is_none_or(|capacity| rx.len() <= capacity));
        }
        sender.await;
        assert!(got.into_iter().eq(0..count));
    }
}

async fn try_send_many_sends_what_fits<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let mut batch: VecDeque<usize> = (0..2 * capacity).collect();
    assert_eq!(tx.try_send_many(&mut batch), Ok(capacity));
    assert_eq!(batch.front(), Some(&capacity));
    assert_eq!(tx.try_send_many(&mut batch), Ok(0), "full");
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!(tx.try_send_many(&mut batch), Ok(1));
    assert!(rx.drain().eq(1..=capacity));
    assert_eq!(tx.try_send_many(&mut batch), Ok(capacity - 1));
    assert!(batch.is_empty());
}

async fn recv_many_takes_what_is_there<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    for lap in 0..5 {
        let mut got = vec![1_000_000];
        assert_eq!(rx.try_recv_many(&mut got, 9), 0, "nothing there");
        assert_eq!(rx.try_recv_many(&mut got, 0), 0);
        assert_eq!(
            driver.recv_many(&rx, &mut got, 0).await,
            0,
            "limit 0 does not wait"
        );
        for i in 0..capacity {
            tx.try_send(i).unwrap();
        }
        assert_eq!(driver.recv_many(&rx, &mut got, 1).await, 1);
        assert_eq!(rx.try_recv_many(&mut got, capacity + 5), capacity - 1);
        assert_eq!(got[0], 1_000_000, "it appends");
        assert!(
            got[1..].iter().copied().eq(0..capacity),
            "lap {lap}: {got:?}"
        );
        // Move on by one, so that the runs wrap at another place.
        tx.try_send(0).unwrap();
        assert_eq!(driver.recv_many(&rx, &mut got, usize::MAX).await, 1);
    }
}

async fn recv_many_waits_for_the_first<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let mut got = Vec::new();
    let mut waiting = Waiting::new(rx.recv_many(&mut got, 10));
    tx.try_send(1).unwrap();
    assert_eq!(waiting.finish(), 1);
    drop(waiting);
    assert_eq!(got, [1]);
    let mut waiting = Waiting::new(rx.recv_many(&mut got, 10));
    drop(tx);
    assert_eq!(waiting.finish(), 0, "closed and drained");
    drop(waiting);
    assert_eq!(got, [1]);
}

async fn a_batch_in_an_empty_deque_is_done<D: Driver>(driver: D, capacity: usize) {
    let (tx, _rx) = channel::<u32>(capacity);
    let _all = tx.try_reserve_many(capacity).unwrap();
    let mut empty = VecDeque::new();
    assert_eq!(
        driver.send_many(&tx, &mut empty).await,
        Ok(()),
        "nothing to wait for"
    );
    assert_eq!(now(tx.send_many(&mut empty)), Ok(()));
    assert_eq!(tx.try_send_many(&mut empty), Ok(0));
}

async fn a_close_in_the_middle_leaves_the_rest<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let sender = driver.spawn({
        let d = driver.clone();
        async move {
            let mut batch: VecDeque<usize> = (0..capacity * 2 + 5).collect();
            assert_eq!(d.send_many(&tx, &mut batch).await, Err(SendError(())));
            batch
        }
    });
    assert_eq!(driver.recv(&rx).await, Ok(0));
    rx.close();
    let rest = sender.await;
    let mut got = vec![0];
    while driver.recv_many(&rx, &mut got, 100).await > 0 {}
    assert!(
        got.into_iter().chain(rest).eq(0..capacity * 2 + 5),
        "lost or out of order"
    );
}

async fn batches_in_a_crowd<D: Driver>(driver: D, capacity: usize) {
    const EACH: usize = 2_000;
    let (tx, rx) = channel(capacity);
    for sender in 0..3 {
        let (d, tx) = (driver.clone(), tx.clone());
        driver.spawn(async move {
            let mut all: VecDeque<_> = (0..EACH).map(|i| (sender, i)).collect();
            let mut size = 1;
            while !all.is_empty() {
                let mut batch: VecDeque<_> = all.drain(..size.min(all.len())).collect();
                d.send_many(&tx, &mut batch).await.unwrap();
                size = size % 50 + 7;
            }
        });
    }
    drop(tx);
    let receivers: Vec<_> = (0..2)
        .map(|_| {
            let (d, rx) = (driver.clone(), rx.clone());
            driver.spawn(async move {
                let mut got = Vec::new();
                while d.recv_many(&rx, &mut got, 13).await > 0 {}
                got
            })
        })
        .collect();
    drop(rx);
    let mut all = Vec::new();
    for receiver in receivers {
        let got = receiver.await;
        for sender in 0..3 {
            let own = got.iter().filter(|(from, _)| *from == sender);
            assert!(own.is_sorted(), "a batch came out of order");
        }
        all.extend(got);
    }
    all.sort_unstable();
    assert!(
        all.into_iter()
            .eq((0..3).flat_map(|s| (0..EACH).map(move |i| (s, i))))
    );
}

async fn iterators_take_what_they_say<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let fill = || (0..capacity).for_each(|i| tx.try_send(i).unwrap());
    fill();
    assert!(rx.try_iter().eq(0..capacity));
    assert_eq!(rx.try_iter().next(), None, "empty, and open");
    fill();
    assert!(rx.iter().take(capacity).eq(0..capacity));
    fill();
    assert!((&rx).into_iter().take(capacity).eq(0..capacity));
    fill();
    drop(rx.try_iter());
    assert_eq!(
        rx.len(),
        capacity,
        "an iterator that is dropped takes nothing"
    );
    drop(tx);
    assert!(rx.into_iter().eq(0..capacity), "to the end of the channel");
}

async fn drain_stops_at_the_messages_of_the_call<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let first = capacity.div_ceil(2);
    for i in 0..first {
        tx.try_send(i).unwrap();
    }
    let mut taken = 0;
    for (i, message) in rx.drain().enumerate() {
        assert_eq!(message, i);
        taken += 1;
        let _ = tx.try_send(1_000 + i); // not part of it
    }
    assert_eq!(taken, first);
    assert_eq!(rx.drain().count(), first.min(capacity));
    assert_eq!(rx.drain().next(), None);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
}

/// Every way to take a message out makes room, and a sender that waits is told.
async fn room_made_by_every_kind_of_receive_is_told<D: Driver>(_: D, capacity: usize) {
    for way in 0..14 {
        let (tx, mut rx) = channel(capacity);
        for i in 0..capacity {
            tx.try_send(i).unwrap();
        }
        let mut waiting = Waiting::new(tx.send(usize::MAX));
        let mut buffer = Vec::new();
        let second = std::time::Duration::from_secs(1);
        let got = match way {
            0 => rx.try_recv().unwrap(),
            1 => now(rx.recv()).unwrap(),
            2 => now(rx.recv_owned()).unwrap(),
            3 => now(rx.recv_with(std::future::pending::<()>())).unwrap(),
            4 => rx.recv_blocking().unwrap(),
            5 => rx.recv_timeout(second).unwrap(),
            6 => rx
                .recv_deadline(std::time::Instant::now() + second)
                .unwrap(),
            7 => now(std::future::poll_fn(|cx| rx.poll_recv(cx))).unwrap(),
            8 => rx.iter().next().unwrap(),
            9 => rx.try_iter().next().unwrap(),
            10 => rx.drain().next().unwrap(),
            11 => {
                now(rx.recv_many(&mut buffer, 1));
                buffer[0]
            }
            12 => {
                rx.try_recv_many(&mut buffer, 1);
                buffer[0]
            }
            _ => {
                rx.recv_many_blocking(&mut buffer, 1);
                buffer[0]
            }
        };
        assert_eq!(got, 0, "way {way}");
        assert_eq!(waiting.finish(), Ok(()), "way {way}");
    }
}
