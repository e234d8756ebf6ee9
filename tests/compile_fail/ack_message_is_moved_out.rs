//! A message is borrowed from its delivery, not taken: it may have to be delivered again.

fn main() {
    let (_tx, rx, _dead) = wakering::ack::queue::<String>(Default::default());
    let delivery = rx.try_dequeue().unwrap();
    let _message: String = *delivery; //~ E0507 cannot move out of dereference of `Delivery<String>`
}
