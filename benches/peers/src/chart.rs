//! The chart: for each executor a bar for each peer.

use crate::report::Report;
use crate::results::{CellResult, Mean};
use crate::wakering::OURS;
use arena::cells::Executor;
use arena::peer::Class;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

const WIDTH: u32 = 900;
const TITLE: u32 = 44;
/// Of a bar with the gap below it.
const BAR: i32 = 16;
/// Where the bars begin: the names are to the left of it.
const LEFT: i32 = 120;
/// For the figure to the right of the longest bar.
const RIGHT: i32 = 50;
const ABOVE: i32 = 24;

/// One bar: a peer, and its time in units of ours.
struct Bar {
    peer: &'static str,
    class: Option<Class>,
    times: f64,
}

/// Draws what was measured.
///
/// # Errors
///
/// When the file cannot be written.
pub fn draw(report: &Report, file: &Path) -> Result<(), Box<dyn Error>> {
    let panels: Vec<(Executor, Vec<Bar>)> = Executor::ALL
        .into_iter()
        .map(|executor| (executor, bars(report, executor)))
        .filter(|(_, bars)| !bars.is_empty())
        .collect();
    let rows = panels.iter().map(|(_, bars)| bars.len()).max().unwrap_or(0) as u32;
    let height = rows * BAR as u32 + 2 * ABOVE as u32;
    let lines = panels.len().div_ceil(2) as u32;
    let root = SVGBackend::new(file, (WIDTH, TITLE + lines * height)).into_drawing_area();
    root.fill(&WHITE)?;
    let title = format!(
        "Time for a message, in units of {}: geometric mean over the cells that both take part in (shorter is faster)",
        OURS[0]
    );
    root.draw(&Text::new(title, (8, 8), ("sans-serif", 14)))?;
    let legend = [
        (None, "wakering"),
        (Some(Class::Strict), "strict"),
        (Some(Class::Loose), "loose"),
    ];
    for (n, (class, name)) in legend.into_iter().enumerate() {
        let x = 8 + 90 * n as i32;
        root.draw(&Rectangle::new(
            [(x, 28), (x + 10, 38)],
            colour(class).filled(),
        ))?;
        root.draw(&Text::new(name, (x + 14, 27), ("sans-serif", 12)))?;
    }
    let (_, below) = root.split_vertically(TITLE);
    for (area, (executor, bars)) in below.split_evenly((lines as usize, 2)).iter().zip(&panels) {
        panel(area, *executor, bars)?;
    }
    root.present()?;
    Ok(())
}

/// The bars of an executor, the shortest first.
fn bars(report: &Report, executor: Executor) -> Vec<Bar> {
    let cells = || {
        report
            .cells
            .iter()
            .filter(|result| result.cell.executor == executor && result.cell.is_of_queues())
    };
    let bar = |&peer: &&'static str| {
        Some(Bar {
            peer,
            class: class(cells(), peer),
            times: Mean::of(cells().filter_map(|result| result.times(peer, OURS[0])))?.value,
        })
    };
    let mut bars: Vec<_> = report.peers.iter().filter_map(bar).collect();
    bars.sort_by(|a, b| a.times.total_cmp(&b.times));
    bars
}

/// `None` for ours.
fn class<'a>(mut cells: impl Iterator<Item = &'a CellResult>, peer: &str) -> Option<Class> {
    let entry = cells.find_map(|result| result.entry(peer))?;
    (!OURS.contains(&peer)).then_some(entry.class)
}

fn colour(class: Option<Class>) -> RGBColor {
    match class {
        None => RGBColor(30, 100, 180),
        Some(Class::Strict) => RGBColor(120, 160, 110),
        Some(Class::Loose) => RGBColor(190, 190, 190),
    }
}

fn panel<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    executor: Executor,
    bars: &[Bar],
) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
    let (width, _) = area.dim_in_pixel();
    let title = match executor {
        Executor::Mt => "tokio, two workers",
        Executor::Ct => "tokio, one thread",
        Executor::Smol => "smol, two threads",
        Executor::Threads => "threads",
    };
    area.draw(&Text::new(title, (LEFT, 6), ("sans-serif", 13)))?;
    // Logarithmic, from half of ours or less to the longest.
    let logs = || bars.iter().map(|bar| bar.times.ln());
    let least = logs().fold(0.5_f64.ln(), f64::min);
    let most = logs().fold(2_f64.ln(), f64::max);
    let room = f64::from(width as i32 - LEFT - RIGHT);
    let x = |times: f64| LEFT + ((times.ln() - least) / (most - least) * room) as i32;
    for (n, bar) in bars.iter().enumerate() {
        let y = ABOVE + BAR * n as i32;
        let end = x(bar.times);
        area.draw(&Text::new(bar.peer, (8, y), ("sans-serif", 12)))?;
        area.draw(&Rectangle::new(
            [(LEFT, y + 1), (end, y + BAR - 3)],
            colour(bar.class).filled(),
        ))?;
        area.draw(&Text::new(
            format!("{:.2}", bar.times),
            (end + 4, y),
            ("sans-serif", 12),
        ))?;
    }
    let bottom = ABOVE + BAR * bars.len() as i32;
    area.draw(&PathElement::new(
        [(x(1.0), ABOVE), (x(1.0), bottom)],
        BLACK,
    ))
}
