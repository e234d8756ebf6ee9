//! Lost wake-ups and deadlocks, looked for by a model scheduler. Every model has at least two waiters on the side it is
//! about: with one, a wake that goes to the wrong waiter cannot be told from one that goes to the right one.
//!
//! ```sh
//! RUSTFLAGS="--cfg wakering_shuttle" cargo test --release --test shuttle_models
//! ```
//!
//! | variable | meaning |
//! |---|---|
//! | `WAKERING_MODEL_ITERATIONS` | executions of each model under each scheduler |
//! | `WAKERING_MODEL_SEED` | the seed of the run, instead of the clock; a failing model prints its own |
//! | `WAKERING_MODEL_SCHEDULE` | replay this schedule, printed by a failure; name the one test with it |
#![cfg(all(wakering_shuttle, not(wakering_loom)))]

#[path = "support/shuttle/mod.rs"]
mod model;

use model::{block_on, check, poll_once, spawn};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use wakering::{Receiver, Sender, bounded};

type Values = Vec<u32>;

/// The values of sender `s`: `100 * s`, `100 * s + 1`, ...
fn values(s: u32, count: u32) -> impl Iterator<Item = u32> {
    (0..count).map(move |i| 100 * s + i)
}

fn receive_all(rx: Receiver<u32>) -> Values {
    let mut got = Vec::new();
    while let Ok(v) = block_on(rx.recv()) {
        got.push(v);
    }
    got
}

fn receive_all_batched(rx: Receiver<u32>) -> Values {
    let mut got = Vec::new();
    while block_on(rx.recv_many(&mut got, 2)) > 0 {}
    got
}

fn receive_all_as_stream(mut rx: Receiver<u32>) -> Values {
    let mut got = Vec::new();
    while let Ok(v) = block_on(poll_fn(|cx| rx.poll_recv(cx))) {
        got.push(v);
    }
    got
}

fn send_all(tx: Sender<u32>, s: u32, count: u32) {
    for v in values(s, count) {
        block_on(tx.send(v)).unwrap();
    }
}

fn send_all_batched(tx: Sender<u32>, s: u32, count: u32) {
    let mut all: VecDeque<_> = values(s, count).collect();
    block_on(tx.send_many(&mut all)).unwrap();
    assert!(all.is_empty());
}

fn send_all_by_permit(tx: Sender<u32>, s: u32, count: u32) {
    for v in values(s, count) {
        let Ok(permit) = block_on(tx.reserve()) else {
            panic!("closed")
        };
        permit.send(v);
    }
}

/// Everything `senders` senders sent arrived once, and at each receiver in the order of its sender.
fn complete(senders: u32, count: u32, got: &[Values]) {
    for one in got {
        for s in 0..senders {
            assert!(
                one.iter().filter(|v| **v / 100 == s).is_sorted(),
                "out of order: {got:?}"
            );
        }
    }
    let mut all = got.concat();
    all.sort_unstable();
    assert!(
        all.iter()
            .copied()
            .eq((0..senders).flat_map(|s| values(s, count))),
        "lost or doubled: {got:?}"
    );
}

/// `senders` senders and `receivers` receivers, until the last sender is gone.
fn flow(
    (senders, receivers, capacity): (u32, u32, usize),
    count: u32,
    send: fn(Sender<u32>, u32, u32),
    receive: fn(Receiver<u32>) -> Values,
) {
    let (tx, rx) = bounded(capacity);
    let sending: Vec<_> = (0..senders)
        .map(|s| (s, tx.clone()))
        .map(|(s, tx)| spawn(move || send(tx, s, count)))
        .collect();
    let receiving: Vec<_> = (0..receivers)
        .map(|_| rx.clone())
        .map(|rx| spawn(move || receive(rx)))
        .collect();
    drop((tx, rx));
    sending.into_iter().for_each(|t| t.join().unwrap());
    let got: Vec<_> = receiving.into_iter().map(|t| t.join().unwrap()).collect();
    complete(senders, count, &got);
}

#[test]
fn flow_2_to_2_capacity_0() {
    check(|| flow((2, 2, 0), 3, send_all, receive_all));
}

#[test]
fn flow_3_to_3_capacity_0() {
    check(|| flow((3, 3, 0), 2, send_all, receive_all));
}

#[test]
fn flow_of_batches_capacity_0() {
    check(|| flow((2, 2, 0), 3, send_all_batched, receive_all_batched));
}

#[test]
fn flow_to_streams_capacity_0() {
    check(|| flow((2, 2, 0), 3, send_all, receive_all_as_stream));
}

/// Capacity 0: senders offer and take back until a receiver was faster; receivers ask and give up.
#[test]
fn offers_and_receives_are_given_up() {
    fn send(tx: Sender<u32>, s: u32, count: u32) {
        for v in values(s, count) {
            for _ in 0..2 {
                let mut send = pin!(tx.send(v));
                match poll_once(send.as_mut()) {
                    Poll::Ready(sent) => sent.unwrap(),
                    Poll::Pending if send.cancel().is_none() => {}
                    Poll::Pending => continue,
                }
                break;
            }
            block_on(tx.send(v + 50)).unwrap();
        }
    }
    fn receive(rx: Receiver<u32>) -> Values {
        let mut got = Vec::new();
        loop {
            if let Poll::Ready(Ok(v)) = poll_once(pin!(rx.recv())) {
                got.push(v);
            }
            match block_on(rx.recv()) {
                Ok(v) => got.push(v),
                Err(_) => break,
            }
        }
        // Whether the first of each pair was sent is chance; but not twice.
        let mut firsts: Vec<_> = got.iter().copied().filter(|v| v % 100 < 50).collect();
        firsts.sort_unstable();
        firsts.dedup();
        assert!(firsts.len() + got.iter().filter(|v| *v % 100 >= 50).count() == got.len());
        got.retain(|v| v % 100 >= 50);
        got.into_iter().map(|v| v - 50).collect()
    }
    check(|| flow((2, 2, 0), 2, send, receive));
}

/// Capacity 0: a close in the middle. Each send is told what became of it.
#[test]
fn a_close_against_offers() {
    check(|| {
        let (tx, rx) = bounded(0);
        let senders: Vec<_> = (0..2)
            .map(|s| {
                let tx = tx.clone();
                spawn(move || {
                    values(s, 2)
                        .take_while(|&v| block_on(tx.send(v)).is_ok())
                        .count()
                })
            })
            .collect();
        let receivers = [rx.clone(), rx.clone()].map(|rx| spawn(move || receive_all(rx).len()));
        let closer = spawn(move || rx.close());
        closer.join().unwrap();
        let sent: usize = senders.into_iter().map(|t| t.join().unwrap()).sum();
        let received: usize = receivers.into_iter().map(|t| t.join().unwrap()).sum();
        assert_eq!(sent, received);
    });
}

#[test]
fn flow_2_to_2_capacity_1() {
    check(|| flow((2, 2, 1), 3, send_all, receive_all));
}

#[test]
fn flow_2_to_2_capacity_2() {
    check(|| flow((2, 2, 2), 3, send_all, receive_all));
}

#[test]
fn flow_3_to_2_capacity_1() {
    check(|| flow((3, 2, 1), 2, send_all, receive_all));
}

#[test]
fn flow_2_to_3_capacity_2() {
    check(|| flow((2, 3, 2), 3, send_all, receive_all));
}

#[test]
fn flow_3_to_3_capacity_1() {
    check(|| flow((3, 3, 1), 2, send_all, receive_all));
}

#[test]
fn flow_of_batches() {
    check(|| flow((2, 2, 2), 4, send_all_batched, receive_all_batched));
}

#[test]
fn flow_of_batches_through_one_place() {
    check(|| flow((2, 2, 1), 3, send_all_batched, receive_all));
}

#[test]
fn flow_of_permits() {
    check(|| flow((2, 2, 1), 3, send_all_by_permit, receive_all));
}

#[test]
fn flow_of_permits_to_streams() {
    check(|| flow((3, 2, 2), 2, send_all_by_permit, receive_all_as_stream));
}

#[test]
fn flow_to_streams() {
    check(|| flow((2, 2, 1), 3, send_all, receive_all_as_stream));
}

/// Every way to take a message out frees a place and must tell a waiting sender.
#[test]
fn every_way_to_receive_wakes_senders() {
    check(|| {
        let (tx, rx) = bounded(2);
        let sending: Vec<_> = (0..3)
            .map(|s| (s, tx.clone()))
            .map(|(s, tx)| spawn(move || send_all(tx, s, 2)))
            .collect();
        drop(tx);
        let mut got: Vec<u32> = Vec::new();
        for round in 0.. {
            if got.len() == 6 {
                break;
            }
            match round % 4 {
                0 => got.extend(rx.try_recv()),
                1 => got.extend(rx.drain()),
                2 => drop(rx.try_recv_many(&mut got, 2)),
                _ => got.extend(block_on(rx.recv())),
            }
        }
        sending.into_iter().for_each(|t| t.join().unwrap());
        complete(3, 2, &[got]);
    });
}

/// Every way to put a message in must tell a waiting receiver.
#[test]
fn every_way_to_send_wakes_receivers() {
    check(|| {
        let (tx, rx) = bounded(8);
        let receiving: Vec<_> = (0..4)
            .map(|_| rx.clone())
            .map(|rx| spawn(move || block_on(rx.recv()).unwrap()))
            .collect();
        drop(rx);
        let other = tx.clone();
        let permits = spawn(move || {
            other.try_reserve().unwrap().send(1);
        });
        tx.try_send(0).unwrap();
        assert_eq!(tx.try_send_many(&mut VecDeque::from([2, 3])).unwrap(), 2);
        permits.join().unwrap();
        let mut got: Values = receiving.into_iter().map(|t| t.join().unwrap()).collect();
        got.sort_unstable();
        assert_eq!(got, [0, 1, 2, 3]);
    });
}

/// Polls futures once and drops them, while others work.
#[test]
fn cancelled_receives_strand_nobody() {
    check(|| {
        let (tx, rx) = bounded(1);
        let sending: Vec<_> = (0..2)
            .map(|s| (s, tx.clone()))
            .map(|(s, tx)| spawn(move || send_all(tx, s, 3)))
            .collect();
        let mut receiving: Vec<_> = (0..2)
            .map(|_| rx.clone())
            .map(|rx| spawn(move || receive_all(rx)))
            .collect();
        receiving.push(spawn(move || {
            let mut got = Vec::new();
            for _ in 0..3 {
                if let Poll::Ready(Ok(v)) = poll_once(pin!(rx.recv())) {
                    got.push(v);
                }
                let _ = poll_once(pin!(rx.recv_many(&mut got, 2)));
            }
            got
        }));
        drop(tx);
        sending.into_iter().for_each(|t| t.join().unwrap());
        let got: Vec<_> = receiving.into_iter().map(|t| t.join().unwrap()).collect();
        complete(2, 3, &got);
    });
}

#[test]
fn cancelled_sends_strand_nobody() {
    check(|| {
        let (tx, rx) = bounded(1);
        let sending: Vec<_> = (0..2)
            .map(|s| (s, tx.clone()))
            .map(|(s, tx)| spawn(move || send_all(tx, s, 3)))
            .collect();
        let receiving: Vec<_> = (0..2)
            .map(|_| rx.clone())
            .map(|rx| spawn(move || receive_all(rx)))
            .collect();
        let storm = spawn(move || {
            let mut sent = Vec::new();
            for v in values(2, 3) {
                let mut future = pin!(tx.send(v));
                match poll_once(future.as_mut()) {
                    Poll::Ready(done) => {
                        done.unwrap();
                        sent.push(v);
                    }
                    Poll::Pending if v % 2 == 0 => assert_eq!(future.cancel(), Some(v)),
                    Poll::Pending => {}
                }
                // A reservation that is dropped, taken or not.
                let _ = poll_once(pin!(tx.reserve()));
            }
            sent
        });
        drop(rx);
        sending.into_iter().for_each(|t| t.join().unwrap());
        let sent = storm.join().unwrap();
        let mut got: Vec<Values> = receiving.into_iter().map(|t| t.join().unwrap()).collect();
        let mut extra: Values = got
            .iter()
            .flatten()
            .copied()
            .filter(|v| *v >= 200)
            .collect();
        extra.sort_unstable();
        assert_eq!(
            extra, sent,
            "what a cancelled send held must not arrive, what a finished one held must"
        );
        got.iter_mut().for_each(|one| one.retain(|v| *v < 200));
        complete(2, 3, &got);
    });
}

/// Two receivers wait, one message comes, the woken one is dropped: the other must get it.
#[test]
fn a_dropped_receive_passes_its_wake_on() {
    check(|| {
        let (tx, rx) = bounded(1);
        let other = rx.clone();
        let patient = spawn(move || block_on(other.recv()).unwrap());
        let hasty = spawn(move || {
            let mut future = pin!(rx.recv());
            let first = poll_once(future.as_mut());
            shuttle::thread::yield_now();
            first.is_ready()
        });
        tx.try_send(1).unwrap();
        if hasty.join().unwrap() {
            tx.try_send(2).unwrap();
        }
        patient.join().unwrap();
    });
}

/// Two senders wait, one place comes free, the woken one is dropped: the other must send.
#[test]
fn a_dropped_send_passes_its_wake_on() {
    check(|| {
        let (tx, rx) = bounded(1);
        tx.try_send(0).unwrap();
        let other = tx.clone();
        let patient = spawn(move || block_on(other.send(1)).unwrap());
        let hasty = spawn(move || {
            let mut future = pin!(tx.send(2));
            let first = poll_once(future.as_mut());
            shuttle::thread::yield_now();
            first.is_ready()
        });
        let mut got = vec![block_on(rx.recv()).unwrap()];
        if hasty.join().unwrap() {
            got.push(block_on(rx.recv()).unwrap());
        }
        patient.join().unwrap();
        got.push(block_on(rx.recv()).unwrap());
        got.sort_unstable();
        assert!(got == [0, 1] || got == [0, 1, 2], "{got:?}");
    });
}

/// A future that was woken and is never polled again must not hold up the others, as long as the other side goes on.
#[test]
fn a_forgotten_sender_stalls_nobody() {
    check(|| {
        let (tx, rx) = bounded(2);
        tx.try_send(0).unwrap();
        tx.try_send(1).unwrap();
        let mut kept = Box::pin(tx.send_owned(9));
        assert!(poll_once(kept.as_mut()).is_pending());
        let sending: Vec<_> = (2..4)
            .map(|v| (v, tx.clone()))
            .map(|(v, tx)| spawn(move || block_on(tx.send(v)).unwrap()))
            .collect();
        let mut got: Values = (0..4).map(|_| block_on(rx.recv()).unwrap()).collect();
        sending.into_iter().for_each(|t| t.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [0, 1, 2, 3]);
        assert_eq!(kept.as_mut().cancel(), Some(9));
    });
}

#[test]
fn a_forgotten_receiver_stalls_nobody() {
    check(|| {
        let (tx, rx) = bounded(2);
        let mut kept = Box::pin(rx.recv_owned());
        assert!(poll_once(kept.as_mut()).is_pending());
        let receiving: Vec<_> = (0..2)
            .map(|_| rx.clone())
            .map(|rx| spawn(move || block_on(rx.recv()).unwrap()))
            .collect();
        send_all(tx, 0, 4);
        let got: Values = receiving.into_iter().map(|t| t.join().unwrap()).collect();
        assert_eq!(got.len(), 2);
        drop(kept);
    });
}

/// Close against waiting senders: each is told, and what was accepted is received.
#[test]
fn close_wakes_senders() {
    check(|| {
        let (tx, rx) = bounded(1);
        let sending: Vec<_> = (0..3)
            .map(|v| (v, tx.clone()))
            .map(|(v, tx)| spawn(move || block_on(tx.send(v)).is_ok().then_some(v)))
            .collect();
        let told = tx.clone();
        let watching = spawn(move || block_on(told.closed()));
        let closing = spawn(move || tx.close());
        let mut sent: Values = sending
            .into_iter()
            .filter_map(|t| t.join().unwrap())
            .collect();
        assert!(closing.join().unwrap());
        watching.join().unwrap();
        let mut got = receive_all(rx);
        sent.sort_unstable();
        got.sort_unstable();
        assert_eq!(sent, got);
    });
}

#[test]
fn close_wakes_receivers() {
    check(|| {
        let (tx, rx) = bounded(2);
        let mut receiving: Vec<_> = (0..2)
            .map(|_| rx.clone())
            .map(|rx| spawn(move || receive_all(rx)))
            .collect();
        let stream = rx.clone();
        receiving.push(spawn(move || receive_all_as_stream(stream)));
        let sender = tx.clone();
        let sending = spawn(move || sender.try_send(1).is_ok());
        let closing = spawn(move || rx.close());
        let sent = usize::from(sending.join().unwrap());
        assert!(closing.join().unwrap());
        assert!(!tx.close());
        let got: Values = receiving
            .into_iter()
            .flat_map(|t| t.join().unwrap())
            .collect();
        assert_eq!(got.len(), sent, "{got:?}");
    });
}

/// The last receiver leaves while senders of every kind wait.
#[test]
fn last_receiver_wakes_senders() {
    check(|| {
        let (tx, rx) = bounded(1);
        tx.try_send(0).unwrap();
        let (a, b, c) = (tx.clone(), tx.clone(), tx.clone());
        let waiting = [
            spawn(move || assert!(block_on(a.send(1)).is_err())),
            spawn(move || assert!(block_on(b.reserve_many(1)).is_err())),
            spawn(move || block_on(c.closed())),
        ];
        let other = rx.clone();
        let leaving = spawn(move || drop(other));
        drop(rx);
        leaving.join().unwrap();
        waiting.into_iter().for_each(|t| t.join().unwrap());
        assert!(tx.try_send(2).is_err());
        assert_eq!(
            tx.len(),
            0,
            "messages nobody can receive are dropped at once"
        );
    });
}

#[test]
fn last_sender_wakes_receivers() {
    check(|| {
        let (tx, rx) = bounded(1);
        let receiving: Vec<_> = (0..2)
            .map(|_| rx.clone())
            .map(|rx| spawn(move || receive_all(rx)))
            .collect();
        drop(rx);
        let other = tx.clone();
        let leaving = spawn(move || drop(other));
        drop(tx);
        leaving.join().unwrap();
        receiving
            .into_iter()
            .for_each(|t| assert!(t.join().unwrap().is_empty()));
    });
}

/// Permits are taken, spent and dropped while senders wait for room.
#[test]
fn permits_against_waiting_senders() {
    check(|| {
        let (tx, rx) = bounded(2);
        let sending: Vec<_> = (0..2)
            .map(|s| (s, tx.clone()))
            .map(|(s, tx)| spawn(move || send_all(tx, s, 2)))
            .collect();
        let holder = spawn(move || {
            let Ok(first) = block_on(tx.reserve()) else {
                panic!("closed")
            };
            let Ok(second) = block_on(tx.clone().reserve_owned()) else {
                panic!("closed")
            };
            drop(first);
            drop(second.send(200));
            let Ok(third) = block_on(tx.reserve_owned()) else {
                panic!("closed")
            };
            drop(third.release());
        });
        let receiving: Vec<_> = (0..2)
            .map(|_| rx.clone())
            .map(|rx| spawn(move || receive_all(rx)))
            .collect();
        drop(rx);
        sending.into_iter().for_each(|t| t.join().unwrap());
        holder.join().unwrap();
        let mut got: Vec<Values> = receiving.into_iter().map(|t| t.join().unwrap()).collect();
        assert_eq!(got.concat().iter().filter(|v| **v == 200).count(), 1);
        got.iter_mut().for_each(|one| one.retain(|v| *v != 200));
        complete(2, 2, &got);
    });
}

/// Receivers of a closed channel wait for permits, and are told when the last one is gone.
#[test]
fn permits_against_receivers_of_a_closed_channel() {
    check(|| {
        let (tx, rx) = bounded(2);
        let Ok(kept) = tx.clone().try_reserve_owned() else {
            panic!("room")
        };
        let Ok(spent) = tx.clone().try_reserve_owned() else {
            panic!("room")
        };
        let receiving: Vec<_> = (0..2)
            .map(|_| rx.clone())
            .map(|rx| spawn(move || receive_all(rx)))
            .collect();
        let closing = spawn(move || rx.close());
        let dropping = spawn(move || drop(kept.release()));
        let spending = spawn(move || drop(spent.send(7)));
        dropping.join().unwrap();
        spending.join().unwrap();
        assert!(closing.join().unwrap());
        let got: Values = receiving
            .into_iter()
            .flat_map(|t| t.join().unwrap())
            .collect();
        assert_eq!(got, [7]);
        drop(tx);
    });
}

/// Only dropped permits, at the same time: the last one must tell.
#[test]
fn dropped_permits_end_a_closed_channel() {
    check(|| {
        let (tx, rx) = bounded(2);
        let Ok(all) = tx.try_reserve_many(2) else {
            panic!("room")
        };
        drop(all);
        let Ok(a) = tx.clone().try_reserve_owned() else {
            panic!("room")
        };
        let Ok(b) = tx.clone().try_reserve_owned() else {
            panic!("room")
        };
        let receiving: Vec<_> = (0..2)
            .map(|_| rx.clone())
            .map(|rx| spawn(move || receive_all(rx)))
            .collect();
        tx.close();
        let dropping = [spawn(move || drop(a)), spawn(move || drop(b))];
        dropping.into_iter().for_each(|t| t.join().unwrap());
        receiving
            .into_iter()
            .for_each(|t| assert!(t.join().unwrap().is_empty()));
    });
}

/// A large reservation at the head of the line against single sends behind it and before it.
#[test]
fn reserve_many_against_single_senders() {
    check(|| {
        let (tx, rx) = bounded(2);
        let sending: Vec<_> = (0..2)
            .map(|s| (s, tx.clone()))
            .map(|(s, tx)| spawn(move || send_all(tx, s, 2)))
            .collect();
        let large = spawn(move || {
            for _ in 0..2 {
                let Ok(permits) = block_on(tx.reserve_many(2)) else {
                    panic!("closed")
                };
                permits
                    .zip([200, 201])
                    .for_each(|(permit, v)| permit.send(v));
            }
        });
        let receiving: Vec<_> = (0..2)
            .map(|_| rx.clone())
            .map(|rx| spawn(move || receive_all(rx)))
            .collect();
        drop(rx);
        sending.into_iter().for_each(|t| t.join().unwrap());
        large.join().unwrap();
        let mut got: Vec<Values> = receiving.into_iter().map(|t| t.join().unwrap()).collect();
        assert_eq!(got.concat().iter().filter(|v| **v >= 200).count(), 4);
        got.iter_mut().for_each(|one| one.retain(|v| *v < 200));
        complete(2, 2, &got);
    });
}

/// The large reservation gives up, and those behind it that could be served already must be told.
#[test]
fn a_cancelled_reserve_many_frees_those_behind_it() {
    check(|| {
        let (tx, rx) = bounded(2);
        tx.try_send(0).unwrap();
        let large = tx.clone();
        let hasty = spawn(move || {
            let mut future = pin!(large.reserve_many(2));
            let _ = poll_once(future.as_mut());
            shuttle::thread::yield_now();
        });
        let sending: Vec<_> = (1..3)
            .map(|v| (v, tx.clone()))
            .map(|(v, tx)| spawn(move || block_on(tx.send(v)).unwrap()))
            .collect();
        hasty.join().unwrap();
        let mut got: Values = (0..3).map(|_| block_on(rx.recv()).unwrap()).collect();
        sending.into_iter().for_each(|t| t.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [0, 1, 2]);
    });
}

/// Close and a waiting large reservation: it fails, and receivers are not held up by places it had gathered.
#[test]
fn reserve_many_against_close() {
    check(|| {
        let (tx, rx) = bounded(2);
        tx.try_send(0).unwrap();
        let reserving: Vec<_> = (0..2)
            .map(|_| tx.clone())
            .map(|tx| spawn(move || drop(block_on(tx.reserve_many(2)))))
            .collect();
        let receiving: Vec<_> = (0..2)
            .map(|_| rx.clone())
            .map(|rx| spawn(move || receive_all(rx)))
            .collect();
        tx.close();
        reserving.into_iter().for_each(|t| t.join().unwrap());
        let got: Values = receiving
            .into_iter()
            .flat_map(|t| t.join().unwrap())
            .collect();
        assert_eq!(got, [0]);
    });
}

/// A weak handle is made strong while the last strong one goes: either it is in time, and can send, or the channel is
/// closed for good.
#[test]
fn weak_sender_against_last_drop() {
    check(|| {
        let (tx, rx) = bounded(1);
        let weak = tx.downgrade();
        let receiving: Vec<_> = (0..2)
            .map(|_| rx.clone())
            .map(|rx| spawn(move || receive_all(rx)))
            .collect();
        drop(rx);
        let leaving = spawn(move || drop(tx));
        let sent = match weak.upgrade() {
            Some(tx) => {
                block_on(tx.send(1)).unwrap();
                1
            }
            None => 0,
        };
        leaving.join().unwrap();
        assert!(weak.upgrade().is_none(), "a closed channel stays closed");
        let got: Values = receiving
            .into_iter()
            .flat_map(|t| t.join().unwrap())
            .collect();
        assert_eq!(got.len(), sent);
    });
}

#[test]
fn weak_receiver_against_last_drop() {
    check(|| {
        let (tx, rx) = bounded(1);
        tx.try_send(0).unwrap();
        let weak = rx.downgrade();
        let sending: Vec<_> = (1..3)
            .map(|v| (v, tx.clone()))
            .map(|(v, tx)| spawn(move || block_on(tx.send(v)).is_ok()))
            .collect();
        let leaving = spawn(move || drop(rx));
        let got = weak.upgrade().map(|rx| block_on(rx.recv()).unwrap());
        leaving.join().unwrap();
        assert!(weak.upgrade().is_none(), "a closed channel stays closed");
        assert!(matches!(got, None | Some(0)), "{got:?}");
        let sent = sending
            .into_iter()
            .map(|t| t.join().unwrap())
            .filter(|ok| *ok)
            .count();
        assert!(
            sent <= usize::from(got.is_some()),
            "a send was accepted that nobody can receive"
        );
    });
}
