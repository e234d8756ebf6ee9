//! A delivery is settled once.

fn main() {
    let (_tx, rx, _dead) = wakering::ack::queue::<u8>(Default::default());
    let delivery = rx.try_dequeue().unwrap();
    delivery.ack().unwrap();
    delivery.nack().unwrap(); //~ E0382 use of moved value: `delivery`
}
