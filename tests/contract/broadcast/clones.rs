//! Messages are cloned outside of every lock, by one receiver at a time, and the last receiver gets the message itself.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, mpsc};
use std::thread;

use wakering::broadcast::error::{RecvError, TryRecvError};
use wakering::broadcast::{Receiver, Sender, channel};

use crate::common::{Waiting, ignore, watchdog};

/// Counts its clones and those of it that are alive.
#[derive(Debug, Default)]
struct Counts {
    clones: AtomicUsize,
    alive: AtomicUsize,
}

struct Counted(Arc<Counts>);

impl Counted {
    fn new(counts: &Arc<Counts>) -> Self {
        counts.alive.fetch_add(1, SeqCst);
        Self(counts.clone())
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.clones.fetch_add(1, SeqCst);
        Self::new(&self.0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, SeqCst);
    }
}

#[test]
fn the_last_receiver_gets_the_message_itself() {
    for receivers in 1..5 {
        let counts = Arc::new(Counts::default());
        let (tx, rx) = channel(2);
        let mut all = vec![rx];
        all.extend((1..receivers).map(|_| tx.subscribe()));
        tx.send(Counted::new(&counts)).unwrap();
        for (n, rx) in all.iter_mut().enumerate() {
            drop(rx.try_recv().ok().unwrap());
            let left = usize::from(n + 1 < receivers);
            assert_eq!(counts.alive.load(SeqCst), left);
        }
        assert_eq!(counts.clones.load(SeqCst), receivers - 1);
    }
}

/// Whatever way a receiver finishes with a message, the last one drops it.
#[test]
fn no_message_is_kept_that_nobody_wants() {
    let counts = Arc::new(Counts::default());
    let alive = || counts.alive.load(SeqCst);
    let (tx, mut rx1) = channel(2);
    let rx2 = tx.subscribe();
    let rx3 = tx.subscribe();
    for _ in 0..5 {
        tx.send(Counted::new(&counts)).unwrap();
        assert!(alive() <= 2);
    }
    assert_eq!(alive(), 2);
    drop(rx2);
    assert_eq!(alive(), 2);
    assert!(matches!(rx1.try_recv(), Err(TryRecvError::Lagged(3))));
    drop(rx1.try_recv().ok().unwrap());
    assert_eq!(alive(), 2);
    drop(rx3);
    assert_eq!(alive(), 1, "rx1 has not had the second one");
    drop(rx1);
    assert_eq!(alive(), 0);
    assert!(tx.send(Counted::new(&counts)).is_err());
    assert_eq!(alive(), 0);
}

/// A `Clone` that panics for some receivers.
struct Bomb {
    id: u32,
    fuse: Arc<AtomicUsize>,
}

impl Clone for Bomb {
    fn clone(&self) -> Self {
        if self.fuse.load(SeqCst) > 0 {
            self.fuse.fetch_sub(1, SeqCst);
            panic!("a clone panics");
        }
        Self {
            id: self.id,
            fuse: self.fuse.clone(),
        }
    }
}

/// tokio's `panic_in_clone`: the receiver has moved on, and the message is there for the others.
#[test]
fn a_clone_may_panic() {
    let fuse = Arc::new(AtomicUsize::new(0));
    let bomb = |id| Bomb {
        id,
        fuse: fuse.clone(),
    };
    let (tx, mut rx1) = channel(2);
    let mut rx2 = tx.subscribe();
    let mut rx3 = tx.subscribe();
    tx.send(bomb(1)).ok().unwrap();
    tx.send(bomb(2)).ok().unwrap();
    fuse.store(2, SeqCst);
    assert!(catch_unwind(AssertUnwindSafe(|| rx1.try_recv())).is_err());
    let recv = catch_unwind(AssertUnwindSafe(|| {
        futures_lite::future::block_on(rx2.recv())
    }));
    assert!(recv.is_err());
    assert_eq!(rx1.len(), 1);
    assert_eq!(rx3.try_recv().ok().unwrap().id, 1);
    for rx in [&mut rx1, &mut rx2, &mut rx3] {
        assert_eq!(rx.try_recv().ok().unwrap().id, 2);
    }
    assert!(tx.is_empty());
    assert_eq!(Arc::strong_count(&fuse), 1);
    // Backpressure goes on too: the receiver has finished with the message.
    fuse.store(1, SeqCst);
    drop(rx3);
    tx.send(bomb(3)).ok().unwrap();
    tx.send(bomb(4)).ok().unwrap();
    let mut send = Waiting::new(tx.send_lossless(bomb(5)));
    assert!(catch_unwind(AssertUnwindSafe(|| rx1.try_recv())).is_err());
    assert!(!send.is_woken());
    assert_eq!(rx2.try_recv().ok().unwrap().id, 3);
    assert!(send.finish().is_ok());
}

/// What a `Clone` does to its own channel.
type Act = Box<dyn Fn(&Sender<Reentrant>, &mut Receiver<Reentrant>) + Send>;

struct Context {
    tx: Sender<Reentrant>,
    rx: Option<Receiver<Reentrant>>,
    act: Act,
}

#[derive(Default)]
struct Reentrant {
    id: u32,
    /// Taken at the first clone.
    context: Arc<Mutex<Option<Context>>>,
}

impl Clone for Reentrant {
    fn clone(&self) -> Self {
        let context = self.context.lock().unwrap().take();
        if let Some(mut context) = context {
            let mut rx = context.rx.take().unwrap();
            (context.act)(&context.tx, &mut rx);
        }
        Self {
            id: self.id,
            context: Arc::default(),
        }
    }
}

fn numbered(id: u32) -> Reentrant {
    Reentrant {
        id,
        context: Arc::default(),
    }
}

/// A `Clone` that uses the channel in every way there is.
#[test]
fn a_clone_may_use_the_channel() {
    fn ids(rx: &mut Receiver<Reentrant>) -> Vec<Result<u32, TryRecvError>> {
        let mut all = Vec::new();
        loop {
            let received = rx.try_recv().map(|message| message.id);
            let ends = matches!(received, Err(TryRecvError::Empty | TryRecvError::Closed));
            all.push(received);
            if ends {
                return all;
            }
        }
    }
    let acts: [(&str, Act); 8] = [
        (
            "overwrites what is cloned",
            Box::new(|tx, _| {
                for n in 10..13 {
                    tx.send(numbered(n)).ok().unwrap();
                }
            }),
        ),
        (
            "receives the same message",
            Box::new(|_, rx| {
                assert!(matches!(rx.try_recv(), Err(TryRecvError::Empty)));
            }),
        ),
        ("subscribes", Box::new(|tx, _| drop(tx.subscribe()))),
        ("resubscribes", Box::new(|_, rx| drop(rx.resubscribe()))),
        (
            "asks",
            Box::new(|tx, rx| {
                ignore((
                    tx.len(),
                    rx.len(),
                    tx.receiver_count(),
                    format!("{tx:?} {rx:?}"),
                ));
            }),
        ),
        (
            "sends lossless",
            Box::new(|tx, _| assert!(tx.try_send_lossless(numbered(9)).is_err())),
        ),
        ("drops a sender", Box::new(|tx, _| drop(tx.clone()))),
        ("does nothing", Box::new(|_, _| ())),
    ];
    for (what, act) in acts {
        watchdog(what, move || {
            let (tx, mut rx) = channel(2);
            let mut kept = tx.subscribe();
            let context = Context {
                tx: tx.clone(),
                rx: Some(tx.subscribe()), // dropped inside the clone
                act,
            };
            tx.send(Reentrant {
                id: 1,
                context: Arc::new(Mutex::new(Some(context))),
            })
            .ok()
            .unwrap();
            tx.send(numbered(2)).ok().unwrap();
            assert_eq!(rx.try_recv().ok().unwrap().id, 1);
            let (own, others) = (ids(&mut rx), ids(&mut kept));
            if what.starts_with("overwrites") {
                use TryRecvError::{Empty, Lagged};
                assert_eq!(own, [Err(Lagged(2)), Ok(11), Ok(12), Err(Empty)]);
                assert_eq!(others, [Err(Lagged(3)), Ok(11), Ok(12), Err(Empty)]);
            } else {
                assert_eq!(own, [Ok(2), Err(TryRecvError::Empty)], "{what}");
                assert_eq!(others, [Ok(1), Ok(2), Err(TryRecvError::Empty)], "{what}");
            }
            assert!(tx.is_empty());
        });
    }
}

/// A message that must not be cloned by two at a time, and notices.
struct Solo {
    inside: Cell<bool>,
    clones: Cell<u32>,
}

impl Clone for Solo {
    fn clone(&self) -> Self {
        assert!(!self.inside.replace(true), "two clone it at the same time");
        self.clones.set(self.clones.get() + 1);
        thread::yield_now();
        self.inside.set(false);
        Self {
            inside: Cell::new(false),
            clones: self.clones.clone(),
        }
    }
}

/// tokio (r085, RUSTSEC-2025-0023): two receivers cloned a message that was not `Sync` at the same time.
#[test]
fn r085_no_two_clone_a_message_at_the_same_time() {
    watchdog("r085", || {
        const MESSAGES: usize = 300;
        let (tx, rx) = channel::<Solo>(MESSAGES);
        let receivers: Vec<_> = (0..4).map(|_| tx.subscribe()).chain([rx]).collect();
        let threads: Vec<_> = receivers
            .into_iter()
            .map(|mut rx| {
                thread::spawn(move || {
                    let mut received = 0;
                    while let Ok(message) = rx.blocking_recv() {
                        assert!(message.clones.get() <= 4);
                        received += 1;
                    }
                    received
                })
            })
            .collect();
        for _ in 0..MESSAGES {
            ignore(tx.send(Solo {
                inside: Cell::new(false),
                clones: Cell::new(0),
            }));
        }
        drop(tx);
        for thread in threads {
            assert_eq!(thread.join().unwrap(), MESSAGES);
        }
    });
}

/// A `Clone` that stops until it is told to go on.
struct Slow {
    entered: mpsc::Sender<()>,
    go_on: Arc<Mutex<mpsc::Receiver<()>>>,
    stops: bool,
}

impl Clone for Slow {
    fn clone(&self) -> Self {
        if self.stops {
            self.entered.send(()).unwrap();
            self.go_on.lock().unwrap().recv().unwrap();
        }
        Self {
            entered: self.entered.clone(),
            go_on: self.go_on.clone(),
            stops: false,
        }
    }
}

/// A receiver that is stuck in a `Clone` holds up neither senders nor receivers of other messages.
#[test]
fn a_stuck_clone_holds_up_nobody() {
    watchdog("stuck clone", || {
        let (entered_tx, entered) = mpsc::channel();
        let (go_on, go_on_rx) = mpsc::channel();
        let go_on_rx = Arc::new(Mutex::new(go_on_rx));
        let message = |stops| Slow {
            entered: entered_tx.clone(),
            go_on: go_on_rx.clone(),
            stops,
        };
        let (tx, mut stuck) = channel(2);
        let mut rx = tx.subscribe();
        tx.send(message(true)).ok().unwrap();
        let thread = thread::spawn(move || {
            assert!(stuck.blocking_recv().is_ok());
            stuck
        });
        entered.recv().unwrap();
        assert!(matches!(rx.try_recv(), Err(TryRecvError::Empty)));
        for n in 0..100 {
            tx.send(message(false)).ok().unwrap();
            if n == 1 {
                assert!(matches!(rx.try_recv(), Err(TryRecvError::Lagged(1))));
            }
            if n > 0 {
                assert!(rx.try_recv().is_ok());
            }
        }
        assert_eq!(tx.len(), 2);
        let late = tx.subscribe();
        drop(late);
        go_on.send(()).unwrap();
        let mut stuck = thread.join().unwrap();
        assert!(matches!(stuck.try_recv(), Err(TryRecvError::Lagged(98))));
        drop(tx);
        assert!(rx.blocking_recv().is_ok());
        assert_eq!(rx.blocking_recv().err(), Some(RecvError::Closed));
    });
}

/// Messages of every shape: none, large, with niches, with an alignment of their own.
#[test]
fn messages_of_every_shape() {
    fn check<T: Clone + PartialEq + std::fmt::Debug>(message: T) {
        let (tx, mut rx1) = channel(1);
        let mut rx2 = tx.subscribe();
        for _ in 0..3 {
            tx.send(message.clone()).unwrap();
        }
        assert_eq!(rx1.try_recv(), Err(TryRecvError::Lagged(2)));
        assert_eq!(rx1.try_recv(), Ok(message.clone()));
        drop(tx);
        assert_eq!(rx2.try_recv(), Err(TryRecvError::Lagged(2)));
        assert_eq!(rx2.try_recv(), Ok(message));
    }
    #[derive(Clone, PartialEq, Debug)]
    #[repr(align(128))]
    struct Aligned(u8);
    check(());
    check([7u8; 5000]);
    check(Box::new(1));
    check(Some(String::from("text")));
    check(Aligned(3));
    check(Some(std::num::NonZeroU8::MIN));
}
