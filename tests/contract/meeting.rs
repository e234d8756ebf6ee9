//! Capacity 0: a send is done when a receiver has its message, and not before.

mod cancel;
mod close;
mod flow;
mod handover;
#[cfg(feature = "sink")]
mod sink;
mod wakers;
