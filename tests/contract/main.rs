//! The contract of a channel, written once and run by five drivers at six capacities, and without a bound where the
//! body allows. What differs at capacity 0 is in `meeting`.
//!
//! `driver` says how a body runs: as tasks of tokio (several threads, or one), as tasks of smol, polled
//! by hand, or on threads with the blocking form of each operation. Every other module holds the bodies
//! for one part of the contract; `contract!` at its top makes a test of each body and driver, named
//! `module::driver::body`. A body is given its driver and a capacity.
#![cfg(all(
    feature = "std",
    feature = "stream",
    not(any(wakering_loom, wakering_shuttle))
))]

#[path = "../common/mod.rs"]
mod common;
mod driver;

mod ack;
mod adapters;
mod batch;
mod bound;
mod broadcast;
mod cancel;
mod close;
mod deadline;
mod errors;
mod fairness;
mod force;
mod grants;
mod handles;
mod meeting;
mod mpsc;
mod oneshot;
mod observe;
mod order;
mod overflow;
mod permits;
mod queue;
mod shutdown;
mod throttled;
mod unbounded;
mod wake;
mod watch;
mod yielding;
