//! One receiver waits once at a time.

fn main() {
    let (_tx, mut rx) = wakering::mpsc::channel::<u8>(1);
    let first = rx.recv();
    let second = rx.recv(); //~ E0499 cannot borrow `rx` as mutable more than once at a time
    drop((first, second));
}
