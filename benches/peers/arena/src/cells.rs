//! The cells: every combination of executor, workload, capacity and payload that is measured.

use serde::{Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// Where senders and receivers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executor {
    /// Tasks on tokio's multi-thread runtime with two workers.
    Mt,
    /// Tasks on tokio's current-thread runtime.
    Ct,
    /// Tasks on one `async_executor::Executor` that two threads run.
    Smol,
    /// Blocking calls, one OS thread per sender and per receiver.
    Threads,
}

/// How many senders and receivers a channel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub senders: usize,
    pub receivers: usize,
}

/// How many messages a channel holds: 0 where senders wait until their message is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    Bounded(usize),
    Unbounded,
}

/// What the senders and receivers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// The senders send as fast as they can, the receivers receive until the channel is closed.
    Flow { shape: Shape, capacity: Capacity },
    /// One round trip at a time over two channels of capacity 1.
    PingPong,
    /// A sender that keeps a pace, and a receiver that waits for it. Not among all cells: no throughput.
    Paced(Duration),
    /// So many senders that wait for room. Not among all cells, either.
    Crowd(usize),
    /// Something that is no queue.
    Other(Other),
}

/// Workloads of other shapes of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    /// One task makes a oneshot channel, sends and receives.
    Oneshot,
    /// A task asks another one over an mpsc channel and is answered over a oneshot channel.
    Actor,
    /// Each message goes to four receivers.
    Broadcast,
    /// Each value is seen by four receivers before the next one is set.
    Watch,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub executor: Executor,
    pub workload: Workload,
    /// Size of one message in bytes: 8, 64, 1024 or 4096; 8 if the capacity is unbounded.
    pub bytes: usize,
}

const SHAPES: [Shape; 4] = [
    Shape::new(1, 1),
    Shape::new(4, 1),
    Shape::new(16, 1),
    Shape::new(4, 4),
];
const CAPACITIES: [Capacity; 5] = [
    Capacity::Bounded(1),
    Capacity::Bounded(16),
    Capacity::Bounded(128),
    Capacity::Bounded(1024),
    Capacity::Unbounded,
];
const LARGE_BYTES: [usize; 2] = [64, 1024];

impl Executor {
    /// In the order of the table.
    pub const ALL: [Self; 4] = [Self::Mt, Self::Ct, Self::Smol, Self::Threads];
}

impl Other {
    pub const ALL: [Self; 4] = [Self::Oneshot, Self::Actor, Self::Broadcast, Self::Watch];
}

impl Shape {
    pub const fn new(senders: usize, receivers: usize) -> Self {
        Self { senders, receivers }
    }
}

impl Cell {
    /// All cells, in the order of the table.
    pub fn all() -> Vec<Cell> {
        Executor::ALL
            .into_iter()
            .flat_map(Self::of_executor)
            .collect()
    }

    fn of_executor(executor: Executor) -> Vec<Cell> {
        let cell = |workload, bytes| Cell {
            executor,
            workload,
            bytes,
        };
        let mut cells = Vec::new();
        for shape in [Shape::new(1, 1), Shape::new(4, 4)] {
            let capacity = Capacity::Bounded(0);
            cells.push(cell(Workload::Flow { shape, capacity }, 8));
        }
        for shape in SHAPES {
            for capacity in CAPACITIES {
                cells.push(cell(Workload::Flow { shape, capacity }, 8));
            }
        }
        cells.push(cell(Workload::PingPong, 8));
        for shape in [Shape::new(1, 1), Shape::new(4, 4)] {
            for bytes in LARGE_BYTES {
                cells.push(cell(
                    Workload::Flow {
                        shape,
                        capacity: Capacity::Bounded(128),
                    },
                    bytes,
                ));
            }
        }
        if executor != Executor::Threads {
            cells.extend(Other::ALL.map(|other| cell(Workload::Other(other), 8)));
        }
        cells
    }

    /// The channel's ends, which decide who can take part.
    pub fn shape(&self) -> Shape {
        match self.workload {
            Workload::Flow { shape, .. } => shape,
            Workload::Crowd(senders) => Shape::new(senders, 1),
            Workload::PingPong | Workload::Paced(_) | Workload::Other(_) => Shape::new(1, 1),
        }
    }

    /// The capacity of the channel, or of both.
    pub fn capacity(&self) -> Capacity {
        match self.workload {
            Workload::Flow { capacity, .. } => capacity,
            Workload::PingPong => Capacity::Bounded(1),
            Workload::Paced(_) | Workload::Crowd(_) | Workload::Other(_) => Capacity::Bounded(128),
        }
    }

    /// Whether messages are queued between senders and receivers.
    pub fn is_of_queues(&self) -> bool {
        !matches!(self.workload, Workload::Other(_))
    }

    /// Whether `--quick` runs this cell: one small capacity, the two extreme shapes, each payload
    /// once, one unbounded flow.
    pub fn is_quick(&self) -> bool {
        match self.workload {
            Workload::PingPong | Workload::Other(_) => true,
            Workload::Paced(_) | Workload::Crowd(_) => false,
            Workload::Flow { shape, capacity } => match (self.bytes, capacity) {
                (8, Capacity::Bounded(16)) | (64, _) if shape == Shape::new(1, 1) => true,
                (8, Capacity::Bounded(16)) | (1024, _) if shape == Shape::new(4, 4) => true,
                (8, Capacity::Unbounded) => shape == Shape::new(4, 1),
                _ => false,
            },
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.senders, self.receivers)
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Capacity::Bounded(capacity) => write!(f, "cap{capacity}"),
            Capacity::Unbounded => write!(f, "unbounded"),
        }
    }
}

impl Serialize for Cell {
    /// Its name.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/", self.executor)?;
        match self.workload {
            Workload::Flow { shape, capacity } => write!(f, "{shape}/{capacity}")?,
            Workload::PingPong => write!(f, "pingpong")?,
            Workload::Paced(pace) => write!(f, "paced-{pace:?}")?,
            Workload::Crowd(senders) => write!(f, "crowd-{senders}")?,
            Workload::Other(Other::Oneshot) => write!(f, "oneshot")?,
            Workload::Other(Other::Actor) => write!(f, "actor")?,
            Workload::Other(Other::Broadcast) => write!(f, "broadcast-1to4")?,
            Workload::Other(Other::Watch) => write!(f, "watch-1to4")?,
        }
        match self.bytes {
            8 => Ok(()),
            bytes => write!(f, "/{bytes}B"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique() {
        let cells = Cell::all();
        let names: HashSet<String> = cells.iter().map(Cell::to_string).collect();
        assert_eq!(names.len(), cells.len());
        assert!(names.contains("Mt/4x1/cap16"));
        assert!(names.contains("Threads/16x1/unbounded"));
    }
}
