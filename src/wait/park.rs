//! Waiting on a thread: the same future, polled with a waker that unparks.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use crossbeam_utils::sync::{Parker, Unparker};

use super::before::looks_on;
use super::eager::Advice;
use super::op::Wait;
use super::place::Queue;
use super::queue::Gate;
use super::waiter::{Attempt, Operation};
use crate::sync::spin_loop;

/// Glances before a thread gives up its time slice, each after twice the pause of the one before.
const GLANCES: u32 = 7;
/// Tries with a time slice given up before a thread goes to sleep.
pub(crate) const YIELDS: u32 = 16;

/// Runs `wait` to its end on this thread.
#[inline]
pub(crate) fn block_on<O: Operation<Q>, Q: Queue>(wait: Wait<O, Q>) -> O::Output {
    run_to_end(std::pin::pin!(wait))
}

/// The same, for when something is left in the operation afterwards.
#[inline]
pub(crate) fn run_to_end<O: Operation<Q>, Q: Queue>(wait: Pin<&mut Wait<O, Q>>) -> O::Output {
    let mut output = Poll::Pending;
    run_into(wait, None, &mut output);
    match output {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("no deadline was set"),
    }
}

/// Runs `wait` to its end or to the deadline, whichever comes first; a `None` deadline never comes.
///
/// When it is pending still, it is registered: cancel it.
#[inline]
pub(crate) fn run<O: Operation<Q>, Q: Queue>(
    wait: Pin<&mut Wait<O, Q>>,
    deadline: Option<Instant>,
) -> Poll<O::Output> {
    let mut output = Poll::Pending;
    run_into(wait, deadline, &mut output);
    output
}

/// One place and one way out, as in `Waiter::poll`.
#[inline(always)]
fn run_into<O: Operation<Q>, Q: Queue>(
    mut wait: Pin<&mut Wait<O, Q>>,
    deadline: Option<Instant>,
    output: &mut Poll<O::Output>,
) {
    if !wait.as_mut().before_blocking().glance(output) {
        *output = run_waiting(wait, deadline);
    }
}

#[inline(never)]
fn run_waiting<O: Operation<Q>, Q: Queue>(
    mut wait: Pin<&mut Wait<O, Q>>,
    deadline: Option<Instant>,
) -> Poll<O::Output> {
    let op = wait.as_mut().op_mut();
    if op.is_offer() {
        return hold_out(wait, deadline);
    }
    let mut output = Poll::Pending;
    if op.gate().queue().eager().advice() == Advice::LookOn
        && looks_on(op, &mut output, (0..GLANCES).map(|n| 1 << n))
    {
        return output;
    }
    if let Attempt::Done = op.attempt(&mut output) {
        return output;
    }
    let patience = op.is_meeting().then(Patience::begin);
    for _ in 0..YIELDS {
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Poll::Pending;
        }
        std::thread::yield_now();
        if op.look(&mut output) {
            op.gate().queue().eager().told_by_another();
            return output;
        }
        if patience.as_ref().is_some_and(Patience::is_over) {
            break;
        }
    }
    sleep(deadline, |cx| wait.as_mut().poll_here(cx))
}

/// Lets others take the offer of `wait`: registers first, and looks on for a while only then.
fn hold_out<O: Operation<Q>, Q: Queue>(
    mut wait: Pin<&mut Wait<O, Q>>,
    deadline: Option<Instant>,
) -> Poll<O::Output> {
    sleep(deadline, |cx| {
        let polled = wait.as_mut().poll_here(cx);
        if polled.is_pending() && is_told_soon(&wait, deadline) {
            return wait.as_mut().poll_here(cx);
        }
        polled
    })
}

fn is_told_soon<O: Operation<Q>, Q: Queue>(wait: &Wait<O, Q>, deadline: Option<Instant>) -> bool {
    let gate = wait.op().gate();
    let eager = gate.queue().eager();
    if eager.advice() == Advice::LookOn {
        for doublings in 0..GLANCES {
            for _ in 0..1 << doublings {
                spin_loop();
            }
            if wait.is_told() {
                eager.paid();
                return true;
            }
        }
        eager.in_vain();
    }
    let patience = Patience::begin();
    for _ in 0..YIELDS {
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return false;
        }
        std::thread::yield_now();
        if wait.is_told() {
            return true;
        }
        if patience.is_over() {
            break;
        }
    }
    false
}

/// How long a thread gives up its time slice whose other side waits for it. Where many processes want the processor, one
/// slice may last for milliseconds; who sleeps is scheduled sooner then.
struct Patience(Instant);

impl Patience {
    const LONGEST: Duration = Duration::from_micros(50);

    fn begin() -> Self {
        Self(Instant::now())
    }

    fn is_over(&self) -> bool {
        self.0.elapsed() > Self::LONGEST
    }
}

/// Polls on this thread until there is an output or the deadline has come, and sleeps in between.
pub(crate) fn sleep<R>(
    deadline: Option<Instant>,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>,
) -> Poll<R> {
    let thread = ThreadWaiter::borrow();
    let mut cx = Context::from_waker(&thread.waker);
    loop {
        let polled = poll(&mut cx);
        if polled.is_ready() {
            return polled;
        }
        match deadline {
            None => thread.parker.park(),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Poll::Pending;
                }
                thread.parker.park_timeout(left);
            }
        }
    }
}

/// The moment `timeout` from now; `None` where the clock does not reach.
pub(crate) fn deadline_in(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

/// What a thread sleeps on. Its token is our own: user code that parks and unparks the thread does not meet it.
struct ThreadWaiter {
    parker: Parker,
    waker: Waker,
}

struct Unpark(Unparker);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

thread_local! {
    /// Kept for the next wait of this thread, so that waiting allocates nothing.
    static SPARE: Cell<Option<ThreadWaiter>> = const { Cell::new(None) };
}

impl ThreadWaiter {
    fn new() -> Self {
        let parker = Parker::new();
        let waker = Waker::from(Arc::new(Unpark(parker.unparker().clone())));
        Self { parker, waker }
    }

    /// Takes the thread's own, or makes one: for a wait within a wait (a waker that blocks), and for threads that are
    /// so near their end that they have none any more.
    fn borrow() -> Borrowed {
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        Borrowed(Some(spare.unwrap_or_else(Self::new)))
    }
}

struct Borrowed(Option<ThreadWaiter>);

impl std::ops::Deref for Borrowed {
    type Target = ThreadWaiter;

    fn deref(&self) -> &ThreadWaiter {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        // A stale wake-up may come after this: the next wait on this thread then polls once in vain.
        let own = self.0.take();
        let _ = SPARE.try_with(|spare| spare.set(own));
    }
}
