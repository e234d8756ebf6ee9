//! The competitors as the tool sees them, whatever their types.

use crate::cells::{Cell, Executor};
use crate::peer::{Class, Kind, Peer, TaskPeer, ThreadPeer};
use crate::workload::{MakeJobs, tasks, threads};

/// A crate's channel, its type erased.
pub struct Competitor {
    pub name: &'static str,
    pub class: Class,
    kind: Kind,
    tasks: Option<MakeJobs>,
    threads: Option<MakeJobs>,
}

impl Competitor {
    /// A competitor for tasks and threads.
    pub fn with_both<P: TaskPeer + ThreadPeer>() -> Self {
        Self {
            threads: Some(threads::jobs::<P>),
            ..Self::with_tasks::<P>()
        }
    }

    /// A competitor for tasks only.
    pub fn with_tasks<P: TaskPeer>() -> Self {
        Self {
            tasks: Some(tasks::jobs::<P>),
            ..Self::named::<P>()
        }
    }

    /// A competitor for threads only.
    pub fn with_threads<P: ThreadPeer>() -> Self {
        Self {
            threads: Some(threads::jobs::<P>),
            ..Self::named::<P>()
        }
    }

    fn named<P: Peer>() -> Self {
        Self {
            name: P::NAME,
            class: P::CLASS,
            kind: P::KIND,
            tasks: None,
            threads: None,
        }
    }

    /// How the competitor's jobs for the cell are made, if it can take part.
    pub fn jobs_of(&self, cell: &Cell) -> Option<MakeJobs> {
        let make_jobs = match cell.executor {
            Executor::Mt | Executor::Ct | Executor::Smol => self.tasks,
            Executor::Threads => self.threads,
        };
        make_jobs.filter(|_| self.kind.allows(cell.shape()))
    }
}
