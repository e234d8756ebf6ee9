//! Taking a message back works on the pinned future only.

fn main() {
    let (tx, _rx) = wakering::bounded::<u8>(1);
    let mut send = tx.send(1);
    send.cancel(); //~ E0599 no method named `cancel`
}
