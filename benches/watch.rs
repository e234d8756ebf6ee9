//! Workloads of watch channels. For other crates beside them, see `benches/peers`.
//!
//! `cargo bench --bench watch`

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};
use wakering::watch;

/// The time for `n` values of a watch channel, with a turn for others after each.
fn watching(runtime: &Runtime, receivers: usize, n: u64) -> Duration {
    runtime.block_on(async {
        let (tx, rx) = watch::channel(0);
        let start = Instant::now();
        let mut tasks = Vec::new();
        for _ in 0..receivers {
            let mut rx = rx.clone();
            tasks.push(tokio::spawn(async move {
                while rx.changed().await.is_ok() {
                    black_box(*rx.borrow_and_update());
                }
            }));
        }
        drop(rx);
        tasks.push(tokio::spawn(async move {
            for value in 1..=n {
                let _ = tx.send(value);
                tokio::task::yield_now().await;
            }
        }));
        for task in tasks {
            task.await.expect("no task panics");
        }
        start.elapsed()
    })
}

fn watches(c: &mut Criterion) {
    let runtimes = [
        (
            "watch/multi_thread",
            Builder::new_multi_thread().worker_threads(2).build(),
        ),
        (
            "watch/current_thread",
            Builder::new_current_thread().build(),
        ),
    ];
    for (name, runtime) in runtimes {
        let runtime = runtime.expect("a runtime can be built");
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(1));
        for receivers in 1..=4 {
            group.bench_function(BenchmarkId::from_parameter(receivers), |b| {
                b.iter_custom(|n| watching(&runtime, receivers, n));
            });
        }
        group.finish();
    }
    let mut group = c.benchmark_group("watch/calls");
    let (tx, mut rx) = watch::channel(0u64);
    group.bench_function("send", |b| b.iter(|| tx.send(1)));
    group.bench_function("send_modify", |b| {
        b.iter(|| tx.send_modify(|n| *n = n.wrapping_add(1)));
    });
    group.bench_function("borrow_and_update", |b| b.iter(|| *rx.borrow_and_update()));
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
    targets = watches
}
criterion_main!(benches);
