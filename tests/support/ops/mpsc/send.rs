//! Sending without waiting, and handles.

use std::rc::Rc;
use std::time::{Duration, Instant};

use wakering::mpsc::error::TrySendError;

use super::super::message::{Message, ids};
use super::super::model::Outcome;
use super::super::watchdog::watched;
use super::handles::{Lender, Tx, sent, sent_in_time};
use super::program::{HandleOp, SendNow};
use super::runner::{HANDLES, Runner, pick};

impl Runner {
    pub(super) fn send_now(&mut self, op: SendNow) {
        let (SendNow::TrySend { tx }
        | SendNow::TrySendSome { tx, .. }
        | SendNow::Timeout { tx }
        | SendNow::Deadline { tx }
        | SendNow::Blocking { tx }) = op;
        let Some(tx) = self.sender(tx) else {
            return;
        };
        let bounded = match &*tx {
            Tx::Bounded(bounded) => bounded,
            Tx::Unbounded(unbounded) => {
                let times = match op {
                    SendNow::TrySendSome { n, .. } => self.amount(n),
                    _ => 1,
                };
                for _ in 0..times {
                    self.with_message(|m| sent(unbounded.send(m)), |model, id| model.try_send(id));
                }
                return;
            }
        };
        let try_send = |message| try_sent(bounded.try_send(message));
        match op {
            SendNow::TrySend { .. } => self.with_message(try_send, |model, id| model.try_send(id)),
            SendNow::TrySendSome { n, .. } => {
                for _ in 0..self.amount(n) {
                    self.with_message(try_send, |model, id| model.try_send(id));
                }
            }
            SendNow::Timeout { .. } => self.with_message(
                |m| sent_in_time(bounded.blocking_send_timeout(m, Duration::ZERO)),
                |model, id| model.send_at_once(id),
            ),
            SendNow::Deadline { .. } => self.with_message(
                |m| sent_in_time(bounded.blocking_send_deadline(m, Instant::now())),
                |model, id| model.send_at_once(id),
            ),
            SendNow::Blocking { .. } => {
                if self.model.is_closed() || self.model.room() > 0 {
                    let at = self.at();
                    self.with_message(
                        |m| sent(watched(at, || bounded.blocking_send(m))),
                        |model, id| model.try_send(id),
                    );
                }
            }
        }
    }

    pub(super) fn handle_op(&mut self, op: HandleOp) {
        match op {
            HandleOp::CloneSender { tx } => {
                let few = self.senders.len() < HANDLES;
                if let Some(tx) = self.sender(tx).filter(|_| few) {
                    let clone = (*tx).clone();
                    assert!(clone.same_channel(&tx));
                    self.model.add_sender();
                    self.senders.push(Rc::new(clone));
                }
            }
            HandleOp::DropSender { tx } => {
                if let Some(tx) = pick(tx, self.senders.len()) {
                    let sender = self.senders.remove(tx);
                    self.release(Lender::Sender(sender));
                }
            }
            HandleOp::DropReceiver => {
                if let Some(receiver) = self.receiver.take() {
                    self.release(Lender::Receiver(receiver));
                }
            }
            HandleOp::Downgrade { tx } => {
                if let Some(tx) = self.sender(tx).filter(|_| self.weak.len() < HANDLES) {
                    self.weak.push(tx.downgrade());
                }
            }
            HandleOp::CloneWeak { weak } => {
                let few = self.weak.len() < HANDLES;
                if let Some(weak) = pick(weak, self.weak.len()).filter(|_| few) {
                    self.weak.push(self.weak[weak].clone());
                }
            }
            HandleOp::Upgrade { weak } => {
                if let Some(weak) = pick(weak, self.weak.len()) {
                    let upgraded = self.weak[weak].upgrade();
                    let want = self.model.upgrade_sender();
                    assert_eq!(upgraded.is_some(), want, "upgrade, at {}", self.at());
                    self.senders.extend(upgraded.map(Rc::new));
                }
            }
            HandleOp::DropWeak { weak } => {
                if let Some(weak) = pick(weak, self.weak.len()) {
                    self.weak.remove(weak);
                }
            }
        }
    }
}

fn try_sent(result: Result<(), TrySendError<Message>>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(TrySendError::Full(message)) => Outcome::Full(ids([message])),
        Err(TrySendError::Closed(message)) => Outcome::Closed(ids([message])),
    }
}
