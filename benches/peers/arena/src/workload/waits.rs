//! How long single messages take, for tasks and for threads.

use super::{Jobs, PAIR, Part, shares};
use crate::cells::{Cell, Shape, Workload};
use crate::message::{Message, Words};
use crate::peer::{Bounded, Ends, Received, TaskPeer, ThreadPeer};
use futures_lite::future::{Boxed, yield_now};
use std::hint::spin_loop;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

/// The room between a sender that keeps its pace and the receiver: enough never to be full.
const ROOM: usize = 1024;

/// The room that a crowd of senders shares.
const LITTLE: usize = 16;

/// How long a sender may sleep too long: it is awake by then.
const SLACK: Duration = Duration::from_micros(200);

type Sent = Words<1>;
type Thread = Box<dyn FnOnce() -> Part + Send>;

static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now() -> u64 {
    EPOCH.elapsed().as_nanos() as u64
}

/// The tasks of a cell that measures waits.
pub fn tasks<P: TaskPeer<Bounded>>(cell: &Cell, messages: u64) -> Jobs {
    let tasks: Vec<Boxed<Part>> = match cell.workload {
        Workload::Paced(pace) => {
            let (sender, receiver) = P::open::<Sent>(Bounded(ROOM), PAIR).pair();
            vec![
                Box::pin(receive::<P>(receiver)),
                Box::pin(keep_pace::<P>(sender, pace, messages)),
            ]
        }
        Workload::Crowd(senders) => {
            let shape = Shape::new(senders, 1);
            let Ends {
                senders: each,
                mut receivers,
            } = P::open::<Sent>(Bounded(LITTLE), shape);
            let receiver = receivers.pop().expect("there is one");
            let mut tasks: Vec<Boxed<Part>> = vec![Box::pin(receive::<P>(receiver))];
            for (sender, share) in each.into_iter().zip(shares(messages, senders)) {
                tasks.push(Box::pin(push::<P>(sender, share.end - share.start)));
            }
            tasks
        }
        _ => unreachable!("{cell} measures no waits"),
    };
    Jobs::Tasks(tasks)
}

/// The threads of a cell that measures waits: those that keep a pace.
pub fn threads<P: ThreadPeer<Bounded>>(cell: &Cell, messages: u64) -> Jobs {
    let Workload::Paced(pace) = cell.workload else {
        unreachable!("{cell} is not for threads");
    };
    let (mut sender, mut receiver) = P::open::<Sent>(Bounded(ROOM), PAIR).pair();
    let receive: Thread = Box::new(move || {
        let start = Instant::now();
        let mut waits = Vec::new();
        while let Some(message) = P::recv(&mut receiver).message() {
            waits.push(now() - message.sum());
        }
        Part::with_waits(start, waits)
    });
    let send: Thread = Box::new(move || {
        let start = Instant::now();
        for turn in 1..=messages {
            let due = start + pace * turn as u32;
            thread::sleep(
                due.saturating_duration_since(Instant::now())
                    .saturating_sub(SLACK),
            );
            while Instant::now() < due {
                spin_loop();
            }
            P::send(&mut sender, Sent::new(now())).expect("the channel is open");
        }
        drop(sender);
        Part::new(start, 0)
    });
    Jobs::Threads(vec![receive, send])
}

/// Waits from the sending of a message to its receipt.
async fn receive<P: TaskPeer<Bounded>>(mut receiver: P::Receiver<Sent>) -> Part {
    let start = Instant::now();
    let mut waits = Vec::new();
    while let Some(message) = P::recv(&mut receiver).await.message() {
        // Those of a crowd carry no time.
        if message.sum() > 0 {
            waits.push(now() - message.sum());
        }
    }
    Part::with_waits(start, waits)
}

async fn keep_pace<P: TaskPeer<Bounded>>(
    mut sender: P::Sender<Sent>,
    pace: Duration,
    messages: u64,
) -> Part {
    let start = Instant::now();
    for turn in 1..=messages {
        let due = start + pace * turn as u32;
        // Others run meanwhile, also on this thread.
        while Instant::now() < due {
            yield_now().await;
        }
        P::send(&mut sender, Sent::new(now()))
            .await
            .expect("the channel is open");
    }
    drop(sender);
    Part::new(start, 0)
}

/// Waits from the beginning of a send to its end.
async fn push<P: TaskPeer<Bounded>>(mut sender: P::Sender<Sent>, messages: u64) -> Part {
    let start = Instant::now();
    let mut waits = Vec::with_capacity(messages as usize);
    for _ in 0..messages {
        let begin = now();
        P::send(&mut sender, Sent::new(0))
            .await
            .expect("the channel is open");
        waits.push(now() - begin);
    }
    drop(sender);
    Part::with_waits(start, waits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::Executor;
    use crate::{counted, rivals};

    #[test]
    fn there_is_a_wait_for_each_message() {
        let all = rivals::all();
        let tokio = all
            .iter()
            .find(|peer| peer.name == rivals::TOKIO)
            .expect("takes part");
        for workload in [
            Workload::Paced(Duration::from_micros(3)),
            Workload::Crowd(5),
        ] {
            let cell = Cell {
                executor: Executor::Ct,
                workload,
                bytes: 8,
            };
            let make_jobs = tokio.jobs_of(&cell).expect("takes part");
            let Jobs::Tasks(tasks) = make_jobs(&cell, 100) else {
                panic!("has tasks");
            };
            let (parts, _) = counted::run(tasks);
            let waits: usize = parts.iter().map(|part| part.waits.len()).sum();
            assert_eq!(waits, 100);
        }
    }
}
