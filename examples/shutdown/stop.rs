//! How the tasks learn that they are to stop.

use tokio_util::sync::CancellationToken;
use wakering::watch;

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum By {
    /// A `CancellationToken` of the `tokio-util` crate, which needs no runtime.
    Token,
    /// A `watch` channel.
    Watch,
}

/// Held by whoever may ask the others to stop. Asking twice is the same as asking once.
#[derive(Clone)]
pub(crate) enum Stop {
    Token(CancellationToken),
    Watch(watch::Sender<bool>),
}

/// Held by those who are asked.
#[derive(Clone)]
pub(crate) enum Stopped {
    Token(CancellationToken),
    Watch(watch::Receiver<bool>),
}

pub(crate) fn signal(by: By) -> (Stop, Stopped) {
    match by {
        By::Token => {
            let token = CancellationToken::new();
            (Stop::Token(token.clone()), Stopped::Token(token))
        }
        By::Watch => {
            let (tx, rx) = watch::channel(false);
            (Stop::Watch(tx), Stopped::Watch(rx))
        }
    }
}

impl Stop {
    pub(crate) fn ask(&self) {
        match self {
            Self::Token(token) => token.cancel(),
            Self::Watch(stopped) => drop(stopped.send_replace(true)),
        }
    }
}

impl Stopped {
    /// Waits until somebody asks. Can be dropped and called again at any time, in `select!` for instance.
    pub(crate) async fn asked(&mut self) {
        match self {
            Self::Token(token) => token.cancelled().await,
            // Without a sender nobody will ask any more, and who is left goes on until the work is done.
            Self::Watch(stopped) => {
                if stopped.wait_for(|stopped| *stopped).await.is_err() {
                    std::future::pending().await
                }
            }
        }
    }
}
