//! Permits and handles.

use std::rc::Rc;

use super::super::message::Message;
use super::super::model::Outcome;
use super::super::program::{HandleOp, PermitOp};
use super::super::work::{Grant, Lender, Rx, lend};
use super::{HANDLES, PERMITS, Runner, pick};
use wakering::TrySendError;

/// Permits that are out.
pub(super) struct Held {
    grant: Grant,
    lender: Lender,
}

impl Runner {
    /// Keeps permits that were given out.
    pub(super) fn hold(&mut self, grant: Grant, lender: Lender) {
        self.permits.push(Held { grant, lender });
        if self.permits.len() > PERMITS {
            let oldest = self.permits.remove(0);
            self.drop_held(oldest);
        }
    }

    /// Drops permits unused.
    pub(super) fn drop_held(&mut self, held: Held) {
        let n = match &held.grant {
            Grant::Many(permits) => permits.len(),
            Grant::One(_) | Grant::Owned(_) => 1,
        };
        let owned = matches!(held.grant, Grant::Owned(_));
        drop(held.grant);
        self.model.give_back(n);
        if owned {
            self.model.drop_sender();
        }
        self.release(held.lender);
    }

    pub(super) fn permit_op(&mut self, op: PermitOp) {
        match op {
            PermitOp::TryReserve { tx } => self.try_reserve(tx, 1, false),
            PermitOp::TryReserveMany { tx, n } => self.try_reserve(tx, self.amount(n), true),
            PermitOp::TryReserveOwned { tx } => self.try_reserve_owned(tx),
            PermitOp::Split { permit }
            | PermitOp::Send { permit }
            | PermitOp::Drop { permit }
            | PermitOp::Release { permit }
            | PermitOp::Forget { permit } => {
                if let Some(index) = pick(permit, self.permits.len()) {
                    let held = self.permits.remove(index);
                    self.use_permit(op, held);
                }
            }
        }
    }

    fn try_reserve(&mut self, tx: u8, n: usize, many: bool) {
        let Some(tx) = pick(tx, self.senders.len()) else {
            return;
        };
        let handle = Rc::clone(&self.senders[tx]);
        // SAFETY: the handle is kept beside the permits.
        let sender = unsafe { lend(&handle) };
        let result = if many {
            sender.try_reserve_many(n).map(Grant::Many)
        } else {
            sender.try_reserve().map(Grant::One)
        };
        let want = self.model.try_reserve(n);
        match result {
            Ok(grant) => {
                let got = match &grant {
                    Grant::Many(permits) => permits.len(),
                    _ => 1,
                };
                self.compare(&Outcome::Permits(got), &want);
                self.hold(grant, Lender::Sender(handle));
            }
            Err(error) => {
                self.compare(&refused(&error), &want);
                self.release(Lender::Sender(handle));
            }
        }
    }

    fn try_reserve_owned(&mut self, tx: u8) {
        let Some(tx) = pick(tx, self.senders.len()) else {
            return;
        };
        let sender = &*self.senders[tx];
        let result = sender.clone().try_reserve_owned();
        let want = self.model.try_reserve(1);
        match result {
            Ok(permit) => {
                assert!(permit.same_channel_as_sender(sender));
                self.compare(&Outcome::Permits(1), &want);
                self.model.add_sender();
                self.hold(Grant::Owned(permit), Lender::Nobody);
            }
            Err(error) => {
                self.compare(&refused(&error), &want);
                assert!(error.into_inner().same_channel(sender));
            }
        }
    }

    fn use_permit(&mut self, op: PermitOp, held: Held) {
        let Held { grant, lender } = held;
        match (op, grant) {
            (PermitOp::Split { .. }, Grant::Many(mut permits)) => {
                let one = permits.next();
                self.hold(Grant::Many(permits), lender.clone());
                match one {
                    Some(permit) => self.hold(Grant::One(permit), lender),
                    None => self.release(lender),
                }
            }
            (PermitOp::Send { .. }, Grant::One(permit)) => {
                self.send_by(|message| permit.send(message));
                self.release(lender);
            }
            (PermitOp::Send { .. }, Grant::Many(mut permits)) => {
                if let Some(permit) = permits.next() {
                    self.send_by(|message| permit.send(message));
                }
                self.hold(Grant::Many(permits), lender);
            }
            (PermitOp::Send { .. }, Grant::Owned(permit)) => {
                let sender = self.send_by(|message| permit.send(message));
                self.senders.push(Rc::new(sender));
            }
            (PermitOp::Release { .. }, Grant::Owned(permit)) => {
                let sender = permit.release();
                self.model.give_back(1);
                self.senders.push(Rc::new(sender));
            }
            // The credits stay taken.
            (PermitOp::Forget { .. }, Grant::One(permit)) => {
                std::mem::forget(permit);
                self.release(lender);
            }
            (PermitOp::Forget { .. }, Grant::Many(permits)) => {
                std::mem::forget(permits);
                self.release(lender);
            }
            (PermitOp::Drop { .. }, grant) => self.drop_held(Held { grant, lender }),
            (_, grant) => self.permits.push(Held { grant, lender }),
        }
    }

    fn send_by<R>(&mut self, send: impl FnOnce(Message) -> R) -> R {
        let message = Message::next();
        self.model.send_by_permit(message.id());
        send(message)
    }

    pub(super) fn handle_op(&mut self, op: HandleOp) {
        match op {
            HandleOp::CloneSender { tx } => {
                if let Some(tx) =
                    pick(tx, self.senders.len()).filter(|_| self.senders.len() < HANDLES)
                {
                    let clone = (*self.senders[tx]).clone();
                    assert!(clone.same_channel(&self.senders[tx]));
                    self.model.add_sender();
                    self.senders.push(Rc::new(clone));
                }
            }
            HandleOp::CloneReceiver { rx } => {
                if let Some(rx) =
                    pick(rx, self.receivers.len()).filter(|_| self.receivers.len() < HANDLES)
                {
                    let clone = self.receivers[rx].receiver.clone();
                    assert!(clone.same_channel(&self.receivers[rx].receiver));
                    self.model.add_receiver();
                    self.receivers.push(Rx::new(clone));
                }
            }
            HandleOp::DropSender { tx } => {
                if let Some(tx) = pick(tx, self.senders.len()) {
                    let sender = self.senders.remove(tx);
                    self.release(Lender::Sender(sender));
                }
            }
            HandleOp::DropReceiver { rx } => {
                if let Some(rx) = pick(rx, self.receivers.len()) {
                    let rx = self.receivers.remove(rx);
                    self.release(Lender::Receiver(rx));
                }
            }
            HandleOp::DowngradeSender { tx } => {
                if let Some(tx) =
                    pick(tx, self.senders.len()).filter(|_| self.weak_senders.len() < HANDLES)
                {
                    self.weak_senders.push(self.senders[tx].downgrade());
                }
            }
            HandleOp::DowngradeReceiver { rx } => {
                if let Some(rx) =
                    pick(rx, self.receivers.len()).filter(|_| self.weak_receivers.len() < HANDLES)
                {
                    self.weak_receivers
                        .push(self.receivers[rx].receiver.downgrade());
                }
            }
            HandleOp::UpgradeSender { weak } => self.upgrade_sender(weak),
            HandleOp::UpgradeReceiver { weak } => self.upgrade_receiver(weak),
            HandleOp::DropWeak { sender: true, weak } => {
                if let Some(weak) = pick(weak, self.weak_senders.len()) {
                    self.weak_senders.remove(weak);
                }
            }
            HandleOp::DropWeak {
                sender: false,
                weak,
            } => {
                if let Some(weak) = pick(weak, self.weak_receivers.len()) {
                    self.weak_receivers.remove(weak);
                }
            }
            HandleOp::CloseBySender { tx } => {
                if let Some(tx) = pick(tx, self.senders.len()) {
                    let closed = self.senders[tx].close();
                    assert_eq!(closed, self.model.close(), "close, at {}", self.at());
                }
            }
            HandleOp::CloseByReceiver { rx } => {
                if let Some(rx) = pick(rx, self.receivers.len()) {
                    let closed = self.receivers[rx].receiver.close();
                    assert_eq!(closed, self.model.close(), "close, at {}", self.at());
                }
            }
        }
    }

    fn upgrade_sender(&mut self, weak: u8) {
        if let Some(weak) = pick(weak, self.weak_senders.len()) {
            let upgraded = self.weak_senders[weak].upgrade();
            assert_eq!(
                upgraded.is_some(),
                self.model.upgrade_sender(),
                "upgrade, at {}",
                self.at()
            );
            self.senders.extend(upgraded.map(Rc::new));
        }
    }

    fn upgrade_receiver(&mut self, weak: u8) {
        if let Some(weak) = pick(weak, self.weak_receivers.len()) {
            let upgraded = self.weak_receivers[weak].upgrade();
            assert_eq!(
                upgraded.is_some(),
                self.model.upgrade_receiver(),
                "upgrade, at {}",
                self.at()
            );
            self.receivers.extend(upgraded.map(Rx::new));
        }
    }

    /// Gives a borrow back; the handle goes with its last user.
    pub(super) fn release(&mut self, lender: Lender) {
        match lender {
            Lender::Nobody => {}
            Lender::Sender(handle) => {
                if let Some(sender) = Rc::into_inner(handle) {
                    drop(sender);
                    self.model.drop_sender();
                }
            }
            Lender::Receiver(handle) => {
                if let Some(Rx { receiver, waiting }) = Rc::into_inner(handle) {
                    drop(receiver);
                    if let Some((task, watcher)) = waiting.into_inner() {
                        self.model.cancel(task);
                        assert!(
                            watcher.is_released(),
                            "a dropped receiver keeps a waker, at {}",
                            self.at()
                        );
                    }
                    self.model.drop_receiver();
                }
            }
        }
    }
}

fn refused<T>(error: &TrySendError<T>) -> Outcome {
    match error {
        TrySendError::Full(_) => Outcome::Full(vec![]),
        TrySendError::Closed(_) => Outcome::Closed(vec![]),
    }
}
