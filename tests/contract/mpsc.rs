//! `wakering::mpsc`: what it has beyond `tokio::sync::mpsc`, and what is easily got wrong with one consumer. The rest
//! is tested by tokio's own suite (`.ci/published-suites`).

mod budget;
mod errors;
mod limits;
mod permits;
mod poll_sender;
mod stream;
mod unbounded;
mod waiting;
mod wakers;
