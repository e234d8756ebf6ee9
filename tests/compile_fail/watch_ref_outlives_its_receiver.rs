//! A borrowed value borrows its receiver.

fn main() {
    let (_tx, rx) = wakering::watch::channel(1);
    let value = rx.borrow();
    drop(rx); //~ E0505 cannot move out of `rx`
    assert_eq!(*value, 1);
}
