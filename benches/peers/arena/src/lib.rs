//! The rivals and the workloads, apart from wakering and from the tool, so that a change in either
//! of these does not compile all the rivals again.

#[macro_use]
mod macros;

pub mod cells;
pub mod competitor;
pub mod counted;
pub mod executors;
pub mod message;
pub mod peer;
pub mod rivals;
pub mod series;
pub mod shapes;
pub mod versions;
pub mod workload;
