//! The shorthand in which the competitors are written.

/// Defines a competitor: its name, class and kind, then its channels: `tasks` and `threads` are
/// bounded ones, `unbounded_tasks` and `unbounded_threads` are not. Channels that share their
/// handles share a body.
///
/// `Sender` and `Receiver` are types over the message `T`. `open` names the functions that give the
/// first two handles, one for each of the channels named in front of the body; those of bounded
/// channels take a capacity. `send` and `recv` are methods; one that sends to tasks without being a
/// future is named by `send_now`.
#[macro_export]
macro_rules! peer {
    ($peer:ident = $name:literal, $class:ident, $kind:ident; $($($channel:ident),+ { $($body:tt)+ })+) => {
        pub struct $peer;

        impl $crate::peer::Peer for $peer {
            const NAME: &'static str = $name;
            const CLASS: $crate::peer::Class = $crate::peer::Class::$class;
            const KIND: $crate::peer::Kind = $crate::peer!(@kind $kind);
        }

        impl $peer {
            /// The competitor, with all its channels.
            pub fn competitor() -> $crate::competitor::Competitor {
                $crate::competitor::Competitor::named::<Self>()$($(.$channel::<Self>())+)+
            }
        }

        $($crate::peer!(@channels $peer, $kind, $($channel)+, { $($body)+ });)+
    };
    (@kind mpmc) => { $crate::peer::Kind::Mpmc };
    (@kind mpsc) => { $crate::peer::Kind::Mpsc };
    (@kind spsc) => { $crate::peer::Kind::Spsc };
    (@channels $peer:ident, $kind:ident, $($channel:ident)+, {
        Sender = $sender:ty;
        Receiver = $receiver:ty;
        open = $($open:path),+;
        $send:ident = $send_method:ident;
        recv = $recv:ident;
    }) => {
        $($crate::peer!(
            @$channel $peer, $kind, $open, $sender, $receiver, $send $send_method, $recv
        );)+
    };
    (@tasks $($rest:tt)+) => { $crate::peer!(@task_peer Bounded, $($rest)+); };
    (@unbounded_tasks $($rest:tt)+) => { $crate::peer!(@task_peer Unbounded, $($rest)+); };
    (@threads $($rest:tt)+) => { $crate::peer!(@thread_peer Bounded, $($rest)+); };
    (@unbounded_threads $($rest:tt)+) => { $crate::peer!(@thread_peer Unbounded, $($rest)+); };
    (
        @task_peer $bound:ident, $peer:ident, $kind:ident, $open:path,
        $sender:ty, $receiver:ty, $send:ident $send_method:ident, $recv:ident
    ) => {
        impl $crate::peer::TaskPeer<$crate::peer::$bound> for $peer {
            $crate::peer!(@ends $bound, $kind, $open, $sender, $receiver);

            fn send<T: $crate::message::Message>(
                sender: &mut Self::Sender<T>,
                message: T,
            ) -> impl Future<Output = Result<(), impl std::fmt::Debug>> + Send {
                $crate::peer!(@$send sender.$send_method(message))
            }

            fn recv<T: $crate::message::Message>(
                receiver: &mut Self::Receiver<T>,
            ) -> impl Future<Output = impl $crate::peer::Received<T>> + Send {
                receiver.$recv()
            }
        }
    };
    (
        @thread_peer $bound:ident, $peer:ident, $kind:ident, $open:path,
        $sender:ty, $receiver:ty, send $send:ident, $recv:ident
    ) => {
        impl $crate::peer::ThreadPeer<$crate::peer::$bound> for $peer {
            $crate::peer!(@ends $bound, $kind, $open, $sender, $receiver);

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
    (@ends $bound:ident, $kind:ident, $open:path, $sender:ty, $receiver:ty) => {
        type Sender<T: $crate::message::Message> = $sender;
        type Receiver<T: $crate::message::Message> = $receiver;

        fn open<T: $crate::message::Message>(
            bound: $crate::peer::$bound,
            shape: $crate::cells::Shape,
        ) -> $crate::peer::Ends<Self::Sender<T>, Self::Receiver<T>> {
            $crate::peer::Ends::$kind($crate::peer!(@open $bound, $open, bound), shape)
        }
    };
    (@open Bounded, $open:path, $bound:expr) => { $open($bound.0) };
    (@open Unbounded, $open:path, $bound:expr) => {{
        let $crate::peer::Unbounded = $bound;
        $open()
    }};
    (@send $sent:expr) => { $sent };
    (@send_now $sent:expr) => { async move { $sent } };
}

/// Defines a competitor with the channels of a module `mpsc` that has the names of tokio's.
#[macro_export]
macro_rules! tokio_mpsc {
    ($peer:ident = $name:literal, $($sync:ident)::+) => {
        $crate::peer! {
            $peer = $name, Strict, mpsc;
            tasks {
                Sender = ::$($sync)::+::mpsc::Sender<T>;
                Receiver = ::$($sync)::+::mpsc::Receiver<T>;
                open = ::$($sync)::+::mpsc::channel;
                send = send;
                recv = recv;
            }
            threads {
                Sender = ::$($sync)::+::mpsc::Sender<T>;
                Receiver = ::$($sync)::+::mpsc::Receiver<T>;
                open = ::$($sync)::+::mpsc::channel;
                send = blocking_send;
                recv = blocking_recv;
            }
            unbounded_tasks {
                Sender = ::$($sync)::+::mpsc::UnboundedSender<T>;
                Receiver = ::$($sync)::+::mpsc::UnboundedReceiver<T>;
                open = ::$($sync)::+::mpsc::unbounded_channel;
                send_now = send;
                recv = recv;
            }
            unbounded_threads {
                Sender = ::$($sync)::+::mpsc::UnboundedSender<T>;
                Receiver = ::$($sync)::+::mpsc::UnboundedReceiver<T>;
                open = ::$($sync)::+::mpsc::unbounded_channel;
                send = send;
                recv = blocking_recv;
            }
        }
    };
}
