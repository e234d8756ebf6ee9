//! What the figures say about ours: geometric means over groups of cells, and the cells in which
//! they are behind.

use crate::results::{CellResult, Mean};
use crate::table::Table;
use crate::wakering::OURS;
use arena::cells::{Capacity, Cell, Executor, Workload};
use arena::peer::Class;
use arena::rivals::TOKIO;
use std::fmt;

pub struct Summary<'a> {
    pub cells: &'a [CellResult],
    /// Those of ours that were asked for.
    pub ours: Vec<&'static str>,
}

/// Some of the cells.
struct Group {
    name: String,
    holds: Box<dyn Fn(&Cell) -> bool>,
}

impl Group {
    fn new(name: impl Into<String>, holds: impl Fn(&Cell) -> bool + 'static) -> Self {
        let (name, holds) = (name.into(), Box::new(holds));
        Self { name, holds }
    }

    fn all() -> Vec<Self> {
        let mut groups = Vec::new();
        for executor in Executor::ALL {
            groups.push(Self::new(format!("{executor:?}, bounded"), move |cell| {
                cell.executor == executor && cell.is_of_queues() && !is_unbounded(cell)
            }));
            groups.push(Self::new(format!("{executor:?}, unbounded"), move |cell| {
                cell.executor == executor && is_unbounded(cell)
            }));
        }
        groups.push(Self::new("tasks, cap16 and cap128", |cell| {
            cell.executor != Executor::Threads && has_usual_capacity(cell)
        }));
        groups.push(Self::new("unbounded", is_unbounded));
        groups.push(Self::new("all queues", Cell::is_of_queues));
        groups.push(Self::new("oneshot, actor, broadcast, watch", |cell| {
            !cell.is_of_queues()
        }));
        groups
    }
}

fn is_unbounded(cell: &Cell) -> bool {
    cell.capacity() == Capacity::Unbounded
}

/// Whether the cell is a flow of the capacity 16 or 128, of messages of any size.
fn has_usual_capacity(cell: &Cell) -> bool {
    matches!(
        cell.workload,
        Workload::Flow {
            capacity: Capacity::Bounded(16 | 128),
            ..
        }
    )
}

impl Summary<'_> {
    fn means(&self) -> Table {
        let mut header = vec!["cells".to_string()];
        for ours in &self.ours {
            header.push(format!("{ours} / best strict"));
            header.push(format!("{TOKIO} / {ours}"));
        }
        let mut rows = vec![header];
        for group in Group::all() {
            let means = self.means_of(&group);
            if means.iter().any(Option::is_some) {
                let mut row = vec![group.name];
                row.extend(means.iter().map(|mean| mean_text(mean.as_ref())));
                rows.push(row);
            }
        }
        Table { rows }
    }

    /// For each of ours, how many times the best strict rival's time it takes, and how many times
    /// its own time tokio takes.
    fn means_of(&self, group: &Group) -> Vec<Option<Mean>> {
        let cells = || {
            self.cells
                .iter()
                .filter(|result| (group.holds)(&result.cell))
        };
        let both = |ours: &&'static str| {
            [
                Mean::of(cells().filter_map(|result| result.ratio(ours))),
                Mean::of(cells().filter_map(|result| result.times(TOKIO, ours))),
            ]
        };
        self.ours.iter().flat_map(both).collect()
    }

    /// For each rival, how many times its time ours take, over the cells of tasks and those of threads that both take
    /// part in.
    fn against_each(&self) -> Table {
        let mut header = vec!["rival".to_string()];
        for ours in &self.ours {
            header.extend([format!("{ours}, tasks"), format!("{ours}, threads")]);
        }
        let mut rivals: Vec<&str> = Vec::new();
        for entry in self.cells.iter().flat_map(|result| &result.entries) {
            if !OURS.contains(&entry.peer) && !rivals.contains(&entry.peer) {
                rivals.push(entry.peer);
            }
        }
        rivals.sort_unstable();
        let mut rows = vec![header];
        for rival in rivals {
            let mut row = vec![rival.to_string()];
            for ours in &self.ours {
                for threads in [false, true] {
                    let cells = self
                        .cells
                        .iter()
                        .filter(|result| (result.cell.executor == Executor::Threads) == threads);
                    let mean = Mean::of(cells.filter_map(|result| result.times(ours, rival)));
                    row.push(mean_text(mean.as_ref()));
                }
            }
            rows.push(row);
        }
        Table { rows }
    }

    fn fmt_behind(&self, ours: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio = |result| Some((CellResult::ratio(result, ours)?, result));
        let mut ratios: Vec<_> = self.cells.iter().filter_map(ratio).collect();
        // The worst first.
        ratios.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let behind = ratios.iter().take_while(|(ratio, _)| *ratio > 1.0);
        writeln!(
            f,
            "\n{ours} is behind the best strict rival in {} of {} cells:\n",
            behind.clone().count(),
            ratios.len()
        )?;
        for (ratio, result) in behind {
            let range = result
                .entry(ours)
                .zip(result.best(Class::Strict))
                .map_or(String::new(), |(ours, best)| {
                    format!("{}, {}", ours.with_range(), best.with_range())
                });
            writeln!(f, "- {} {ratio:.2}: {range}", result.cell)?;
        }
        Ok(())
    }
}

/// The mean, and over how many cells.
fn mean_text(mean: Option<&Mean>) -> String {
    mean.map_or(String::new(), |mean| {
        format!("{:.2} ({})", mean.value, mean.cells)
    })
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Geometric means of ours, each over so many cells (below 1 ours is faster than the best \
             strict rival, above 1 it is faster than {TOKIO}):\n\n{}",
            self.means()
        )?;
        write!(
            f,
            "\nAgainst each rival (below 1 ours is faster):\n\n{}",
            self.against_each()
        )?;
        self.ours
            .iter()
            .try_for_each(|ours| self.fmt_behind(ours, f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells_of(name: &str) -> usize {
        let groups = Group::all();
        let group = groups.iter().find(|group| group.name == name).unwrap();
        Cell::all()
            .iter()
            .filter(|cell| (group.holds)(cell))
            .count()
    }

    #[test]
    fn groups_hold_the_cells_they_say() {
        assert_eq!(cells_of("Mt, bounded"), 21);
        assert_eq!(cells_of("Threads, unbounded"), 4);
        // Of each task executor four flows at each capacity, and the larger messages.
        assert_eq!(cells_of("tasks, cap16 and cap128"), 3 * (2 * 4 + 4));
        assert_eq!(cells_of("unbounded"), 16);
        assert_eq!(cells_of("oneshot, actor, broadcast, watch"), 3 * 4);
        assert_eq!(cells_of("all queues") + 3 * 4, Cell::all().len());
    }
}
