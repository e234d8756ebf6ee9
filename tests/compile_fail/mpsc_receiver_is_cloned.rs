//! There is one receiver.

fn main() {
    let (_tx, rx) = wakering::mpsc::channel::<u8>(1);
    let _second = rx.clone(); //~ E0599 no method named `clone` found
}
