//! Who deals with the warehouse.

use wakering::{broadcast, mpsc, oneshot, watch};

use crate::warehouse::{Command, Event, Limits, Refused};

/// How much the supplier brings at a time.
const DELIVERY: u64 = 1_000;

/// How often the manager has new ideas.
const IDEAS: u64 = 20;

/// What a customer has got.
#[derive(Debug, Default)]
pub(crate) struct Bought {
    pub bought: u64,
    pub refused: u64,
}

/// A customer: asks, waits for the reply, and asks for less when it is told to.
pub(crate) async fn buy(warehouse: mpsc::Sender<Command>, orders: u32) -> Bought {
    let mut done = Bought::default();
    for order in 0..orders {
        let mut amount = u64::from(order % 5) + 1;
        loop {
            let (reply, answer) = oneshot::channel();
            let command = Command::Take { amount, reply };
            if warehouse.send(command).await.is_err() {
                return done;
            }
            match answer.await {
                Ok(Ok(got)) => {
                    done.bought += got;
                    break;
                }
                Ok(Err(Refused::TooMuch(most))) => {
                    done.refused += 1;
                    amount = most;
                }
                Ok(Err(Refused::SoldOut)) => {
                    done.refused += 1;
                    futures_lite::future::yield_now().await;
                }
                // The warehouse has dropped the command unanswered: it is gone.
                Err(_) => return done,
            }
        }
    }
    done
}

/// The supplier: brings more whenever little is left.
pub(crate) async fn supply(
    warehouse: mpsc::WeakSender<Command>,
    mut events: broadcast::Receiver<Event>,
) {
    loop {
        let needed = match events.recv().await {
            Ok(Event::Low) => true,
            Ok(_) => false,
            // It may have missed the very one.
            Err(broadcast::error::RecvError::Lagged(_)) => true,
            Err(broadcast::error::RecvError::Closed) => return,
        };
        if needed {
            let Some(warehouse) = warehouse.upgrade() else {
                return;
            };
            if warehouse
                .send(Command::Put { amount: DELIVERY })
                .await
                .is_err()
            {
                return;
            }
        }
    }
}

/// The manager: changes the limits now and then. Says how often.
pub(crate) async fn manage(
    limits: watch::Sender<Limits>,
    warehouse: mpsc::WeakSender<Command>,
) -> u64 {
    let mut changes = 0;
    while changes < IDEAS && warehouse.upgrade().is_some() {
        changes += 1;
        limits.send_modify(|limits| {
            limits.most_at_once = 1 + changes % 4;
            limits.low = 64 + changes;
        });
        for _ in 0..100 {
            futures_lite::future::yield_now().await;
        }
    }
    changes
}
