//! Wakers and messages that were kept too long.

use std::future::Future;
use std::future::poll_fn;
use std::task::Context;

use wakering::{bounded, unbounded};

use crate::common::{Counter, Tracker, Waiting, ignore, now, poll_once, settle};

/// tokio, restate: a finished or dropped wait kept its waker, and with it a whole task.
#[test]
fn r106_no_waker_outlives_its_wait() {
    /// Polls to sleep, lets `event` happen and checks that the waker is let go, finished or dropped.
    fn released<F: Future>(name: &str, future: F, event: impl FnOnce(), drops: bool) {
        let counter = Counter::new();
        let mut future = Box::pin(future);
        assert!(poll_once(future.as_mut(), &counter).is_pending(), "{name}");
        assert!(counter.wakers_alive() > 0, "{name}: asleep without a waker");
        if drops {
            drop(future);
            assert_eq!(counter.wakers_alive(), 0, "{name}: dropped");
            event();
        } else {
            event();
            assert!(settle(future.as_mut(), &counter).is_ready(), "{name}");
            assert_eq!(
                counter.wakers_alive(),
                0,
                "{name}: finished, not yet dropped"
            );
        }
    }
    for drops in [false, true] {
        let (tx, rx) = bounded(1);
        released("recv", rx.recv(), || tx.try_send(0).unwrap(), drops);
        let _ = rx.try_recv();
        released(
            "recv_owned",
            rx.recv_owned(),
            || tx.try_send(0).unwrap(),
            drops,
        );
        let _ = rx.try_recv();
        let mut buffer = Vec::new();
        let many = rx.recv_many(&mut buffer, 3);
        released("recv_many", many, || tx.try_send(0).unwrap(), drops);
        let _ = rx.try_recv();
        tx.try_send(1).unwrap();
        let free = || ignore(rx.try_recv());
        released("send", tx.send(2), free, drops);
        let _ = tx.try_send(1);
        released("send_owned", tx.send_owned(3), free, drops);
        let _ = tx.try_send(1);
        let mut batch = [4].into();
        released("send_many", tx.send_many(&mut batch), free, drops);
        let _ = tx.try_send(1);
        released("reserve", tx.reserve(), free, drops);
        let _ = tx.try_send(1);
        released("reserve_owned", tx.clone().reserve_owned(), free, drops);
        released("closed", tx.closed(), || ignore(rx.close()), drops);
    }

    // A cancelled send, and a handle with a wait of its own, while the peers live on.
    let (tx, rx) = bounded(1);
    tx.try_send(1).unwrap();
    let mut send = Waiting::new(tx.send(2));
    send.future.as_mut().cancel();
    assert_eq!(send.counter.wakers_alive(), 0);
    rx.try_recv().unwrap();
    let counter = Counter::new();
    let mut stream = rx.clone();
    let waker = counter.waker();
    assert!(
        stream
            .poll_recv(&mut Context::from_waker(&waker))
            .is_pending()
    );
    drop(stream);
    drop(waker);
    assert_eq!(counter.wakers_alive(), 0);

    // The wait of a handle that finished.
    let mut stream = rx.clone();
    assert!(
        poll_once(
            Box::pin(poll_fn(|cx| stream.poll_recv(cx))).as_mut(),
            &counter
        )
        .is_pending()
    );
    tx.try_send(3).unwrap();
    assert_eq!(now(poll_fn(|cx| stream.poll_recv(cx))), Ok(3));
    assert_eq!(counter.wakers_alive(), 0);
}

/// crossbeam, thingbuf, futures: messages nobody received were never dropped; asyncband: nor the waker.
#[test]
fn r110_nothing_outlives_the_channel() {
    for way in 0..4 {
        let tracker = Tracker::new();
        let counter = Counter::new();
        let (tx, rx) = bounded(4);
        let mut recv = Box::pin(rx.recv_owned());
        assert!(poll_once(recv.as_mut(), &counter).is_pending());
        (0..4).for_each(|i| tx.try_send(tracker.make(i)).unwrap());
        let mut send = Box::pin(tx.send_owned(tracker.make(4)));
        assert!(poll_once(send.as_mut(), &counter).is_pending());
        match way {
            0 => drop((tx, rx, recv, send)),
            1 => drop((recv, rx, send, tx)),
            2 => drop((send, tx, recv, rx)),
            _ => {
                tx.close();
                drop((recv, send, rx, tx));
            }
        }
        assert_eq!(
            (tracker.dropped(), counter.wakers_alive()),
            (5, 0),
            "way {way}"
        );
    }
}

/// The same without a bound, over many segments.
#[test]
fn r110_nothing_outlives_an_unbounded_channel() {
    for way in 0..4 {
        let tracker = Tracker::new();
        let counter = Counter::new();
        let (tx, rx) = unbounded();
        let mut recv = Box::pin(rx.recv_owned());
        assert!(poll_once(recv.as_mut(), &counter).is_pending());
        (0..1000).for_each(|i| tx.try_send(tracker.make(i)).unwrap());
        (0..300).for_each(|_| drop(rx.try_recv().unwrap()));
        let permit = tx.clone().try_reserve_owned().unwrap();
        match way {
            0 => drop((tx, rx, recv, permit)),
            1 => drop((recv, rx, permit, tx)),
            2 => drop((tx, recv, rx, permit)),
            _ => {
                tx.close();
                drop((recv, rx));
                drop(permit.send(tracker.make(1000)));
                assert_eq!(tracker.alive(), 0, "dropped by the permit");
                drop(tx);
            }
        }
        assert_eq!(
            (tracker.alive(), counter.wakers_alive()),
            (0, 0),
            "way {way}"
        );
    }
}

/// embassy: the messages of a subscriber that left were kept, and the publisher waited for ever.
#[test]
fn r111_a_receiver_that_leaves_holds_nothing_back() {
    let tracker = Tracker::new();
    let (tx, rx) = bounded(2);
    let slow = rx.clone();
    (0..2).for_each(|i| tx.try_send(tracker.make(i)).unwrap());
    let mut send = Waiting::new(tx.send(tracker.make(2)));
    drop(slow);
    assert!(send.poll().is_pending(), "nothing was received yet");
    assert_eq!(rx.try_recv().unwrap().id(), 0);
    assert!(send.finish().is_ok());
    let mut last = Waiting::new(tx.send(tracker.make(3)));
    drop(rx);
    assert_eq!(last.finish().unwrap_err().into_inner().id(), 3);
    assert_eq!(tracker.alive(), 0);
}
