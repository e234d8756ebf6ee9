//! The order of a list against a model, and the sizes that are promised.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use core::task::Waker;

use super::list::{List, Manner, Node, State};
use super::waiter::Waiter;
use super::{Queue, WaitCell};

fn waker() -> Waker {
    Waker::noop().clone()
}

/// Every sequence of six steps on four nodes: link, tell the first, take out, link again at the old place.
#[test]
fn r013_list_in_the_order_of_tickets() {
    const STEPS: u32 = 6;
    const MOVES: u32 = 9;
    for program in 0..MOVES.pow(STEPS) {
        let nodes: Vec<_> = (0..4)
            .map(|_| NonNull::from(Box::leak(Box::new(Node::new(Manner::default())))))
            .collect();
        let mut list = List::new();
        // Nodes in the list, and those told by name; both in the order in which they came first.
        let mut model: Vec<(u64, usize)> = Vec::new();
        let mut told: Vec<(u64, usize)> = Vec::new();
        let mut next = 0;
        let mut rest = program;
        for _ in 0..STEPS {
            let (step, which) = (rest % MOVES % 3, (rest % MOVES / 3) as usize);
            rest /= MOVES;
            match step {
                0 => {
                    let listed = model.iter().chain(&told).any(|&(_, index)| index == which);
                    if !listed {
                        // SAFETY: not linked, and on the heap until the end.
                        unsafe { list.push_back(nodes[which], waker(), 0) };
                        model.push((next, which));
                        next += 1;
                    } else if let Some(at) = told.iter().position(|&(_, index)| index == which) {
                        // SAFETY: as above, and it has been in the list.
                        unsafe { list.reinsert(nodes[which], waker(), 0) };
                        model.push(told.remove(at));
                        model.sort_unstable();
                    }
                }
                1 => {
                    let first = (!model.is_empty()).then(|| model.remove(0));
                    assert_eq!(list.pop_front(State::Notified).is_some(), first.is_some());
                    if let Some((ticket, index)) = first {
                        // SAFETY: alive.
                        assert_eq!(unsafe { nodes[index].as_ref() }.state(), State::Notified);
                        told.push((ticket, index));
                    }
                }
                _ => {
                    if let Some(at) = model.iter().position(|&(_, index)| index == which) {
                        // SAFETY: alive and linked.
                        let (was, waker) = unsafe { list.remove(nodes[which]) };
                        assert!(was == State::Waiting && waker.is_some());
                        model.remove(at);
                    }
                }
            }
            assert_eq!(
                list.front_ticket(),
                model.first().map(|&(ticket, _)| ticket)
            );
            assert_eq!(list.is_empty(), model.is_empty());
        }
        while !list.is_empty() {
            list.pop_front(State::Called);
        }
        for node in nodes {
            // SAFETY: leaked above, and out of the list.
            drop(unsafe { Box::from_raw(node.as_ptr()) });
        }
    }
}

#[test]
fn a_waiter_is_small() {
    assert!(size_of::<Waiter>() <= 7 * size_of::<usize>());
}

/// The cell tells whom it was last given, once.
#[test]
fn the_cell_wakes_the_last_one_once() {
    let counts = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
    let [first, second] = counts
        .clone()
        .map(|count| Waker::from(Arc::new(Counting(count))));
    let cell = WaitCell::new();
    let wake = || cell.take().map(Waker::wake);
    assert!(wake().is_none());
    assert!(cell.register(&first));
    assert!(cell.register(&second));
    assert!(wake().is_some());
    assert!(wake().is_none());
    assert_eq!(counts.map(|count| count.load(Relaxed)), [0, 1]);
}

struct Counting(Arc<AtomicUsize>);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}
