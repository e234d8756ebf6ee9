//! The actor: a task that owns its state and does one thing at a time.

use futures_lite::future::or;
use wakering::{broadcast, mpsc, oneshot, watch};

/// What the warehouse can be asked to do.
pub(crate) enum Command {
    /// Hand out so much, if the limits allow it.
    Take {
        amount: u64,
        reply: oneshot::Sender<Result<u64, Refused>>,
    },
    /// Put so much on the shelf.
    Put { amount: u64 },
}

/// Why nothing was handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    SoldOut,
    /// More than this is not given to one customer at a time.
    TooMuch(u64),
}

/// What has happened.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Sold(u64),
    Delivered,
    /// Less is left than the limits want.
    Low,
}

/// What the manager decides.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub most_at_once: u64,
    pub low: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            most_at_once: 3,
            low: 64,
        }
    }
}

pub(crate) struct Warehouse {
    inbox: mpsc::Receiver<Command>,
    limits: watch::Receiver<Limits>,
    events: broadcast::Sender<Event>,
    stock: Stock,
    /// It has said that little is left, and nothing has been delivered since.
    asked_for_more: bool,
}

/// The books at the end.
#[derive(Debug, Default)]
pub(crate) struct Stock {
    pub supplied: u64,
    pub left: u64,
}

enum News {
    Command(Command),
    NewLimits,
    Closed,
}

impl Warehouse {
    pub(crate) fn new(
        inbox: mpsc::Receiver<Command>,
        limits: watch::Receiver<Limits>,
        events: broadcast::Sender<Event>,
    ) -> Self {
        Self {
            inbox,
            limits,
            events,
            stock: Stock::default(),
            asked_for_more: false,
        }
    }

    /// Works until nobody can send commands any more.
    pub(crate) async fn work(mut self) -> Stock {
        self.reorder();
        loop {
            match self.news().await {
                News::Command(command) => self.obey(command),
                News::NewLimits => self.reorder(),
                News::Closed => return self.stock,
            }
        }
    }

    /// Whatever comes first. The other future is dropped; it has lost nothing.
    async fn news(&mut self) -> News {
        let command = async {
            match self.inbox.recv().await {
                Some(command) => News::Command(command),
                None => News::Closed,
            }
        };
        let new_limits = async {
            match self.limits.changed().await {
                Ok(()) => News::NewLimits,
                // The manager has gone home: the limits stay as they are.
                Err(_) => std::future::pending().await,
            }
        };
        or(command, new_limits).await
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Put { amount } => {
                self.stock.supplied += amount;
                self.stock.left += amount;
                self.asked_for_more = false;
                self.tell(Event::Delivered);
            }
            Command::Take { amount, reply } => {
                let answer = self.take(amount);
                if reply.send(answer).is_err() {
                    // The customer has left the shop: back on the shelf.
                    self.stock.left += answer.unwrap_or(0);
                } else if let Ok(amount) = answer {
                    self.tell(Event::Sold(amount));
                }
            }
        }
        self.reorder();
    }

    fn take(&mut self, amount: u64) -> Result<u64, Refused> {
        let most = self.limits.borrow().most_at_once;
        if amount > most {
            return Err(Refused::TooMuch(most));
        }
        match self.stock.left.checked_sub(amount) {
            Some(left) => {
                self.stock.left = left;
                Ok(amount)
            }
            None => Err(Refused::SoldOut),
        }
    }

    fn reorder(&mut self) {
        let low = self.limits.borrow_and_update().low;
        if self.stock.left < low && !self.asked_for_more {
            self.asked_for_more = true;
            self.tell(Event::Low);
        }
    }

    /// That nobody listens is no error.
    fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }
}
