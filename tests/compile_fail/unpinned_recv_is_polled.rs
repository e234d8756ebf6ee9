//! A future that waits in a list must be pinned before it is polled.

use std::pin::Pin;
use std::task::{Context, Waker};

fn main() {
    let (_tx, rx) = wakering::bounded::<u8>(1);
    let mut recv = rx.recv();
    let _ = Pin::new(&mut recv).poll(&mut Context::from_waker(Waker::noop())); //~ E0277 `PhantomPinned` cannot be unpinned
}
