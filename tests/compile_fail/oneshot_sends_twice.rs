//! One message, and no more.

fn main() {
    let (tx, _rx) = wakering::oneshot::channel::<u8>();
    let _ = tx.send(1);
    let _ = tx.send(2); //~ E0382 use of moved value: `tx`
}
