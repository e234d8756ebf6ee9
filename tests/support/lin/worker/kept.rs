//! Futures that are polled once, left alone, and finished or dropped later.

use super::{Waiting, Worker};
use crate::lin::history::Value;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use wakering::{RecvOwned, SendOwned};

/// A future that was polled and then left alone.
pub(super) enum Kept {
    Send(Pin<Box<SendOwned<Value>>>, Value),
    Recv(Pin<Box<RecvOwned<Value>>>),
}

impl Worker<'_> {
    pub(super) fn keep_send(&mut self) {
        let v = self.value();
        let at = self.log.begin();
        let mut future = Box::pin(self.tx.send_owned(v));
        let flag = self.gate.keep(Waiting::Room(1));
        match future
            .as_mut()
            .poll(&mut Context::from_waker(&Waker::from(flag.clone())))
        {
            Poll::Pending => return self.kept.push((Kept::Send(future, v), flag, at)),
            Poll::Ready(done) => self.end_send(at, "send_owned", v, Some(done)),
        }
        self.gate.unkeep(&flag);
    }

    pub(super) fn keep_recv(&mut self) {
        let at = self.log.begin();
        let mut future = Box::pin(self.rx.recv_owned());
        let flag = self.gate.keep(Waiting::Message);
        match future
            .as_mut()
            .poll(&mut Context::from_waker(&Waker::from(flag.clone())))
        {
            Poll::Pending => return self.kept.push((Kept::Recv(future), flag, at)),
            Poll::Ready(done) => self.end_recv(at, "recv_owned", Some(done)),
        }
        self.gate.unkeep(&flag);
    }

    /// Goes on with a kept future, or drops it.
    pub(super) fn finish_kept(&mut self) {
        if self.kept.is_empty() {
            return;
        }
        let (kept, flag, at) = self.kept.swap_remove(self.rng.below(self.kept.len()));
        let drop_it = self.rng.one_in(2);
        match kept {
            Kept::Send(mut future, v) => {
                let done = if drop_it {
                    None
                } else {
                    self.wait(Waiting::Room(1), future.as_mut())
                };
                if done.is_none() && self.rng.one_in(2) {
                    let back = future.as_mut().cancel();
                    assert_eq!(back, Some(v), "a pending send gives its message back");
                }
                drop(future);
                self.end_send(at, "send_owned", v, done);
            }
            Kept::Recv(mut future) => {
                let done = if drop_it {
                    None
                } else {
                    self.wait(Waiting::Message, future.as_mut())
                };
                drop(future);
                self.end_recv(at, "recv_owned", done);
            }
        }
        self.gate.unkeep(&flag);
    }
}
