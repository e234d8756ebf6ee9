//! `wakering::oneshot`: every act of the one side against every act of the other, in both orders, and what it has beyond
//! `tokio::sync::oneshot`. The rest is tested by tokio's own suite (`.ci/published-suites`).

mod acts;
mod blocking;
mod errors;
mod executors;
mod wakers;
