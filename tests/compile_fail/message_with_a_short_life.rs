//! A message must live as long as the channel that may hold it.

fn main() {
    let (tx, rx) = wakering::bounded::<&str>(1);
    {
        let text = String::from("short");
        tx.try_send(&text).unwrap(); //~ E0597 `text` does not live long enough
    }
    rx.try_recv().unwrap();
}
