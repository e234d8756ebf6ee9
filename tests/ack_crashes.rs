//! Consumers that crash, hang, give back and acknowledge late, at random: every message is acknowledged or dead in the end,
//! exactly once, and none is lost.

#![cfg(all(feature = "std", not(any(wakering_loom, wakering_shuttle))))]

mod common;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use common::{Random, ignore, watchdog};
use wakering::ack::{self, Config, Consumer, Delivery, Stats};

const CONSUMERS: usize = 8;
const PRODUCERS: usize = 2;
const TIMEOUT: Duration = Duration::from_millis(5);

/// What became of each message: how often it was acknowledged, and how often it was found dead.
struct Books {
    acked: Vec<AtomicU8>,
    dead: Vec<AtomicU8>,
    /// A message has one owner: who acknowledges it is alone.
    owned: Vec<AtomicBool>,
}

fn consume(rx: &Consumer<usize>, books: &Books, seed: u64, hung: &Mutex<Vec<Delivery<usize>>>) {
    let mut random = Random::new(seed);
    // Held until the queue is done with, so that they expire for certain: the others that hang may all be settled in time.
    let mut forgotten = Vec::new();
    while let Ok(delivery) = rx.dequeue_blocking() {
        let n = *delivery;
        if n % 1000 == 0 && delivery.attempts() == 1 {
            forgotten.push(delivery);
            continue;
        }
        match random.below(100) {
            // It crashes.
            0..4 => {
                let held = AssertUnwindSafe(delivery);
                let panic = catch_unwind(|| {
                    let _held = held;
                    resume_unwind(Box::new("a consumer panics"));
                });
                assert!(panic.is_err());
            }
            4..8 => drop(delivery),
            8..12 => ignore(delivery.nack()),
            12..15 => ignore(delivery.nack_after(Duration::from_micros(random.below(2000) as u64))),
            // It hangs, and acknowledges late, or never.
            15 => hung.lock().unwrap().push(delivery),
            16 => {
                let late = hung.lock().unwrap().pop();
                late.into_iter().for_each(|late| settle(late, books));
                settle(delivery, books);
            }
            17 => ignore(delivery.reject()),
            18 => {
                ignore(delivery.extend(2 * TIMEOUT));
                settle(delivery, books);
            }
            _ => settle(delivery, books),
        }
        debug_assert!(n < books.acked.len());
    }
}

fn settle(delivery: Delivery<usize>, books: &Books) {
    let n = *delivery;
    if delivery.ack().is_ok() {
        books.acked[n].fetch_add(1, SeqCst);
        assert!(!books.owned[n].swap(true, SeqCst), "{n} had two owners");
    }
}

/// Runs `messages` through a queue, and checks that each has one end.
fn run(messages: usize, capacity: usize) -> Stats {
    let books = Books {
        acked: (0..messages).map(|_| AtomicU8::new(0)).collect(),
        dead: (0..messages).map(|_| AtomicU8::new(0)).collect(),
        owned: (0..messages).map(|_| AtomicBool::new(false)).collect(),
    };
    let hung = Mutex::new(Vec::new());
    let (tx, rx, dead) = ack::queue(Config {
        capacity,
        visibility_timeout: TIMEOUT,
        max_attempts: 3,
        ..Config::default()
    });
    let (books, hung) = (&books, &hung);
    let last = rx.clone();
    thread::scope(|scope| {
        for seed in 0..CONSUMERS {
            let rx = rx.clone();
            scope.spawn(move || consume(&rx, books, seed as u64 + 1, hung));
        }
        for producer in 0..PRODUCERS {
            let tx = tx.clone();
            scope.spawn(move || {
                for n in (producer..messages).step_by(PRODUCERS) {
                    tx.enqueue_blocking(n).unwrap();
                }
            });
        }
        drop((tx, rx));
        while let Ok(letter) = dead.recv_blocking() {
            books.dead[*letter].fetch_add(1, SeqCst);
            assert!(letter.attempts() <= 3);
        }
    });
    let ends = |n: usize| books.acked[n].load(SeqCst) + books.dead[n].load(SeqCst);
    let wrong: HashSet<_> = (0..messages).filter(|n| ends(*n) != 1).collect();
    assert!(wrong.is_empty(), "not ended once: {wrong:?}");
    let stats = last.stats();
    assert_eq!(stats.enqueued, messages as u64);
    assert_eq!(stats.acked + stats.dead, stats.enqueued);
    assert_eq!((stats.ready, stats.in_flight, stats.delayed), (0, 0, 0));
    let ended = stats.acked + stats.nacked + stats.rejected + stats.expired + stats.dropped;
    assert_eq!(stats.delivered, ended);
    for outcome in [stats.nacked, stats.rejected, stats.expired, stats.dropped] {
        assert!(outcome > 0, "it has been tried: {stats:?}");
    }
    stats
}

#[test]
fn every_message_has_one_end() {
    watchdog("20,000 messages", || {
        for capacity in [16, 1000] {
            run(10_000, capacity);
        }
    });
}

/// `cargo test --release --test ack_crashes -- --ignored --nocapture`
#[test]
#[ignore = "a million messages: for a release build"]
fn a_million_messages() {
    let stats = run(1_000_000, 1000);
    println!("{stats:?}");
}
