//! A receive borrows its receiver.

fn main() {
    let (_tx, rx) = wakering::bounded::<u8>(1);
    let recv = rx.recv();
    drop(rx); //~ E0505 cannot move out of `rx`
    drop(std::boxed::Box::pin(recv));
}
