//! The deque belongs to the send until the send is dropped.

use std::collections::VecDeque;

fn main() {
    let (tx, _rx) = wakering::bounded::<u8>(1);
    let mut batch = VecDeque::from([1, 2, 3]);
    let send = tx.send_many(&mut batch);
    batch.clear(); //~ E0499 cannot borrow `batch` as mutable
    drop(std::boxed::Box::pin(send));
}
