//! {send, drop, still there} against whatever a receiver can do, in both orders; with messages that count their drops,
//! and messages of all shapes.

use std::cell::Cell;
use std::num::NonZeroU8;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use wakering::oneshot::error::{RecvTimeoutError, TryRecvError};
use wakering::oneshot::{Receiver, Sender, channel};

use crate::common::{Counter, Tracked, Tracker, poll_once};

/// What the sender does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Send {
    Sends,
    Drops,
    Stays,
}

const SENDS: [Send; 3] = [Send::Sends, Send::Drops, Send::Stays];

/// What the receiver does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Recv {
    Polls,
    Tries,
    Blocks,
    BlocksFor,
    BlocksUntil,
    Closes,
    ClosesAndTries,
    ClosesAndPolls,
    Asks,
    Drops,
    Stays,
}

const RECVS: [Recv; 11] = [
    Recv::Polls,
    Recv::Tries,
    Recv::Blocks,
    Recv::BlocksFor,
    Recv::BlocksUntil,
    Recv::Closes,
    Recv::ClosesAndTries,
    Recv::ClosesAndPolls,
    Recv::Asks,
    Recv::Drops,
    Recv::Stays,
];

/// What became of a receive.
#[derive(Debug, PartialEq)]
enum Outcome {
    Got,
    Nothing,
    Closed,
}

fn of_try(result: Result<Tracked, TryRecvError>) -> Outcome {
    match result {
        Ok(message) => {
            assert_eq!(message.id(), 7);
            Outcome::Got
        }
        Err(TryRecvError::Empty) => Outcome::Nothing,
        Err(TryRecvError::Closed) => Outcome::Closed,
    }
}

fn of_poll(rx: &mut Receiver<Tracked>, counter: &Counter) -> Outcome {
    match poll_once(Pin::new(rx), counter) {
        Poll::Ready(Ok(message)) => of_try(Ok(message)),
        Poll::Ready(Err(_)) => Outcome::Closed,
        Poll::Pending => Outcome::Nothing,
    }
}

fn of_blocking(result: Result<Tracked, RecvTimeoutError>) -> Outcome {
    match result {
        Ok(message) => of_try(Ok(message)),
        Err(RecvTimeoutError::Timeout) => Outcome::Nothing,
        Err(RecvTimeoutError::Closed) => Outcome::Closed,
    }
}

/// Acts, and says what it has got, if it asked.
fn receive(
    rx: &mut Option<Receiver<Tracked>>,
    act: Recv,
    would_block: bool,
    counter: &Counter,
) -> Option<Outcome> {
    let receiver = rx.as_mut().unwrap();
    Some(match act {
        Recv::Polls => of_poll(receiver, counter),
        Recv::Tries => of_try(receiver.try_recv()),
        // It would wait for ever.
        Recv::Blocks if would_block => return None,
        Recv::Blocks => match rx.take().unwrap().blocking_recv() {
            Ok(message) => of_try(Ok(message)),
            Err(_) => Outcome::Closed,
        },
        Recv::BlocksFor => of_blocking(receiver.blocking_recv_timeout(Duration::from_micros(1))),
        Recv::BlocksUntil => of_blocking(receiver.blocking_recv_deadline(Instant::now())),
        Recv::Closes => {
            receiver.close();
            return None;
        }
        Recv::ClosesAndTries => {
            receiver.close();
            of_try(receiver.try_recv())
        }
        Recv::ClosesAndPolls => {
            receiver.close();
            of_poll(receiver, counter)
        }
        Recv::Asks => {
            receiver.is_closed();
            receiver.is_empty();
            return None;
        }
        Recv::Drops => {
            rx.take();
            return None;
        }
        Recv::Stays => return None,
    })
}

/// The sender acts; true when it has sent.
fn send(tx: &mut Option<Sender<Tracked>>, act: Send, tracker: &Tracker) -> bool {
    match act {
        Send::Sends => match tx.take().unwrap().send(tracker.make(7)) {
            Ok(()) => true,
            Err(message) => {
                assert_eq!(message.id(), 7, "it comes back");
                false
            }
        },
        Send::Drops => {
            tx.take();
            false
        }
        Send::Stays => false,
    }
}

/// Whether the receiver is no more, or must not be polled any more, after it was told this.
fn ends(outcome: &Option<Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Got | Outcome::Closed))
}

/// First the sender, then the receiver, whoever waits before that.
#[test]
fn the_sender_acts_first() {
    for sends in SENDS {
        for recv in RECVS {
            for waits in [0, 1, 2, 3] {
                let case = format!("{sends:?}, {recv:?}, waiting {waits}");
                let tracker = Tracker::new();
                let (of_tx, of_rx) = (Counter::new(), Counter::new());
                let (tx, rx) = channel();
                let (mut tx, mut rx) = (Some(tx), Some(rx));
                if waits & 1 != 0 {
                    assert_eq!(
                        of_poll(rx.as_mut().unwrap(), &of_rx),
                        Outcome::Nothing,
                        "{case}"
                    );
                }
                if waits & 2 != 0 {
                    let waker = of_tx.waker();
                    let mut cx = std::task::Context::from_waker(&waker);
                    assert!(tx.as_mut().unwrap().poll_closed(&mut cx).is_pending());
                }

                let sent = send(&mut tx, sends, &tracker);
                assert_eq!(sent, sends == Send::Sends, "{case}");
                let told = waits & 1 != 0 && sends != Send::Stays;
                assert_eq!(of_rx.wakes(), usize::from(told), "{case}");
                let receiver = rx.as_ref().unwrap();
                assert!(!receiver.is_terminated(), "{case}");
                assert_eq!(receiver.is_empty(), !sent, "{case}");
                assert_eq!(receiver.is_closed(), sends != Send::Stays, "{case}");

                let outcome = receive(&mut rx, recv, tx.is_some(), &of_rx);
                let expected = match (sends, recv) {
                    (_, Recv::Closes | Recv::Asks | Recv::Drops | Recv::Stays) => None,
                    (Send::Stays, Recv::Blocks) => None,
                    (Send::Sends, _) => Some(Outcome::Got),
                    (Send::Drops, _) => Some(Outcome::Closed),
                    (Send::Stays, Recv::ClosesAndTries | Recv::ClosesAndPolls) => {
                        Some(Outcome::Closed)
                    }
                    (Send::Stays, _) => Some(Outcome::Nothing),
                };
                assert_eq!(outcome, expected, "{case}");
                if let Some(rx) = &rx {
                    assert_eq!(rx.is_terminated(), ends(&outcome), "{case}");
                }
                let closed = matches!(
                    recv,
                    Recv::Closes | Recv::ClosesAndTries | Recv::ClosesAndPolls | Recv::Drops
                );
                if let Some(tx) = &tx {
                    assert_eq!(tx.is_closed(), closed, "{case}");
                    assert_eq!(
                        of_tx.wakes(),
                        usize::from(closed && waits & 2 != 0),
                        "{case}"
                    );
                }
                // What was sent and not received is there while the receiver is.
                let kept = sent && rx.is_some() && outcome != Some(Outcome::Got);
                assert_eq!(tracker.alive(), usize::from(kept), "{case}");
                drop((tx, rx));
                assert_eq!(tracker.alive(), 0, "{case}");
                assert_eq!(
                    (of_tx.wakers_alive(), of_rx.wakers_alive()),
                    (0, 0),
                    "{case}"
                );
            }
        }
    }
}

/// First the receiver, then the sender, then the receiver again.
#[test]
fn the_receiver_acts_first() {
    for recv in RECVS {
        for sends in SENDS {
            for again in RECVS {
                let case = format!("{recv:?}, {sends:?}, {again:?}");
                let tracker = Tracker::new();
                let counter = Counter::new();
                let (tx, rx) = channel();
                let (mut tx, mut rx) = (Some(tx), Some(rx));

                let first = receive(&mut rx, recv, true, &counter);
                let closed = matches!(
                    recv,
                    Recv::Closes | Recv::ClosesAndTries | Recv::ClosesAndPolls | Recv::Drops
                );
                let asked = match recv {
                    Recv::ClosesAndTries | Recv::ClosesAndPolls => Some(Outcome::Closed),
                    Recv::Polls | Recv::Tries | Recv::BlocksFor | Recv::BlocksUntil => {
                        Some(Outcome::Nothing)
                    }
                    _ => None,
                };
                assert_eq!(first, asked, "{case}");
                assert_eq!(tx.as_ref().unwrap().is_closed(), closed, "{case}");

                let sent = send(&mut tx, sends, &tracker);
                assert_eq!(sent, sends == Send::Sends && !closed, "{case}");
                let told = recv == Recv::Polls && sends != Send::Stays;
                assert_eq!(counter.wakes(), usize::from(told), "{case}");
                assert_eq!(tracker.alive(), usize::from(sent), "{case}");
                assert_eq!(tracker.made(), usize::from(sends == Send::Sends), "{case}");

                if rx.is_some() {
                    let terminated = ends(&first);
                    let polls = matches!(again, Recv::Polls | Recv::ClosesAndPolls);
                    if terminated && polls {
                        let polled = catch_unwind(AssertUnwindSafe(|| {
                            receive(&mut rx, again, false, &counter)
                        }));
                        assert!(polled.is_err(), "{case}: polled after it has ended");
                    } else {
                        let would_block = tx.is_some() && !closed;
                        let second = receive(&mut rx, again, would_block, &counter);
                        if let Some(second) = second {
                            let closes =
                                matches!(again, Recv::ClosesAndTries | Recv::ClosesAndPolls);
                            let expected = if sent {
                                Outcome::Got
                            } else if closed || closes || sends != Send::Stays {
                                Outcome::Closed
                            } else {
                                Outcome::Nothing
                            };
                            assert_eq!(second, expected, "{case}");
                        }
                    }
                }
                drop(rx);
                assert_eq!(tracker.alive(), 0, "{case}");
                drop(tx);
                assert_eq!(counter.wakers_alive(), 0, "{case}");
            }
        }
    }
}

/// R98: nothing but a poll panics after the end.
#[test]
fn after_the_end() {
    for end in [Recv::Polls, Recv::Tries, Recv::BlocksFor] {
        for sends in [Send::Sends, Send::Drops] {
            let tracker = Tracker::new();
            let counter = Counter::new();
            let (tx, rx) = channel();
            let (mut tx, mut rx) = (Some(tx), Some(rx));
            send(&mut tx, sends, &tracker);
            assert!(ends(&receive(&mut rx, end, false, &counter)));
            let mut rx = rx.unwrap();
            for _ in 0..2 {
                assert!(rx.is_terminated() && rx.is_empty() && rx.is_closed());
                assert!(futures_core::future::FusedFuture::is_terminated(&rx));
                assert_eq!(of_try(rx.try_recv()), Outcome::Closed);
                rx.close();
                let late = rx.blocking_recv_timeout(Duration::MAX);
                assert_eq!(of_blocking(late), Outcome::Closed);
                let late = rx.blocking_recv_deadline(Instant::now());
                assert_eq!(of_blocking(late), Outcome::Closed);
                let polled = catch_unwind(AssertUnwindSafe(|| of_poll(&mut rx, &counter)));
                let panic = polled.unwrap_err();
                assert_eq!(panic.downcast_ref(), Some(&"called after complete"));
            }
            assert!(rx.blocking_recv().is_err());
            assert_eq!(tracker.alive(), 0);
        }
    }
}

/// Through the channel in every way, and left in it.
fn through<T: PartialEq + std::fmt::Debug>(make: impl Fn() -> T) {
    let counter = Counter::new();
    let (tx, mut rx) = channel();
    assert_eq!(tx.send(make()), Ok(()));
    assert_eq!(rx.try_recv(), Ok(make()));

    let (tx, mut rx) = channel();
    assert!(poll_once(Pin::new(&mut rx), &counter).is_pending());
    assert_eq!(tx.send(make()), Ok(()));
    assert_eq!(
        poll_once(Pin::new(&mut rx), &counter),
        Poll::Ready(Ok(make()))
    );

    let (tx, rx) = channel();
    assert_eq!(tx.send(make()), Ok(()));
    assert_eq!(rx.blocking_recv(), Ok(make()));

    let (tx, rx) = channel();
    drop(rx);
    assert_eq!(tx.send(make()), Err(make()));

    let (tx, mut rx) = channel();
    rx.close();
    assert_eq!(tx.send(make()), Err(make()));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));

    let (tx, mut rx) = channel();
    assert_eq!(tx.send(make()), Ok(()));
    rx.close();
    assert_eq!(rx.try_recv(), Ok(make()));

    let (tx, rx) = channel();
    assert_eq!(tx.send(make()), Ok(()));
    drop(rx);
    drop(channel::<T>());
}

/// kanal (r080): messages without size, boxes, and types that leave bit patterns unused.
#[test]
fn r080_messages_of_every_shape() {
    through(|| ());
    through(|| [0_u64; 0]);
    through(|| Box::new(5));
    through(|| -> Box<[u8]> { Box::default() });
    through(|| Arc::new(String::from("message")));
    through(|| Box::new(Cell::new(3)));
    through(|| vec![Some("a".to_string()), None]);
    through(|| [7_u8; 3]);
    through(|| (1_u8, 2_u64, 3_u16));
    through(|| [1_u64; 512]);
    through(|| NonZeroU8::new(1).unwrap());
    through(|| None::<NonZeroU8>);
    through(std::ptr::NonNull::<u64>::dangling);
    through(|| None::<Box<u8>>);
    through(|| "a reference");
    through(|| -> Result<(), ()> { Err(()) });
    through(|| true);

    #[derive(Debug, PartialEq)]
    #[repr(align(64))]
    struct Aligned(u8);
    through(|| Aligned(9));

    #[derive(Debug, PartialEq)]
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPS.with(|drops| drops.set(drops.get() + 1));
        }
    }
    thread_local!(static DROPS: Cell<usize> = const { Cell::new(0) });
    let (tx, rx) = channel();
    tx.send(Nothing).unwrap();
    assert_eq!(DROPS.get(), 0);
    drop(rx);
    assert_eq!(DROPS.get(), 1);
    let (tx, mut rx) = channel();
    tx.send(Nothing).unwrap();
    let got = rx.try_recv();
    assert_eq!(DROPS.get(), 1);
    drop(got);
    drop(rx);
    assert_eq!(DROPS.get(), 2);
}

/// A message may hold a handle of its own channel; then nobody else drops it.
#[test]
fn a_message_with_a_handle_in_it() {
    struct Holder(#[allow(dead_code)] Option<Sender<()>>);
    let (inner, mut answer) = channel();
    let (tx, rx) = channel();
    tx.send(Holder(Some(inner))).map_err(drop).unwrap();
    assert_eq!(answer.try_recv(), Err(TryRecvError::Empty));
    // futures (r053): a request that nobody will see must not keep its answer waiting.
    drop(rx);
    assert_eq!(answer.try_recv(), Err(TryRecvError::Closed));
}
