//! Every policy under load: threads and tasks that send, receivers that are fast, slow, or have stopped. Each message is
//! accounted for: received, dropped, rejected, or still queued.
//!
//! `cargo test --release --test overflow_stress -- --ignored` sends ten million messages through each policy.

#![cfg(all(feature = "std", not(any(wakering_loom, wakering_shuttle))))]

#[path = "common/mod.rs"]
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

use wakering::{Builder, Overflow, Receiver, Sender};

use common::watchdog;

const CAPACITY: usize = 64;
const SENDERS: u64 = 4;
/// After so many messages a sender lets others run: receivers are to have their part, however few processors there are.
const BURST: u64 = 32;

/// How many messages, and the sum of their numbers: none is lost, and none is another one.
#[derive(Default)]
struct Account {
    count: AtomicU64,
    sum: AtomicU64,
}

impl Account {
    fn add(&self, message: u64) {
        self.count.fetch_add(1, Relaxed);
        self.sum.fetch_add(message, Relaxed);
    }

    fn get(&self) -> (u64, u64) {
        (self.count.load(Relaxed), self.sum.load(Relaxed))
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Pace {
    Fast,
    Slow,
    /// It takes some messages, and then none.
    Stopped,
}

fn receiver(rx: Receiver<u64>, pace: Pace, received: Arc<Account>) -> JoinHandle<Receiver<u64>> {
    thread::spawn(move || {
        let mut left = if pace == Pace::Stopped { 100 } else { u64::MAX };
        while left > 0
            && let Ok(message) = rx.recv_blocking()
        {
            assert!(rx.len() <= CAPACITY);
            received.add(message);
            left -= 1;
            if pace == Pace::Slow && left % 32 == 0 {
                thread::yield_now();
            }
        }
        rx
    })
}

/// Every path in turn. Says whether the message was taken.
fn send_blocking(tx: &Sender<u64>, message: u64, overflow: Overflow) -> bool {
    match message % 3 {
        // The one that never waits would, under this policy, say `Full` most of the time.
        0 if overflow != Overflow::Wait => tx.try_send(message).is_ok(),
        1 if message % 5 == 0 => {
            let mut messages = [message].into();
            tx.send_many_blocking(&mut messages).is_ok()
        }
        _ => tx.send_blocking(message).is_ok(),
    }
}

fn round(overflow: Overflow, paces: &[Pace], messages: u64) {
    let [sent, received, dropped] = [(); 3].map(|()| Arc::new(Account::default()));
    let (tx, rx) = Builder::new(CAPACITY)
        .overflow(overflow)
        .on_drop({
            let dropped = dropped.clone();
            move |message| dropped.add(message)
        })
        .build();
    let receivers: Vec<_> = paces
        .iter()
        .map(|&pace| receiver(rx.clone(), pace, received.clone()))
        .collect();
    // What is rejected is tried again, if anybody makes room: so that as many messages go through.
    let insists = overflow == Overflow::Reject && paces != [Pace::Stopped];
    let each = messages / SENDERS;
    let numbers = move |sender: u64| sender * each..(sender + 1) * each;
    let threads: Vec<_> = (0..SENDERS / 2)
        .map(|sender| {
            let (tx, sent) = (tx.clone(), sent.clone());
            thread::spawn(move || {
                for message in numbers(sender) {
                    let mut done = send_blocking(&tx, message, overflow);
                    while !done && insists {
                        thread::yield_now();
                        done = send_blocking(&tx, message, overflow);
                    }
                    if done {
                        sent.add(message);
                    }
                    if message % BURST == 0 {
                        thread::yield_now();
                    }
                }
            })
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let tasks: Vec<_> = (SENDERS / 2..SENDERS)
        .map(|sender| {
            let (tx, sent) = (tx.clone(), sent.clone());
            runtime.spawn(async move {
                for message in numbers(sender) {
                    let mut done = tx.send(message).await.is_ok();
                    while !done && insists {
                        tokio::task::yield_now().await;
                        done = tx.send(message).await.is_ok();
                    }
                    if done {
                        sent.add(message);
                    }
                    if message % BURST == 0 {
                        thread::yield_now();
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    for task in tasks {
        runtime.block_on(task).unwrap();
    }
    tx.close();
    for receiver in receivers {
        receiver.join().unwrap();
    }
    // What receivers that have stopped have left.
    rx.drain().for_each(|message| received.add(message));
    let what = format!("{overflow:?} with {paces:?}");
    let (sent, received, dropped) = (sent.get(), received.get(), dropped.get());
    assert_eq!(
        sent,
        (received.0 + dropped.0, received.1 + dropped.1),
        "{what}"
    );
    assert_eq!(tx.dropped(), dropped.0, "{what}");
    let refused = overflow == Overflow::Reject && !insists;
    assert!(refused || sent.0 == each * SENDERS, "{what}");
    println!(
        "{what}: sent {}, received {}, dropped {}",
        sent.0, received.0, dropped.0
    );
}

fn all(overflow: Overflow, messages: u64) {
    let flowing: [&[Pace]; 3] = [
        &[Pace::Fast],
        &[Pace::Slow, Pace::Slow],
        &[Pace::Fast, Pace::Slow, Pace::Stopped],
    ];
    let stopped: &[&[Pace]] = match overflow {
        // It would wait for ever.
        Overflow::Wait => &[],
        _ => &[&[Pace::Stopped]],
    };
    let cases: Vec<_> = flowing.iter().chain(stopped).copied().collect();
    for paces in &cases {
        round(overflow, paces, messages / cases.len() as u64);
    }
}

const POLICIES: [Overflow; 4] = [
    Overflow::Wait,
    Overflow::Reject,
    Overflow::DropNewest,
    Overflow::DropOldest,
];

#[test]
fn nothing_is_lost() {
    for overflow in POLICIES {
        watchdog("stress of a policy", move || all(overflow, 100_000));
    }
}

#[test]
#[ignore = "ten million messages for each policy: with --release, a minute"]
fn nothing_is_lost_of_ten_million() {
    for overflow in POLICIES {
        all(overflow, 10_000_000);
    }
}
