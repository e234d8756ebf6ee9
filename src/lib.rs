//! Channels for async and threaded programs.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

// In the order of dependence: a room names only rooms above it.
mod sync;
mod unwind;
mod error;
mod ring;
mod wait;
mod shared;
mod chan;
pub mod mpmc;
#[cfg(feature = "stream")]
mod stream;
#[cfg(feature = "sink")]
mod sink;

pub use error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
pub use mpmc::*;
