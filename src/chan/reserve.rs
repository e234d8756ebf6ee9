//! Permits as operations that can wait.
//!
//! A reservation of many permits gathers its credits bit by bit as room comes up. Two of them that each hold a part
//! would wait for each other for ever, so they gather in turn: see [`Turn`].

use core::borrow::Borrow;
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::sync::atomic::Ordering::Relaxed;
use core::task::{Context, Poll, ready};

use super::{Chan, TxHandle};
use crate::error::SendError;
use crate::ring::NoRoom;
use crate::sync::AtomicBool;
use crate::wait::{Attempt, Gate, Operation, Streak, Wait, WaitQueue};

/// Takes one credit. `H` is how the channel is reached.
pub(crate) struct ReserveOp<T, H> {
    handle: H,
    _message: PhantomData<fn() -> T>,
}

impl<T, H: Borrow<TxHandle<T>>> ReserveOp<T, H> {
    pub(crate) fn new(handle: H) -> Self {
        Self {
            handle,
            _message: PhantomData,
        }
    }

    pub(crate) fn handle(&self) -> &TxHandle<T> {
        self.handle.borrow()
    }
}

impl<T, H: Borrow<TxHandle<T>>> Operation for ReserveOp<T, H> {
    type Output = Result<(), SendError<()>>;

    fn attempt(&mut self) -> Attempt<Self::Output> {
        match self.handle().ring.reserve(1, 1) {
            Ok(_) => Attempt::Done(Ok(())),
            Err(NoRoom::Full) => Attempt::Blocked,
            Err(NoRoom::Busy) => Attempt::Busy,
            Err(NoRoom::Closed) => Attempt::Done(Err(SendError(()))),
        }
    }

    fn gate(&self) -> impl Gate {
        self.handle().room()
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle().streak())
    }
}

/// Whose turn it is to gather credits: nobody's, or one reservation's while the others wait in line.
pub(crate) struct Turn {
    taken: AtomicBool,
    line: WaitQueue,
}

impl Turn {
    pub(super) fn new() -> Self {
        Self {
            taken: AtomicBool::new(false),
            line: WaitQueue::new(),
        }
    }
}

/// Reservations wait here for their turn or the close. No flag: whoever ends a turn always takes the lock.
struct TurnGate<'a, T>(&'a Chan<T>);

impl<T> Gate for TurnGate<'_, T> {
    fn queue(&self) -> &WaitQueue {
        &self.0.turn.line
    }

    fn raise(&self) -> bool {
        // ORDERING: Relaxed: the end of a turn before our hold of the lock is seen through the lock.
        !self.0.turn.taken.load(Relaxed) || self.0.is_closed()
    }

    fn lower(&self) {}
}

impl<T> Chan<T> {
    /// Everybody in line for a turn may look again.
    pub(super) fn call_turns(&self) {
        TurnGate(self).notify_all();
    }
}

/// A turn, until it is dropped.
struct MyTurn<'a, T>(&'a Chan<T>);

impl<T> Drop for MyTurn<'_, T> {
    fn drop(&mut self) {
        // ORDERING: Relaxed: a turn guards no memory, it only tells two gatherers apart. A read-modify-write, as all
        // changes of it, so that they are in one order with those of gatherers who find it taken.
        self.0.turn.taken.swap(false, Relaxed);
        TurnGate(self.0).notify(1);
    }
}

/// Waits for a turn.
struct TurnOp<'a, T>(&'a Chan<T>);

impl<'a, T> Operation for TurnOp<'a, T> {
    type Output = Result<MyTurn<'a, T>, SendError<()>>;

    fn attempt(&mut self) -> Attempt<Self::Output> {
        if self.0.is_closed() {
            return Attempt::Done(Err(SendError(())));
        }
        // ORDERING: Relaxed, as in `MyTurn::drop`.
        if self.0.turn.taken.swap(true, Relaxed) {
            Attempt::Blocked
        } else {
            Attempt::Done(Ok(MyTurn(self.0)))
        }
    }

    fn gate(&self) -> impl Gate {
        TurnGate(self.0)
    }
}

/// Collects `n` credits, keeping what it has while it waits.
struct CollectOp<'a, T> {
    chan: &'a Chan<T>,
    n: usize,
    got: usize,
}

impl<T> Operation for CollectOp<'_, T> {
    type Output = Result<(), SendError<()>>;

    fn attempt(&mut self) -> Attempt<Self::Output> {
        while self.got < self.n {
            match self.chan.ring.reserve(1, self.n - self.got) {
                Ok(more) => self.got += more,
                Err(NoRoom::Full) => return Attempt::Blocked,
                Err(NoRoom::Busy) => return Attempt::Busy,
                Err(NoRoom::Closed) => return Attempt::Done(Err(SendError(()))),
            }
        }
        self.got = 0;
        Attempt::Done(Ok(()))
    }

    fn gate(&self) -> impl Gate {
        self.chan.room()
    }
}

impl<T> Drop for CollectOp<'_, T> {
    fn drop(&mut self) {
        self.chan.unreserve(self.got);
    }
}

/// Takes `n` credits: waits for its turn, then collects them.
pub(crate) struct Gather<'a, T> {
    // In the order of dropping: credits are given back before the turn is.
    collect: Wait<CollectOp<'a, T>>,
    turn: Wait<TurnOp<'a, T>>,
    mine: Option<MyTurn<'a, T>>,
}

impl<'a, T> Gather<'a, T> {
    pub(crate) fn new(chan: &'a Chan<T>, n: usize) -> Self {
        Self {
            collect: Wait::new(CollectOp { chan, n, got: 0 }),
            turn: Wait::new(TurnOp(chan)),
            mine: None,
        }
    }
}

impl<T> Future for Gather<'_, T> {
    type Output = Result<(), SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: `collect` and `turn` are pinned with `self` and not moved; `mine` is not pinned.
        let this = unsafe { self.get_unchecked_mut() };
        if this.mine.is_none() {
            // SAFETY: as above.
            let turn = unsafe { Pin::new_unchecked(&mut this.turn) };
            this.mine = Some(ready!(turn.poll(cx))?);
        }
        // SAFETY: as above.
        let collect = unsafe { Pin::new_unchecked(&mut this.collect) };
        let done = ready!(collect.poll(cx));
        this.mine = None;
        Poll::Ready(done)
    }
}

impl<T> fmt::Debug for Gather<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather")
            .field("collect", &self.collect)
            .field("turn", &self.turn)
            .finish()
    }
}
