//! Loom models of the channel for one message: each act of a side against each of the other. What is lost or freed twice
//! is found by the counted messages and wakers, and by the trace in the node; an access that is not ordered before the
//! node is freed, by the cells.

use core::pin::Pin;
use core::sync::atomic::Ordering::Relaxed;
use core::task::{Context, Poll, Waker};

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::AtomicBool;
use loom::thread;

use super::error::{RecvError, TryRecvError};
use super::{Receiver, Sender, channel};

/// Notes that it was woken. One that is lost is missed by loom.
#[derive(Clone)]
struct Flag(Arc<AtomicBool>);

impl Flag {
    fn new() -> Self {
        Self(Arc::new(AtomicBool::new(false)))
    }

    fn waker(&self) -> Waker {
        Waker::from(alloc::sync::Arc::new(self.clone()))
    }

    fn is_woken(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// Wakers that are left, this one not counted.
    fn wakers(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

impl alloc::task::Wake for Flag {
    fn wake(self: alloc::sync::Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

/// A message that loom misses when it is lost.
type Message = Arc<()>;

fn poll<T>(rx: &mut Receiver<T>, flag: &Flag) -> Poll<Result<T, RecvError>> {
    Pin::new(rx).poll(&mut Context::from_waker(&flag.waker()))
}

fn poll_closed<T>(tx: &mut Sender<T>, flag: &Flag) -> Poll<()> {
    tx.poll_closed(&mut Context::from_waker(&flag.waker()))
}

#[test]
fn oneshot_recv_against_send() {
    loom::model(|| {
        let (tx, rx) = channel();
        let sender = thread::spawn(move || tx.send(Message::new(())).unwrap());
        assert!(block_on(rx).is_ok());
        sender.join().unwrap();
    });
}

#[test]
fn oneshot_recv_against_drop() {
    loom::model(|| {
        let (tx, rx) = channel::<Message>();
        let sender = thread::spawn(move || drop(tx));
        assert_eq!(block_on(rx).err(), Some(RecvError(())));
        sender.join().unwrap();
    });
}

/// What is left at the end is freed by whoever comes last.
#[test]
fn oneshot_try_recv_and_drop_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel();
        let sender = thread::spawn(move || drop(tx.send(Message::new(()))));
        if let Err(error) = rx.try_recv() {
            assert_eq!(error, TryRecvError::Empty);
        }
        drop(rx);
        sender.join().unwrap();
    });
}

/// R79: polled once, with a waker that the sender may just be taking.
#[test]
fn oneshot_drop_after_a_poll_against_send() {
    for sends in [true, false] {
        loom::model(move || {
            let (tx, mut rx) = channel();
            let flag = Flag::new();
            assert!(poll(&mut rx, &flag).is_pending());
            let sender = thread::spawn(move || {
                if sends {
                    drop(tx.send(Message::new(())));
                } else {
                    drop(tx);
                }
            });
            drop(rx);
            sender.join().unwrap();
            assert_eq!(flag.wakers(), 0);
        });
    }
}

/// R78: the message is the receiver's or comes back, and never both.
#[test]
fn oneshot_close_against_send() {
    for waits in [false, true] {
        loom::model(move || {
            let (tx, mut rx) = channel();
            let flag = Flag::new();
            if waits {
                assert!(poll(&mut rx, &flag).is_pending());
            }
            let sender = thread::spawn(move || tx.send(Message::new(())).is_ok());
            rx.close();
            assert!(rx.is_closed());
            let received = match rx.try_recv() {
                Ok(_) => true,
                Err(TryRecvError::Closed) => false,
                Err(TryRecvError::Empty) => panic!("it is closed"),
            };
            assert_eq!(sender.join().unwrap(), received);
            assert_eq!(flag.wakers(), 0);
        });
    }
}

#[test]
fn oneshot_close_and_recv_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel();
        let sender = thread::spawn(move || tx.send(Message::new(())).is_ok());
        rx.close();
        let received = block_on(rx).is_ok();
        assert_eq!(sender.join().unwrap(), received);
    });
}

/// What was sent is dropped by the receiver's side, and at once; what was not comes back.
#[test]
fn oneshot_drop_against_send() {
    loom::model(|| {
        let (tx, rx) = channel();
        let message = Message::new(());
        let sender = {
            let message = message.clone();
            thread::spawn(move || match tx.send(message) {
                Ok(()) => {}
                Err(message) => assert_eq!(Arc::strong_count(&message), 2),
            })
        };
        drop(rx);
        sender.join().unwrap();
        assert_eq!(Arc::strong_count(&message), 1);
    });
}

#[test]
fn oneshot_closed_against_drop() {
    for closes in [true, false] {
        loom::model(move || {
            let (mut tx, mut rx) = channel::<Message>();
            let receiver = thread::spawn(move || {
                if closes {
                    rx.close();
                }
                drop(rx);
            });
            block_on(tx.closed());
            assert!(tx.send(Message::new(())).is_err());
            receiver.join().unwrap();
        });
    }
}

/// A `closed()` that is given up leaves no waker, whoever has it at that moment.
#[test]
fn oneshot_closed_given_up_against_drop() {
    loom::model(|| {
        let (mut tx, rx) = channel::<Message>();
        let flag = Flag::new();
        {
            let mut closed = core::pin::pin!(tx.closed());
            let polled = closed
                .as_mut()
                .poll(&mut Context::from_waker(&flag.waker()));
            assert!(polled.is_pending());
            let receiver = thread::spawn(move || drop(rx));
            drop(receiver);
        }
        // Here the receiver may have the waker yet; but once it is told, there is none.
        drop(tx.send(Message::new(())));
    });
}

/// After that the sender ends by one step, and the receiver frees what the sender has touched.
#[test]
fn oneshot_closed_given_up_and_send_against_recv() {
    loom::model(|| {
        let (mut tx, rx) = channel();
        let sender = thread::spawn(move || {
            let flag = Flag::new();
            {
                let mut closed = core::pin::pin!(tx.closed());
                let polled = closed
                    .as_mut()
                    .poll(&mut Context::from_waker(&flag.waker()));
                assert!(polled.is_pending());
            }
            assert_eq!(flag.wakers(), 0);
            tx.send(Message::new(())).unwrap();
        });
        assert!(block_on(rx).is_ok());
        sender.join().unwrap();
    });
}

/// The same with the sides exchanged: a wait with a time limit, in vain, and then the end.
#[test]
fn oneshot_recv_given_up_and_drop_against_drop() {
    loom::model(|| {
        let (tx, mut rx) = channel::<Message>();
        let receiver = thread::spawn(move || {
            let flag = Flag::new();
            if poll(&mut rx, &flag).is_pending() {
                rx.hold.as_mut().unwrap().wait_no_more();
            }
            drop(rx);
        });
        drop(tx);
        receiver.join().unwrap();
    });
}

#[test]
fn oneshot_recv_given_up_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel();
        let flag = Flag::new();
        assert!(poll(&mut rx, &flag).is_pending());
        let sender = thread::spawn(move || tx.send(Message::new(())).unwrap());
        rx.hold.as_mut().unwrap().wait_no_more();
        assert!(block_on(rx).is_ok());
        sender.join().unwrap();
        assert_eq!(flag.wakers(), 0);
    });
}

/// It comes back with another waker, which is the one that counts; or with the same.
#[test]
fn oneshot_another_waker_against_send() {
    for sends in [true, false] {
        loom::model(move || {
            let (tx, mut rx) = channel();
            let (first, second) = (Flag::new(), Flag::new());
            assert!(poll(&mut rx, &first).is_pending());
            let sender = thread::spawn(move || {
                if sends {
                    tx.send(Message::new(())).unwrap();
                } else {
                    drop(tx);
                }
            });
            let mut polled = poll(&mut rx, &second);
            sender.join().unwrap();
            if polled.is_pending() {
                assert!(second.is_woken(), "it waits, and nobody comes");
                polled = poll(&mut rx, &second);
            }
            match polled {
                Poll::Ready(received) => assert_eq!(received.is_ok(), sends),
                Poll::Pending => panic!("woken for nothing"),
            }
            assert_eq!((first.wakers(), second.wakers()), (0, 0));
        });
    }
}

#[test]
fn oneshot_the_same_waker_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel();
        let flag = Flag::new();
        let waker = flag.waker();
        let mut cx = Context::from_waker(&waker);
        assert!(Pin::new(&mut rx).poll(&mut cx).is_pending());
        let sender = thread::spawn(move || tx.send(Message::new(())).unwrap());
        let polled = Pin::new(&mut rx).poll(&mut cx);
        sender.join().unwrap();
        if polled.is_pending() {
            assert!(flag.is_woken());
            assert!(Pin::new(&mut rx).poll(&mut cx).is_ready());
        }
    });
}

#[test]
fn oneshot_another_waker_in_closed_against_drop() {
    loom::model(|| {
        let (mut tx, rx) = channel::<Message>();
        let (first, second) = (Flag::new(), Flag::new());
        assert!(poll_closed(&mut tx, &first).is_pending());
        let receiver = thread::spawn(move || drop(rx));
        let polled = poll_closed(&mut tx, &second);
        receiver.join().unwrap();
        if polled.is_pending() {
            assert!(second.is_woken());
            assert!(poll_closed(&mut tx, &second).is_ready());
        }
        assert_eq!((first.wakers(), second.wakers()), (0, 0));
    });
}

/// Both wait, and both go: the first takes both wakers.
#[test]
fn oneshot_both_wait_and_go() {
    for sends in [true, false] {
        loom::model(move || {
            let (mut tx, mut rx) = channel();
            let (sending, receiving) = (Flag::new(), Flag::new());
            assert!(poll_closed(&mut tx, &sending).is_pending());
            assert!(poll(&mut rx, &receiving).is_pending());
            let sender = thread::spawn(move || {
                if sends {
                    drop(tx.send(Message::new(())));
                } else {
                    drop(tx);
                }
            });
            drop(rx);
            sender.join().unwrap();
            assert_eq!((sending.wakers(), receiving.wakers()), (0, 0));
            assert!(sending.is_woken() != receiving.is_woken());
        });
    }
}

/// Both begin to wait while the other one does.
#[test]
fn oneshot_both_begin_to_wait() {
    loom::model(|| {
        let (mut tx, mut rx) = channel();
        let sender = thread::spawn(move || {
            let flag = Flag::new();
            let _ = poll_closed(&mut tx, &flag);
            tx.send(Message::new(())).unwrap();
        });
        let flag = Flag::new();
        if poll(&mut rx, &flag).is_pending() {
            assert!(block_on(rx).is_ok());
        }
        sender.join().unwrap();
    });
}

/// Who is told of the end sees what was done before it.
#[test]
fn oneshot_the_end_is_ordered() {
    loom::model(|| {
        let (tx, mut rx) = channel::<Message>();
        let done = Arc::new(AtomicBool::new(false));
        let sender = {
            let done = done.clone();
            thread::spawn(move || {
                done.store(true, Relaxed);
                drop(tx);
            })
        };
        if rx.try_recv().err() == Some(TryRecvError::Closed) {
            assert!(done.load(Relaxed));
        }
        sender.join().unwrap();
    });
    loom::model(|| {
        let (tx, rx) = channel::<Message>();
        let done = Arc::new(AtomicBool::new(false));
        let receiver = {
            let done = done.clone();
            thread::spawn(move || {
                done.store(true, Relaxed);
                drop(rx);
            })
        };
        if tx.is_closed() {
            assert!(done.load(Relaxed));
        }
        if tx.send(Message::new(())).is_err() {
            assert!(done.load(Relaxed));
        }
        receiver.join().unwrap();
    });
}
