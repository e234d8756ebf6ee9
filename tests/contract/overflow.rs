//! Policies for a full channel, on every path that sends, and the callback for what is dropped.

mod callback;
mod paths;
mod permits;

use std::sync::{Arc, Mutex};

use wakering::{Builder, Overflow, Receiver, Sender};

/// What a callback was given.
#[derive(Clone, Default)]
struct Dropped(Arc<Mutex<Vec<usize>>>);

impl Dropped {
    fn take(&self) -> Vec<usize> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A channel with a policy, and what it drops.
fn channel(capacity: usize, overflow: Overflow) -> (Sender<usize>, Receiver<usize>, Dropped) {
    let dropped = Dropped::default();
    let (tx, rx) = builder(capacity, overflow, &dropped).build();
    (tx, rx, dropped)
}

fn builder(capacity: usize, overflow: Overflow, dropped: &Dropped) -> Builder<usize> {
    let dropped = dropped.clone();
    Builder::new(capacity)
        .overflow(overflow)
        .on_drop(move |message| dropped.0.lock().unwrap().push(message))
}
