//! How much memory an idle channel takes, and how fast many channels are when each is used once in a while.
//!
//! ```sh
//! cargo run --release --bin memory
//! ```

#[path = "../table.rs"]
mod table;
#[allow(dead_code, reason = "nobody asks here which are ours")]
#[path = "../wakering.rs"]
mod wakering;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
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

fn main() {
    arena::rivals::prepare();
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
        for channels in ALIVE {
            let mut pass = make(CAPACITIES[1], channels);
            let turns = MESSAGES / channels / ROUNDS;
            let nanos = (0..ROUNDS).map(|_| {
                let start = Instant::now();
                (0..turns).for_each(|_| pass());
                start.elapsed().as_nanos() as f64 / (turns * channels) as f64
            });
            row.push(format!("{:.0}", nanos.fold(f64::INFINITY, f64::min)));
        }
        rows.push(row);
    }
    println!(
        "Bytes and allocations of a channel with its two handles; and nanoseconds for one message from the sender to the \
         receiver, in one task that goes from channel to channel (capacity {}).\n\n{}",
        CAPACITIES[1],
        Table { rows }
    );
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
