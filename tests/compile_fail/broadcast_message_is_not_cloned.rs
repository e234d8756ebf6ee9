//! What cannot be cloned cannot be received.

struct Unique;

fn main() {
    let tx = wakering::broadcast::Sender::<Unique>::new(1);
    let mut rx = tx.subscribe();
    let _ = rx.try_recv(); //~ E0599 the method `try_recv` exists for struct `wakering::broadcast::Receiver<Unique>`, but its trait bounds were not satisfied
}
