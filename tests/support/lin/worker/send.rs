//! Sending.

use super::{Waiting, Worker, same, with};
use crate::lin::history::{Action, Action::*, Value};
use std::collections::VecDeque;
use std::pin::pin;
use wakering::{SendError, SendTimeoutError, TrySendError};

impl Worker<'_> {
    pub(super) fn try_send(&mut self) {
        let v = self.value();
        let at = self.log.begin();
        let step = match self.tx.try_send(v) {
            Ok(()) => Push(v),
            Err(TrySendError::Full(back)) => same(v, back, Full(1)),
            Err(TrySendError::Closed(back)) => same(v, back, SendClosed),
        };
        self.log.end(at, "try_send", &[step]);
    }

    pub(super) fn send(&mut self) {
        let v = self.value();
        let at = self.log.begin();
        let done = {
            let mut future = pin!(self.tx.send(v));
            let done = self.wait(Waiting::Room(1), future.as_mut());
            if done.is_none() && self.rng.one_in(2) {
                assert_eq!(
                    future.cancel(),
                    Some(v),
                    "a pending send gives its message back"
                );
            }
            done
        };
        self.end_send(at, "send", v, done);
    }

    pub(super) fn end_send(
        &mut self,
        at: u64,
        name: &'static str,
        v: Value,
        done: Option<Result<(), SendError<Value>>>,
    ) {
        match done {
            Some(Ok(())) => self.log.end_waiting(at, name, 1, &[Push(v)]),
            Some(Err(back)) => {
                self.log
                    .end_waiting(at, name, 1, &[same(v, back.into_inner(), SendClosed)])
            }
            None => self.log.end_waiting(at, name, 1, &[]),
        }
    }

    pub(super) fn send_with(&mut self) {
        let v = self.value();
        let timer = self.timer();
        let at = self.log.begin();
        let done = {
            let future = pin!(self.tx.send_with(v, timer));
            self.wait(Waiting::Room(1), future)
        };
        self.end_timed_send(at, "send_with", v, done);
    }

    #[cfg(not(wakering_shuttle))]
    pub(super) fn send_timeout(&mut self) {
        let v = self.value();
        let at = self.log.begin();
        let done = self
            .tx
            .send_timeout(v, std::time::Duration::from_micros(30));
        self.end_timed_send(at, "send_timeout", v, Some(done));
    }

    pub(super) fn end_timed_send(
        &mut self,
        at: u64,
        name: &'static str,
        v: Value,
        done: Option<Result<(), SendTimeoutError<Value>>>,
    ) {
        match done {
            Some(Ok(())) => self.log.end_waiting(at, name, 1, &[Push(v)]),
            Some(Err(SendTimeoutError::Closed(back))) => {
                self.log
                    .end_waiting(at, name, 1, &[same(v, back, SendClosed)])
            }
            Some(Err(SendTimeoutError::Timeout(back))) => {
                assert_eq!(v, back, "a send gives back its own message");
                self.log.end_waiting(at, name, 1, &[]);
            }
            None => self.log.end_waiting(at, name, 1, &[]),
        }
    }

    pub(super) fn force_send(&mut self) {
        let v = self.value();
        let at = self.log.begin();
        match self.tx.force_send(v) {
            Ok(None) => self.log.end(at, "force_send", &[Push(v)]),
            Ok(Some(own)) if own == v => self.log.end(at, "force_send", &[NothingToEvict]),
            Ok(Some(oldest)) => self.log.end(at, "force_send", &[Evict(oldest), Push(v)]),
            Err(back) => {
                // The close may have come between its two steps.
                self.log.perhaps(at, "(evicted)", &[SeenFull, EvictAny]);
                self.log
                    .end(at, "force_send", &[same(v, back.into_inner(), SendClosed)]);
            }
        }
    }

    pub(super) fn try_send_many(&mut self) {
        let mut deque = self.values();
        let all = deque.clone();
        let at = self.log.begin();
        let done = self.tx.try_send_many(&mut deque);
        let steps = sent_steps(&all, &deque, done.is_err());
        let left_some = done.is_ok() && !deque.is_empty();
        // An unbounded channel is never full: it was closed after a part was sent.
        let why = match self.tx.capacity() {
            Some(_) => Full(1),
            None => SendClosed,
        };
        self.log
            .end(at, "try_send_many", &with(steps, left_some.then_some(why)));
        if let Ok(n) = done {
            assert_eq!(
                n,
                all.len() - deque.len(),
                "try_send_many counts what it sent"
            );
        }
    }

    pub(super) fn send_many(&mut self) {
        let mut deque = self.values();
        let all = deque.clone();
        let at = self.log.begin();
        let done = {
            let future = pin!(self.tx.send_many(&mut deque));
            self.wait(Waiting::Room(1), future)
        };
        let steps = sent_steps(&all, &deque, matches!(done, Some(Err(_))));
        self.log.end(
            at,
            if done.is_some() {
                "send_many"
            } else {
                "send_many, cancelled"
            },
            &steps,
        );
        assert!(
            !matches!(done, Some(Ok(()))) || deque.is_empty(),
            "send_many said Ok and left messages behind"
        );
    }
}

/// What a batch of `all` sent, when `left` stayed behind.
fn sent_steps(all: &VecDeque<Value>, left: &VecDeque<Value>, closed: bool) -> Vec<Action> {
    let sent = all.len() - left.len();
    assert!(
        all.range(sent..).eq(left),
        "a batch leaves its unsent messages in place: had {all:?}, left {left:?}"
    );
    let steps = all.range(..sent).copied().map(Push).collect();
    with(steps, closed.then_some(SendClosed))
}
