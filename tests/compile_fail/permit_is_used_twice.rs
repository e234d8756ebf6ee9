//! A permit is good for one message.

fn main() {
    let (tx, _rx) = wakering::bounded::<u8>(1);
    let permit = tx.try_reserve().unwrap();
    permit.send(1);
    permit.send(2); //~ E0382 use of moved value: `permit`
}
