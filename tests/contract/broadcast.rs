//! `wakering::broadcast`: what it has beyond `tokio::sync::broadcast`, and what is easily got wrong. The rest is tested by
//! tokio's own suite (`.ci/published-suites`).

mod clones;
mod flow;
mod handles;
mod lossless;
mod waiting;
