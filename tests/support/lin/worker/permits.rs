//! Permits.

use super::{Held, Waiting, Worker, with};
use crate::lin::history::Action::*;
use std::pin::pin;
use std::sync::atomic::Ordering;
use wakering::SendError;

impl<'a> Worker<'a> {
    pub(super) fn took(&mut self, permits: impl IntoIterator<Item = Held<'a>>) {
        let before = self.permits.len();
        self.permits.extend(permits);
        self.gate
            .permits
            .fetch_add((self.permits.len() - before) as isize, Ordering::SeqCst);
    }

    pub(super) fn try_reserve(&mut self) {
        let at = self.log.begin();
        let done = self.tx.try_reserve();
        self.end_try_reserve(
            at,
            "try_reserve",
            1,
            done.map(|p| vec![Held::Borrowed(p)])
                .map_err(|e| e.is_closed()),
        );
    }

    pub(super) fn try_reserve_owned(&mut self) {
        let at = self.log.begin();
        let done = self.tx.clone().try_reserve_owned();
        self.end_try_reserve(
            at,
            "try_reserve_owned",
            1,
            done.map(|p| vec![Held::Owned(p)])
                .map_err(|e| e.is_closed()),
        );
    }

    pub(super) fn try_reserve_many(&mut self) {
        let n = 1 + self.rng.below(self.capacity + 1);
        let at = self.log.begin();
        let done = self.tx.try_reserve_many(n);
        let done = done
            .map(|all| all.map(Held::Borrowed).collect())
            .map_err(|e| e.is_closed());
        self.end_try_reserve(at, "try_reserve_many", n, done);
    }

    pub(super) fn end_try_reserve(
        &mut self,
        at: u64,
        name: &'static str,
        n: usize,
        done: Result<Vec<Held<'a>>, bool>,
    ) {
        let step = match &done {
            Ok(_) => Reserve(n),
            Err(true) => SendClosed,
            Err(false) => Full(n),
        };
        self.log.end(at, name, &[step]);
        if let Ok(permits) = done {
            assert_eq!(permits.len(), n, "as many permits as were asked for");
            self.took(permits);
        }
    }

    pub(super) fn reserve(&mut self) {
        let at = self.log.begin();
        let done = {
            let future = pin!(self.tx.reserve());
            self.wait(Waiting::Room(1), future)
        };
        self.end_reserve(at, "reserve", done.map(|r| r.map(Held::Borrowed)));
    }

    pub(super) fn reserve_owned(&mut self) {
        let at = self.log.begin();
        let done = {
            let future = pin!(self.tx.clone().reserve_owned());
            self.wait(Waiting::Room(1), future)
        };
        self.end_reserve(at, "reserve_owned", done.map(|r| r.map(Held::Owned)));
    }

    pub(super) fn reserve_many(&mut self) {
        let n = 1 + self.rng.below(self.capacity);
        let at = self.log.begin();
        let done = {
            let future = pin!(self.tx.reserve_many(n));
            self.wait(Waiting::Room(n), future)
        };
        let want_all = n == 1 || self.rng.one_in(2);
        match done {
            Some(Ok(all)) if want_all => {
                self.log
                    .end_waiting(at, "reserve_many", n, &vec![Reserve(1); n]);
                assert_eq!(all.len(), n, "as many permits as were asked for");
                self.took(all.map(Held::Borrowed));
            }
            // Only the first one is wanted: dropping the rest gives them back.
            Some(Ok(mut all)) => {
                let first = all.next().map(Held::Borrowed);
                drop(all);
                let steps = with(vec![Reserve(1); n], Some(PermitDrop(n - 1)));
                self.log.end_waiting(at, "reserve_many", n, &steps);
                self.took(first);
            }
            Some(Err(_)) => {
                self.log.end_waiting(at, "reserve_many", n, &[SendClosed]);
            }
            None => {
                self.log.end_waiting(at, "reserve_many, cancelled", n, &[]);
            }
        }
    }

    pub(super) fn end_reserve(
        &mut self,
        at: u64,
        name: &'static str,
        done: Option<Result<Held<'a>, SendError<()>>>,
    ) {
        match done {
            Some(Ok(permit)) => {
                self.log.end_waiting(at, name, 1, &[Reserve(1)]);
                self.took([permit]);
            }
            Some(Err(_)) => {
                self.log.end_waiting(at, name, 1, &[SendClosed]);
            }
            None => {
                self.log.end_waiting(at, name, 1, &[]);
            }
        }
    }

    /// Sends with a permit, or drops it.
    pub(super) fn use_permit(&mut self) {
        if self.permits.is_empty() {
            return;
        }
        let permit = self.permits.swap_remove(self.rng.below(self.permits.len()));
        let v = self.rng.below(3).ne(&0).then(|| self.value());
        let at = self.log.begin();
        match (permit, v) {
            (Held::Borrowed(permit), Some(v)) => permit.send(v),
            (Held::Owned(permit), Some(v)) => drop(permit.send(v)),
            (Held::Borrowed(permit), None) => drop(permit),
            (Held::Owned(permit), None) if self.sent & 1 == 0 => drop(permit),
            (Held::Owned(permit), None) => drop(permit.release()),
        }
        match v {
            Some(v) => self.log.end(at, "permit.send", &[PermitSend(v)]),
            None => self.log.end(at, "permit, dropped", &[PermitDrop(1)]),
        }
        self.gate.permits.fetch_sub(1, Ordering::SeqCst);
    }
}
