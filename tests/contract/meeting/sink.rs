//! Sinks, which hold the message that is offered.

use futures_util::SinkExt;
use wakering::{SendError, TryRecvError, bounded};

use crate::common::{Waiting, now};
use crate::driver::{Driver, contract};

contract! {
    at_zero { a_sink_waits_until_its_message_is_received }
}

async fn a_sink_waits_until_its_message_is_received<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let mut sink = tx.clone().into_sink();
    assert_eq!(now(sink.feed(1)), Ok(()), "the sink has it");
    assert_eq!(
        rx.try_recv(),
        Err(TryRecvError::Empty),
        "nobody has polled the sink"
    );
    let mut flush = Waiting::new(sink.flush());
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(flush.finish(), Ok(()));
    drop(flush);
    assert_eq!(now(sink.flush()), Ok(()), "there is nothing to flush");
    now(sink.feed(2)).unwrap();
    let mut feed = Waiting::new(sink.feed(3));
    assert_eq!(rx.try_recv(), Ok(2));
    assert_eq!(feed.finish(), Ok(()));
    drop(feed);
    let mut close = Waiting::new(sink.close());
    assert_eq!(rx.try_recv(), Ok(3));
    assert_eq!(close.finish(), Ok(()));
    drop(close);

    let mut sink = tx.sink();
    let mut send = Waiting::new(sink.send(4));
    drop(tx.clone());
    assert_eq!(rx.try_recv(), Ok(4));
    assert_eq!(send.finish(), Ok(()));
    drop(send);
    let send = Waiting::new(sink.send(5));
    drop(send);
    drop(sink); // and the offer with it
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    let mut sink = tx.sink();
    let mut send = Waiting::new(sink.send(6));
    rx.close();
    assert_eq!(send.finish(), Err(SendError(())));
    drop(send);
    assert_eq!(now(sink.send(7)), Err(SendError(())));
}
