//! Programs that have found bugs, for `support/ops`; kept in a form that can be read.

#![cfg(all(
    feature = "std",
    feature = "stream",
    not(any(wakering_loom, wakering_shuttle))
))]

#[path = "support/ops/mod.rs"]
mod ops;

mod against_the_model {
    use crate::ops::program::{HandleOp, Job, Op, PermitOp, Program, RecvNow, SendNow, TaskOp};
    use crate::ops::runner;

    fn run(capacity: u8, ops: Vec<Op>) {
        let size = capacity - 1;
        let ending = 1;
        runner::run(&Program { size, ending, ops });
    }

    /// The eviction left a slot that nobody freed; the credit that came back moved the end of the queue to just there.
    #[test]
    fn force_send_beside_a_permit_that_is_dropped() {
        let tail = [
            Op::Permit(PermitOp::Drop { permit: 0 }),
            Op::Recv(RecvNow::TryRecv { rx: 0 }),
            Op::Send(SendNow::TrySend { tx: 0 }),
            Op::Send(SendNow::TrySend { tx: 0 }),
        ];
        let mut ops = vec![
            Op::Send(SendNow::TrySend { tx: 0 }),
            Op::Permit(PermitOp::TryReserve { tx: 0 }),
            Op::Send(SendNow::ForceSend { tx: 0 }),
        ];
        ops.extend(tail);
        run(2, ops);
    }

    /// A `reserve_many` that had failed kept what it had gathered until it was dropped: the end was not told.
    #[test]
    fn failed_reserve_many_gives_back_at_once() {
        run(
            2,
            vec![
                Op::Permit(PermitOp::TryReserve { tx: 0 }),
                Op::Start {
                    job: Job::ReserveMany { n: 2 },
                    handle: 0,
                    polled: true,
                },
                Op::Handle(HandleOp::CloseBySender { tx: 0 }),
                Op::Permit(PermitOp::Drop { permit: 0 }),
                Op::Start {
                    job: Job::Recv,
                    handle: 0,
                    polled: true,
                },
                Op::Poll {
                    task: 0,
                    fresh: false,
                },
            ],
        );
    }

    /// The poll yielded without trying, and the timer was taken to have been first.
    #[test]
    fn yielding_is_no_reason_to_time_out() {
        run(
            1,
            vec![
                Op::Recv(RecvNow::Burst {
                    tx: 0,
                    rx: 0,
                    rounds: 250,
                }),
                Op::Send(SendNow::TrySend { tx: 0 }),
                Op::Start {
                    job: Job::RecvWith,
                    handle: 0,
                    polled: false,
                },
                Op::Task(TaskOp::Ring { task: 0 }),
                Op::Poll {
                    task: 0,
                    fresh: false,
                },
            ],
        );
    }
}

mod with_panics {
    use crate::ops::panics::{Act, Job, Part, Program, run};

    fn start(job: Job) -> [Act; 2] {
        let start = Act::Start {
            job,
            handle: 0,
            armed: false,
        };
        // The newest: the executor takes the number modulo how many there are.
        let poll = Act::Poll {
            task: 0,
            fresh: false,
        };
        [start, poll]
    }

    /// The reservation was made when the waker was dropped; its panic took the permit away for ever.
    #[test]
    fn a_permit_survives_the_drop_of_a_waker() {
        let [start, poll] = start(Job::Reserve);
        let second = Act::Poll {
            task: 1,
            fresh: false,
        };
        let acts = vec![
            Act::TrySend {
                tx: 0,
                armed: false,
            },
            start,
            poll,
            start,
            second,
            Act::TryRecv { rx: 0 },
            Act::Arm {
                part: Part::Drop,
                after: 0,
            },
            second,
        ];
        run(&Program { capacity: 0, acts });
    }

    /// The permits were gathered when the next in line was woken; its panic took them away for ever.
    #[test]
    fn gathered_permits_survive_the_wake_of_the_next() {
        let [start, poll] = start(Job::ReserveAll);
        let second = Act::Poll {
            task: 1,
            fresh: false,
        };
        let acts = vec![
            Act::TrySend {
                tx: 0,
                armed: false,
            },
            start,
            poll,
            start,
            second,
            Act::TryRecv { rx: 0 },
            Act::Arm {
                part: Part::Wake,
                after: 0,
            },
            poll,
        ];
        run(&Program { capacity: 1, acts });
    }

    /// The send had lost for the second time when its waker was cloned, to go back and ask for room. The clone's panic
    /// made it give back a place that it had not been given.
    #[test]
    fn a_send_that_could_not_ask_for_room_gives_none_back() {
        let [start, poll] = start(Job::Send);
        let send = Act::TrySend {
            tx: 0,
            armed: false,
        };
        let receive = Act::TryRecv { rx: 0 };
        let clone_panics = Act::Arm {
            part: Part::Clone,
            after: 0,
        };
        let first_loss = [receive, send, poll];
        let second_loss = [receive, send, clone_panics, poll];
        let mut acts = vec![send, start, poll];
        acts.extend(first_loss);
        acts.extend(second_loss);
        run(&Program { capacity: 0, acts });
    }
}

mod mpsc_against_the_model {
    use crate::ops::mpsc;
    use crate::ops::mpsc::program::{HandleOp, Op, PermitOp, Program, RecvNow};

    /// A poll for no messages at all took the wait before it for done: its waker stayed when the receiver was dropped.
    #[test]
    fn a_poll_for_nothing_ends_no_wait() {
        let stream = false;
        let ops = vec![
            Op::Permit(PermitOp::TryReserve { tx: 0 }),
            Op::Recv(RecvNow::Close),
            Op::Recv(RecvNow::Poll {
                stream,
                fresh: true,
            }),
            Op::Recv(RecvNow::PollMany { n: 0, fresh: false }),
            Op::Handle(HandleOp::DropReceiver),
        ];
        let (size, ending) = (1, 1);
        mpsc::run(&Program { size, ending, ops });
    }
}
