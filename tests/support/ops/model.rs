//! The sequential model: what a channel is, without threads, wakers and memory.
//!
//! Every method is one operation and returns the [`Outcome`] that the real channel must have.

use std::collections::{BTreeMap, VecDeque};

use super::cell::Cell;
use super::line::{Line, Standing};
use super::message::Id;
use super::waits::{Due, List, TaskId, Waits};
use super::watcher::WakerId;

/// What an operation says, with the messages by identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It waits.
    Pending,
    /// It is done, and there is nothing more to say.
    Done,
    /// This many messages were sent.
    Sent(usize),
    /// `force_send` was done, and this message came back.
    Evicted(Option<Id>),
    /// Not sent.
    Full(Vec<Id>),
    /// Not sent.
    Closed(Vec<Id>),
    /// Not sent.
    TimedOut(Vec<Id>),
    /// So many permits were given out.
    Permits(usize),
    /// These messages were received.
    Received(Vec<Id>),
    /// Nothing to receive now.
    Empty,
    /// Nothing to receive any more.
    End,
}

/// What a future is about.
#[derive(Debug)]
pub enum Goal {
    /// Sends these, in order.
    Send {
        unsent: VecDeque<Id>,
        /// By `send_many`.
        batch: bool,
    },
    /// This many permits.
    Reserve(usize),
    /// Receives at most `limit`, or one if there is none.
    Receive {
        limit: Option<usize>,
    },
    Closed,
}

/// The receiver of an `mpsc` channel, where it waits by itself and not by a future.
const RECEIVER: TaskId = 0;

/// How often a waiting send may be notified in vain before it asks for its place.
const PATIENCE: usize = 2;

#[derive(Debug)]
struct Task {
    goal: Goal,
    expired: bool,
}

#[derive(Debug)]
pub struct Model {
    /// `None`: without bound.
    capacity: Option<usize>,
    queue: VecDeque<Id>,
    /// Permits that somebody holds, for good if they are forgotten.
    permits: usize,
    closed: bool,
    senders: usize,
    receivers: usize,
    tasks: BTreeMap<TaskId, Task>,
    /// Those who wait for messages, and for the close.
    waits: Waits,
    /// Where the one receiver of an `mpsc` channel waits instead.
    cell: Option<Cell>,
    /// Those who wait for room.
    line: Line,
}

impl Model {
    /// An `mpmc` channel with one sender and one receiver.
    pub fn new(capacity: Option<usize>) -> Self {
        Self {
            capacity,
            queue: VecDeque::new(),
            permits: 0,
            closed: false,
            senders: 1,
            receivers: 1,
            tasks: BTreeMap::new(),
            waits: Waits::default(),
            cell: None,
            // Without bound nobody waits for room.
            line: Line::new(capacity.unwrap_or(1)),
        }
    }

    /// An `mpsc` channel with one sender.
    pub fn mpsc(capacity: Option<usize>) -> Self {
        Self {
            cell: Some(Cell::default()),
            ..Self::new(capacity)
        }
    }

    // --- asking --------------------------------------------------------------------------------------------------

    pub fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    pub fn len(&self) -> usize {
        self.queue.len()
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    pub fn senders(&self) -> usize {
        self.senders
    }

    pub fn receivers(&self) -> usize {
        self.receivers
    }

    /// Permits, and what has been given to those who wait for room.
    pub fn reserved(&self) -> usize {
        self.permits + self.line.given()
    }

    /// Room that is neither taken nor promised.
    pub fn room(&self) -> usize {
        self.capacity.unwrap_or(usize::MAX) - self.len() - self.reserved()
    }

    pub fn is_full(&self) -> bool {
        self.room() == 0
    }

    /// More than can ever be reserved.
    fn is_too_many(&self, permits: usize) -> bool {
        self.capacity.is_some_and(|capacity| permits > capacity)
    }

    /// Whether nothing can be received any more.
    pub fn is_finished(&self) -> bool {
        self.closed && self.queue.is_empty() && self.reserved() == 0
    }

    /// The messages that exist: in the channel, and in futures that have not sent them.
    pub fn messages(&self) -> usize {
        let unsent = self.tasks.values().map(|task| match &task.goal {
            Goal::Send { unsent, .. } => unsent.len(),
            _ => 0,
        });
        self.len() + unsent.sum::<usize>()
    }

    pub fn is_told(&self, task: TaskId) -> bool {
        let by_cell = self.cell.as_ref().is_some_and(|cell| cell.is_told(task));
        by_cell || self.waits.is_told(task) || self.line.is_told(task)
    }

    /// The waker that the receiver of an `mpsc` channel has left.
    pub fn waker_in_cell(&self) -> Option<WakerId> {
        self.cell.as_ref()?.waker()
    }

    // --- sending -------------------------------------------------------------------------------------------------

    pub fn try_send(&mut self, message: Id) -> Outcome {
        let outcome = self.send_if_room(message);
        if matches!(outcome, Outcome::Full(_)) {
            self.asked_in_vain();
        }
        outcome
    }

    /// Room that is lent to somebody who does not come for it goes to others in the end.
    fn asked_in_vain(&mut self) {
        if self.line.asked_in_vain() {
            self.tell_senders(1);
        }
    }

    fn send_if_room(&mut self, message: Id) -> Outcome {
        if self.closed {
            return Outcome::Closed(vec![message]);
        }
        if self.room() == 0 {
            return Outcome::Full(vec![message]);
        }
        self.push([message]);
        Outcome::Done
    }

    /// Messages go in.
    fn push(&mut self, messages: impl IntoIterator<Item = Id>) {
        let before = self.len();
        self.queue.extend(messages);
        if self.len() > before {
            self.tell_receiver();
        }
    }

    fn tell_receiver(&mut self) {
        if let Some(cell) = &mut self.cell {
            cell.tell();
        }
    }

    /// Sends with a time limit of zero.
    pub fn send_at_once(&mut self, message: Id) -> Outcome {
        match self.try_send(message) {
            Outcome::Full(messages) => Outcome::TimedOut(messages),
            outcome => outcome,
        }
    }

    pub fn force_send(&mut self, message: Id) -> Outcome {
        match self.send_if_room(message) {
            Outcome::Done => Outcome::Evicted(None),
            Outcome::Full(_) => match self.queue.pop_front() {
                Some(oldest) => {
                    // The room is taken again.
                    self.line.tells(1);
                    self.push([message]);
                    Outcome::Evicted(Some(oldest))
                }
                None => {
                    self.asked_in_vain();
                    Outcome::Evicted(Some(message))
                }
            },
            outcome => outcome,
        }
    }

    /// Moves what fits from `messages` into the channel.
    pub fn try_send_many(&mut self, messages: &mut VecDeque<Id>) -> Outcome {
        if self.closed && !messages.is_empty() {
            return Outcome::Closed(vec![]);
        }
        let n = self.room().min(messages.len());
        self.push(messages.drain(..n));
        if n == 0 && !messages.is_empty() {
            self.asked_in_vain();
        }
        Outcome::Sent(n)
    }

    // --- receiving -----------------------------------------------------------------------------------------------

    pub fn try_recv(&mut self) -> Outcome {
        match self.queue.pop_front() {
            Some(message) => {
                let told = self.line.tells(1);
                self.tell_senders(told);
                Outcome::Received(vec![message])
            }
            None if self.is_finished() => Outcome::End,
            None => {
                self.found_nothing();
                Outcome::Empty
            }
        }
    }

    /// Takes up to `limit` messages.
    pub fn try_recv_many(&mut self, limit: usize) -> Outcome {
        let n = limit.min(self.len());
        let received = self.queue.drain(..n).collect();
        let told = self.line.tells(n);
        self.tell_senders(told);
        if limit > 0 && n == 0 && !self.is_finished() {
            self.found_nothing();
        }
        Outcome::Received(received)
    }

    /// A receiver finds the channel empty: whoever was told of room may never look.
    fn found_nothing(&mut self) {
        if self.line.is_throttled() {
            self.tell_senders(1);
        }
    }

    // --- futures -------------------------------------------------------------------------------------------------

    pub fn start(&mut self, id: TaskId, goal: Goal) {
        let expired = false;
        self.tasks.insert(id, Task { goal, expired });
    }

    /// The timer of `task` has gone off.
    pub fn expire(&mut self, task: TaskId) {
        self.task(task).expired = true;
    }

    fn task(&mut self, id: TaskId) -> &mut Task {
        self.tasks.get_mut(&id).expect("a task of this run")
    }

    /// Polls. When this is not `Pending`, the task is over.
    pub fn poll(&mut self, id: TaskId, waker: WakerId) -> Outcome {
        let mut task = self.tasks.remove(&id).expect("a task of this run");
        let outcome = match &mut task.goal {
            goal @ (Goal::Send { .. } | Goal::Reserve(_)) => self.poll_sender(id, goal, waker),
            goal => {
                let (outcome, list) = self.attempt_other(goal);
                if outcome.is_none() {
                    self.wait(id, list, waker);
                }
                outcome
            }
        };
        match outcome {
            Some(outcome) => {
                self.waits.leave(id);
                if let Some(cell) = &mut self.cell {
                    cell.is_done(id);
                }
                outcome
            }
            None if task.expired => {
                self.leave(id);
                match task.goal {
                    Goal::Send { unsent, .. } => Outcome::TimedOut(unsent.into()),
                    _ => Outcome::TimedOut(vec![]),
                }
            }
            None => {
                self.tasks.insert(id, task);
                Outcome::Pending
            }
        }
    }

    fn wait(&mut self, id: TaskId, list: List, waker: WakerId) {
        match &mut self.cell {
            Some(cell) if list == List::Messages => cell.register(id, waker),
            _ => self.waits.enter(id, list, waker, self.closed),
        }
    }

    /// As `poll`, by a method of the receiver instead of a future: it waits by itself.
    pub fn poll_receiver(&mut self, limit: Option<usize>, waker: WakerId) -> Outcome {
        let (outcome, _) = self.attempt_other(&Goal::Receive { limit });
        if outcome.is_none() {
            self.wait(RECEIVER, List::Messages, waker);
        } else if let Some(cell) = self.cell.as_mut().filter(|_| limit != Some(0)) {
            cell.is_done(RECEIVER);
        }
        outcome.unwrap_or(Outcome::Pending)
    }

    /// What `goal` comes to now, if anything, or where it has to wait.
    fn attempt_other(&mut self, goal: &Goal) -> (Option<Outcome>, List) {
        match *goal {
            Goal::Receive { limit: None } => {
                let outcome = Some(self.try_recv());
                (outcome.filter(|o| *o != Outcome::Empty), List::Messages)
            }
            Goal::Receive { limit: Some(limit) } => {
                let ready = limit == 0 || self.len() > 0 || self.is_finished();
                let outcome = self.try_recv_many(limit);
                (ready.then_some(outcome), List::Messages)
            }
            _ => (self.closed.then_some(Outcome::Done), List::Close),
        }
    }

    /// One try of something that needs room.
    fn attempt(&mut self, goal: &mut Goal) -> Option<Outcome> {
        match goal {
            Goal::Send { unsent, .. } => {
                if self.closed && !unsent.is_empty() {
                    return Some(Outcome::Closed(unsent.drain(..).collect()));
                }
                self.try_send_many(unsent);
                unsent.is_empty().then_some(Outcome::Done)
            }
            Goal::Reserve(n) if self.is_too_many(*n) => Some(Outcome::Closed(vec![])),
            Goal::Reserve(n) => Some(self.try_reserve(*n)).filter(|o| *o != Outcome::Full(vec![])),
            _ => unreachable!("it needs no room"),
        }
    }

    fn poll_sender(&mut self, id: TaskId, goal: &mut Goal, waker: WakerId) -> Option<Outcome> {
        if self.line.standing(id).is_none() {
            let outcome = self.attempt(goal);
            if outcome.is_some() {
                return outcome;
            }
            self.line.enter(id, goal.asks(0), goal.borrows(), waker);
            if goal.asks(0) > 0 {
                self.line.serve_first(self.room());
            }
            if self.line.standing(id) == Some(Standing::Waits) && self.room() == 0 {
                return None;
            }
        }
        let standing = self.line.standing(id)?;
        if standing != Standing::Waits && self.line.has(id) > 0 {
            return Some(self.use_given(id, goal));
        }
        if let Some(outcome) = self.attempt(goal) {
            if standing == Standing::Waits {
                self.leave(id);
            } else {
                self.line.leave(id);
                self.pass_on();
            }
            return Some(outcome);
        }
        if self.line.standing(id) != Some(standing) {
            // The vain attempt has revoked a loan, and so told this very task.
            return self.poll_sender(id, goal, waker);
        }
        if standing == Standing::Waits {
            self.line.replace_waker(id, waker);
        } else {
            let asks = goal.asks(self.line.losses(id) + 1);
            self.line.go_back(id, asks, waker);
            if self.room() > 0 {
                // The vain attempt has revoked a loan, and others were told of the room; it is still there.
                if self.line.is_throttled() {
                    self.tell_senders(1);
                } else {
                    self.line.serve_first(self.room());
                }
                return self.poll_sender(id, goal, waker);
            }
        }
        None
    }

    /// `id` is out of the queue and has room of its own; perhaps too late, or not all.
    fn use_given(&mut self, id: TaskId, goal: &mut Goal) -> Outcome {
        let (_, given) = self.line.leave(id).expect("it has waited");
        self.permits += given;
        if self.closed {
            self.give_back(given);
        }
        let outcome = match goal {
            Goal::Send { unsent, .. } if self.closed => Outcome::Closed(unsent.drain(..).collect()),
            Goal::Send { unsent, .. } => {
                self.permits -= 1;
                self.push(unsent.drain(..));
                Outcome::Done
            }
            _ if self.closed => Outcome::Closed(vec![]),
            _ => Outcome::Permits(given),
        };
        self.pass_on();
        outcome
    }

    /// A sender that was told is done: it tells the next one of the room that is left, where receivers rely on it.
    fn pass_on(&mut self) {
        if self.line.is_throttled() && self.room() > 0 {
            self.tell_senders(1);
        }
    }

    /// `id` does not wait any more: what it was told or given goes to others.
    fn leave(&mut self, id: TaskId) {
        self.waits.leave(id);
        if let Some(cell) = &mut self.cell {
            cell.leave(id);
        }
        if let Some((standing, given)) = self.line.leave(id) {
            if standing == Standing::Notified {
                self.tell_senders(1);
            }
            self.tell_senders(given);
            self.tell_of_the_end(given);
        }
    }

    /// Room for `n` messages came up.
    fn tell_senders(&mut self, n: usize) {
        let mut left = if self.closed { 0 } else { n };
        while left > 0 {
            let Some(used) = self.line.tell_first(self.room()) else {
                break;
            };
            left = left.saturating_sub(used);
        }
    }

    /// Drops a future; returns the messages it has not sent.
    pub fn cancel(&mut self, id: TaskId) -> Vec<Id> {
        self.leave(id);
        match self.tasks.remove(&id).map(|task| task.goal) {
            Some(Goal::Send { unsent, .. }) => unsent.into(),
            _ => vec![],
        }
    }

    // --- permits -------------------------------------------------------------------------------------------------

    /// Exactly `n` permits, or none.
    pub fn try_reserve(&mut self, n: usize) -> Outcome {
        if self.is_too_many(n) {
            return Outcome::Full(vec![]);
        }
        if self.closed {
            return Outcome::Closed(vec![]);
        }
        if n > self.room() {
            self.asked_in_vain();
            return Outcome::Full(vec![]);
        }
        self.permits += n;
        Outcome::Permits(n)
    }

    /// Uses up a permit. Without a receiver the message is dropped.
    pub fn send_by_permit(&mut self, message: Id) {
        self.permits -= 1;
        if self.receivers > 0 {
            self.push([message]);
        }
    }

    pub fn give_back(&mut self, permits: usize) {
        self.permits -= permits;
        self.tell_senders(permits);
        self.tell_of_the_end(permits);
    }

    /// Room came back: perhaps the last that the end has waited for.
    fn tell_of_the_end(&mut self, room: usize) {
        if room > 0 && self.is_finished() {
            self.tell_receiver();
        }
    }

    // --- handles -------------------------------------------------------------------------------------------------

    /// Whether this call closed the channel.
    pub fn close(&mut self) -> bool {
        self.line.call_all();
        let first = !std::mem::replace(&mut self.closed, true);
        if first {
            self.tell_receiver();
        }
        first
    }

    pub fn add_sender(&mut self) {
        self.senders += 1;
    }

    pub fn add_receiver(&mut self) {
        self.receivers += 1;
    }

    pub fn drop_sender(&mut self) {
        self.senders -= 1;
        if self.senders == 0 {
            self.close();
        }
    }

    /// The last one takes the messages with it.
    pub fn drop_receiver(&mut self) {
        if let Some(cell) = &mut self.cell {
            cell.leave(RECEIVER);
        }
        self.receivers -= 1;
        if self.receivers == 0 {
            self.close();
            self.queue.clear();
        }
    }

    /// Whether a weak sender can become a sender; if so, there is one more. An `mpsc` one can after a close, too.
    pub fn upgrade_sender(&mut self) -> bool {
        let alive = self.senders > 0 && (self.cell.is_some() || !self.closed);
        self.senders += usize::from(alive);
        alive
    }

    /// Whether a weak receiver can become a receiver; if so, there is one more.
    pub fn upgrade_receiver(&mut self) -> bool {
        let alive = !self.closed && self.receivers > 0;
        self.receivers += usize::from(alive);
        alive
    }

    // --- after every operation -----------------------------------------------------------------------------------

    /// Takes the wakes of an operation, in order, and checks that everybody has been told who has something to do.
    pub fn settle(&mut self, log: &[WakerId]) -> Result<(), String> {
        self.waits.hear(log)?;
        self.line.hear(log, self.room())?;
        let something = self.len() > 0 || self.is_finished();
        if let Some(cell) = &mut self.cell {
            cell.hear(log, something)?;
        }
        let all_if = |all: bool, otherwise| {
            if all {
                Due::All
            } else {
                Due::AtLeast(otherwise)
            }
        };
        let messages = all_if(self.is_finished(), self.len());
        self.waits.check(List::Messages, messages)?;
        self.waits.check(List::Close, all_if(self.closed, 0))
    }
}

impl Goal {
    /// Sends one message.
    pub fn send(message: Id) -> Self {
        let unsent = [message].into();
        let batch = false;
        Self::Send { unsent, batch }
    }

    /// Whether room that it is given is lent only.
    fn borrows(&self) -> bool {
        matches!(self, Goal::Send { batch: false, .. })
    }

    /// How much room it asks for when it waits after so many `losses`; 0: it wants to be told.
    fn asks(&self, losses: usize) -> usize {
        match self {
            Goal::Reserve(n) => *n,
            Goal::Send { batch: false, .. } => usize::from(losses >= PATIENCE),
            _ => 0,
        }
    }
}
