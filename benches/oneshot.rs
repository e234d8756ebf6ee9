//! Workloads of our own channel for one message. For other crates beside it, see `benches/peers`.
//!
//! `cargo bench --bench oneshot`; a name filters, as in `cargo bench --bench oneshot -- spawned`.

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};
use wakering::oneshot::{Sender, channel};

fn poll<F: Future + Unpin>(future: &mut F) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    black_box(Pin::new(future).poll(&mut cx)).is_ready()
}

/// On one thread: what the calls themselves cost, with the channel made and freed.
fn calls(c: &mut Criterion) {
    let mut group = c.benchmark_group("oneshot");
    group.bench_function("send, try_recv", |b| {
        b.iter(|| {
            let (tx, mut rx) = channel::<u64>();
            tx.send(black_box(1)).expect("the receiver is there");
            rx.try_recv()
        });
    });
    group.bench_function("send, poll", |b| {
        b.iter(|| {
            let (tx, mut rx) = channel::<u64>();
            tx.send(black_box(1)).expect("the receiver is there");
            assert!(poll(&mut rx));
        });
    });
    group.bench_function("poll, send, poll", |b| {
        b.iter(|| {
            let (tx, mut rx) = channel::<u64>();
            assert!(!poll(&mut rx));
            tx.send(black_box(1)).expect("the receiver is there");
            assert!(poll(&mut rx));
        });
    });
    group.bench_function("send, try_recv of 256 bytes", |b| {
        b.iter(|| {
            let (tx, mut rx) = channel::<[u64; 32]>();
            tx.send(black_box([1; 32])).expect("the receiver is there");
            rx.try_recv()
        });
    });
    group.bench_function("drop both", |b| {
        b.iter(|| {
            let (tx, rx) = black_box(channel::<u64>());
            drop(tx);
            drop(rx);
        });
    });
    group.finish();
}

/// `n` answers of tasks that are spawned for them.
fn spawned(runtime: &Runtime, n: u64) -> Duration {
    runtime.block_on(async {
        let asking = tokio::spawn(async move {
            let start = Instant::now();
            for i in 0..n {
                let (tx, rx) = channel();
                tokio::spawn(async move { tx.send(i) });
                black_box(rx.await.expect("it is answered"));
            }
            start.elapsed()
        });
        asking.await.expect("no task panics")
    })
}

fn tasks(c: &mut Criterion) {
    let mut group = c.benchmark_group("oneshot");
    let runtimes = [
        (
            "spawned, current_thread",
            Builder::new_current_thread().build(),
        ),
        (
            "spawned, multi_thread",
            Builder::new_multi_thread().worker_threads(2).build(),
        ),
    ];
    for (name, runtime) in runtimes {
        let runtime = runtime.expect("a runtime can be built");
        group.bench_function(name, |b| b.iter_custom(|n| spawned(&runtime, n)));
    }
    group.finish();
}

/// Answers of one thread to another that blocks.
fn threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("oneshot");
    group.bench_function("thread to thread", |b| {
        b.iter_custom(|n| {
            let (requests, queue) = wakering::bounded::<(u64, Sender<u64>)>(1);
            let server = thread::spawn(move || {
                for (i, answer) in &queue {
                    answer.send(i).expect("it is waited for");
                }
            });
            let start = Instant::now();
            for i in 0..n {
                let (tx, rx) = channel();
                requests.send_blocking((i, tx)).expect("nobody closes");
                black_box(rx.blocking_recv().expect("it is answered"));
            }
            let elapsed = start.elapsed();
            drop(requests);
            server.join().expect("it does not panic");
            elapsed
        });
    });
    group.finish();
}

fn config() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
}

criterion_group! {
    name = benches;
    config = config();
    targets = calls, tasks, threads
}
criterion_main!(benches);
