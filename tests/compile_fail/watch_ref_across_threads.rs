//! A borrowed value stays in its thread.

fn main() {
    let (tx, _rx) = wakering::watch::channel(1);
    let tx: &'static _ = Box::leak(Box::new(tx));
    let value = tx.borrow();
    std::thread::spawn(move || assert_eq!(*value, 1)); //~ E0277 `*const ()` cannot be sent
}
