//! A message that must stay in its thread, and so must its channel.

fn main() {
    let (tx, _rx) = wakering::oneshot::channel::<std::rc::Rc<u8>>();
    std::thread::spawn(move || drop(tx)); //~ E0277 `Rc<u8>` cannot be sent between threads safely
}
