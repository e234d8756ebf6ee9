//! What a competitor provides for the shapes that are no queues; and all four of them at once, for crates that have the
//! modules of `tokio::sync`.

/// A channel for one message.
pub trait Oneshot: 'static {
    type Sender: Send;
    type Receiver: Future<Output: Into<Answer>> + Send;

    fn open() -> (Self::Sender, Self::Receiver);
    fn send(sender: Self::Sender, message: u64);
}

/// Something that answers.
pub trait Actor: 'static {
    type Client: Send;
    type Server: Send;

    fn open() -> (Self::Client, Self::Server);
    /// Asks, and waits for the answer.
    fn ask(client: &mut Self::Client, question: u64) -> impl Future<Output = u64> + Send;
    /// Answers each question by itself, until the client is gone.
    fn serve(server: Self::Server) -> impl Future<Output = ()> + Send;
}

/// A channel whose messages go to all receivers.
pub trait Broadcast: 'static {
    type Sender: Send;
    type Receiver: Send;

    fn open(capacity: usize, receivers: usize) -> (Self::Sender, Vec<Self::Receiver>);
    /// There is room.
    fn send(sender: &mut Self::Sender, message: u64) -> impl Future<Output = ()> + Send;
    fn recv(receiver: &mut Self::Receiver) -> impl Future<Output = Option<u64>> + Send;
}

/// A value and those who watch it.
pub trait Watch: 'static {
    type Sender: Send;
    type Receiver: Send;

    fn open(receivers: usize) -> (Self::Sender, Vec<Self::Receiver>);
    fn send(sender: &mut Self::Sender, value: u64);
    /// The next value that has not been seen.
    fn changed(receiver: &mut Self::Receiver) -> impl Future<Output = Option<u64>> + Send;
}

/// What a oneshot channel gives.
pub struct Answer(pub u64);

impl<E: std::fmt::Debug> From<Result<u64, E>> for Answer {
    fn from(result: Result<u64, E>) -> Self {
        Self(result.expect("the message was sent"))
    }
}

/// All shapes of a crate that has the modules of `tokio::sync`.
#[macro_export]
macro_rules! tokio_shapes {
    ($peer:ty, $($sync:ident)::+) => {
        impl $crate::shapes::Oneshot for $peer {
            type Sender = ::$($sync)::+::oneshot::Sender<u64>;
            type Receiver = ::$($sync)::+::oneshot::Receiver<u64>;

            fn open() -> (Self::Sender, Self::Receiver) {
                ::$($sync)::+::oneshot::channel()
            }

            fn send(sender: Self::Sender, message: u64) {
                sender.send(message).expect("the receiver is there");
            }
        }

        impl $crate::shapes::Actor for $peer {
            type Client = ::$($sync)::+::mpsc::Sender<(u64, ::$($sync)::+::oneshot::Sender<u64>)>;
            type Server = ::$($sync)::+::mpsc::Receiver<(u64, ::$($sync)::+::oneshot::Sender<u64>)>;

            fn open() -> (Self::Client, Self::Server) {
                ::$($sync)::+::mpsc::channel(16)
            }

            async fn ask(client: &mut Self::Client, question: u64) -> u64 {
                let (reply, answer) = ::$($sync)::+::oneshot::channel();
                client.send((question, reply)).await.expect("the server is there");
                answer.await.expect("it answers")
            }

            async fn serve(mut server: Self::Server) {
                while let Some((question, reply)) = server.recv().await {
                    reply.send(question).expect("the client waits");
                }
            }
        }

        impl $crate::shapes::Broadcast for $peer {
            type Sender = ::$($sync)::+::broadcast::Sender<u64>;
            type Receiver = ::$($sync)::+::broadcast::Receiver<u64>;

            fn open(capacity: usize, receivers: usize) -> (Self::Sender, Vec<Self::Receiver>) {
                let (sender, first) = ::$($sync)::+::broadcast::channel(capacity);
                let others = (1..receivers).map(|_| sender.subscribe());
                let receivers = std::iter::once(first).chain(others).collect();
                (sender, receivers)
            }

            async fn send(sender: &mut Self::Sender, message: u64) {
                sender.send(message).expect("there are receivers");
            }

            async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
                use ::$($sync)::+::broadcast::error::RecvError;
                match receiver.recv().await {
                    Ok(message) => Some(message),
                    Err(RecvError::Closed) => None,
                    Err(lagged) => panic!("{lagged}"),
                }
            }
        }

        impl $crate::shapes::Watch for $peer {
            type Sender = ::$($sync)::+::watch::Sender<u64>;
            type Receiver = ::$($sync)::+::watch::Receiver<u64>;

            fn open(receivers: usize) -> (Self::Sender, Vec<Self::Receiver>) {
                let (sender, receiver) = ::$($sync)::+::watch::channel(0);
                (sender, vec![receiver; receivers])
            }

            fn send(sender: &mut Self::Sender, value: u64) {
                sender.send(value).expect("there are receivers");
            }

            async fn changed(receiver: &mut Self::Receiver) -> Option<u64> {
                receiver.changed().await.ok()?;
                Some(*receiver.borrow_and_update())
            }
        }

        impl $peer {
            /// `competitor`, with all shapes.
            pub fn with_shapes(
                competitor: $crate::competitor::Competitor,
            ) -> $crate::competitor::Competitor {
                competitor.oneshot::<Self>().actor::<Self>().broadcast::<Self>().watch::<Self>()
            }
        }
    };
}
