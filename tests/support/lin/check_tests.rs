//! The checker is checked: histories known to be good pass, histories known to be bad do not, and a generated good
//! history stays good when it is cut short and turns bad when an answer in it is changed.

use super::check::{Rule, Verdict, check};
use super::history::{Action::*, Call, History, PENDING};
use super::rng::Rng;
use super::spec::{Excuse, State};

const BUDGET: usize = 1_000_000;

/// `(thread, begin, end, steps)`
type Row<'a> = (usize, u64, u64, &'a [super::history::Action]);

fn history(capacity: usize, rows: &[Row]) -> History {
    let call = |&(thread, begin, end, steps): &Row| Call {
        thread,
        name: "",
        begin,
        end,
        steps: steps.to_vec(),
        granted: 0,
        perhaps: false,
    };
    History::new(capacity, rows.iter().map(call).collect())
}

fn verdict(capacity: usize, rule: Rule, rows: &[Row]) -> bool {
    match check(&history(capacity, rows), rule, BUDGET) {
        Verdict::Linearizable => true,
        Verdict::Impossible { .. } => false,
        Verdict::OutOfSteps => panic!("out of steps"),
    }
}

/// Good under the strict rule, and so under every rule.
#[track_caller]
fn good(capacity: usize, rows: &[Row]) {
    assert!(verdict(capacity, Rule::STRICT, rows));
    assert!(verdict(capacity, Rule::ALL, rows));
}

/// Bad even with both excuses.
#[track_caller]
fn bad(capacity: usize, rows: &[Row]) {
    assert!(!verdict(capacity, Rule::STRICT, rows));
    assert!(!verdict(capacity, Rule::ALL, rows));
}

/// Good under `rule`, and under none of the others alone.
#[track_caller]
fn excused(capacity: usize, rule: Rule, rows: &[Row]) {
    for one in [Rule::STRICT, Rule::GRANTED, Rule::LATE_EMPTY, Rule::LATE_FULL, Rule::LATE_COUNT] {
        assert_eq!(verdict(capacity, one, rows), one == rule, "{one:?}");
    }
    assert!(verdict(capacity, Rule::ALL, rows));
}

#[test]
fn order() {
    good(2, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Push(2)]), (1, 4, 5, &[Pop(1)]), (1, 6, 7, &[Pop(2)])]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Push(2)]), (1, 4, 5, &[Pop(2)]), (1, 6, 7, &[Pop(1)])]);
    // Sends that overlap may come out either way.
    good(2, &[(0, 0, 3, &[Push(1)]), (1, 1, 2, &[Push(2)]), (2, 4, 5, &[Pop(2)]), (2, 6, 7, &[Pop(1)])]);
    // Receives that overlap may have taken either.
    good(2, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Push(2)]), (1, 4, 7, &[Pop(2)]), (2, 5, 6, &[Pop(1)])]);
    // A batch keeps its own order, but may be interleaved.
    good(3, &[(0, 0, 9, &[Push(1), Push(2)]), (1, 1, 2, &[Push(3)]), (2, 10, 11, &[Pop(1), Pop(3), Pop(2)])]);
    bad(3, &[(0, 0, 9, &[Push(1), Push(2)]), (1, 1, 2, &[Push(3)]), (2, 10, 11, &[Pop(2), Pop(1), Pop(3)])]);
}

#[test]
fn messages_are_neither_lost_nor_made() {
    bad(2, &[(0, 0, 1, &[Push(1)]), (1, 2, 3, &[Empty])]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (1, 2, 3, &[NoMore])]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Push(2)]), (1, 4, 5, &[Pop(1)]), (1, 6, 7, &[Empty])]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (1, 2, 3, &[Pop(1)]), (1, 4, 5, &[Pop(1)])]);
    bad(2, &[(1, 2, 3, &[Pop(1)])]);
    // Taken before it was sent.
    bad(2, &[(1, 0, 1, &[Pop(1)]), (0, 2, 3, &[Push(1)])]);
    // A cancelled send must not have sent, a cancelled receive must not have taken.
    bad(2, &[(0, 0, 3, &[]), (1, 1, 4, &[Pop(1)])]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (1, 2, 3, &[]), (1, 4, 5, &[Empty])]);
    good(2, &[(0, 0, 1, &[Push(1)]), (1, 2, 3, &[]), (1, 4, 5, &[Pop(1)])]);
}

#[test]
fn bound() {
    bad(1, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Push(2)])]);
    bad(2, &[(0, 0, 9, &[Push(1)]), (1, 1, 8, &[Push(2)]), (2, 2, 7, &[Push(3)])]);
    good(1, &[(0, 0, 1, &[Push(1)]), (0, 2, 5, &[Push(2)]), (1, 3, 4, &[Pop(1)])]);
    good(1, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Full(1)])]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Full(1)])]);
    good(2, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Full(2)])]);
    good(2, &[(0, 2, 3, &[Full(3)])]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (1, 2, 3, &[Pop(1)]), (0, 4, 5, &[Full(2)])]);
}

#[test]
fn close() {
    bad(2, &[(0, 0, 1, &[Close(true)]), (0, 2, 3, &[Push(1)])]);
    good(2, &[(0, 0, 3, &[Close(true)]), (1, 1, 2, &[Push(1)]), (1, 4, 5, &[Pop(1)]), (1, 6, 7, &[RecvClosed])]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Close(true)]), (1, 4, 5, &[RecvClosed])]);
    bad(2, &[(0, 0, 1, &[Close(true)]), (1, 2, 3, &[Empty])]);
    bad(2, &[(1, 2, 3, &[RecvClosed])]);
    bad(2, &[(1, 2, 3, &[SendClosed])]);
    bad(2, &[(0, 0, 1, &[Close(true)]), (0, 2, 3, &[Full(1)])]);
    good(2, &[(0, 0, 3, &[Close(false)]), (1, 1, 2, &[Close(true)])]);
    bad(2, &[(0, 0, 3, &[Close(true)]), (1, 1, 2, &[Close(true)])]);
    bad(2, &[(0, 0, 1, &[Close(false)]), (1, 2, 3, &[Close(true)])]);
}

#[test]
fn permits() {
    bad(1, &[(0, 0, 1, &[Reserve(1)]), (0, 2, 3, &[Push(1)])]);
    good(1, &[(0, 0, 1, &[Reserve(1)]), (0, 2, 3, &[Full(1)]), (0, 4, 5, &[PermitDrop(1)]), (0, 6, 7, &[Push(1)])]);
    bad(1, &[(0, 0, 1, &[PermitSend(1)])]);
    bad(1, &[(0, 0, 1, &[PermitDrop(1)])]);
    // Receivers of a closed channel wait for what a permit may still bring.
    let taken: [Row; 2] = [(0, 0, 1, &[Reserve(1)]), (1, 2, 3, &[Close(true)])];
    good(1, &[
        taken[0], taken[1], (2, 4, 5, &[Empty]), (0, 6, 7, &[PermitSend(1)]), (2, 8, 9, &[Pop(1)]),
        (2, 10, 11, &[RecvClosed]),
    ]);
    bad(1, &[taken[0], taken[1], (2, 4, 5, &[RecvClosed]), (0, 6, 7, &[PermitSend(1)])]);
    bad(1, &[taken[0], taken[1], (0, 4, 5, &[PermitDrop(1)]), (2, 6, 7, &[Empty])]);
    bad(1, &[taken[1], (0, 4, 5, &[Reserve(1)])]);
}

#[test]
fn force_send() {
    good(1, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Evict(1), Push(2)]), (1, 4, 5, &[Pop(2)])]);
    // Evicted although there was room, evicted something younger.
    bad(2, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Evict(1), Push(2)])]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Push(2)]), (0, 4, 5, &[Evict(2), Push(3)])]);
    good(1, &[(0, 0, 1, &[Reserve(1)]), (0, 2, 3, &[NothingToEvict])]);
    bad(2, &[(0, 0, 1, &[Reserve(1)]), (0, 2, 3, &[NothingToEvict])]);
    bad(1, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[NothingToEvict])]);
}

#[test]
fn counts() {
    good(2, &[
        (0, 0, 1, &[Push(1)]), (0, 2, 5, &[Push(2)]), (1, 3, 4, &[Len(1)]), (1, 6, 7, &[Len(2)]),
        (1, 8, 9, &[IsFull(true)]),
    ]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (0, 2, 5, &[Push(2)]), (1, 3, 4, &[Len(2)]), (1, 6, 7, &[Len(1)])]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (1, 2, 3, &[Len(0)])]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (1, 2, 3, &[IsFull(true)])]);
    good(2, &[(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Reserve(1)]), (1, 4, 5, &[IsFull(true)]), (1, 6, 7, &[Len(1)])]);
    bad(2, &[(0, 0, 1, &[Close(true)]), (1, 2, 3, &[IsClosed(false)])]);
}

#[test]
fn calls_that_never_returned() {
    // The first send may have happened, and a message that nobody took may have been taken by the receive.
    good(2, &[(0, 0, PENDING, &[Push(1)]), (1, 1, 2, &[Pop(1)])]);
    good(2, &[(0, 0, PENDING, &[Push(1)]), (1, 1, 2, &[Empty])]);
    good(2, &[(0, 0, 1, &[Push(1)]), (1, 2, PENDING, &[PopAny]), (2, 3, 4, &[Empty])]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (1, 5, PENDING, &[PopAny]), (2, 3, 4, &[Empty])]);
    bad(2, &[(1, 1, 2, &[Pop(1)]), (0, 3, PENDING, &[Push(1)])]);
}

#[test]
fn empty_is_excused_by_the_send_of_the_oldest_message_only() {
    // The oldest message is still being sent: it may be claimed and unpublished, and hides the one behind it.
    excused(2, Rule::LATE_EMPTY, &[
        (0, 0, 5, &[Push(1)]), (1, 1, 2, &[Push(2)]), (2, 3, 4, &[Empty]), (2, 6, 7, &[Pop(1)]), (2, 8, 9, &[Pop(2)]),
    ]);
    // A send that overlaps but comes behind a finished one excuses nothing.
    bad(2, &[(0, 0, 1, &[Push(1)]), (1, 2, 5, &[Push(2)]), (2, 3, 4, &[Empty])]);
    // Neither does one that found no room, nor one that was cancelled.
    bad(1, &[(0, 0, 1, &[Push(1)]), (1, 2, 5, &[Full(1)]), (2, 3, 4, &[Empty])]);
    bad(1, &[(0, 0, 1, &[Push(1)]), (1, 2, 5, &[]), (2, 3, 4, &[Empty])]);
    // Closed is never excused: what was claimed must still be delivered.
    bad(2, &[
        (0, 0, 5, &[Push(1)]), (1, 1, 2, &[Push(2)]), (1, 3, 4, &[Close(true)]), (2, 4, 5, &[RecvClosed]),
        (2, 6, 7, &[Pop(1)]),
    ]);
}

#[test]
fn full_is_excused_by_the_receive_of_the_message_one_capacity_back_only() {
    let start: [Row; 2] = [(0, 0, 1, &[Push(1)]), (0, 2, 3, &[Push(2)])];
    // The place of message 1 may not be free yet: the receive that took it has not returned.
    excused(2, Rule::LATE_FULL, &[
        start[0], start[1], (1, 4, 9, &[Pop(1)]), (2, 5, 6, &[Len(1)]), (2, 7, 8, &[Full(1)]),
    ]);
    // It may hold up others, but others do not hold it up.
    excused(2, Rule::LATE_FULL, &[start[0], start[1], (1, 4, 9, &[Pop(1)]), (2, 5, 6, &[Pop(2)]), (2, 7, 8, &[Full(1)])]);
    bad(2, &[start[0], start[1], (1, 4, 5, &[Pop(1)]), (2, 6, 9, &[Pop(2)]), (2, 7, 8, &[Full(1)])]);
    // It has returned.
    bad(2, &[start[0], start[1], (1, 4, 5, &[Pop(1)]), (2, 7, 8, &[Full(1)])]);
    // A running receive that took nothing, or one whose place is not wanted yet.
    bad(2, &[start[0], start[1], (1, 4, 5, &[Pop(1)]), (1, 6, 9, &[]), (2, 7, 8, &[Full(1)])]);
    bad(3, &[start[0], start[1], (1, 4, 9, &[Pop(1)]), (2, 5, 6, &[Len(1)]), (2, 7, 8, &[Full(1)])]);
}

#[test]
fn counts_may_miss_running_sends() {
    // The old message is out of the count, the new one not yet in: there never were none.
    let start: [Row; 3] = [(0, 0, 1, &[Push(1)]), (0, 3, 4, &[Push(2)]), (0, 5, 6, &[Pop(1)])];
    excused(2, Rule::LATE_COUNT, &[start[0], start[1], start[2], (1, 2, 7, &[Len(0)])]);
    bad(2, &[start[0], start[1], start[2], (1, 7, 8, &[Len(0)])]);
    bad(2, &[(0, 0, 1, &[Push(1)]), (1, 2, 3, &[Len(0)])]);
    bad(2, &[(0, 0, 5, &[Push(1)]), (1, 1, 4, &[Len(2)])]);
}

#[test]
fn force_send_against_close() {
    let fails: [Row; 3] = [(0, 0, 1, &[Push(1)]), (0, 2, 6, &[SeenFull, EvictAny]), (0, 2, 7, &[SendClosed])];
    let mut h = history(1, &[fails[0], fails[1], fails[2], (1, 3, 4, &[Close(true)]), (1, 8, 9, &[RecvClosed])]);
    assert_eq!(h.calls[1].steps.len(), 2);
    h.calls[1].perhaps = true;
    assert_eq!(check(&h, Rule::STRICT, BUDGET), Verdict::Linearizable);
    h.calls[1].begin = 5;
    assert_ne!(check(&h, Rule::ALL, BUDGET), Verdict::Linearizable, "it began after the close");
}

#[test]
fn what_may_have_happened() {
    let perhaps = |end, after: u64| {
        let mut h = history(1, &[(0, 0, end, &[Reserve(1), PermitDrop(1)]), (1, 1, 2, &[Full(1)]), (1, after, after + 1, &[Push(1)])]);
        h.calls[0].perhaps = true;
        check(&h, Rule::ALL, BUDGET) == Verdict::Linearizable
    };
    assert!(perhaps(3, 4), "held, then given back");
    assert!(perhaps(9, 4), "given back before the call ended");
    let mut h = history(1, &[(0, 0, 1, &[Reserve(1), PermitDrop(1)]), (1, 2, 3, &[Full(1)])]);
    h.calls[0].perhaps = true;
    assert_ne!(check(&h, Rule::ALL, BUDGET), Verdict::Linearizable, "held after the call ended");
    let mut h = history(1, &[(0, 0, 9, &[Reserve(1), PermitDrop(1)]), (1, 2, 3, &[Full(1)]), (1, 4, 5, &[Push(1)]), (1, 6, 7, &[Close(true)])]);
    h.calls[0].perhaps = true;
    assert_eq!(check(&h, Rule::STRICT, BUDGET), Verdict::Linearizable);
}

/// A send that waits may have a place kept for it, and then it is full for others.
#[test]
fn room_may_be_granted() {
    let mut h = history(1, &[(0, 0, 9, &[Push(1)]), (1, 1, 2, &[Full(1)]), (1, 4, 5, &[Len(0)]), (1, 10, 11, &[Pop(1)])]);
    assert_ne!(check(&h, Rule::STRICT, BUDGET), Verdict::Linearizable);
    h.calls[0].granted = 1;
    assert_ne!(check(&h, Rule::STRICT, BUDGET), Verdict::Linearizable);
    assert_eq!(check(&h, Rule::GRANTED, BUDGET), Verdict::Linearizable);
    h.calls[0].begin = 3;
    assert_ne!(check(&h, Rule::ALL, BUDGET), Verdict::Linearizable, "before it began to wait");
}

/// The same steps in two orders, with the same messages left, differ in whose place is wanted next: message 1004 may
/// have been the sixth or the eighth. A checker that takes the two for one refuses this history.
#[test]
fn whose_place_is_wanted_depends_on_the_order() {
    excused(2, Rule::LATE_FULL, &[
        (0, 0, 9, &[Pop(2001)]), (1, 1, 5, &[Push(1001)]), (2, 2, 3, &[Push(2001)]), (2, 4, 7, &[Len(2)]),
        (1, 6, 11, &[Push(1002)]), (2, 8, 17, &[Push(2002)]), (0, 10, 13, &[Pop(1001)]),
        (1, 12, 28, &[Push(1003), Push(1004), Push(1005)]), (0, 14, 15, &[Pop(1002), NoMore]), (0, 16, 32, &[Pop(1004)]),
        (2, 18, 24, &[Push(2003), Full(1)]), (0, 19, 20, &[Pop(1003)]), (0, 21, 22, &[Pop(2002)]),
        (0, 23, 27, &[Pop(2003), Pop(2006), NoMore]), (2, 25, 26, &[Push(2006)]), (1, 29, 30, &[NothingToEvict]),
        (1, 31, 33, &[Push(1007)]), (1, 34, 35, &[Full(1)]), (3, 36, 37, &[Pop(1005)]), (3, 38, 39, &[Pop(1007)]),
    ]);
}

#[test]
fn running_out_of_steps_is_not_a_pass() {
    let steps: Vec<_> = (0..12).map(Push).collect();
    let mut rows: Vec<Row> = steps
        .iter()
        .map(|s| (0, 0, 9, std::slice::from_ref(s)))
        .collect();
    rows.push((1, 10, 11, &[Pop(99)]));
    assert_eq!(
        check(&history(12, &rows), Rule::STRICT, 1_000),
        Verdict::OutOfSteps
    );
}

/// Plays random steps on the specification itself, and stretches each call around the instant at which it took effect.
fn played(rng: &mut Rng, capacity: usize, calls: usize) -> History {
    let mut state = State::default();
    let mut out: Vec<Call> = Vec::new();
    while out.len() < calls {
        let v = out.len() as u32;
        let oldest = state.queue.front().copied().unwrap_or(1000);
        let action = [
            Push(v),
            Push(v),
            Push(v),
            Full(1),
            SendClosed,
            Pop(oldest),
            Pop(oldest),
            Empty,
            RecvClosed,
            Reserve(1),
        ]
        .into_iter()
        .chain([
            PermitSend(v),
            PermitDrop(1),
            Close(!state.closed),
            Len(state.queue.len()),
            Full(2),
        ])
        .nth(rng.below(15))
        .unwrap();
        if matches!(action, Close(_)) && !rng.one_in(4) {
            continue;
        }
        let Some(next) = state.step(capacity, action, Excuse::default()) else {
            continue;
        };
        state = next;
        let at = 100 * (out.len() as u64 + 1);
        let (begin, end) = (
            at - rng.below(300).min(at as usize) as u64,
            at + rng.below(300) as u64,
        );
        out.push(Call {
            thread: 0,
            name: "",
            begin,
            end,
            steps: vec![action],
            granted: 0,
        perhaps: false,
        });
    }
    History::new(capacity, out)
}

#[test]
fn generated_histories() {
    let mut rng = Rng::new(7);
    let (mut caught, mut changed) = (0, 0);
    for round in 0..2_000 {
        let good = played(&mut rng, 1 + round % 3, 20);
        assert_eq!(
            check(&good, Rule::STRICT, BUDGET),
            Verdict::Linearizable,
            "{good}"
        );

        // Cut short: calls that had begun and not ended become pending, later ones never were.
        let now = good.calls[rng.below(20)].end;
        let mut cut = good.clone();
        cut.calls.retain(|c| c.begin <= now);
        for call in cut.calls.iter_mut().filter(|c| c.end > now) {
            call.end = PENDING;
        }
        assert_eq!(
            check(&cut, Rule::STRICT, BUDGET),
            Verdict::Linearizable,
            "{cut}"
        );

        // One message is swapped for one that nobody sent: never good. One receive turned into Empty: rarely good.
        let pops: Vec<_> = (0..20)
            .filter(|&i| matches!(good.calls[i].steps[0], Pop(_)))
            .collect();
        if pops.is_empty() {
            continue;
        }
        let victim = pops[rng.below(pops.len())];
        let mut wrong = good.clone();
        wrong.calls[victim].steps = vec![Pop(5000)];
        assert!(
            matches!(check(&wrong, Rule::ALL, BUDGET), Verdict::Impossible { .. }),
            "{wrong}"
        );
        wrong.calls[victim].steps = vec![Empty];
        changed += 1;
        caught += usize::from(check(&wrong, Rule::STRICT, BUDGET) != Verdict::Linearizable);
    }
    assert!(
        caught * 2 > changed,
        "only {caught} of {changed} histories with a message taken away were refused"
    );
}
