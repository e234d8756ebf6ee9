//! `wakering::ack`: waiting, closing and foreign code. What each call does to each message is told by random programs against a
//! model (`tests/proptest_ack.rs`), what crashes do by `tests/ack_crashes.rs`.

mod blocking;
mod config;
mod expiry;
mod flow;
mod foreign;
mod waiting;
