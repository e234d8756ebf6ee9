//! A permit borrows its sender.

fn main() {
    let (tx, _rx) = wakering::bounded::<u8>(1);
    let permit = tx.try_reserve().unwrap();
    drop(tx); //~ E0505 cannot move out of `tx`
    permit.send(1);
}
