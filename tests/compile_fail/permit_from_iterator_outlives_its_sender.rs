//! So does a permit that came out of an iterator.

fn main() {
    let permit = {
        let (tx, _rx) = wakering::bounded::<u8>(1);
        tx.try_reserve_many(1).unwrap().next().unwrap() //~ E0597 `tx` does not live long enough
    };
    permit.send(1);
}
