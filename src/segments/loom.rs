//! Loom models of the segments alone, of two slots each. Bounds and state counts: `docs/verification.md`.
//!
//! As in the models of the ring, at most one thread of a model tries again until it succeeds.

use alloc::vec::Vec;

use loom::sync::Arc;
use loom::thread;

use super::segment::Segment;
use super::{Many, NoItem, NoRoom, One, Receivers, Segments, Tail};
use crate::index::Position;
use crate::storage::Storage;
use crate::sync::Deed;

const SEGMENT: usize = Segment::<u32>::LEN;

type Shared<R = Many> = Arc<Segments<u32, R>>;

/// A storage whose next position is the last one of a segment.
fn before_a_boundary<R: Receivers>() -> Shared<R> {
    let segments = Arc::new(Segments::starting_at(Position::new(0)));
    for n in 1..SEGMENT as u32 {
        push(&segments, n);
        assert_eq!(try_pop(&segments), Some(n));
    }
    segments
}

fn push<R: Receivers>(segments: &Segments<u32, R>, message: u32) {
    segments.push(|| message).unwrap();
}

fn try_pop<R: Receivers>(segments: &Segments<u32, R>) -> Option<u32> {
    let mut message = None;
    let _ = segments.pop(|taken| message = Some(taken), drop);
    message
}

fn glance(segments: &Segments<u32>) -> Option<u32> {
    let mut message = None;
    segments.glance_pop(|taken| message = Some(taken), drop);
    message
}

fn pop<R: Receivers>(segments: &Segments<u32, R>) -> u32 {
    loop {
        match try_pop(segments) {
            Some(message) => return message,
            None => thread::yield_now(),
        }
    }
}

fn spawn<R: Receivers + 'static, V: 'static>(
    segments: &Shared<R>,
    act: impl FnOnce(&Segments<u32, R>) -> V + 'static,
) -> thread::JoinHandle<V> {
    let segments = segments.clone();
    thread::spawn(move || act(&segments))
}

/// Both come to the end of the segment: one links the next, whoever that is, and neither waits.
#[test]
fn segments_two_senders_over_a_boundary() {
    loom::model(|| {
        let segments: Shared = before_a_boundary();
        let other = spawn(&segments, |segments| push(segments, 10));
        push(&segments, 20);
        other.join().unwrap();
        assert_eq!(segments.load(), (2, 0));
        assert_eq!(pop(&segments) + pop(&segments), 30);
        assert_eq!(try_pop(&segments), None);
    });
}

#[test]
fn segments_two_senders_at_a_boundary() {
    loom::model(|| {
        let segments = Arc::new(Segments::<_, Many>::starting_at(Position::new(0).minus(1)));
        push(&segments, 5);
        let other = spawn(&segments, |segments| push(segments, 10));
        push(&segments, 20);
        assert_eq!(pop(&segments), 5);
        other.join().unwrap();
        assert_eq!(pop(&segments) + pop(&segments), 30);
    });
}

/// FIFO through three segments, of which the first is used again for the third or later.
#[test]
fn segments_one_to_one_over_boundaries() {
    one_to_one_over_boundaries::<Many>();
}

#[test]
fn segments_one_receiver_over_boundaries() {
    one_to_one_over_boundaries::<One>();
}

fn one_to_one_over_boundaries<R: Receivers + 'static>() {
    loom::model(|| {
        let segments: Shared<R> = before_a_boundary();
        let sender = spawn(&segments, |segments| {
            for n in 1..=4 {
                push(segments, n);
            }
        });
        for n in 1..=4 {
            assert_eq!(pop(&segments), n);
        }
        assert_eq!(try_pop(&segments), None);
        sender.join().unwrap();
    });
}

/// One receiver is at the end of a segment while the other one leaves it, retires it and uses it again.
#[test]
fn segments_two_receivers_over_a_boundary() {
    loom::model(|| {
        let segments: Shared = before_a_boundary();
        (1..=2).for_each(|n| push(&segments, n));
        let other = spawn(&segments, try_pop);
        let own = try_pop(&segments);
        push(&segments, 3);
        push(&segments, 4);
        let other = other.join().unwrap();
        let mut sum: u32 = [own, other].into_iter().flatten().sum();
        while let Some(n) = try_pop(&segments) {
            sum += n;
        }
        assert_eq!(sum, 10);
    });
}

/// A receiver reads from a segment that another one retires meanwhile, and a sender would like to have.
#[test]
fn segments_slow_reader_and_reuse() {
    loom::model(|| {
        let segments: Shared = before_a_boundary();
        (1..=2).for_each(|n| push(&segments, n));
        let other = spawn(&segments, try_pop);
        let mut sum = 0;
        for n in 3..=5 {
            sum += try_pop(&segments).unwrap_or(0);
            push(&segments, n);
        }
        sum += other.join().unwrap().unwrap_or(0);
        while let Some(n) = try_pop(&segments) {
            sum += n;
        }
        assert_eq!(sum, 15);
    });
}

/// A sender that comes to the end of a segment with others far ahead does no harm there.
#[test]
fn segments_slow_sender_and_reuse() {
    slow_sender_and_reuse::<Many>();
}

#[test]
fn segments_one_receiver_and_reuse() {
    slow_sender_and_reuse::<One>();
}

fn slow_sender_and_reuse<R: Receivers + 'static>() {
    loom::model(|| {
        let segments: Shared<R> = before_a_boundary();
        push(&segments, 1);
        let other = spawn(&segments, |segments| push(segments, 100));
        let mut sum = 0;
        for n in 2..=4 {
            push(&segments, n);
            sum += try_pop(&segments).unwrap_or(0);
        }
        other.join().unwrap();
        while let Some(n) = try_pop(&segments) {
            sum += n;
        }
        assert_eq!(sum, 110);
    });
}

/// A sender that has moved on at a glance tells others by `tail` which segment that was in, though somebody else has advanced
/// to it.
#[test]
fn segments_place_of_a_glance_is_known() {
    loom::model(|| {
        let segments: Shared = before_a_boundary();
        push(&segments, 1);
        let stopped = spawn(&segments, Segments::go_on);
        let other = spawn(&segments, |segments| segments.glance_push(|| 10).is_some());
        push(&segments, 100);
        stopped.join().unwrap();
        let sent = other.join().unwrap();
        let mut sum = 0;
        while let Some(n) = try_pop(&segments) {
            sum += n;
        }
        assert_eq!(sum, if sent { 111 } else { 101 });
    });
}

/// A receiver that has only glanced at others' moves knows from `head` which segment is the first one now. (Those with the
/// same parity are the same to it otherwise.)
#[test]
fn segments_place_is_known_at_a_glance() {
    place_is_known(|segments, got| match glance(segments) {
        Some(n) => got.push(n),
        None => _ = segments.look(segments.head()),
    });
}

/// The same, when the others have claimed their messages with another look.
#[test]
fn segments_place_of_a_claim_is_known() {
    place_is_known(|segments, got| got.extend(try_pop(segments)));
}

fn place_is_known(take: fn(&Segments<u32>, &mut Vec<u32>)) {
    loom::model(move || {
        let segments: Shared = before_a_boundary();
        (1..=5).for_each(|n| push(&segments, n));
        let other = spawn(&segments, glance);
        let mut got = Vec::new();
        while got.len() < 4 && segments.load().0 > 0 {
            take(&segments, &mut got);
        }
        got.extend(other.join().unwrap());
        while let Some(n) = try_pop(&segments) {
            got.push(n);
        }
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3, 4, 5]);
    });
}

/// Two receivers glance at a row of two messages: the one that is overtaken goes on and takes the other.
#[test]
fn segments_two_glances_at_a_row() {
    loom::model(|| {
        let segments: Shared = Arc::new(Segments::new());
        (1..=2).for_each(|n| push(&segments, n));
        segments.look(segments.head()).unwrap();
        let other = spawn(&segments, glance);
        let mut got = [glance(&segments), other.join().unwrap()];
        got.sort_unstable();
        assert_eq!(got, [Some(1), Some(2)]);
    });
}

/// A receiver takes a message that another one has seen.
#[test]
fn segments_seen_by_another_receiver() {
    loom::model(|| {
        let segments = Arc::new(Segments::new());
        let first = spawn(&segments, |segments| {
            let _ = segments.look(segments.head());
        });
        let second = spawn(&segments, try_pop);
        (1..=SEGMENT as u32 + 1).for_each(|n| push(&segments, n));
        first.join().unwrap();
        let got = second.join().unwrap();
        assert_eq!(try_pop(&segments), Some(got.map_or(1, |n| n + 1)));
    });
}

/// A sender looks at a segment that a receiver has just taken out of the row. It goes away with nothing done, so that only
/// the end of its visit says that the segment is free now.
#[test]
fn segments_reuse_after_a_vain_visit() {
    loom::model(|| {
        let segments: Shared = before_a_boundary();
        push(&segments, 1);
        assert_eq!(segments.reserve(3, 3), Ok(3));
        let other = spawn(&segments, |segments| {
            let push = |message| segments.push_reserved(Tail::is_abandoned, || message);
            push(2).unwrap();
            segments.close();
            let first = try_pop(segments).unwrap_or(0) + try_pop(segments).unwrap_or(0);
            push(3).unwrap();
            push(4).unwrap();
            first
        });
        let sent = segments.push(|| 10).is_ok();
        let mut sum = other.join().unwrap();
        while let Some(n) = try_pop(&segments) {
            sum += n;
        }
        assert_eq!(sum, if sent { 20 } else { 10 });
    });
}

/// The first message against the last receiver, which drains what it finds; the storage takes the rest with it.
#[test]
fn r081_first_send_against_the_last_receiver() {
    loom::model(|| {
        let segments = Arc::new(Segments::new());
        let message = Arc::new(());
        let sender = {
            let (segments, message) = (segments.clone(), message.clone());
            thread::spawn(move || {
                for _ in 0..SEGMENT + 1 {
                    let _ = segments.push(|| message.clone());
                }
            })
        };
        segments.abandon();
        let _ = segments.pop(drop, drop);
        sender.join().unwrap();
        drop(segments);
        assert_eq!(Arc::strong_count(&message), 1);
    });
}

/// A permit is used while others cross the boundary.
#[test]
fn segments_credit_over_a_boundary() {
    loom::model(|| {
        let segments: Shared = before_a_boundary();
        assert_eq!(segments.reserve(2, 2), Ok(2));
        let holder = spawn(&segments, |segments| {
            segments.push_reserved(Tail::is_abandoned, || 10).unwrap();
            segments.unreserve(1);
        });
        push(&segments, 20);
        holder.join().unwrap();
        assert_eq!(segments.load(), (2, 0));
        assert_eq!(pop(&segments) + pop(&segments), 30);
    });
}

/// Runs end at the end of a segment.
#[test]
fn segments_runs() {
    loom::model(|| {
        let segments: Shared = before_a_boundary();
        let sender = spawn(&segments, |segments| {
            let mut next = 1..=4;
            let mut left = 4;
            while left > 0 {
                let (n, _) = segments.push_run(left, || next.next().unwrap()).unwrap();
                left -= n;
            }
        });
        let mut got = Vec::new();
        while got.len() < 4 {
            if segments.pop_run(4, |n| got.push(n)).is_err() {
                thread::yield_now();
            }
        }
        assert_eq!(got, [1, 2, 3, 4]);
        sender.join().unwrap();
    });
}

/// A claim before the close is delivered, one after it fails; the end is seen only when nothing is left.
#[test]
fn segments_close_is_exact() {
    loom::model(|| {
        let segments: Shared = before_a_boundary();
        push(&segments, 1);
        let sender = spawn(&segments, |segments| segments.push(|| 2).is_ok());
        let closer = spawn(&segments, |segments| {
            segments.close();
            assert_eq!(segments.push(|| 3), Err(NoRoom::Closed));
        });
        let mut got = 0;
        loop {
            match segments.pop(|n| got += n, drop) {
                Ok(_) => {}
                Err(NoItem::Closed) => break,
                Err(_) => thread::yield_now(),
            }
        }
        closer.join().unwrap();
        assert_eq!(sender.join().unwrap(), got == 3);
    });
}

/// The last message of a closed storage goes to one receiver; the other one is told of the end, and not that it is busy.
#[test]
fn segments_the_end_is_no_busy() {
    loom::model(|| {
        let segments = Arc::new(Segments::new());
        for n in 0..3 {
            push(&segments, n); // the last is the first of a segment, and not known to be there
        }
        assert_eq!((pop(&segments), pop(&segments)), (0, 1));
        segments.close();
        let take = |segments: &Segments<u32>| segments.pop(drop, drop);
        let other = spawn(&segments, take);
        let own = take(&segments);
        let other = other.join().unwrap();
        assert!(own.is_ok() != other.is_ok());
        assert_eq!(own.and(other), Err(NoItem::Closed));
    });
}

/// What was done before a close is seen by the receiver and the sender that are told of it.
#[test]
fn segments_close_publishes_what_was_done_before() {
    loom::model(|| {
        let segments = Arc::new(Segments::<u32>::new());
        let data = Arc::new(Deed::new());
        let closer = {
            let (segments, data) = (segments.clone(), data.clone());
            thread::spawn(move || {
                data.perform();
                segments.close();
            })
        };
        if let Err(NoRoom::Closed) = segments.push(|| 1) {
            assert!(data.is_done());
        }
        closer.join().unwrap();
    });
}

// --- one receiver ---------------------------------------------------------------------------------------------------

/// It leaves a segment while two senders come to the end of it: one that links the next and stays there, and one that uses it.
#[test]
fn segments_one_receiver_of_two_senders() {
    loom::model(|| {
        let segments: Shared<One> = before_a_boundary();
        push(&segments, 1);
        let others = [10, 20].map(|n| spawn(&segments, move |segments| push(segments, n)));
        let mut sum = 0;
        while sum < 31 {
            match try_pop(&segments) {
                Some(n) => sum += n,
                None => thread::yield_now(),
            }
        }
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(sum, 31);
    });
}

/// Runs, glances and single messages, by one thread and then by another one.
#[test]
fn segments_one_receiver_after_another() {
    loom::model(|| {
        let segments: Shared<One> = before_a_boundary();
        let sender = spawn(&segments, |segments| {
            for n in 1..=4 {
                push(segments, n);
            }
        });
        let first = spawn(&segments, |segments| {
            let mut got = Vec::new();
            let _ = segments.pop_run(2, |n| got.push(n));
            got
        });
        let mut got = first.join().unwrap();
        segments.glance_pop(|n| got.push(n), drop);
        sender.join().unwrap();
        while let Some(n) = try_pop(&segments) {
            got.push(n);
        }
        assert_eq!(got, [1, 2, 3, 4]);
    });
}
