//! The competitors as the tool sees them, whatever their types.

use crate::cells::{Capacity, Cell, Executor, Other, Workload};
use crate::peer::{Bounded, Class, Kind, Peer, TaskPeer, ThreadPeer, Unbounded};
use crate::shapes::{Actor, Broadcast, Oneshot, Watch};
use crate::workload::alive::{self, MakeAlive};
use crate::workload::{MakeJobs, others, tasks, threads};

/// A crate's channel, its type erased.
pub struct Competitor {
    pub name: &'static str,
    pub class: Class,
    kind: Kind,
    meets: bool,
    tasks: Option<MakeJobs>,
    alive: Option<MakeAlive>,
    unbounded_tasks: Option<MakeJobs>,
    threads: Option<MakeJobs>,
    unbounded_threads: Option<MakeJobs>,
    others: Vec<(Other, MakeJobs)>,
}

impl Competitor {
    /// A competitor that takes part in nothing so far.
    pub fn named<P: Peer>() -> Self {
        Self {
            name: P::NAME,
            class: P::CLASS,
            kind: P::KIND,
            meets: false,
            tasks: None,
            alive: None,
            unbounded_tasks: None,
            threads: None,
            unbounded_threads: None,
            others: Vec::new(),
        }
    }

    /// Says that a bounded channel may have no capacity at all.
    #[must_use]
    pub fn meets(mut self) -> Self {
        self.meets = true;
        self
    }

    /// Adds bounded channels for tasks.
    #[must_use]
    pub fn tasks<P: TaskPeer<Bounded>>(mut self) -> Self {
        self.tasks = Some(tasks::jobs::<P>);
        self.alive = Some(alive::make::<P>);
        self
    }

    /// Adds unbounded channels for tasks.
    #[must_use]
    pub fn unbounded_tasks<P: TaskPeer<Unbounded>>(mut self) -> Self {
        self.unbounded_tasks = Some(tasks::unbounded_jobs::<P>);
        self
    }

    /// Adds bounded channels for threads.
    #[must_use]
    pub fn threads<P: ThreadPeer<Bounded>>(mut self) -> Self {
        self.threads = Some(threads::jobs::<P>);
        self
    }

    /// Adds unbounded channels for threads.
    #[must_use]
    pub fn unbounded_threads<P: ThreadPeer<Unbounded>>(mut self) -> Self {
        self.unbounded_threads = Some(threads::unbounded_jobs::<P>);
        self
    }

    /// Adds oneshot channels.
    #[must_use]
    pub fn oneshot<P: Oneshot>(self) -> Self {
        self.with(Other::Oneshot, others::oneshot::<P>)
    }

    /// Adds an actor.
    #[must_use]
    pub fn actor<P: Actor>(self) -> Self {
        self.with(Other::Actor, others::actor::<P>)
    }

    /// Adds broadcast channels.
    #[must_use]
    pub fn broadcast<P: Broadcast>(self) -> Self {
        self.with(Other::Broadcast, others::broadcast::<P>)
    }

    /// Adds watch channels.
    #[must_use]
    pub fn watch<P: Watch>(self) -> Self {
        self.with(Other::Watch, others::watch::<P>)
    }

    fn with(mut self, other: Other, make_jobs: MakeJobs) -> Self {
        self.others.push((other, make_jobs));
        self
    }

    /// How many of its bounded channels are made at a time, if it has some.
    pub fn alive(&self) -> Option<MakeAlive> {
        self.alive
    }

    /// How the competitor's jobs for the cell are made, if it can take part.
    pub fn jobs_of(&self, cell: &Cell) -> Option<MakeJobs> {
        if let Workload::Other(wanted) = cell.workload {
            let mut others = self.others.iter();
            return others.find_map(|&(other, make_jobs)| (other == wanted).then_some(make_jobs));
        }
        let (bounded, unbounded) = match cell.executor {
            Executor::Mt | Executor::Ct | Executor::Smol => (self.tasks, self.unbounded_tasks),
            Executor::Threads => (self.threads, self.unbounded_threads),
        };
        let make_jobs = match cell.capacity() {
            Capacity::Bounded(0) => bounded.filter(|_| self.meets),
            Capacity::Bounded(_) => bounded,
            Capacity::Unbounded => unbounded,
        };
        make_jobs.filter(|_| self.kind.allows(cell.shape()))
    }
}
