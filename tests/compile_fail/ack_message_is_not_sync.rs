//! A delivery that has expired shows its message beside the next one: to send it, a message must be `Sync`.

fn main() {
    let (tx, _rx, _dead) = wakering::ack::queue::<std::cell::Cell<u8>>(Default::default());
    std::thread::spawn(move || drop(tx)); //~ E0277 `Cell<u8>` cannot be shared between threads safely
}
