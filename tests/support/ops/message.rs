//! A message with an identity, and the ledger that knows of each one whether it has been dropped.
//!
//! The ledger belongs to the thread: a run starts with [`reset`], and everything that happens in it happens on one
//! thread.

use std::cell::RefCell;

/// Which message: 0 for the first one that a run makes, then 1, 2, ...
pub type Id = u32;

#[derive(Default)]
struct Ledger {
    /// For each message made: how often it was dropped.
    drops: Vec<u32>,
    alive: usize,
}

thread_local! {
    static LEDGER: RefCell<Ledger> = RefCell::default();
}

/// A message whose drop is entered in the ledger.
#[derive(Debug)]
pub struct Message(Id);

impl Message {
    /// The next message of the run.
    pub fn next() -> Self {
        LEDGER.with_borrow_mut(|ledger| {
            ledger.drops.push(0);
            ledger.alive += 1;
            Self(ledger.drops.len() as Id - 1)
        })
    }

    /// The next `n` messages of the run.
    pub fn several<C: FromIterator<Self>>(n: usize) -> C {
        (0..n).map(|_| Self::next()).collect()
    }

    pub fn id(&self) -> Id {
        self.0
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        let times = LEDGER.with_borrow_mut(|ledger| {
            let entry = ledger
                .drops
                .get_mut(self.0 as usize)
                .expect("a message that was never made");
            *entry += 1;
            ledger.alive -= usize::from(*entry == 1);
            *entry
        });
        assert!(
            times == 1 || std::thread::panicking(),
            "message {} dropped {times} times",
            self.0
        );
    }
}

/// Starts a new run: no message has been made.
pub fn reset() {
    LEDGER.take();
}

/// How many messages have been made and not dropped.
pub fn alive() -> usize {
    LEDGER.with_borrow(|ledger| ledger.alive)
}

/// The messages that have not been dropped.
pub fn undropped() -> Vec<Id> {
    LEDGER.with_borrow(|ledger| {
        let ids = ledger.drops.iter().enumerate();
        ids.filter(|(_, drops)| **drops == 0)
            .map(|(id, _)| id as Id)
            .collect()
    })
}

/// The identities of messages, which are dropped.
pub fn ids(messages: impl IntoIterator<Item = Message>) -> Vec<Id> {
    messages.into_iter().map(|message| message.id()).collect()
}
