//! First in, first out: for the channel as a whole, and for each sender on every path a message can take.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures_lite::StreamExt;
use wakering::{Receiver, Sender, TryRecvError, TrySendError};

use crate::common::{Waiting, now};
use crate::driver::{Driver, channel, contract};

contract! {
    any {
        one_receiver_sees_each_sender_in_order_on_every_path,
        many_receivers_see_each_sender_in_order,
        a_send_that_ended_comes_before_one_that_began_later,
        messages_of_many_handles_come_out_as_they_went_in,
        a_permit_takes_its_place_when_it_sends,
    }
    waiting_senders_are_served_in_the_order_of_their_wait,
}

type Message = (usize, usize); // sender, number

/// Sends numbers `0..count`, each on the next of all the paths into the channel.
async fn send_on_every_path<D: Driver>(
    driver: D,
    tx: Sender<Message>,
    sender: usize,
    count: usize,
    capacity: usize,
) {
    let mut next = 0;
    let mut path = sender; // so that the senders are not in step
    while next < count {
        let message = (sender, next);
        path += 1;
        match path % 8 {
            0 => driver.send(&tx, message).await.unwrap(),
            1 => tx.send_owned(message).await.unwrap(),
            2 => loop {
                match tx.try_send(message) {
                    Ok(()) => break,
                    Err(TrySendError::Full(back)) => assert_eq!(back, message),
                    Err(error) => panic!("{error}"),
                }
                driver.pause().await;
            },
            3 => tx.reserve().await.unwrap().send(message),
            4 => drop(tx.clone().reserve_owned().await.unwrap().send(message)),
            5 => {
                let permits = tx.reserve_many(capacity.min(3)).await.unwrap();
                for permit in permits {
                    permit.send((sender, next));
                    next += 1;
                }
                continue;
            }
            6 => {
                let mut batch: VecDeque<_> = (next..next + 5).map(|n| (sender, n)).collect();
                driver.send_many(&tx, &mut batch).await.unwrap();
                assert!(batch.is_empty());
                next += 5;
                continue;
            }
            _ => tx
                .send_with(message, std::future::pending::<()>())
                .await
                .unwrap(),
        }
        next += 1;
    }
}

/// Receives on the next of all the paths out of the channel; `None` at the end.
async fn receive_on_every_path<D: Driver>(
    driver: &D,
    rx: &mut Receiver<Message>,
    path: usize,
) -> Option<Vec<Message>> {
    let one = match path % 7 {
        0 => driver.recv(rx).await.ok(),
        1 => rx.recv_owned().await.ok(),
        2 => rx.next().await,
        3 => rx.recv_with(std::future::pending::<()>()).await.ok(),
        4 => loop {
            match rx.try_recv() {
                Ok(message) => break Some(message),
                Err(TryRecvError::Empty) => driver.pause().await,
                Err(TryRecvError::Closed) => break None,
            }
        },
        5 => {
            let mut got = Vec::new();
            let count = driver.recv_many(rx, &mut got, 3).await;
            assert_eq!(count, got.len());
            assert!(count <= 3);
            return (count > 0).then_some(got);
        }
        _ => {
            let first = rx.recv().await.ok()?;
            return Some([first].into_iter().chain(Receiver::drain(rx)).collect());
        }
    };
    one.map(|message| vec![message])
}

async fn one_receiver_sees_each_sender_in_order_on_every_path<D: Driver>(d: D, capacity: usize) {
    const EACH: usize = 1_500;
    let (tx, mut rx) = channel(capacity);
    for sender in 0..4 {
        d.spawn(send_on_every_path(
            d.clone(),
            tx.clone(),
            sender,
            EACH,
            capacity,
        ));
    }
    drop(tx);
    let mut expected = [0; 4];
    let mut path = 0;
    while let Some(messages) = receive_on_every_path(&d, &mut rx, path).await {
        path += 1;
        for (sender, number) in messages {
            assert_eq!(number, expected[sender], "from sender {sender}");
            expected[sender] += 1;
        }
    }
    assert!(
        expected.iter().all(|&n| n >= EACH),
        "messages lost: {expected:?}"
    );
}

async fn many_receivers_see_each_sender_in_order<D: Driver>(d: D, capacity: usize) {
    const EACH: usize = 1_000;
    let (tx, rx) = channel(capacity);
    for sender in 0..4 {
        d.spawn(send_on_every_path(
            d.clone(),
            tx.clone(),
            sender,
            EACH,
            capacity,
        ));
    }
    drop(tx);
    let receivers: Vec<_> = (0..3)
        .map(|start| {
            let (d, mut rx) = (d.clone(), rx.clone());
            d.clone().spawn(async move {
                let mut got: [Vec<usize>; 4] = Default::default();
                let mut path = start;
                while let Some(messages) = receive_on_every_path(&d, &mut rx, path).await {
                    path += 1;
                    for (sender, number) in messages {
                        if let Some(&last) = got[sender].last() {
                            assert!(last < number, "{number} after {last} from {sender}");
                        }
                        got[sender].push(number);
                    }
                }
                got
            })
        })
        .collect();
    drop(rx);
    let mut all: [Vec<usize>; 4] = Default::default();
    for receiver in receivers {
        for (all, got) in all.iter_mut().zip(receiver.await) {
            all.extend(got);
        }
    }
    for numbers in &mut all {
        numbers.sort_unstable();
        assert!(
            numbers.iter().copied().eq(0..numbers.len()),
            "lost or duplicated"
        );
        assert!(numbers.len() >= EACH);
    }
}

/// Two senders take turns, so the order of their sends is known: the receiver must see that order.
async fn a_send_that_ended_comes_before_one_that_began_later<D: Driver>(d: D, capacity: usize) {
    const ALL: usize = 2_000;
    let (tx, rx) = channel(capacity);
    let turn = Arc::new(AtomicUsize::new(0));
    for sender in 0..2 {
        let (driver, tx, turn) = (d.clone(), tx.clone(), turn.clone());
        d.spawn(async move {
            for number in (sender..ALL).step_by(2) {
                while turn.load(SeqCst) != number {
                    driver.pause().await;
                }
                driver.send(&tx, number).await.unwrap();
                turn.store(number + 1, SeqCst);
            }
        });
    }
    drop(tx);
    for number in 0..ALL {
        assert_eq!(d.recv(&rx).await, Ok(number));
    }
    assert!(d.recv(&rx).await.is_err());
}

async fn messages_of_many_handles_come_out_as_they_went_in<D: Driver>(d: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let senders: Vec<_> = (0..7).map(|_| tx.clone()).collect();
    let receivers: Vec<_> = (0..5).map(|_| rx.clone()).collect();
    let (mut sent, mut received) = (0, 0);
    for lap in 0..40 {
        // Fill and drain by different amounts, so that every position of the ring is a start.
        for _ in 0..capacity.min(1 + lap % 11) {
            d.send(&senders[sent % 7], sent).await.unwrap();
            sent += 1;
        }
        while received < sent {
            assert_eq!(d.recv(&receivers[received % 5]).await, Ok(received));
            received += 1;
        }
    }
}

async fn waiting_senders_are_served_in_the_order_of_their_wait<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    for i in 0..capacity {
        tx.try_send(i).unwrap();
    }
    let mut waiting: VecDeque<_> = (0..10)
        .map(|i| Waiting::new(tx.send(capacity + i)))
        .collect();
    for i in 0..capacity + 10 {
        assert_eq!(now(rx.recv()), Ok(i));
        if let Some(mut first) = waiting.pop_front() {
            assert_eq!(first.finish(), Ok(()));
        }
    }
    assert!(rx.is_empty());
}

async fn a_permit_takes_its_place_when_it_sends<D: Driver>(d: D, capacity: usize) {
    if capacity < 3 {
        return; // two permits and a message do not fit
    }
    let (tx, rx) = channel(capacity);
    let first = tx.reserve().await.unwrap();
    let second = tx.reserve().await.unwrap();
    d.send(&tx, "sent first").await.unwrap();
    second.send("sent second");
    first.send("sent third");
    for expected in ["sent first", "sent second", "sent third"] {
        assert_eq!(d.recv(&rx).await, Ok(expected));
    }
}
