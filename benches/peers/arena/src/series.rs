//! How the cost of a message grows: rows of cells in which one thing changes.

use crate::cells::{Capacity, Cell, Executor, Shape, Workload};

/// Cells that differ in one thing.
pub struct Series {
    pub executor: Executor,
    /// What changes.
    pub what: &'static str,
    /// The cells, and how much of it there is in each.
    pub cells: Vec<(usize, Cell)>,
}

const CAPACITY: usize = 128;

impl Series {
    /// Senders, receivers, the capacity and the size of a message, for tasks on two threads and on one.
    pub fn all() -> Vec<Self> {
        let executors = [Executor::Mt, Executor::Ct].into_iter();
        executors.flat_map(Self::of_executor).collect()
    }

    fn of_executor(executor: Executor) -> [Self; 4] {
        let series = |what, values: &[usize], cell: fn(usize) -> (Shape, usize, usize)| Self {
            executor,
            what,
            cells: values
                .iter()
                .map(|&value| {
                    let (shape, capacity, bytes) = cell(value);
                    let workload = Workload::Flow {
                        shape,
                        capacity: Capacity::Bounded(capacity),
                    };
                    let cell = Cell {
                        executor,
                        workload,
                        bytes,
                    };
                    (value, cell)
                })
                .collect(),
        };
        [
            series("senders", &[1, 4, 16, 64, 256], |n| {
                (Shape::new(n, 1), CAPACITY, 8)
            }),
            series("receivers", &[1, 4, 16, 64], |n| {
                (Shape::new(4, n), CAPACITY, 8)
            }),
            series("capacity", &[1, 8, 64, 512, 4096, 65_536], |n| {
                (Shape::new(1, 1), n, 8)
            }),
            series("bytes", &[8, 64, 1024, 4096], |n| {
                (Shape::new(1, 1), CAPACITY, n)
            }),
        ]
    }
}
