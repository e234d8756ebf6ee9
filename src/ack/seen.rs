//! Which messages were acknowledged lately.

use std::collections::{HashSet, VecDeque};

use super::Id;

/// A bounded window of ids.
pub(super) struct Seen {
    window: usize,
    order: VecDeque<Id>,
    ids: HashSet<Id>,
}

impl Seen {
    pub(super) fn new(window: usize) -> Self {
        Self {
            window,
            order: VecDeque::with_capacity(window),
            // Twice the number: the table never grows, however its places are used up.
            ids: HashSet::with_capacity(2 * window),
        }
    }

    #[inline]
    pub(super) fn add(&mut self, id: Id) {
        if self.window > 0 {
            self.remember(id);
        }
    }

    fn remember(&mut self, id: Id) {
        if self.order.len() == self.window {
            if let Some(oldest) = self.order.pop_front() {
                self.ids.remove(&oldest);
            }
        }
        self.order.push_back(id);
        self.ids.insert(id);
    }

    pub(super) fn contains(&self, id: Id) -> bool {
        self.ids.contains(&id)
    }
}
