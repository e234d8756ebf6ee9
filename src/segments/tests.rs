//! The segments on their own. Many segments, or few of them many times over.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ptr::NonNull;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::segment::{Segment, Slot};
use super::{Many, NoItem, NoRoom, One, Receivers, Segments, Tail};
use crate::index::{MAX_CREDITS, Position};
use crate::storage::Storage;

const SEGMENT: usize = Segment::<usize>::LEN;

fn push<T, R: Receivers>(segments: &Segments<T, R>, message: T) {
    segments.push(|| message).unwrap();
}

fn pop<T, R: Receivers>(segments: &Segments<T, R>) -> Result<T, NoItem> {
    let mut message = None;
    segments.pop(|taken| message = Some(taken), drop)?;
    Ok(message.unwrap())
}

fn pop_run<T, R: Receivers>(segments: &Segments<T, R>, most: usize) -> Result<Vec<T>, NoItem> {
    let mut messages = Vec::new();
    let (n, _) = segments.pop_run(most, |message| messages.push(message))?;
    assert_eq!(n, messages.len());
    Ok(messages)
}

/// How many segments wait to be free. Nobody else uses them meanwhile.
fn retired_count<T, R: Receivers>(segments: &Segments<T, R>) -> usize {
    let mut count = 0;
    let mut next = segments.front.memory.retired.load(Ordering::Acquire);
    while let Some(segment) = NonNull::new(next) {
        // SAFETY: G5: no other thread is there.
        next = unsafe { segment.as_ref().below() };
        count += 1;
    }
    count
}

/// R4: from starts on both sides of the wrap, against a deque.
#[test]
fn r095_positions_wrap() {
    positions_wrap::<Many>();
    positions_wrap::<One>();
}

fn positions_wrap<R: Receivers>() {
    let lengths = [1, 2, SEGMENT - 1, SEGMENT, SEGMENT + 1, 5 * SEGMENT];
    for before in [0, 1, 2, 3, 63, 64, 65, 66, 200] {
        let segments = Segments::<_, R>::starting_at(Position::new(0).minus(before));
        let mut model = VecDeque::new();
        let mut next = 0_u32;
        for round in 0..200 {
            let length = lengths[round % lengths.len()];
            if round % 3 == 0 {
                let mut left = length;
                while left > 0 {
                    left -= segments
                        .push_run(left, || {
                            next += 1;
                            model.push_back(next);
                            next
                        })
                        .unwrap()
                        .0;
                }
            } else {
                for _ in 0..length {
                    next += 1;
                    push(&segments, next);
                    model.push_back(next);
                }
            }
            assert_eq!(segments.load(), (model.len(), 0));
            let length = lengths[(round * 5 + 2) % lengths.len()];
            if round % 2 == 0 {
                let expected: Vec<_> = model.drain(..length.min(model.len())).collect();
                let empty = expected.is_empty();
                assert_eq!(pop_run(&segments, length).unwrap_or_default(), expected);
                assert_eq!(empty, expected.is_empty());
            } else {
                for _ in 0..length {
                    assert_eq!(pop(&segments).ok(), model.pop_front());
                }
            }
            assert_eq!(segments.load(), (model.len(), 0));
        }
    }
}

/// A sender stopped between claim and publish, at every place of a segment: the refusals end, and nothing is lost.
#[test]
fn r067_r069_stalled_sender() {
    stalled_sender::<Many>();
    stalled_sender::<One>();
}

fn stalled_sender<R: Receivers>() {
    for before in 0..=SEGMENT {
        let segments = Segments::<_, R>::starting_at(Position::new(0));
        (0..before).for_each(|n| push(&segments, n));
        let (tail, back) = segments
            .claim_push(Tail::is_closed, |tail| tail.taken(1))
            .unwrap();
        (0..2 * SEGMENT).for_each(|n| push(&segments, before + 1 + n));
        (0..before).for_each(|n| assert_eq!(pop(&segments), Ok(n)));
        assert_eq!(segments.load(), (1 + 2 * SEGMENT, 0));
        assert_eq!(pop(&segments), Err(NoItem::Busy));
        assert_eq!(pop_run(&segments, 4), Err(NoItem::Busy));
        segments.publish(back, tail.position(), before);
        (before..=before + 2 * SEGMENT).for_each(|n| assert_eq!(pop(&segments), Ok(n)));
        assert_eq!(pop(&segments), Err(NoItem::Empty));
    }
}

/// A receiver stopped between claim and read keeps its segment, and nobody else.
#[test]
fn r118_stalled_receiver() {
    let segments = Segments::new();
    (0..SEGMENT).for_each(|n| push(&segments, Box::new(n)));
    let (head, _, front) = segments.claim_pop(1).ok().unwrap();
    for n in 1..10 * SEGMENT {
        push(&segments, Box::new(SEGMENT + n - 1));
        assert_eq!(pop(&segments).map(|n| *n), Ok(n));
    }
    let mut message = None;
    // SAFETY: the position has been claimed above.
    unsafe { Slot::take_into(front.slot(head.position()), |taken| message = Some(taken)) };
    assert_eq!(message.as_deref(), Some(&0));
}

/// A visitor that is stopped keeps all segments that it might reach; they go when it goes.
#[test]
fn stalled_visit() {
    let segments = Segments::new();
    let visit = segments.front.memory.visit();
    (0..100 * SEGMENT).for_each(|n| push(&segments, n));
    (0..100 * SEGMENT).for_each(|n| assert_eq!(pop(&segments), Ok(n)));
    assert!(retired_count(&segments) > 90);
    drop(visit);
    assert_eq!(retired_count(&segments), 0);
}

#[test]
fn few_segments_stay() {
    few_stay::<Many>();
    few_stay::<One>();
}

fn few_stay<R: Receivers>() {
    let segments = Segments::<_, R>::starting_at(Position::new(0));
    for round in 1..50 {
        (0..round * SEGMENT).for_each(|n| push(&segments, n));
        (0..round * SEGMENT).for_each(|n| assert_eq!(pop(&segments), Ok(n)));
        assert_eq!(retired_count(&segments), 0);
    }
}

#[test]
fn credits_are_numbers() {
    let segments = Segments::new();
    assert_eq!(segments.reserve(MAX_CREDITS, MAX_CREDITS), Ok(MAX_CREDITS));
    assert!(!segments.has_room());
    assert_eq!(segments.reserve(1, 1), Err(NoRoom::Full));
    for n in 0..3 * SEGMENT {
        segments.push_reserved(Tail::is_abandoned, || n).unwrap();
    }
    push(&segments, 3 * SEGMENT);
    assert_eq!(
        segments.load(),
        (3 * SEGMENT + 1, MAX_CREDITS - 3 * SEGMENT)
    );
    segments.unreserve(MAX_CREDITS - 3 * SEGMENT);
    assert_eq!(
        pop_run(&segments, usize::MAX).unwrap().len(),
        3 * SEGMENT + 1
    );
}

#[test]
fn close_lets_credits_and_messages_through() {
    let segments = Segments::new();
    push(&segments, 1);
    assert_eq!(segments.reserve(1, 1), Ok(1));
    assert!(!segments.close().is_closed());
    assert_eq!(segments.push(|| 2), Err(NoRoom::Closed));
    assert_eq!(segments.push_run(2, || 2), Err(NoRoom::Closed));
    assert_eq!(pop(&segments), Ok(1));
    assert_eq!(pop(&segments), Err(NoItem::Empty));
    segments.push_reserved(Tail::is_abandoned, || 3).unwrap();
    assert_eq!(pop(&segments), Ok(3));
    assert_eq!(pop(&segments), Err(NoItem::Closed));
    assert!(segments.push_reserved(Tail::is_closed, || 4).is_none());
}

/// What is left is dropped with the storage, once, past panics.
#[test]
fn drops_what_is_left() {
    drops_the_rest::<Many>();
    drops_the_rest::<One>();
}

fn drops_the_rest<R: Receivers>() {
    struct Bomb(Arc<AtomicUsize>);

    impl Drop for Bomb {
        fn drop(&mut self) {
            if self.0.fetch_add(1, Ordering::Relaxed) % 3 == 0 {
                panic!("boom");
            }
        }
    }

    let dropped = Arc::new(AtomicUsize::new(1));
    let segments = Segments::<_, R>::starting_at(Position::new(0));
    for _ in 0..3 * SEGMENT {
        push(&segments, Bomb(dropped.clone()));
    }
    drop(pop(&segments).ok());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(segments))).is_err());
    assert_eq!(dropped.load(Ordering::Relaxed), 1 + 3 * SEGMENT);
}

#[test]
fn messages_of_every_size() {
    let none = Segments::new();
    (0..3 * SEGMENT).for_each(|_| push(&none, ()));
    assert_eq!(none.load().0, 3 * SEGMENT);
    (0..3 * SEGMENT).for_each(|_| pop(&none).unwrap());
    assert_eq!(pop(&none), Err(NoItem::Empty));
    let large = Segments::new();
    (0..2 * SEGMENT).for_each(|n| push(&large, [n as u64; 1 << 10]));
    (0..2 * SEGMENT).for_each(|n| assert_eq!(pop(&large).unwrap()[1023], n as u64));
}

/// Many threads on both sides: each message once, in order for each sender.
#[test]
fn by_threads() {
    through_threads::<Many>(2);
    // One at a time, of both ways to receive.
    through_threads::<One>(1);
}

fn through_threads<R: Receivers + 'static>(receivers: usize) {
    const EACH: u32 = if cfg!(miri) { 100 } else { 30_000 };
    let segments = Arc::new(Segments::<_, R>::starting_at(Position::new(0).minus(1000)));
    let senders: Vec<_> = (0..3_u32)
        .map(|id| {
            let segments = segments.clone();
            thread::spawn(move || {
                let mut n = 0;
                while n < EACH {
                    let most = 7.min((EACH - n) as usize);
                    let next = || {
                        n += 1;
                        Box::new((id, n))
                    };
                    match id {
                        0 => drop(segments.push_run(most, next)),
                        1 => {
                            segments.reserve(1, 1).unwrap();
                            segments.push_reserved(Tail::is_abandoned, next).unwrap();
                        }
                        _ => drop(segments.push(next)),
                    }
                }
            })
        })
        .collect();
    let receivers: Vec<_> = (0..receivers)
        .map(|id| {
            let segments = segments.clone();
            thread::spawn(move || {
                let mut last = [0; 3];
                let mut count = 0;
                let mut turn = id;
                let mut take = |message: Box<(u32, u32)>| {
                    let (sender, n) = *message;
                    assert!(last[sender as usize] < n, "in order");
                    last[sender as usize] = n;
                    count += 1;
                };
                loop {
                    turn += 1;
                    let taken = if turn % 2 == 0 {
                        segments.pop(&mut take, drop)
                    } else {
                        segments.pop_run(50, &mut take).map(drop)
                    };
                    match taken {
                        Err(NoItem::Closed) => break count,
                        Err(_) => thread::yield_now(),
                        Ok(()) => {}
                    }
                }
            })
        })
        .collect();
    senders
        .into_iter()
        .for_each(|sender| sender.join().unwrap());
    segments.close();
    let count: u32 = receivers.into_iter().map(|r| r.join().unwrap()).sum();
    assert_eq!(count, 3 * EACH);
}
