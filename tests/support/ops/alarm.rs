//! A timer that goes off when it is told to.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[derive(Default)]
struct State {
    rung: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// The end that tells the timer to go off.
#[derive(Default)]
pub struct Alarm(Rc<State>);

/// The end that an operation with a time limit polls.
pub struct Timer(Rc<State>);

impl Alarm {
    pub fn timer(&self) -> Timer {
        Timer(self.0.clone())
    }

    pub fn ring(&self) {
        self.0.rung.set(true);
        let waker = self.0.waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0.rung.get() {
            return Poll::Ready(());
        }
        self.0.waker.replace(Some(cx.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.waker.take();
    }
}
