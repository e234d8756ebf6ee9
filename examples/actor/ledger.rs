//! Writes down what has happened.

use wakering::broadcast::{Receiver, error::RecvError};

use crate::warehouse::Event;

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub sales: u64,
    pub sold: u64,
    pub deliveries: u64,
    /// So many events were overwritten before they could be written down.
    pub missed: u64,
}

/// Keeps the ledger until the warehouse closes.
pub(crate) async fn keep(mut events: Receiver<Event>) -> Ledger {
    let mut ledger = Ledger::default();
    loop {
        match events.recv().await {
            Ok(Event::Sold(amount)) => {
                ledger.sales += 1;
                ledger.sold += amount;
            }
            Ok(Event::Delivered) => ledger.deliveries += 1,
            Ok(Event::Low) => {}
            Err(RecvError::Lagged(missed)) => ledger.missed += missed,
            Err(RecvError::Closed) => return ledger,
        }
    }
}
