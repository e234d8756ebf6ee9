//! tokio's channels. mpsc: permits in order of arrival. Under tokio it takes part in the cooperative budget.

tokio_mpsc!(Tokio = "tokio", tokio::sync);
crate::tokio_shapes!(Tokio, tokio::sync);
