//! A broadcast channel of `Rc` stays on its thread.

use std::rc::Rc;

fn main() {
    let (_tx, mut rx) = wakering::broadcast::channel::<Rc<u8>>(1);
    std::thread::spawn(move || { //~ E0277 `Rc<u8>` cannot be sent between threads safely
        let _ = rx.try_recv();
    });
}
