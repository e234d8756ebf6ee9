//! `wakering::queue`: what it has beyond the channel below it, which all other modules test. The rest is tested by
//! tokio-mpmc's own suite (`.ci/published-suites`).

mod calls;
mod handles;
