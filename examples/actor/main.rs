//! A warehouse as an actor: its stock belongs to one task, and everybody else talks to that task.
//!
//! | channel | from | to | what |
//! |---|---|---|---|
//! | `mpsc` | customers, the supplier | the warehouse | commands |
//! | `oneshot` | the warehouse | who asked | the reply to one command |
//! | `watch` | the manager | the warehouse | the limits in force |
//! | `broadcast` | the warehouse | the supplier, the ledger | what has happened |
//!
//! ```sh
//! cargo run --release --example actor                 # on tokio
//! cargo run --release --example actor -- --on smol
//! cargo run --release --example actor -- --on threads # each task is a thread
//! ```
//!
//! The source of the tasks is the same on all three. At the end the books are compared: what was supplied must be what
//! was sold and what is left. The exit code says whether it is.

mod ledger;
mod people;
#[path = "../common/run.rs"]
mod run;
mod warehouse;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use futures_lite::future::block_on;
use wakering::{broadcast, mpsc, watch};

use run::{Executor, On};
use warehouse::{Limits, Warehouse};

/// A warehouse as an actor, on any executor.
#[derive(Parser)]
struct Args {
    /// What runs the tasks.
    #[arg(long, value_enum, default_value_t = On::Tokio)]
    on: On,

    /// How many customers there are.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1000))]
    customers: u32,

    /// How many orders each of them gives.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    orders: u32,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let executor = match Executor::start(args.on) {
        Ok(executor) => executor,
        Err(error) => {
            eprintln!("no executor: {error}");
            return ExitCode::FAILURE;
        }
    };
    let begin = Instant::now();

    let (commands, inbox) = mpsc::channel(32);
    let (limits, in_force) = watch::channel(Limits::default());
    // Enough for an unlucky task not to run for a while. One that falls behind further is told how much it has missed.
    let (events, for_supplier) = broadcast::channel(4096);
    let for_ledger = events.subscribe();

    let warehouse = executor.spawn(Warehouse::new(inbox, in_force, events).work());
    let ledger = executor.spawn(ledger::keep(for_ledger));
    // The supplier holds a weak handle: it does not keep the warehouse open.
    executor.spawn(people::supply(commands.downgrade(), for_supplier));
    let manager = executor.spawn(people::manage(limits, commands.downgrade()));
    let customers: Vec<_> = (0..args.customers)
        .map(|_| executor.spawn(people::buy(commands.clone(), args.orders)))
        .collect();
    // With the last customer the last sender goes, and the warehouse closes.
    drop(commands);

    block_on(async {
        let mut bought = 0;
        let mut refused = 0;
        for customer in customers {
            let done = customer.await.expect("a customer has come to the end");
            bought += done.bought;
            refused += done.refused;
        }
        let stock = warehouse.await.expect("the warehouse has closed");
        let ledger = ledger.await.expect("the ledger is complete");
        let changes = manager.await.expect("the manager has gone home");

        println!(
            "{} orders on {:?} in {:.3} s",
            u64::from(args.customers) * u64::from(args.orders),
            args.on,
            begin.elapsed().as_secs_f64()
        );
        println!(
            "supplied {}, bought {bought}, left {}",
            stock.supplied, stock.left
        );
        println!("refused {refused} orders; the limits changed {changes} times");
        println!(
            "the ledger has {} sales and {} deliveries, and missed {} events",
            ledger.sales, ledger.deliveries, ledger.missed
        );
        let balanced = stock.supplied == bought + stock.left;
        let noted = ledger.missed > 0 || ledger.sold == bought;
        if balanced && noted {
            ExitCode::SUCCESS
        } else {
            eprintln!("the books do not balance");
            ExitCode::FAILURE
        }
    })
}
