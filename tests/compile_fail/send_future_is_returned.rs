//! A send borrows its sender: only `send_owned` may leave.

fn send() -> impl Future<Output = Result<(), wakering::SendError<u8>>> {
    let (tx, _rx) = wakering::bounded::<u8>(1);
    tx.send(1) //~ E0597 `tx` does not live long enough
}

fn main() {
    drop(send());
}
