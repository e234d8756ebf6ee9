//! Who waits for the end of the channel cannot send meanwhile.

fn main() {
    let (mut tx, _rx) = wakering::oneshot::channel::<u8>();
    let closed = tx.closed();
    let _ = tx.send(1); //~ E0505 cannot move out of `tx` because it is borrowed
    drop(closed);
}
