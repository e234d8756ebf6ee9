//! Scenes: operations in a row.

use super::super::program::{HandleOp, Job, Op, RecvNow, Scene, SendNow};
use super::Runner;

impl Runner {
    /// Does the operations of `scene`, with the checks after each of them.
    pub(super) fn scene(&mut self, scene: Scene) {
        if self.model.is_closed() {
            return;
        }
        if self.senders.is_empty() || self.receivers.is_empty() {
            return;
        }
        self.fill();
        let start = |job| Op::Start {
            job,
            handle: 0,
            polled: true,
        };
        match scene {
            Scene::Overtaken { times, granted } => {
                self.apply(start(Job::Send));
                for _ in 0..times % 4 {
                    self.apply(Op::Recv(RecvNow::TryRecv { rx: 0 }));
                    self.apply(Op::Send(SendNow::TrySend { tx: 0 }));
                    self.apply(Op::PollNotified);
                }
                if granted {
                    self.apply(Op::Recv(RecvNow::TryRecv { rx: 0 }));
                }
            }
            Scene::PartlyGranted { n, got, closed } => {
                self.apply(start(Job::ReserveMany { n }));
                for _ in 0..got % 4 {
                    self.apply(Op::Recv(RecvNow::TryRecv { rx: 0 }));
                }
                if closed {
                    self.apply(Op::Handle(HandleOp::CloseBySender { tx: 0 }));
                }
            }
        }
    }
}
