//! Lost wake-ups and deadlocks as in `shuttle_models.rs`, in `mpsc` channels and in unbounded ones. There the one receiver
//! waits in a cell, without a lock, and messages are in segments (of two slots, under the model scheduler).
//!
//! ```sh
//! RUSTFLAGS="--cfg wakering_shuttle" cargo test --release --test shuttle_mpsc
//! ```
//!
//! The variables are those of `shuttle_models.rs`.
#![cfg(all(wakering_shuttle, not(wakering_loom)))]

#[path = "support/shuttle/mod.rs"]
mod model;

use model::{block_on, check, poll_once, spawn};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use wakering::mpsc::error::TryRecvError;
use wakering::mpsc::{self, PollSender, Receiver, Sender, UnboundedReceiver, UnboundedSender};

type Values = Vec<u32>;

/// The values of sender `s`: `100 * s`, `100 * s + 1`, ...
fn values(s: u32, count: u32) -> impl Iterator<Item = u32> {
    (0..count).map(move |i| 100 * s + i)
}

/// Everything `senders` senders sent arrived once, and in the order of its sender.
fn complete(senders: u32, count: u32, got: &Values) {
    for s in 0..senders {
        let one = got.iter().copied().filter(|v| v / 100 == s);
        assert!(one.eq(values(s, count)), "of sender {s}: {got:?}");
    }
    assert_eq!(got.len() as u32, senders * count, "doubled: {got:?}");
}

// --- what both kinds of receiver can do ------------------------------------------------------------------------------

macro_rules! receiving {
    ($name:ident, $receiver:ident) => {
        mod $name {
            use super::*;

            pub(crate) fn all(mut rx: $receiver<u32>) -> Values {
                let mut got = Vec::new();
                while let Some(v) = block_on(rx.recv()) {
                    got.push(v);
                }
                got
            }

            pub(crate) fn batched(mut rx: $receiver<u32>) -> Values {
                let mut got = Vec::new();
                while block_on(rx.recv_many(&mut got, 2)) > 0 {}
                got
            }

            pub(crate) fn polled(mut rx: $receiver<u32>) -> Values {
                let mut got = Vec::new();
                while let Some(v) = block_on(poll_fn(|cx| rx.poll_recv(cx))) {
                    got.push(v);
                }
                got
            }

            /// Each way in turn, with waits that are given up in between.
            pub(crate) fn in_every_way(mut rx: $receiver<u32>) -> Values {
                let mut got = Vec::new();
                for round in 0.. {
                    // The waker that this leaves is replaced, or taken along by the next one.
                    if let Poll::Ready(Some(v)) = poll_once(pin!(rx.recv())) {
                        got.push(v);
                    }
                    let more = match round % 4 {
                        0 => block_on(rx.recv()),
                        1 => block_on(poll_fn(|cx| rx.poll_recv(cx))),
                        2 => match rx.try_recv() {
                            Ok(v) => Some(v),
                            Err(TryRecvError::Empty) => continue,
                            Err(TryRecvError::Disconnected) => None,
                        },
                        _ => match block_on(poll_fn(|cx| rx.poll_recv_many(cx, &mut got, 2))) {
                            0 => None,
                            _ => continue,
                        },
                    };
                    match more {
                        Some(v) => got.push(v),
                        None => break,
                    }
                }
                got
            }
        }
    };
}

receiving!(bounded, Receiver);
receiving!(unbounded, UnboundedReceiver);

// --- mpsc, bounded ---------------------------------------------------------------------------------------------------

fn send_all(tx: Sender<u32>, s: u32, count: u32) {
    for v in values(s, count) {
        block_on(tx.send(v)).unwrap();
    }
}

fn send_all_by_permit(tx: Sender<u32>, s: u32, count: u32) {
    for v in values(s, count) {
        block_on(tx.reserve()).unwrap().send(v);
    }
}

fn send_all_by_polling(tx: Sender<u32>, s: u32, count: u32) {
    let mut tx = PollSender::new(tx);
    for v in values(s, count) {
        block_on(poll_fn(|cx| tx.poll_reserve(cx))).unwrap();
        tx.send_item(v).unwrap();
    }
}

fn send_all_in_pairs(tx: Sender<u32>, s: u32, count: u32) {
    let mut left = values(s, count);
    while let Some(first) = left.next() {
        let pair = [Some(first), left.next()].into_iter().flatten();
        for (permit, v) in block_on(tx.reserve_many(2)).unwrap().zip(pair) {
            permit.send(v);
        }
    }
}

/// `senders` senders and the receiver, until the last sender is gone.
fn flow(
    (senders, capacity, count): (u32, usize, u32),
    send: fn(Sender<u32>, u32, u32),
    receive: fn(Receiver<u32>) -> Values,
) {
    let (tx, rx) = mpsc::channel(capacity);
    let sending: Vec<_> = (0..senders)
        .map(|s| (s, tx.clone()))
        .map(|(s, tx)| spawn(move || send(tx, s, count)))
        .collect();
    drop(tx);
    let got = receive(rx);
    sending.into_iter().for_each(|t| t.join().unwrap());
    complete(senders, count, &got);
}

#[test]
fn flow_3_to_1_capacity_1() {
    check(|| flow((3, 1, 2), send_all, bounded::all));
}

#[test]
fn flow_2_to_1_capacity_2_batched() {
    check(|| flow((2, 2, 4), send_all, bounded::batched));
}

/// Receivers tell fewer senders: four is a large capacity, under the model scheduler.
#[test]
fn flow_3_to_1_throttled() {
    check(|| flow((3, 4, 4), send_all, bounded::all));
}

#[test]
fn flow_of_permits_throttled() {
    check(|| flow((3, 4, 4), send_all_by_permit, bounded::polled));
}

#[test]
fn flow_of_permits() {
    check(|| flow((3, 1, 2), send_all_by_permit, bounded::polled));
}

#[test]
fn flow_of_permits_in_pairs() {
    check(|| flow((2, 2, 4), send_all_in_pairs, bounded::in_every_way));
}

#[test]
fn flow_of_poll_senders() {
    check(|| flow((3, 1, 2), send_all_by_polling, bounded::in_every_way));
}

#[test]
fn flow_received_in_every_way() {
    check(|| flow((2, 1, 3), send_all, bounded::in_every_way));
}

/// A close finds senders waiting: each of them learns of it, and what was sent before is received.
#[test]
fn close_tells_all_senders() {
    check(|| {
        let (tx, mut rx) = mpsc::channel(1);
        let sending: Vec<_> = (0..3)
            .map(|v| (v, tx.clone()))
            .map(|(v, tx)| spawn(move || block_on(tx.send(v)).is_ok()))
            .collect();
        let waiting = spawn(move || block_on(tx.closed()));
        let first = block_on(rx.recv());
        rx.close();
        let rest = bounded::all(rx);
        waiting.join().unwrap();
        let sent = sending.into_iter().map(|t| t.join().unwrap());
        let sent = sent.filter(|sent| *sent).count();
        assert_eq!(sent, rest.len() + usize::from(first.is_some()));
    });
}

/// After a close the receiver waits for the permits that are out, whichever way they go.
#[test]
fn the_end_waits_for_permits() {
    check(|| {
        let (tx, mut rx) = mpsc::channel(3);
        let permits: Vec<_> = (0..3)
            .map(|n| (n, tx.clone().try_reserve_owned().unwrap()))
            .collect();
        let using: Vec<_> = permits
            .into_iter()
            .map(|(n, permit)| {
                spawn(move || match n {
                    0 => drop(permit.send(n)),
                    1 => drop(permit.release()),
                    _ => drop(permit),
                })
            })
            .collect();
        rx.close();
        assert_eq!(bounded::polled(rx), [0]);
        using.into_iter().for_each(|t| t.join().unwrap());
    });
}

/// Senders that wait are dropped, told or not.
#[test]
fn cancelled_sends_strand_nobody() {
    check(|| {
        let (tx, rx) = mpsc::channel(1);
        let sending: Vec<_> = (0..2)
            .map(|s| (s, tx.clone()))
            .map(|(s, tx)| spawn(move || send_all(tx, s, 3)))
            .collect();
        let storm = spawn(move || {
            for _ in 0..3 {
                let _ = poll_once(pin!(tx.reserve()));
                let _ = poll_once(pin!(tx.reserve_many(1)));
            }
        });
        let got = bounded::all(rx);
        storm.join().unwrap();
        sending.into_iter().for_each(|t| t.join().unwrap());
        complete(2, 3, &got);
    });
}

/// The receiver goes while others send: each message is dropped or comes back, and nobody waits for ever.
#[test]
fn the_receiver_goes() {
    check(|| {
        let (tx, mut rx) = mpsc::channel(1);
        let message = Arc::new(());
        let sending: Vec<_> = (0..2)
            .map(|_| (message.clone(), tx.clone()))
            .map(|(m, tx)| {
                spawn(move || {
                    let _ = block_on(tx.send(m.clone()));
                    let _ = tx.try_send(m);
                    tx
                })
            })
            .collect();
        let _ = poll_once(pin!(rx.recv()));
        drop(rx);
        // The senders stay: what is left in the channel would be seen.
        let senders: Vec<_> = sending.into_iter().map(|t| t.join().unwrap()).collect();
        assert_eq!(Arc::strong_count(&message), 1, "kept in the channel");
        drop((senders, tx));
    });
}

// --- mpsc, unbounded -------------------------------------------------------------------------------------------------

fn flow_unbounded(senders: u32, count: u32, receive: fn(UnboundedReceiver<u32>) -> Values) {
    let (tx, rx) = mpsc::unbounded_channel();
    let sending: Vec<_> = (0..senders)
        .map(|s| (s, tx.clone()))
        .map(|(s, tx): (u32, UnboundedSender<u32>)| {
            spawn(move || values(s, count).for_each(|v| tx.send(v).unwrap()))
        })
        .collect();
    drop(tx);
    let got = receive(rx);
    sending.into_iter().for_each(|t| t.join().unwrap());
    complete(senders, count, &got);
}

#[test]
fn unbounded_flow_3_to_1() {
    check(|| flow_unbounded(3, 3, unbounded::all));
}

#[test]
fn unbounded_flow_batched() {
    check(|| flow_unbounded(2, 5, unbounded::batched));
}

#[test]
fn unbounded_flow_polled() {
    check(|| flow_unbounded(2, 4, unbounded::polled));
}

#[test]
fn unbounded_flow_received_in_every_way() {
    check(|| flow_unbounded(2, 4, unbounded::in_every_way));
}

#[test]
fn the_unbounded_receiver_goes() {
    check(|| {
        let (tx, mut rx) = mpsc::unbounded_channel();
        let message = Arc::new(());
        let sending: Vec<_> = (0..2)
            .map(|_| (message.clone(), tx.clone()))
            .map(|(m, tx): (Arc<()>, UnboundedSender<Arc<()>>)| {
                spawn(move || {
                    for _ in 0..3 {
                        let _ = tx.send(m.clone());
                    }
                    drop(m);
                    tx
                })
            })
            .collect();
        let _ = poll_once(pin!(rx.recv()));
        drop(rx);
        let senders: Vec<_> = sending.into_iter().map(|t| t.join().unwrap()).collect();
        assert_eq!(Arc::strong_count(&message), 1, "kept in the channel");
        drop((senders, tx));
    });
}

// --- mpmc, unbounded -------------------------------------------------------------------------------------------------

fn flow_to_many(receive: fn(wakering::Receiver<u32>) -> Values) {
    let (tx, rx) = wakering::unbounded();
    let sending: Vec<_> = (0..2)
        .map(|s| (s, tx.clone()))
        .map(|(s, tx)| spawn(move || values(s, 4).for_each(|v| tx.try_send(v).unwrap())))
        .collect();
    let receiving: Vec<_> = (0..2)
        .map(|_| rx.clone())
        .map(|rx| spawn(move || receive(rx)))
        .collect();
    drop((tx, rx));
    sending.into_iter().for_each(|t| t.join().unwrap());
    let got: Vec<_> = receiving.into_iter().map(|t| t.join().unwrap()).collect();
    for one in &got {
        for s in 0..2 {
            assert!(one.iter().filter(|v| **v / 100 == s).is_sorted(), "{got:?}");
        }
    }
    let mut all = got.concat();
    all.sort_unstable();
    assert!(
        all.into_iter().eq((0..2).flat_map(|s| values(s, 4))),
        "{got:?}"
    );
}

#[test]
fn unbounded_flow_2_to_2() {
    check(|| {
        flow_to_many(|rx| {
            let mut got = Vec::new();
            while let Ok(v) = block_on(rx.recv()) {
                got.push(v);
            }
            got
        });
    });
}

#[test]
fn unbounded_flow_2_to_2_batched() {
    check(|| {
        flow_to_many(|rx| {
            let mut got = Vec::new();
            while block_on(rx.recv_many(&mut got, 3)) > 0 {}
            got
        });
    });
}

#[test]
fn unbounded_flow_2_to_2_with_cancelled_receives() {
    check(|| {
        flow_to_many(|rx| {
            let mut got = Vec::new();
            loop {
                if let Poll::Ready(Ok(v)) = poll_once(pin!(rx.recv())) {
                    got.push(v);
                }
                match block_on(rx.recv()) {
                    Ok(v) => got.push(v),
                    Err(_) => return got,
                }
            }
        });
    });
}
