//! The shorthand in which the competitors are written.

/// Defines a competitor: its name, class and kind, then its channels for tasks, for threads or for
/// both.
///
/// `Sender` and `Receiver` are types over the message `T`, `open` is the function that takes a
/// capacity and gives the first two handles, `send` and `recv` are methods.
#[macro_export]
macro_rules! peer {
    ($peer:ident = $name:literal, $class:ident, $kind:ident; $($ends:ident $body:tt)+) => {
        pub struct $peer;

        impl $crate::peer::Peer for $peer {
            const NAME: &'static str = $name;
            const CLASS: $crate::peer::Class = $crate::peer::Class::$class;
            const KIND: $crate::peer::Kind = $crate::peer!(@kind $kind);
        }

        $($crate::peer!(@$ends $peer, $kind, $body);)+
    };
    (@kind mpmc) => { $crate::peer::Kind::Mpmc };
    (@kind mpsc) => { $crate::peer::Kind::Mpsc };
    (@kind spsc) => { $crate::peer::Kind::Spsc };
    (@tasks $peer:ident, $kind:ident, {
        Sender = $sender:ty;
        Receiver = $receiver:ty;
        open = $open:path;
        send = $send:ident;
        recv = $recv:ident;
    }) => {
        impl $crate::peer::TaskPeer for $peer {
            type Sender<T: $crate::message::Message> = $sender;
            type Receiver<T: $crate::message::Message> = $receiver;

            fn open<T: $crate::message::Message>(
                capacity: usize,
                shape: $crate::cells::Shape,
            ) -> $crate::peer::Ends<Self::Sender<T>, Self::Receiver<T>> {
                $crate::peer::Ends::$kind($open(capacity), shape)
            }

            fn send<T: $crate::message::Message>(
                sender: &mut Self::Sender<T>,
                message: T,
            ) -> impl Future<Output = Result<(), impl std::fmt::Debug>> + Send {
                sender.$send(message)
            }

            fn recv<T: $crate::message::Message>(
                receiver: &mut Self::Receiver<T>,
            ) -> impl Future<Output = impl $crate::peer::Received<T>> + Send {
                receiver.$recv()
            }
        }
    };
    (@threads $peer:ident, $kind:ident, {
        Sender = $sender:ty;
        Receiver = $receiver:ty;
        open = $open:path;
        send = $send:ident;
        recv = $recv:ident;
    }) => {
        impl $crate::peer::ThreadPeer for $peer {
            type Sender<T: $crate::message::Message> = $sender;
            type Receiver<T: $crate::message::Message> = $receiver;

            fn open<T: $crate::message::Message>(
                capacity: usize,
                shape: $crate::cells::Shape,
            ) -> $crate::peer::Ends<Self::Sender<T>, Self::Receiver<T>> {
                $crate::peer::Ends::$kind($open(capacity), shape)
            }

            fn send<T: $crate::message::Message>(
                sender: &mut Self::Sender<T>,
                message: T,
            ) -> Result<(), impl std::fmt::Debug> {
                sender.$send(message)
            }

            fn recv<T: $crate::message::Message>(
                receiver: &mut Self::Receiver<T>,
            ) -> impl $crate::peer::Received<T> {
                receiver.$recv()
            }
        }
    };
}
