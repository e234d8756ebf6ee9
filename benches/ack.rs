//! What acknowledgement costs: the same flow through a plain channel and through a queue with prompt acknowledgement, side
//! by side.
//!
//! `cargo bench --bench ack`; a name filters, as in `cargo bench --bench ack -- threads`.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};
use wakering::ack::{self, Clock, Config};
use wakering::bounded;

/// Senders, receivers, capacity.
const SHAPES: [(u64, u64, usize); 4] = [(1, 1, 128), (4, 4, 128), (1, 8, 1024), (8, 8, 1024)];

/// The time of the last tick: what a clock that a task sets costs to read.
#[derive(Debug)]
struct Ticked {
    start: Instant,
    passed: AtomicU64,
}

impl Clock for Ticked {
    fn now(&self) -> Instant {
        self.start + Duration::from_nanos(self.passed.load(Relaxed))
    }
}

fn config(capacity: usize, ticked: bool) -> Config {
    let mut config = Config {
        capacity,
        ..Config::default()
    };
    if ticked {
        config.clock = Arc::new(Ticked {
            start: Instant::now(),
            passed: AtomicU64::new(0),
        });
    }
    config
}

fn share(n: u64, of: u64, i: u64) -> u64 {
    n / of + u64::from(i < n % of)
}

/// What carries the messages.
#[derive(Clone, Copy)]
enum Way {
    Plain,
    Ack,
    /// With a clock that costs next to nothing.
    Ticked,
}

const WAYS: [(&str, Way); 3] = [
    ("plain", Way::Plain),
    ("ack", Way::Ack),
    ("ack, ticked clock", Way::Ticked),
];

async fn send(tx: wakering::Sender<u64>, n: u64) {
    for i in 0..n {
        tx.send(i).await.expect("nobody closes");
    }
}

async fn receive(rx: wakering::Receiver<u64>) {
    while let Ok(message) = rx.recv().await {
        black_box(message);
    }
}

async fn enqueue(tx: ack::Producer<u64>, n: u64) {
    for i in 0..n {
        tx.enqueue(i).await.expect("nobody closes");
    }
}

async fn consume(rx: ack::Consumer<u64>) {
    while let Ok(message) = rx.dequeue().await {
        black_box(*message);
        message.ack().expect("it is in time");
    }
}

/// The time from the first message to the end, for `n` messages in all.
fn tasks(runtime: &Runtime, shape: (u64, u64, usize), way: Way, n: u64) -> Duration {
    let (senders, receivers, capacity) = shape;
    runtime.block_on(async {
        let mut tasks = Vec::new();
        let start = Instant::now();
        if let Way::Plain = way {
            let (tx, rx) = bounded(capacity);
            for i in 0..senders {
                tasks.push(tokio::spawn(send(tx.clone(), share(n, senders, i))));
            }
            tasks.extend((0..receivers).map(|_| tokio::spawn(receive(rx.clone()))));
        } else {
            let (tx, rx, _) = ack::queue(config(capacity, matches!(way, Way::Ticked)));
            for i in 0..senders {
                tasks.push(tokio::spawn(enqueue(tx.clone(), share(n, senders, i))));
            }
            tasks.extend((0..receivers).map(|_| tokio::spawn(consume(rx.clone()))));
        }
        for task in tasks {
            task.await.expect("no task panics");
        }
        start.elapsed()
    })
}

/// The same between threads.
fn threads((senders, receivers, capacity): (u64, u64, usize), way: Way, n: u64) -> Duration {
    let start = Instant::now();
    if let Way::Plain = way {
        let (tx, rx) = bounded(capacity);
        thread::scope(|scope| {
            for i in 0..senders {
                let tx = tx.clone();
                let send = move |i| tx.send_blocking(i).expect("nobody closes");
                scope.spawn(move || (0..share(n, senders, i)).for_each(send));
            }
            for _ in 0..receivers {
                let rx = rx.clone();
                scope.spawn(move || {
                    for message in &rx {
                        black_box(message);
                    }
                });
            }
            drop((tx, rx));
        });
    } else {
        let (tx, rx, _) = ack::queue(config(capacity, matches!(way, Way::Ticked)));
        thread::scope(|scope| {
            for i in 0..senders {
                let tx = tx.clone();
                let send = move |i| {
                    tx.enqueue_blocking(i).expect("nobody closes");
                };
                scope.spawn(move || (0..share(n, senders, i)).for_each(send));
            }
            for _ in 0..receivers {
                let rx = rx.clone();
                scope.spawn(move || {
                    while let Ok(message) = rx.dequeue_blocking() {
                        black_box(*message);
                        message.ack().expect("it is in time");
                    }
                });
            }
            drop((tx, rx));
        });
    }
    start.elapsed()
}

/// On one thread: what the calls themselves cost.
fn calls(c: &mut Criterion) {
    let mut group = c.benchmark_group("ack/calls");
    group.throughput(Throughput::Elements(1));
    let (tx, rx) = bounded(128);
    group.bench_function("plain", |b| {
        b.iter(|| {
            tx.try_send(black_box(1_u64)).expect("there is room");
            rx.try_recv()
        });
    });
    for (name, ticked) in [("ack", false), ("ack, ticked clock", true)] {
        let (tx, rx, _) = ack::queue(config(128, ticked));
        group.bench_function(name, |b| {
            b.iter(|| {
                tx.try_enqueue(black_box(1_u64)).expect("there is room");
                rx.try_dequeue().expect("one is there").ack()
            });
        });
    }
    group.finish();
}

fn flows(c: &mut Criterion) {
    let runtimes = [
        ("current_thread", Builder::new_current_thread().build()),
        (
            "multi_thread",
            Builder::new_multi_thread().worker_threads(2).build(),
        ),
    ];
    for (name, runtime) in runtimes {
        let runtime = runtime.expect("a runtime can be built");
        let mut group = c.benchmark_group(format!("ack/{name}"));
        group.throughput(Throughput::Elements(1));
        for shape in SHAPES {
            let (senders, receivers, capacity) = shape;
            for (way_name, way) in WAYS {
                let id = BenchmarkId::new(format!("{senders}x{receivers}/cap{capacity}"), way_name);
                group.bench_function(id, |b| b.iter_custom(|n| tasks(&runtime, shape, way, n)));
            }
        }
        group.finish();
    }
    let mut group = c.benchmark_group("ack/threads");
    group.throughput(Throughput::Elements(1));
    for shape in SHAPES {
        let (senders, receivers, capacity) = shape;
        for (way_name, way) in WAYS {
            let id = BenchmarkId::new(format!("{senders}x{receivers}/cap{capacity}"), way_name);
            group.bench_function(id, |b| b.iter_custom(|n| threads(shape, way, n)));
        }
    }
    group.finish();
}

fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
}

criterion_group! {
    name = benches;
    config = criterion();
    targets = calls, flows
}
criterion_main!(benches);
