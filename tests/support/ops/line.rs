//! The senders' queue of the model: who waits for room, in which order, and who has been given what.
//!
//! Unlike the receivers' (see [`waits`](super::waits)), this queue can be seen from outside: room that was given to a waiter
//! is taken, so `is_full` and `try_send` depend on who stands where. It is therefore foretold exactly, each wake included.
//!
//! In a channel that is not small receivers tell fewer senders: see [`throttle`](super::throttle).

use std::collections::{BTreeMap, VecDeque};

use super::throttle::Throttle;
use super::waits::TaskId;
use super::watcher::WakerId;

/// Where a waiter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In the queue.
    Waits,
    /// Out of the queue, to look for itself: one place came free.
    Notified,
    /// Out of the queue, with everybody else: the channel was closed.
    Called,
    /// Out of the queue, with all the room that it asked for.
    Granted,
    /// Out of the queue; the room that it was lent was taken back.
    Revoked,
}

#[derive(Debug)]
struct Place {
    standing: Standing,
    /// Older waiters have smaller tickets.
    ticket: u64,
    /// How much room it asks for, and how much of that it has; it asks for nothing if it only wants to be told.
    asks: usize,
    has: usize,
    /// How often it was notified in vain.
    losses: usize,
    /// How often a loan of its was revoked.
    late: u32,
    /// Its room is lent, and not given.
    borrows: bool,
    waker: WakerId,
}

/// So many attempts in vain of others end a loan of one who was late so many times.
fn patience(late: u32) -> usize {
    64 << (4 * late.min(4))
}

#[derive(Debug)]
pub struct Line {
    throttle: Throttle,
    places: BTreeMap<TaskId, Place>,
    next_ticket: u64,
    /// Those who have room on loan, in the order of lending.
    borrowers: VecDeque<TaskId>,
    /// How much more patience the others have with the first of them.
    patience: usize,
    /// The wakes of the operation that is being done, in order.
    woken: Vec<WakerId>,
}

impl Line {
    pub fn new(capacity: usize) -> Self {
        Self {
            throttle: Throttle::new(capacity),
            places: BTreeMap::new(),
            next_ticket: 0,
            borrowers: VecDeque::new(),
            patience: 0,
            woken: vec![],
        }
    }

    /// Where `task` stands, if it has begun to wait.
    pub fn standing(&self, task: TaskId) -> Option<Standing> {
        self.places.get(&task).map(|place| place.standing)
    }

    pub fn is_told(&self, task: TaskId) -> bool {
        self.standing(task)
            .is_some_and(|standing| standing != Standing::Waits)
    }

    /// The room that all waiters have together.
    pub fn given(&self) -> usize {
        self.places.values().map(|place| place.has).sum()
    }

    pub fn has(&self, task: TaskId) -> usize {
        self.places[&task].has
    }

    pub fn losses(&self, task: TaskId) -> usize {
        self.places[&task].losses
    }

    /// `task` comes to the end of the queue.
    pub fn enter(&mut self, task: TaskId, asks: usize, borrows: bool, waker: WakerId) {
        self.next_ticket += 1;
        let place = Place {
            standing: Standing::Waits,
            ticket: self.next_ticket,
            asks,
            has: 0,
            losses: 0,
            late: 0,
            borrows,
            waker,
        };
        self.places.insert(task, place);
    }

    /// `task`, which was notified in vain, goes back to its old place.
    pub fn go_back(&mut self, task: TaskId, asks: usize, waker: WakerId) {
        let place = self.place(task);
        place.standing = Standing::Waits;
        place.losses += 1;
        place.asks = asks;
        place.waker = waker;
        self.throttle.looked();
    }

    pub fn replace_waker(&mut self, task: TaskId, waker: WakerId) {
        self.place(task).waker = waker;
    }

    /// `task` goes. Where it stood, and how much room it had.
    pub fn leave(&mut self, task: TaskId) -> Option<(Standing, usize)> {
        let place = self.places.remove(&task)?;
        if self.borrowers.front() == Some(&task) {
            self.next_borrower();
        } else {
            self.borrowers.retain(|&borrower| borrower != task);
        }
        if place.standing != Standing::Waits || self.front().is_none() {
            self.throttle.looked();
        }
        Some((place.standing, place.has))
    }

    /// How many senders are told of `n` messages that are received (or evicted) now.
    pub fn tells(&mut self, n: usize) -> usize {
        self.throttle.tells(n)
    }

    /// Whether only some receives tell a sender.
    pub fn is_throttled(&self) -> bool {
        self.throttle.is_on()
    }

    /// The first borrower is one no more; patience begins again with the next.
    fn next_borrower(&mut self) -> Option<TaskId> {
        let task = self.borrowers.pop_front();
        self.look_at_the_first_borrower();
        task
    }

    fn look_at_the_first_borrower(&mut self) {
        self.patience = match self.borrowers.front() {
            Some(first) => patience(self.places[first].late),
            None => 0,
        };
    }

    /// Somebody has asked for room in vain. Whether the oldest loan was revoked for that.
    pub fn asked_in_vain(&mut self) -> bool {
        match self.patience {
            0 => false,
            1 => self.revoke(),
            _ => {
                self.patience -= 1;
                false
            }
        }
    }

    /// Revokes the oldest loan, if there is one.
    fn revoke(&mut self) -> bool {
        let Some(task) = self.next_borrower() else {
            return false;
        };
        let place = self.place(task);
        place.standing = Standing::Revoked;
        place.has = 0;
        place.late += 1;
        true
    }

    fn place(&mut self, task: TaskId) -> &mut Place {
        self.places.get_mut(&task).expect("a task that waits")
    }

    fn front(&mut self) -> Option<&mut Place> {
        let task = self.front_task()?;
        self.places.get_mut(&task)
    }

    fn front_task(&self) -> Option<TaskId> {
        let waiting = self.places.iter();
        let waiting = waiting.filter(|(_, place)| place.standing == Standing::Waits);
        let first = waiting.min_by_key(|(_, place)| place.ticket);
        first.map(|(task, _)| *task)
    }

    /// Tells the first waiter of one free place; or, if it asks for room, gives it what it lacks of `room`.
    ///
    /// Says how many places that has used up; `None` if nobody was woken.
    pub fn tell_first(&mut self, room: usize) -> Option<usize> {
        let Some(task) = self.front_task() else {
            self.throttle.looked();
            return None;
        };
        let first = self.place(task);
        let used = if first.asks == 0 {
            first.standing = Standing::Notified;
            1
        } else {
            let given = room.min(first.asks - first.has);
            first.has += given;
            if first.has < first.asks {
                return None;
            }
            first.standing = Standing::Granted;
            if first.borrows {
                self.borrowers.push_back(task);
                if self.borrowers.len() == 1 {
                    self.look_at_the_first_borrower();
                }
            }
            given
        };
        let waker = self.place(task).waker;
        self.woken.push(waker);
        self.throttle.told();
        Some(used)
    }

    /// As `tell_first`, if the first waiter asks for room.
    pub fn serve_first(&mut self, room: usize) {
        if self.front().is_some_and(|first| first.asks > 0) {
            self.tell_first(room);
        }
    }

    /// The channel is closed.
    pub fn call_all(&mut self) {
        while self.revoke() {}
        // Nobody relies on anybody any more.
        self.throttle.looked();
        while let Some(first) = self.front() {
            first.standing = Standing::Called;
            let waker = first.waker;
            self.woken.push(waker);
            self.throttle.looked();
        }
    }

    /// Compares the wakes of one operation with what they should be, and checks that no room is left lying about.
    pub fn hear(&mut self, log: &[WakerId], room: usize) -> Result<(), String> {
        let want = std::mem::take(&mut self.woken);
        let mut got = log.to_vec();
        got.retain(|waker| {
            want.contains(waker) || self.places.values().any(|place| place.waker == *waker)
        });
        if got != want {
            return Err(format!(
                "of those who wait for room {got:?} were woken, instead of {want:?}"
            ));
        }
        self.check(room)
    }

    /// About the model itself: free room while somebody waits is always on offer to somebody who has been told. Throttled,
    /// one who has been told and has not looked is enough for all of it; and while receivers rely on one, there is one.
    fn check(&mut self, room: usize) -> Result<(), String> {
        let stand = |standing| {
            let places = self.places.values();
            places.filter(|place| place.standing == standing).count()
        };
        let notified = stand(Standing::Notified);
        // Who was told, and lost its room since, is still to look.
        let told = notified + stand(Standing::Granted) + stand(Standing::Revoked);
        let enough = if self.is_throttled() {
            told > 0
        } else {
            room <= notified
        };
        if room > 0 && self.front().is_some() && !enough {
            return Err(format!(
                "{room} places are free, and only {told} know of it"
            ));
        }
        if self.throttle.is_told() && told == 0 {
            return Err("receivers rely on a sender that was told, and there is none".into());
        }
        Ok(())
    }
}
