//! Workloads of our own channel. For other crates beside it, see `benches/peers`.
//!
//! `cargo bench --bench flow`; a name filters, as in `cargo bench --bench flow -- current_thread`.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};
use wakering::{Receiver, Sender, bounded, mpsc};

/// Senders, receivers, capacity.
const SHAPES: [(u64, u64, usize); 8] = [
    (1, 1, 1),
    (1, 1, 16),
    (1, 1, 128),
    (4, 1, 16),
    (4, 1, 128),
    (16, 1, 128),
    (4, 4, 16),
    (4, 4, 128),
];

async fn send(tx: Sender<u64>, n: u64) {
    for i in 0..n {
        tx.send(i).await.expect("nobody closes");
    }
}

async fn receive(rx: Receiver<u64>) {
    while let Ok(message) = rx.recv().await {
        black_box(message);
    }
}

/// The time from the first send to the end of the channel, for `n` messages in all.
fn flow(runtime: &Runtime, (senders, receivers, capacity): (u64, u64, usize), n: u64) -> Duration {
    runtime.block_on(async {
        let (tx, rx) = bounded(capacity);
        let start = Instant::now();
        let mut tasks = Vec::new();
        for i in 0..senders {
            let share = n / senders + u64::from(i < n % senders);
            tasks.push(tokio::spawn(send(tx.clone(), share)));
        }
        for _ in 0..receivers {
            tasks.push(tokio::spawn(receive(rx.clone())));
        }
        drop((tx, rx));
        for task in tasks {
            task.await.expect("no task panics");
        }
        start.elapsed()
    })
}

/// The same between threads.
fn flow_of_threads((senders, receivers, capacity): (u64, u64, usize), n: u64) -> Duration {
    let (tx, rx) = bounded(capacity);
    let start = Instant::now();
    thread::scope(|scope| {
        for i in 0..senders {
            let tx = tx.clone();
            let share = n / senders + u64::from(i < n % senders);
            scope.spawn(move || {
                (0..share).for_each(|i| tx.send_blocking(i).expect("nobody closes"))
            });
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
    start.elapsed()
}

fn shape_name((senders, receivers, capacity): (u64, u64, usize)) -> String {
    format!("{senders}x{receivers}/cap{capacity}")
}

fn flows(c: &mut Criterion) {
    let runtimes = [
        (
            "multi_thread",
            Builder::new_multi_thread().worker_threads(2).build(),
        ),
        ("current_thread", Builder::new_current_thread().build()),
    ];
    for (name, runtime) in runtimes {
        let runtime = runtime.expect("a runtime can be built");
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(1));
        for shape in SHAPES {
            group.bench_with_input(
                BenchmarkId::from_parameter(shape_name(shape)),
                &shape,
                |b, &shape| {
                    b.iter_custom(|n| flow(&runtime, shape, n));
                },
            );
        }
        group.finish();
    }
    let mut group = c.benchmark_group("threads");
    group.throughput(Throughput::Elements(1));
    for shape in SHAPES {
        group.bench_with_input(
            BenchmarkId::from_parameter(shape_name(shape)),
            &shape,
            |b, &shape| {
                b.iter_custom(|n| flow_of_threads(shape, n));
            },
        );
    }
    group.finish();
}

/// As `flow`, of a channel with one receiver.
fn flow_of_mpsc(runtime: &Runtime, senders: u64, capacity: usize, n: u64) -> Duration {
    async fn send(tx: mpsc::Sender<u64>, n: u64) {
        for i in 0..n {
            tx.send(i).await.expect("nobody closes");
        }
    }
    runtime.block_on(async {
        let (tx, mut rx) = mpsc::channel(capacity);
        let start = Instant::now();
        for i in 0..senders {
            let share = n / senders + u64::from(i < n % senders);
            tokio::spawn(send(tx.clone(), share));
        }
        drop(tx);
        while let Some(message) = rx.recv().await {
            black_box(message);
        }
        start.elapsed()
    })
}

/// What more senders cost.
fn crowds(c: &mut Criterion) {
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime can be built");
    let mut group = c.benchmark_group("mpsc/current_thread/cap128");
    group.throughput(Throughput::Elements(1));
    for senders in [1, 4, 16, 64] {
        group.bench_with_input(
            BenchmarkId::new("senders", senders),
            &senders,
            |b, &senders| b.iter_custom(|n| flow_of_mpsc(&runtime, senders, 128, n)),
        );
    }
    group.finish();
}

/// What the calls cost on one thread with nobody waiting.
fn calls(c: &mut Criterion) {
    let mut group = c.benchmark_group("calls");
    let (tx, rx) = bounded::<u64>(128);
    group.bench_function("try_send+try_recv", |b| {
        b.iter(|| {
            tx.try_send(1).expect("there is room");
            rx.try_recv().expect("there is a message")
        });
    });
    group.bench_function("reserve+send+try_recv", |b| {
        b.iter(|| {
            tx.try_reserve().expect("there is room").send(1);
            rx.try_recv().expect("there is a message")
        });
    });
    group.bench_function("send_many+recv_many of 64", |b| {
        let mut messages = Vec::new();
        b.iter(|| {
            tx.try_send_many(&mut (0..64).collect())
                .expect("nobody closes");
            messages.clear();
            rx.try_recv_many(&mut messages, 64)
        });
    });
    group.bench_function("bounded(16) made and dropped", |b| {
        b.iter(|| bounded::<u64>(16))
    });
    group.finish();
}

fn quick() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
}

criterion_group! {
    name = benches;
    config = quick();
    targets = flows, crowds, calls
}
criterion_main!(benches);
