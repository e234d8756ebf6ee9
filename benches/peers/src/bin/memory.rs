//! How much memory an idle channel takes, and how fast many channels are when each is used once in a while.
//!
//! ```sh
//! cargo run --release --bin memory -- --chart memory.svg
//! ```

#[path = "../lines.rs"]
mod lines;
#[path = "../table.rs"]
mod table;
#[allow(dead_code, reason = "nobody asks here which are ours")]
#[path = "../wakering.rs"]
mod wakering;

use clap::Parser;
use lines::Panel;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;
use table::Table;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CAPACITIES: [usize; 3] = [1, 16, 128];

/// How many channels are alive at a time.
const ALIVE: [usize; 4] = [1, 100, 10_000, 100_000];

/// How many messages pass through each number of channels.
const MESSAGES: usize = 1_000_000;

/// The fastest of so many rounds counts.
const ROUNDS: usize = 5;

/// Measures what idle channels take, of wakering and of its rivals.
#[derive(Parser)]
struct Options {
    /// Also draw it to this SVG file.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    arena::rivals::prepare();
    let mut panels = [
        "bytes of an idle channel, by its capacity",
        "ns a message, by the number of channels",
    ]
    .map(|title| Panel {
        title: title.to_string(),
        lines: Vec::new(),
    });
    let mut header = vec!["peer".to_string()];
    header.extend(CAPACITIES.map(|capacity| format!("bytes, cap{capacity}")));
    header.push(String::from("allocations"));
    header.extend(ALIVE.map(|channels| format!("ns, {channels} alive")));
    let mut rows = vec![header];
    for competitor in wakering::competitors() {
        let Some(make) = competitor.alive() else {
            continue;
        };
        let mut row = vec![competitor.name.to_string()];
        let opened = CAPACITIES.map(|capacity| cost(|channels| make(capacity, channels)));
        row.extend(opened.map(|(bytes, _)| bytes.to_string()));
        row.push(opened[CAPACITIES.len() - 1].1.to_string());
        let mut lines = [Vec::new(), Vec::new()];
        for (capacity, (bytes, _)) in CAPACITIES.into_iter().zip(opened) {
            lines[0].push((capacity as f64, bytes as f64));
        }
        for channels in ALIVE {
            let mut pass = make(CAPACITIES[1], channels);
            let turns = MESSAGES / channels / ROUNDS;
            let nanos = (0..ROUNDS).map(|_| {
                let start = Instant::now();
                (0..turns).for_each(|_| pass());
                start.elapsed().as_nanos() as f64 / (turns * channels) as f64
            });
            let fastest = nanos.fold(f64::INFINITY, f64::min);
            row.push(format!("{fastest:.0}"));
            lines[1].push((channels as f64, fastest));
        }
        for (panel, points) in panels.iter_mut().zip(lines) {
            panel.lines.push((competitor.name.to_string(), points));
        }
        rows.push(row);
    }
    println!(
        "Bytes and allocations of a channel with its two handles; and nanoseconds for one message from the sender to the \
         receiver, in one task that goes from channel to channel (capacity {}).\n\n{}",
        CAPACITIES[1],
        Table { rows }
    );
    options
        .chart
        .map_or(Ok(()), |file| lines::draw(&panels, &file))
}

/// Bytes and allocations of one channel more.
fn cost<C>(open: impl Fn(usize) -> C) -> (isize, usize) {
    const FEW: usize = 10;
    const MANY: usize = 1_010;
    let of = |channels| {
        let region = Region::new(ALLOCATOR);
        let open = open(channels);
        let change = region.change();
        drop(open);
        (
            change.bytes_allocated as isize - change.bytes_deallocated as isize,
            change.allocations - change.deallocations,
        )
    };
    let (few, many) = (of(FEW), of(MANY));
    let more = MANY - FEW;
    (
        (many.0 - few.0) / more as isize,
        (many.1 - few.1).div_ceil(more),
    )
}
