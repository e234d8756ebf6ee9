//! The search for an order: Wing and Gong's, with Lowe's memory of what was tried.
//!
//! At each point the next step can be any one that began before every step still to come had ended. A combination of
//! "which steps are done" and "what state the queue is in" that failed once fails always, so each is tried once. With
//! the excuse of a late `Full`, the receives that took the last few messages belong to the state, too.

use super::history::{Action, History, PENDING, Value};
use super::spec::{Excuse, State};
use std::collections::{HashMap, HashSet};

/// Which answers of a concurrent queue are admitted although a sequential one would not give them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Room that is kept for a waiting send or reservation which has not come back for it yet.
    pub granted: bool,
    /// `Empty` while the send of the oldest message is still running.
    pub late_empty: bool,
    /// `Full` while the receive of the message is still running that stood one capacity before the place in question.
    /// Places come free in order, so this one may hold up others that are free already.
    pub late_full: bool,
    /// `len` and `is_full` missing messages whose sends are still running.
    pub late_count: bool,
}

impl Rule {
    pub(crate) const STRICT: Rule = Rule {
        granted: false,
        late_empty: false,
        late_full: false,
        late_count: false,
    };
    pub(crate) const GRANTED: Rule = Rule {
        granted: true,
        ..Rule::STRICT
    };
    pub(crate) const LATE_EMPTY: Rule = Rule {
        late_empty: true,
        ..Rule::STRICT
    };
    pub(crate) const LATE_FULL: Rule = Rule {
        late_full: true,
        ..Rule::STRICT
    };
    pub(crate) const LATE_COUNT: Rule = Rule {
        late_count: true,
        ..Rule::STRICT
    };
    pub(crate) const ALL: Rule = Rule {
        granted: true,
        late_empty: true,
        late_full: true,
        late_count: true,
    };
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Linearizable,
    /// No order exists. The longest one that was found is given as calls of the history, in order.
    Impossible {
        longest: Vec<usize>,
    },
    /// The search was given up: this says nothing about the history, and must be treated as a failure of the test.
    OutOfSteps,
}

/// One step of one call.
#[derive(Clone, Copy, Debug)]
struct Item {
    call: usize,
    action: Action,
    begin: u64,
    end: u64,
    /// The step of the same call that comes first.
    after: Option<usize>,
    /// Need not be done, unless the step before it is.
    maybe: bool,
    /// So many places may be kept for other calls that run at the same time.
    granted: usize,
}

impl Item {
    fn overlaps(&self, other: &Item) -> bool {
        self.begin < other.end && other.begin < self.end
    }
}

/// A set of steps, by number.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Done([u128; 2]);

impl Done {
    const MAX: usize = 256;

    fn has(self, i: usize) -> bool {
        self.0[i / 128] & (1 << (i % 128)) != 0
    }

    fn with(mut self, i: usize) -> Self {
        self.0[i / 128] |= 1 << (i % 128);
        self
    }
}

struct Search {
    capacity: usize,
    rule: Rule,
    items: Vec<Item>,
    /// Which step put a message in, and which one took it out.
    sender_of: HashMap<Value, usize>,
    receiver_of: HashMap<Value, usize>,
    tried: HashSet<(Done, State, Vec<usize>)>,
    order: Vec<usize>,
    longest: Vec<usize>,
    steps_left: usize,
}

/// Looks for an order of the calls of `history`, trying at most `budget` steps.
pub(crate) fn check(history: &History, rule: Rule, budget: usize) -> Verdict {
    let items = items_of(history);
    assert!(
        items.len() <= Done::MAX,
        "a history of {} steps is too long for this checker",
        items.len()
    );
    let (mut sender_of, mut receiver_of) = (HashMap::new(), HashMap::new());
    for (i, item) in items.iter().enumerate() {
        if let Action::Pop(v) | Action::Evict(v) = item.action {
            receiver_of.entry(v).or_insert(i);
        }
        if let Action::Push(v) | Action::PermitSend(v) = item.action {
            assert!(
                sender_of.insert(v, i).is_none(),
                "message {v} is sent twice: the test itself is wrong"
            );
        }
    }
    let mut search = Search {
        capacity: history.capacity,
        rule,
        items,
        sender_of,
        receiver_of,
        tried: HashSet::new(),
        order: Vec::new(),
        longest: Vec::new(),
        steps_left: budget,
    };
    match search.from(Done::default(), State::default()) {
        Some(true) => Verdict::Linearizable,
        Some(false) => Verdict::Impossible {
            longest: search
                .longest
                .iter()
                .map(|&i| search.items[i].call)
                .collect(),
        },
        None => Verdict::OutOfSteps,
    }
}

fn items_of(history: &History) -> Vec<Item> {
    let mut items = Vec::new();
    for (call, c) in history.calls.iter().enumerate() {
        let others = history
            .calls
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != call);
        let running = others.filter(|(_, other)| c.begin < other.end && other.begin < c.end);
        let granted = running.map(|(_, other)| other.granted).sum();
        for (i, &action) in c.steps.iter().enumerate() {
            let after = (i > 0).then(|| items.len() - 1);
            items.push(Item {
                call,
                action,
                begin: c.begin,
                end: c.end,
                after,
                maybe: c.perhaps,
                granted,
            });
        }
    }
    items
}

impl Search {
    /// Whether `v`, put in now, has been taken out before a message that is in the queue already. Nothing can come of such an
    /// order; to know it at once spares a search through all orders of sends that nobody has received yet.
    fn overtakes(&self, v: Value, state: &State) -> bool {
        let Some(&own) = self.receiver_of.get(&v) else {
            return false;
        };
        let comes_later = |&other: &usize| {
            let (own_item, other_item) = (&self.items[own], &self.items[other]);
            own_item.end < other_item.begin || own_item.call == other_item.call && own < other
        };
        let mut others = state.queue.iter().filter_map(|u| self.receiver_of.get(u));
        others.any(comes_later)
    }

    /// Whether the steps not in `done` can follow from `state`; `None` when the budget ran out.
    fn from(&mut self, done: Done, state: State) -> Option<bool> {
        let open = |i: usize| !done.has(i);
        let owed = |i: &usize| {
            open(*i) && (!self.items[*i].maybe || self.items[*i].after.is_some_and(|a| !open(a)))
        };
        let all = 0..self.items.len();
        // Steps of calls that never returned need not have happened.
        let deadline = all
            .clone()
            .filter(owed)
            .map(|i| self.items[i].end)
            .min()
            .unwrap_or(PENDING);
        if deadline == PENDING {
            return Some(true);
        }
        let now = all
            .clone()
            .filter(|&i| !open(i))
            .map(|i| self.items[i].begin)
            .max()
            .unwrap_or(0);
        for i in all {
            let item = self.items[i];
            let in_time = now <= item.end && item.begin <= deadline;
            if !open(i) || !in_time || item.after.is_some_and(open) {
                continue;
            }
            if let Action::Push(v) | Action::PermitSend(v) = item.action {
                if self.overtakes(v, &state) {
                    continue;
                }
            }
            self.steps_left = self.steps_left.checked_sub(1)?;
            let excuse = self.excuse(i, &state);
            let Some(next) = state.step(self.capacity, item.action, excuse) else {
                continue;
            };
            let now_done = done.with(i);
            self.order.push(i);
            if !self
                .tried
                .insert((now_done, next.clone(), self.last_receives()))
            {
                self.order.pop();
                continue;
            }
            if self.order.len() > self.longest.len() {
                self.longest.clone_from(&self.order);
            }
            if self.from(now_done, next)? {
                return Some(true);
            }
            self.order.pop();
        }
        Some(false)
    }

    /// The receives of the last messages that were taken: as many as can stand in the way of a send.
    fn last_receives(&self) -> Vec<usize> {
        if !self.rule.late_full {
            return Vec::new();
        }
        use Action::{Evict, EvictAny, Pop, PopAny};
        let takes =
            |d: &usize| matches!(self.items[*d].action, Pop(_) | PopAny | Evict(_) | EvictAny);
        let mut last: Vec<_> = self
            .order
            .iter()
            .rev()
            .copied()
            .filter(takes)
            .take(self.capacity)
            .collect();
        last.reverse();
        last
    }

    fn excuse(&self, i: usize, state: &State) -> Excuse {
        let item = self.items[i];
        let running = |d: usize| self.items[d].overlaps(&item);
        let puts = |d: &usize| {
            matches!(
                self.items[*d].action,
                Action::Push(_) | Action::PermitSend(_)
            )
        };
        let done = || self.order.iter().copied();
        let mut excuse = Excuse::default();
        if self.rule.granted {
            excuse.granted = item.granted;
        }
        if self.rule.late_empty {
            let sender = state.queue.front().and_then(|v| self.sender_of.get(v));
            excuse.front_unpublished = sender.is_some_and(|&s| running(s));
        }
        if self.rule.late_full {
            let wanted = match item.action {
                Action::Full(n) => n,
                _ => 1,
            };
            // Messages are counted from 0 in the order in which they went in, which is that in which they go out.
            let end = done().filter(puts).count() + state.reserved;
            let received = done().filter(puts).count() - state.queue.len();
            // Those who have been given room stand before us.
            let end_with_grants = end..end + wanted + excuse.granted;
            let last = self.last_receives();
            excuse.room_unvacated =
                last.iter()
                    .zip(received - last.len()..)
                    .any(|(&receive, message)| {
                        end_with_grants.contains(&(message + self.capacity)) && running(receive)
                    });
        }
        if self.rule.late_count {
            excuse.being_counted = done().filter(puts).filter(|&d| running(d)).count();
        }
        excuse
    }
}
