//! Loom models of policies, and of a channel that is observed.

use alloc::sync::Arc;
use alloc::vec::Vec;

use loom::future::block_on;
use loom::thread;

use crate::builder::Builder;
use crate::mpmc::{Receiver, Sender};
use crate::observe::Counters;
use crate::overflow::Overflow;

/// For models with too many states: one preemption, whatever the environment says.
fn wide_model(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(1);
    builder.check(model);
}

/// Two senders and a receiver at a full channel of one: what was sent is received, dropped, or still there.
fn nothing_is_lost(overflow: Overflow) {
    wide_model(move || {
        let (tx, rx): (Sender<u32>, Receiver<u32>) = Builder::new(1).overflow(overflow).build();
        tx.try_send(1).unwrap();
        let senders: Vec<_> = (2..4)
            .map(|n| {
                let tx = tx.clone();
                thread::spawn(move || u64::from(tx.try_send(n).is_ok()))
            })
            .collect();
        let received = u64::from(rx.try_recv().is_ok());
        let sent: u64 = senders
            .into_iter()
            .map(|sender| sender.join().unwrap())
            .sum();
        assert!(rx.len() <= 1);
        let left = rx.drain().count() as u64;
        assert_eq!(1 + sent, received + left + tx.dropped());
    });
}

#[test]
fn overflow_drop_oldest() {
    nothing_is_lost(Overflow::DropOldest);
}

#[test]
fn overflow_drop_newest() {
    nothing_is_lost(Overflow::DropNewest);
}

/// Evicted, and then closed: the evicted message is dropped and counted, the new one comes back.
#[test]
fn overflow_drop_oldest_against_a_close() {
    loom::model(|| {
        let (tx, rx): (Sender<u32>, Receiver<u32>) =
            Builder::new(1).overflow(Overflow::DropOldest).build();
        tx.try_send(1).unwrap();
        let sender = {
            let tx = tx.clone();
            thread::spawn(move || u64::from(tx.try_send(2).is_ok()))
        };
        rx.close();
        let sent = sender.join().unwrap();
        assert_eq!(1 + sent, rx.drain().count() as u64 + tx.dropped());
        assert!(rx.try_recv().unwrap_err().is_closed());
    });
}

/// The one receiver of an `mpsc` sleeps while a sender evicts what it was about to find.
#[test]
fn overflow_evicts_before_a_receiver_that_parks() {
    wide_model(|| {
        let (tx, mut rx) = Builder::new(1).overflow(Overflow::DropOldest).build_mpsc();
        let sender = thread::spawn(move || {
            let sent = [1, 2].map(|n| u64::from(tx.try_send(n).is_ok()));
            (sent.iter().sum::<u64>(), tx.dropped())
        });
        let mut received = 0;
        while block_on(rx.recv()).is_some() {
            received += 1;
        }
        let (sent, dropped) = sender.join().unwrap();
        assert_eq!(sent, received + dropped);
    });
}

/// The flags of an observed channel are up for ever; who sleeps is told all the same.
#[test]
fn observed_park_against_send() {
    loom::model(|| {
        let counters = Arc::new(Counters::new());
        let (tx, rx) = Builder::new(1).observer(counters.clone()).build();
        let sender = thread::spawn(move || {
            block_on(tx.send(1)).unwrap();
            block_on(tx.send(2)).unwrap();
        });
        assert_eq!(block_on(rx.recv()), Ok(1));
        assert_eq!(block_on(rx.recv()), Ok(2));
        sender.join().unwrap();
        let counted = counters.snapshot();
        assert_eq!((counted.sent, counted.received), (2, 2));
    });
}

#[test]
fn observed_mpsc_park_against_sends() {
    wide_model(|| {
        let counters = Arc::new(Counters::new());
        let (tx, mut rx) = Builder::new(1).observer(counters.clone()).build_mpsc();
        let sender = thread::spawn(move || {
            block_on(tx.send(1)).unwrap();
            block_on(tx.send(2)).unwrap();
        });
        assert_eq!(block_on(rx.recv()), Some(1));
        assert_eq!(block_on(rx.recv()), Some(2));
        sender.join().unwrap();
        assert_eq!(counters.snapshot().received, 2);
    });
}
