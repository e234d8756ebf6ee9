//! A channel of `Rc` stays on its thread.

use std::rc::Rc;

fn main() {
    let (_tx, rx) = wakering::bounded::<Rc<u8>>(1);
    std::thread::spawn(move || {
        let _ = rx.try_recv();
    });
}
