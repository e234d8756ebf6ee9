//! A permit borrows its sender.

fn main() {
    let (tx, _rx) = wakering::bounded::<u8>(1);
    let permit = tx.try_reserve().unwrap();
    drop(tx);
    permit.send(1);
}
