//! Broadcast channels: one sender, some receivers.
//!
//! `cargo bench --bench broadcast`; a name filters, as in `cargo bench --bench broadcast -- current_thread`.

use std::hint::black_box;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};
use wakering::broadcast::error::RecvError;
use wakering::broadcast::{Receiver, Sender, channel};

const CAPACITY: usize = 64;

/// Sends so that nobody lags. `lossless`: by backpressure; otherwise it yields while the channel is full.
async fn send(tx: Sender<u64>, n: u64, lossless: bool) {
    for i in 0..n {
        if lossless {
            tx.send_lossless(i).await.expect("nobody goes");
        } else {
            if i % CAPACITY as u64 == 0 {
                while !tx.is_empty() {
                    tokio::task::yield_now().await;
                }
            }
            tx.send(i).expect("nobody goes");
        }
    }
}

async fn receive(mut rx: Receiver<u64>) {
    loop {
        match rx.recv().await {
            Ok(message) => {
                black_box(message);
            }
            Err(RecvError::Lagged(n)) => panic!("lagged by {n}"),
            Err(RecvError::Closed) => return,
        }
    }
}

/// The time from the first send to the end, for `n` messages to each receiver.
fn fan_out(runtime: &Runtime, receivers: usize, lossless: bool, n: u64) -> Duration {
    runtime.block_on(async {
        let (tx, rx) = channel(CAPACITY);
        let mut tasks: Vec<_> = (1..receivers)
            .map(|_| tokio::spawn(receive(tx.subscribe())))
            .collect();
        tasks.push(tokio::spawn(receive(rx)));
        let start = Instant::now();
        tokio::spawn(send(tx, n, lossless))
            .await
            .expect("no task panics");
        for task in tasks {
            task.await.expect("no task panics");
        }
        start.elapsed()
    })
}

fn tasks(criterion: &mut Criterion) {
    let runtimes = [
        ("current_thread", Builder::new_current_thread().build()),
        (
            "multi_thread",
            Builder::new_multi_thread().worker_threads(2).build(),
        ),
    ];
    for (name, runtime) in runtimes {
        let runtime = runtime.expect("a runtime");
        let mut group = criterion.benchmark_group(format!("broadcast/{name}"));
        for (receivers, lossless) in [(1, false), (4, false), (4, true), (16, false)] {
            let mode = if lossless { "lossless" } else { "plain" };
            group.throughput(Throughput::Elements(receivers as u64));
            group.bench_function(BenchmarkId::new(mode, format!("1 to {receivers}")), |b| {
                b.iter_custom(|n| fan_out(&runtime, receivers, lossless, n));
            });
        }
        group.finish();
    }
}

/// All wait, one message comes, all are woken and take it.
fn many_receivers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("broadcast/wake all");
    for receivers in [100, 1000, 10_000] {
        let (tx, rx) = channel(1);
        let mut all: Vec<_> = (1..receivers).map(|_| tx.subscribe()).chain([rx]).collect();
        group.throughput(Throughput::Elements(receivers as u64));
        group.bench_function(BenchmarkId::from_parameter(receivers), |b| {
            let mut cx = Context::from_waker(Waker::noop());
            b.iter(|| {
                for rx in &mut all {
                    assert!(rx.poll_recv(&mut cx).is_pending());
                }
                tx.send(7).expect("they are there");
                for rx in &mut all {
                    // The yield of a handle that has not waited for long does not occur: each has waited.
                    assert!(rx.poll_recv(&mut cx).is_ready());
                }
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).measurement_time(Duration::from_secs(3));
    targets = tasks, many_receivers
}
criterion_main!(benches);
