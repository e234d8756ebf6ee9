//! The same for `wakering::mpsc`, bounded and unbounded: its operations, and the executor that compares a channel with the
//! [model](super::model).
//!
//! The senders' half of the model is the one of `mpmc`. The one receiver waits in a [cell](super::cell).

mod handles;
mod permits;
mod pollers;
pub mod program;
mod receive;
mod runner;
mod send;
mod tasks;

pub use program::Program;
pub use runner::run;
