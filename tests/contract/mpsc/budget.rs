//! With the feature `tokio-coop`, tasks of tokio yield by tokio's rules, and all others by ours.
#![cfg(feature = "tokio-coop")]

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use wakering::mpsc::{self, channel};

use crate::common::{Counter, poll_once};

fn in_a_task<R>(task: impl Future<Output = R>) -> R {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().unwrap().block_on(task)
}

/// A channel with `n` messages.
fn filled(n: usize) -> mpsc::Receiver<usize> {
    let (tx, rx) = channel(n);
    for i in 0..n {
        tx.try_send(i).unwrap();
    }
    rx
}

/// How many messages `receive` gets in one poll of a task.
fn in_one_poll(mut receive: impl FnMut(&mut std::task::Context<'_>) -> bool) -> usize {
    let count = in_a_task(poll_fn(|cx| {
        let count = (0..1_000).take_while(|_| receive(cx)).count();
        Poll::Ready(count)
    }));
    assert!(count < 1_000, "it never yields");
    count
}

/// All operations of a task use up one budget, whatever the channel.
#[test]
fn the_budget_is_the_tasks_own() {
    let (mut first, mut second) = (filled(1_000), filled(1_000));
    let count =
        in_one_poll(|cx| pin!(first.recv()).poll(cx).is_ready() && second.poll_recv(cx).is_ready());
    assert_eq!(count, 64, "of tokio's 128 for each poll");
    let (tx, _rx) = channel(1_000);
    let count = in_one_poll(|cx| {
        pin!(tx.send(1)).poll(cx).is_ready() && pin!(tx.reserve()).poll(cx).is_ready()
    });
    assert_eq!(count, 64);
    // The other face takes part as well.
    let (tx, _rx) = wakering::bounded(1_000);
    assert_eq!(in_one_poll(|cx| pin!(tx.send(1)).poll(cx).is_ready()), 128);
}

/// What has to wait has used nothing up.
#[test]
fn waiting_costs_no_budget() {
    let (_tx, mut empty) = channel::<usize>(1);
    let mut rx = filled(1_000);
    let count = in_one_poll(|cx| {
        assert!(pin!(empty.recv()).poll(cx).is_pending());
        pin!(rx.recv()).poll(cx).is_ready()
    });
    assert_eq!(count, 128);
}

#[test]
fn who_has_no_budget_yields_by_the_streak() {
    // Unconstrained in tokio: never.
    in_a_task(tokio::task::unconstrained(async {
        let mut rx = filled(1_000);
        let counter = Counter::new();
        for _ in 0..1_000 {
            assert!(poll_once(pin!(rx.recv()), &counter).is_ready());
        }
    }));
    // Outside tokio: now and then.
    let mut rx = filled(1_000);
    let counter = Counter::new();
    let ready = (0..1_000)
        .take_while(|_| poll_once(pin!(rx.recv()), &counter).is_ready())
        .count();
    assert!((100..1_000).contains(&ready), "{ready}");
    assert_eq!(counter.wakes(), 1, "a yield wakes its own task");
}
