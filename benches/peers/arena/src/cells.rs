//! The cells: every combination of executor, workload, capacity and payload that is measured.

use std::fmt;

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

/// What the senders and receivers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// The senders send as fast as they can, the receivers receive until the channel is closed.
    Flow { shape: Shape, capacity: usize },
    /// One round trip at a time over two channels of capacity 1.
    PingPong,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub executor: Executor,
    pub workload: Workload,
    /// Size of one message in bytes: 8, 64 or 1024.
    pub bytes: usize,
}

const EXECUTORS: [Executor; 4] = [
    Executor::Mt,
    Executor::Ct,
    Executor::Smol,
    Executor::Threads,
];
const SHAPES: [Shape; 4] = [
    Shape::new(1, 1),
    Shape::new(4, 1),
    Shape::new(16, 1),
    Shape::new(4, 4),
];
const CAPACITIES: [usize; 4] = [1, 16, 128, 1024];
const LARGE_BYTES: [usize; 2] = [64, 1024];

impl Shape {
    const fn new(senders: usize, receivers: usize) -> Self {
        Self { senders, receivers }
    }
}

impl Cell {
    /// All cells, in the order of the table.
    pub fn all() -> Vec<Cell> {
        EXECUTORS.into_iter().flat_map(Self::of_executor).collect()
    }

    fn of_executor(executor: Executor) -> Vec<Cell> {
        let cell = |workload, bytes| Cell {
            executor,
            workload,
            bytes,
        };
        let mut cells = Vec::new();
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
                        capacity: 128,
                    },
                    bytes,
                ));
            }
        }
        cells
    }

    /// The channel's ends, which decide who can take part.
    pub fn shape(&self) -> Shape {
        match self.workload {
            Workload::Flow { shape, .. } => shape,
            Workload::PingPong => Shape::new(1, 1),
        }
    }

    /// Whether `--quick` runs this cell: one small capacity, the two extreme shapes, each payload
    /// once.
    pub fn is_quick(&self) -> bool {
        match self.workload {
            Workload::PingPong => true,
            Workload::Flow { shape, capacity } => match self.bytes {
                8 => capacity == 16 && (shape == Shape::new(1, 1) || shape == Shape::new(4, 4)),
                64 => shape == Shape::new(1, 1),
                _ => shape == Shape::new(4, 4),
            },
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.senders, self.receivers)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/", self.executor)?;
        match self.workload {
            Workload::Flow { shape, capacity } => write!(f, "{shape}/cap{capacity}")?,
            Workload::PingPong => write!(f, "pingpong")?,
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
    }
}
