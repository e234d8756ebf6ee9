//! A wait queue: the list, its lock, and the protocol of registering and telling.

use core::ptr::NonNull;
use core::task::Waker;

use super::eager::Eager;
use super::list::{List, Node, State};
use super::loans::Loans;
use super::lock::Lock;
use super::place::Queue;
use super::waiter::Waiter;
use crate::unwind::past_panics;

/// How many wakers are taken out under one hold of the lock.
const BATCH: usize = 16;

/// Those who wait for one kind of event, in order.
pub(crate) struct WaitQueue {
    list: Lock<List>,
    loans: Loans,
    pub(super) eager: Eager,
}

impl WaitQueue {
    pub(crate) fn new() -> Self {
        Self {
            list: Lock::new(List::new()),
            loans: Loans::new(),
            eager: Eager::new(),
        }
    }

    /// Somebody has asked in vain for what others may have on loan. Says whether a loan was revoked for that.
    pub(crate) fn asked_in_vain(&self) -> bool {
        self.loans.asked_in_vain() && self.list.with(|list| self.loans.revoke(list))
    }

    /// Tells the first waiter, whatever it waits for, after `take` has done its part under the lock; nobody when that
    /// is refused.
    pub(super) fn tell_after<R>(
        &self,
        take: impl FnOnce(NonNull<Node>) -> Option<R>,
    ) -> Option<(R, Option<Waker>)> {
        self.list.with(|list| {
            let taken = take(list.front_node()?)?;
            self.eager.tells();
            Some((taken, list.pop_front(State::Called)))
        })
    }

    /// Revokes all loans, and says how many there were.
    pub(crate) fn revoke_all(&self) -> usize {
        let mut revoked = 0;
        self.list.with(|list| {
            while self.loans.revoke(list) {
                revoked += 1;
            }
        });
        revoked
    }
}

/// What a gate has for a waiter that asks for credits.
pub(crate) enum Grant {
    /// So many, at least one.
    Some(u32),
    /// None, until a later notification.
    Nothing,
    /// None at this instant, and perhaps no later notification: the waiter must look for itself.
    Busy,
}

/// Where an operation waits, and how the other side learns that somebody does.
///
/// The handshake (W3): a waiter links itself, then *raises* a flag that the other side reads with the
/// read-modify-write by which it changes the state, then looks at the state once more. Since all changes of one word
/// are ordered, either the change comes later and sees the flag, or the look sees the change.
///
/// The flag falls when a notifier finds nobody, or the last waiter gives up; not when the last waiter is told, since
/// that one is likely to wait again soon. So a flag without a waiter costs one vain look under the lock, and parties
/// that wait for each other in turn leave it up.
///
/// All but `heard`, `waits`, `beckons` and the notifying methods are called under the queue's lock, where it has one.
pub(crate) trait Gate<Q: Queue = WaitQueue> {
    fn queue(&self) -> &Q;

    /// Somebody waits: the flag is up after this. Returns whether there may be something to do already.
    fn raise(&self) -> bool;

    /// Nobody waits any more.
    fn lower(&self);

    /// Whether there is something to do. To be told exactly where operations yield.
    fn beckons(&self) -> bool {
        true
    }

    /// One has begun to wait. Not under the lock.
    fn waits(&self) {}

    /// One that waited leaves without having been told.
    fn leaves(&self) {}

    /// One waiter is about to be told alone, or to be given what it asks for.
    fn tells(&self) {}

    /// A waiter that was told so has looked, or never will. Says whether others wait and there seems to be something left
    /// for them; for events that are not told to one waiter each.
    fn heard(&self) -> bool {
        false
    }

    /// Takes up to `most` credits for the first waiter, which asks for them.
    fn grant(&self, _most: u32) -> Grant {
        Grant::Nothing
    }

    /// What was done before the flag was last raised is seen after this: for queues without a lock.
    fn catches_up(&self) {}

    /// Tells the first waiters of `n` events.
    fn notify(&self, n: usize) {
        Q::notify(self, n);
    }

    /// Tells everybody who waits now, in order, past wakers that panic.
    fn notify_all(&self) {
        Q::notify_all(self);
    }
}

impl Queue for WaitQueue {
    type Waiter = Waiter;

    const LOCKS: bool = true;

    fn new() -> Self {
        Self::new()
    }

    fn eager(&self) -> &Eager {
        &self.eager
    }

    fn is_vacant(&self) -> bool {
        self.list.with(|list| list.is_empty())
    }

    fn notify<G: Gate + ?Sized>(gate: &G, n: usize) {
        if n == 1 {
            let (waker, _) = gate.queue().list.with(|list| tell_first(gate, list));
            if let Some(waker) = waker {
                waker.wake();
            }
        } else {
            let mut left = n;
            wake_each(gate, |list| {
                if left == 0 {
                    return None;
                }
                let (waker, used) = tell_first(gate, list);
                left = left.saturating_sub(used);
                waker
            });
        }
    }

    /// Who registers meanwhile (a waker may poll its task on the spot) gets a later ticket and is not told again.
    fn notify_all<G: Gate + ?Sized>(gate: &G) {
        let mut newcomers = None;
        wake_each(gate, |list| {
            let newcomers = *newcomers.get_or_insert_with(|| list.next_ticket());
            let told = loop {
                if list.front_ticket()? >= newcomers {
                    break None;
                }
                // Without a waker it has been told to look for itself already; it need not be told twice.
                let waker = list.pop_front(State::Called);
                if waker.is_some() {
                    gate.queue().eager.tells();
                    break waker;
                }
            };
            if list.is_empty() {
                gate.lower();
            }
            told
        });
    }
}

/// Tells the first waiter, or gives it what room there is. Says how many events that has used up.
fn tell_first<G: Gate + ?Sized>(gate: &G, list: &mut List) -> (Option<Waker>, usize) {
    let mut used = 0;
    loop {
        match list.front_missing() {
            None => {
                gate.lower();
                return (None, used);
            }
            Some(0) => {
                announce(gate, list);
                gate.queue().eager.tells();
                return (list.pop_front(State::Notified), used + 1);
            }
            Some(missing) => match gate.grant(missing) {
                Grant::Some(credits) => {
                    list.credit_front(credits);
                    used += credits as usize;
                    // The rest of the room may be held up for an instant by a receiver that did not see the flag, and
                    // then nobody else will tell: ask until the answer is Nothing or Busy.
                    if credits < missing {
                        continue;
                    }
                    announce(gate, list);
                    let waker = gate.queue().loans.across(list, List::grant_front);
                    if waker.is_some() {
                        return (waker, used);
                    }
                    // It has been told of an earlier event, to look for itself, and does not need it: the next one does.
                }
                Grant::Nothing => return (None, used),
                Grant::Busy => return (list.take_front_waker(), used),
            },
        }
    }
}

/// The first waiter is about to be told, and to tell others. A thread takes so long to wake up that they are told meanwhile.
fn announce<G: Gate + ?Sized>(gate: &G, list: &List) {
    if !list.front_is_thread() {
        gate.tells();
    }
}

/// Wakes everybody that `next` takes out, a batch of them for each hold of the lock.
fn wake_each<G: Gate + ?Sized>(gate: &G, mut next: impl FnMut(&mut List) -> Option<Waker>) {
    let mut batch = [const { None }; BATCH];
    let mut taken = 0..0;
    let mut full = true;
    past_panics(|| {
        if taken.is_empty() && full {
            taken = 0..gate.queue().list.with(|list| {
                for (n, place) in batch.iter_mut().enumerate() {
                    *place = next(list);
                    if place.is_none() {
                        return n;
                    }
                }
                BATCH
            });
            // One that is not full was the last: who comes after it looks for itself.
            full = taken.end == BATCH;
        }
        let waker = taken.next().and_then(|index| batch[index].take());
        match waker {
            Some(waker) => waker.wake(),
            None => return false,
        }
        true
    });
}

/// What a registered waiter finds when it looks after itself.
pub(super) enum Standing {
    /// Still in the list, with an up-to-date waker.
    Waits,
    /// Told meanwhile, or there may be something to do: try again.
    TryAgain,
}

/// Links `node`, asking for `credits`: a newcomer at the end, one that was told and found nothing at its old place.
///
/// # Safety
///
/// The node is not linked; it stays alive and in place until it has been told or removed (W2).
pub(super) unsafe fn enter<G: Gate>(
    gate: &G,
    node: NonNull<Node>,
    keeps_place: bool,
    credits: u32,
    waker: Waker,
) -> Standing {
    let (retry, woken) = gate.queue().list.with(|list| {
        // SAFETY: the contract is the caller's.
        unsafe {
            if keeps_place {
                list.reinsert(node, waker, credits);
            } else {
                list.push_back(node, waker, credits);
            }
        }
        // Before the look: events that come after it must not count on this waiter. Those that came before it did, and are
        // for whoever is first.
        let left = keeps_place && gate.heard();
        let retry = gate.raise();
        let woken = if left {
            tell_first(gate, list).0
        } else {
            serve(gate, list, retry && credits > 0)
        };
        (retry || left, woken)
    });
    wake_served(woken);
    if retry {
        Standing::TryAgain
    } else {
        Standing::Waits
    }
}

/// Makes sure that `node` waits with a waker for the task of `waker`.
///
/// # Safety
///
/// The node is alive and has been linked into the gate's queue.
pub(super) unsafe fn stay<G: Gate>(gate: &G, node: NonNull<Node>, waker: &Waker) -> Standing {
    let list = &gate.queue().list;
    // SAFETY: the contract is the caller's.
    let up_to_date = list.with(|list| unsafe { list.will_wake(node, waker) });
    match up_to_date {
        None => return Standing::TryAgain,
        Some(true) => return Standing::Waits,
        Some(false) => {}
    }
    // W5: cloned before the lock, the old one dropped after it.
    let waker = waker.clone();
    // SAFETY: the contract is the caller's.
    let replaced = list.with(|list| unsafe { list.replace_waker(node, waker) });
    match replaced {
        Ok(Some(_old)) => Standing::Waits,
        // It was told of an event to look for itself (`Grant::Busy`), and has found nothing: the event still stands. If
        // it is for this waiter, it is woken now.
        Ok(None) => {
            gate.notify(1);
            Standing::Waits
        }
        Err(_unused) => Standing::TryAgain,
    }
}

/// Those who ask for credits get them from whoever is at hand; here from one that has just come.
fn serve<G: Gate>(gate: &G, list: &mut List, wanted: bool) -> Option<Waker> {
    if wanted && list.front_missing().is_some_and(|missing| missing > 0) {
        tell_first(gate, list).0
    } else {
        None
    }
}

fn wake_served(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// What a waiter that has left its queue leaves to do, in foreign code.
pub(super) struct Left {
    /// The credits that it asked for and did not get.
    pub(super) missing: u32,
    /// To be dropped (W5).
    pub(super) waker: Option<Waker>,
    /// It had been told of an event that it does not need: the next one does (W4).
    pub(super) passes_on: bool,
}

/// Takes `node` out of the queue.
///
/// # Safety
///
/// The node is alive and has been linked into the gate's queue. Afterwards nobody touches it.
pub(super) unsafe fn leave<G: Gate>(gate: &G, node: NonNull<Node>) -> Left {
    // SAFETY: the contract is the caller's.
    let (was, waker) = unsafe { take_out(gate, node) };
    if matches!(was, State::Notified | State::Granted | State::Lent) {
        gate.heard();
    }
    Left {
        // SAFETY: the node is alive still.
        missing: unsafe { node.as_ref() }.missing(),
        // One that waited without a waker has been told to look for itself (`Grant::Busy`).
        passes_on: was == State::Notified || was == State::Waiting && waker.is_none(),
        waker,
    }
}

/// What has become of `node`. A loan is settled: it is the waiter's for good, or revoked.
///
/// # Safety
///
/// The node is alive and has been linked into the gate's queue.
pub(super) unsafe fn standing<G: Gate>(gate: &G, node: NonNull<Node>) -> State {
    // SAFETY: the node is alive.
    let state = unsafe { node.as_ref() }.state();
    if state != State::Lent {
        return state;
    }
    // SAFETY: the contract is the caller's.
    match unsafe { take_out(gate, node) }.0 {
        State::Lent => State::Granted,
        revoked => revoked,
    }
}

/// Takes `node` out unless somebody else has done so. Says what it was.
///
/// # Safety
///
/// As `leave`.
unsafe fn take_out<G: Gate>(gate: &G, node: NonNull<Node>) -> (State, Option<Waker>) {
    // SAFETY: the node is alive.
    let state = unsafe { node.as_ref() }.state();
    if !matches!(state, State::Waiting | State::Lent) {
        // It is out of the list, and the lock need not be taken.
        return (state, None);
    }
    gate.queue().list.with(|list| {
        let loans = &gate.queue().loans;
        // SAFETY: the contract is the caller's.
        let (was, waker) = loans.across(list, |list| unsafe { list.remove(node) });
        if was == State::Waiting {
            gate.leaves();
            if list.is_empty() {
                gate.lower();
            }
        }
        (was, waker)
    })
}
