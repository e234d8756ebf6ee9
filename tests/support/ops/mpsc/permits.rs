//! Permits.

use std::rc::Rc;

use wakering::mpsc::error::TrySendError;
use wakering::mpsc::{OwnedPermit, Permit, PermitIterator, Sender};

use super::super::message::Message;
use super::super::model::Outcome;
use super::super::work::lend;
use super::handles::{Lender, Tx};
use super::program::PermitOp;
use super::runner::{PERMITS, Runner, pick};

/// Permits.
pub(super) enum Grant {
    One(Permit<'static, Message>),
    Many(PermitIterator<'static, Message>),
    Owned(OwnedPermit<Message>),
}

impl Grant {
    fn len(&self) -> usize {
        match self {
            Self::Many(permits) => permits.len(),
            Self::One(_) | Self::Owned(_) => 1,
        }
    }
}

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
    pub(super) fn drop_held(&mut self, Held { grant, lender }: Held) {
        let n = grant.len();
        let owned = matches!(grant, Grant::Owned(_));
        drop(grant);
        self.model.give_back(n);
        if owned {
            self.model.drop_sender();
        }
        self.release(lender);
    }

    pub(super) fn permit_op(&mut self, op: PermitOp) {
        match op {
            PermitOp::TryReserve { tx } => {
                self.try_reserve(tx, 1, |sender, _| sender.try_reserve().map(Grant::One))
            }
            PermitOp::TryReserveMany { tx, n } => {
                self.try_reserve(tx, self.amount(n), |sender, n| {
                    sender.try_reserve_many(n).map(Grant::Many)
                });
            }
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

    fn try_reserve(
        &mut self,
        tx: u8,
        n: usize,
        reserve: impl FnOnce(&'static Sender<Message>, usize) -> Result<Grant, TrySendError<()>>,
    ) {
        let Some(handle) = self.sender(tx) else {
            return;
        };
        // SAFETY: the handle is kept beside the permits.
        let Some(sender) = unsafe { lend(&handle) }.bounded() else {
            return;
        };
        let result = reserve(sender, n);
        let want = self.model.try_reserve(n);
        match result {
            Ok(grant) => {
                self.compare(&Outcome::Permits(grant.len()), &want);
                self.hold(grant, Lender::Sender(handle));
            }
            Err(error) => {
                self.compare(&refused(&error), &want);
                self.release(Lender::Sender(handle));
            }
        }
    }

    fn try_reserve_owned(&mut self, tx: u8) {
        let Some(handle) = self.sender(tx) else {
            return;
        };
        let Some(sender) = handle.bounded() else {
            return;
        };
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

    fn use_permit(&mut self, op: PermitOp, Held { grant, lender }: Held) {
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
                self.senders.push(Rc::new(Tx::Bounded(sender)));
            }
            (PermitOp::Release { .. }, Grant::Owned(permit)) => {
                let sender = permit.release();
                self.model.give_back(1);
                self.senders.push(Rc::new(Tx::Bounded(sender)));
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
}

fn refused<T>(error: &TrySendError<T>) -> Outcome {
    match error {
        TrySendError::Full(_) => Outcome::Full(vec![]),
        TrySendError::Closed(_) => Outcome::Closed(vec![]),
    }
}
