//! Closing is exact: afterwards nothing is accepted, and what was accepted is received or dropped.

use std::collections::VecDeque;
use std::time::Duration;

use wakering::{
    Receiver, RecvError, RecvTimeoutError, SendError, SendTimeoutError, Sender, TryRecvError,
    TrySendError,
};

use crate::common::{Counter, Tracker, Waiting, now, settle};
use crate::driver::{Driver, channel, contract};

contract! {
    any {
        every_operation_after_every_way_to_close,
        one_close_only_reports_true,
        receivers_drain_and_then_see_the_end,
        every_accepted_message_is_received_or_dropped,
        the_last_receiver_drops_what_is_queued,
        closed_ends_when_the_channel_closes,
        a_closed_channel_without_permits_stays_closed,
    }
    close_wakes_senders_and_gives_messages_back,
}

/// How a channel was closed, and what remains of it.
type Remains = (&'static str, Option<Sender<u32>>, Option<Receiver<u32>>);

/// The ways to close a channel.
fn every_way_to_close(capacity: usize) -> Vec<Remains> {
    let (tx, rx) = channel(capacity);
    assert!(tx.close());
    let by_sender = ("closed by a sender", Some(tx), Some(rx));
    let (tx, rx) = channel(capacity);
    assert!(rx.close());
    let by_receiver = ("closed by a receiver", Some(tx), Some(rx));
    let (tx, rx) = channel(capacity);
    drop(tx.clone());
    drop(tx);
    let no_sender = ("all senders dropped", None, Some(rx));
    let (tx, rx) = channel(capacity);
    drop(rx.clone());
    drop(rx);
    let no_receiver = ("all receivers dropped", Some(tx), None);
    vec![by_sender, by_receiver, no_sender, no_receiver]
}

async fn every_operation_after_every_way_to_close<D: Driver>(driver: D, capacity: usize) {
    for (how, tx, rx) in every_way_to_close(capacity) {
        if let Some(tx) = tx {
            every_send_fails(&driver, &tx, capacity, how).await;
            assert_eq!(tx.is_disconnected(), rx.is_none(), "{how}");
        }
        if let Some(mut rx) = rx {
            every_receive_sees_the_end(&driver, &mut rx, how).await;
        }
    }
}

async fn every_send_fails<D: Driver>(d: &D, tx: &Sender<u32>, capacity: usize, how: &str) {
    let second = Duration::from_secs(1);
    let never = std::future::pending::<()>;
    let none = Err(SendError(()));
    assert_eq!(d.send(tx, 1).await, Err(SendError(1)), "{how}");
    assert_eq!(now(tx.send(1)), Err(SendError(1)), "{how}");
    assert_eq!(now(tx.send_owned(2)), Err(SendError(2)), "{how}");
    assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)), "{how}");
    assert_eq!(tx.force_send(4), Err(SendError(4)), "{how}");
    assert_eq!(tx.send_blocking(5), Err(SendError(5)), "{how}");
    assert_eq!(
        tx.send_timeout(6, second),
        Err(SendTimeoutError::Closed(6)),
        "{how}"
    );
    let deadline = std::time::Instant::now() + second;
    assert_eq!(
        tx.send_deadline(7, deadline),
        Err(SendTimeoutError::Closed(7)),
        "{how}"
    );
    assert_eq!(
        now(tx.send_with(8, never())),
        Err(SendTimeoutError::Closed(8)),
        "{how}"
    );

    let mut batch: VecDeque<u32> = [9, 10].into();
    assert_eq!(d.send_many(tx, &mut batch).await, none, "{how}");
    assert_eq!(now(tx.send_many(&mut batch)), none, "{how}");
    assert_eq!(tx.send_many_blocking(&mut batch), none, "{how}");
    assert_eq!(tx.try_send_many(&mut batch), Err(SendError(())), "{how}");
    assert_eq!(batch, [9, 10], "{how}: what was not sent stays, in order");

    assert_eq!(now(tx.reserve()).unwrap_err(), SendError(()), "{how}");
    assert_eq!(
        tx.try_reserve().unwrap_err(),
        TrySendError::Closed(()),
        "{how}"
    );
    assert_eq!(now(tx.reserve_many(1)).unwrap_err(), SendError(()), "{how}");
    assert_eq!(
        tx.try_reserve_many(1).unwrap_err(),
        TrySendError::Closed(()),
        "{how}"
    );
    assert!(now(tx.reserve_many(capacity + 1)).is_err(), "{how}");
    assert_eq!(
        now(tx.clone().reserve_owned()).unwrap_err(),
        SendError(()),
        "{how}"
    );
    match tx.clone().try_reserve_owned() {
        Err(TrySendError::Closed(back)) => assert!(back.same_channel(tx), "{how}"),
        other => panic!("{how}: {other:?}"),
    }
    now(tx.closed());
    assert!(!tx.close(), "{how}: closed already");
    assert!(tx.is_closed(), "{how}");
    assert!(tx.is_empty(), "{how}: nothing was accepted");
    assert!(tx.downgrade().upgrade().is_none(), "{how}");
}

async fn every_receive_sees_the_end<D: Driver>(d: &D, rx: &mut Receiver<u32>, how: &str) {
    let second = Duration::from_secs(1);
    let never = std::future::pending::<()>;
    let mut buffer = Vec::new();
    assert_eq!(d.recv(rx).await, Err(RecvError), "{how}");
    assert_eq!(now(rx.recv()), Err(RecvError), "{how}");
    assert_eq!(now(rx.recv_owned()), Err(RecvError), "{how}");
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed), "{how}");
    assert_eq!(rx.recv_blocking(), Err(RecvError), "{how}");
    assert_eq!(
        rx.recv_timeout(second),
        Err(RecvTimeoutError::Closed),
        "{how}"
    );
    let deadline = std::time::Instant::now() + second;
    assert_eq!(
        rx.recv_deadline(deadline),
        Err(RecvTimeoutError::Closed),
        "{how}"
    );
    assert_eq!(
        now(rx.recv_with(never())),
        Err(RecvTimeoutError::Closed),
        "{how}"
    );
    assert_eq!(d.recv_many(rx, &mut buffer, 9).await, 0, "{how}");
    assert_eq!(now(rx.recv_many(&mut buffer, 9)), 0, "{how}");
    assert_eq!(rx.recv_many_blocking(&mut buffer, 9), 0, "{how}");
    assert_eq!(rx.try_recv_many(&mut buffer, 9), 0, "{how}");
    assert_eq!(rx.iter().next(), None, "{how}");
    assert_eq!(rx.try_iter().next(), None, "{how}");
    assert_eq!(rx.drain().next(), None, "{how}");
    assert_eq!(
        now(std::future::poll_fn(|cx| rx.poll_recv(cx))),
        Err(RecvError),
        "{how}"
    );
    assert!(buffer.is_empty(), "{how}");
    assert!(!rx.close(), "{how}: closed already");
    assert!(rx.is_closed() && rx.is_empty(), "{how}");
    assert_eq!(rx.is_disconnected(), rx.sender_count() == 0, "{how}");
    assert!(rx.downgrade().upgrade().is_none(), "{how}");
    assert_eq!(rx.clone().into_iter().next(), None, "{how}");
}

async fn one_close_only_reports_true<D: Driver>(driver: D, capacity: usize) {
    for _ in 0..20 {
        let (tx, rx) = channel::<u32>(capacity);
        let mut jobs: Vec<_> = (0..3)
            .map(|_| {
                let tx = tx.clone();
                driver.spawn(async move { usize::from(tx.close()) })
            })
            .collect();
        jobs.extend((0..3).map(|_| {
            let rx = rx.clone();
            driver.spawn(async move { usize::from(rx.close()) })
        }));
        let mut closes = 0;
        for job in jobs {
            closes += job.await;
        }
        assert_eq!(closes, 1);
        assert!(tx.is_closed() && rx.is_closed());
    }
}

async fn receivers_drain_and_then_see_the_end<D: Driver>(driver: D, capacity: usize) {
    for by_drop in [false, true] {
        let (tx, rx) = channel(capacity);
        for i in 0..capacity {
            tx.try_send(i).unwrap();
        }
        if by_drop {
            drop(tx);
        } else {
            rx.close();
        }
        for i in 0..capacity {
            assert!(!rx.is_empty());
            assert_eq!(rx.len(), capacity - i);
            assert_eq!(driver.recv(&rx).await, Ok(i));
        }
        assert_eq!(driver.recv(&rx).await, Err(RecvError));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    }
}

/// A close in the middle of the traffic: what the senders saw accepted is what the receivers get.
async fn every_accepted_message_is_received_or_dropped<D: Driver>(driver: D, capacity: usize) {
    for round in 0..30 {
        let tracker = Tracker::new();
        let (tx, rx) = channel(capacity);
        let senders: Vec<_> = (0..3)
            .map(|sender| {
                let (d, tx, tracker) = (driver.clone(), tx.clone(), tracker.clone());
                driver.spawn(async move {
                    let mut accepted = Vec::new();
                    for i in 0..10_000 {
                        let id = sender * 10_000 + i;
                        let message = tracker.make(id);
                        let sent = match i % 3 {
                            0 => d.send(&tx, message).await,
                            1 => match tx.try_send(message) {
                                Ok(()) => Ok(()),
                                Err(TrySendError::Closed(back)) => Err(SendError(back)),
                                Err(TrySendError::Full(back)) => tx.send(back).await,
                            },
                            _ => match tx.reserve().await {
                                Ok(permit) => {
                                    permit.send(message);
                                    Ok(())
                                }
                                Err(SendError(())) => Err(SendError(message)),
                            },
                        };
                        match sent {
                            Ok(()) => accepted.push(id),
                            Err(SendError(back)) => {
                                assert_eq!(back.id(), id, "not the message that was given");
                                assert!(tx.is_closed());
                                return accepted;
                            }
                        }
                    }
                    accepted
                })
            })
            .collect();
        let receivers: Vec<_> = (0..2)
            .map(|_| {
                let (d, rx) = (driver.clone(), rx.clone());
                driver.spawn(async move {
                    let mut got = Vec::new();
                    while let Ok(message) = d.recv(&rx).await {
                        got.push(message.id());
                    }
                    got
                })
            })
            .collect();
        for _ in 0..round * 3 {
            driver.pause().await;
        }
        assert!(if round % 2 == 0 {
            tx.close()
        } else {
            rx.close()
        });
        assert!(tx.try_send(tracker.make(usize::MAX)).is_err());
        drop((tx, rx));
        let mut accepted = Vec::new();
        for sender in senders {
            accepted.extend(sender.await);
        }
        let mut got = Vec::new();
        for receiver in receivers {
            got.extend(receiver.await);
        }
        accepted.sort_unstable();
        got.sort_unstable();
        assert_eq!(accepted, got);
        assert_eq!(tracker.alive(), 0);
    }
}

/// They are dropped at once, although a sender lives on; and what is sent in a race with it as well.
async fn the_last_receiver_drops_what_is_queued<D: Driver>(driver: D, capacity: usize) {
    let tracker = Tracker::new();
    let (tx, rx) = channel(capacity);
    for i in 0..capacity {
        tx.try_send(tracker.make(i)).unwrap();
    }
    let clone = rx.clone();
    drop(rx);
    assert_eq!(tracker.alive(), capacity, "one receiver is left");
    drop(clone);
    assert_eq!(tracker.alive(), 0);
    assert_eq!(tx.len(), 0);

    for _ in 0..20 {
        let tracker = Tracker::new();
        let (tx, rx) = channel(capacity);
        let senders: Vec<_> = (0..2)
            .map(|_| {
                let (d, tx, tracker) = (driver.clone(), tx.clone(), tracker.clone());
                driver.spawn(async move {
                    while d.send(&tx, tracker.make(0)).await.is_ok() {}
                    tx // alive until the end of the test
                })
            })
            .collect();
        for _ in 0..3 {
            driver.recv(&rx).await.unwrap();
        }
        drop(rx);
        let mut alive = vec![tx];
        for sender in senders {
            alive.push(sender.await);
        }
        assert_eq!(tracker.alive(), 0, "kept although no receiver is left");
    }
}

async fn close_wakes_senders_and_gives_messages_back<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    for i in 0..capacity {
        tx.try_send(i).unwrap();
    }
    let mut sends: Vec<_> = (0..5).map(|i| Waiting::new(tx.send(100 + i))).collect();
    let mut batch: VecDeque<usize> = [7, 8, 9].into();
    let mut many = Waiting::new(tx.send_many(&mut batch));
    let mut reserve = Waiting::new(tx.reserve());
    let job = driver.spawn({
        let (d, tx) = (driver.clone(), tx.clone());
        async move { d.send(&tx, 200).await }
    });
    rx.close();
    for (i, send) in sends.iter_mut().enumerate() {
        assert_eq!(send.finish(), Err(SendError(100 + i)));
    }
    assert_eq!(many.finish(), Err(SendError(())));
    assert_eq!(reserve.finish().unwrap_err(), SendError(()));
    assert_eq!(job.await, Err(SendError(200)));
    drop(many);
    assert_eq!(batch, [7, 8, 9]);
    assert!(
        rx.drain().eq(0..capacity),
        "what was accepted is still there"
    );
}

async fn closed_ends_when_the_channel_closes<D: Driver>(driver: D, capacity: usize) {
    for way in 0..3 {
        let (tx, rx) = channel::<()>(capacity);
        let job = driver.spawn({
            let tx = tx.clone();
            async move { tx.closed().await }
        });
        let mut first = Waiting::new(tx.closed());
        let mut second = Waiting::new(tx.closed());
        let dropped = Waiting::new(tx.closed());
        tx.try_send(()).unwrap();
        rx.try_recv().unwrap();
        assert!(first.poll().is_pending() && second.poll().is_pending());
        assert_eq!(first.wakes(), 0, "traffic is no close");
        drop(dropped);
        match way {
            0 => drop(rx),
            1 => assert!(rx.close()),
            _ => assert!(tx.close()),
        }
        first.finish();
        second.finish();
        job.await;
        now(tx.closed());
    }
}

async fn a_closed_channel_without_permits_stays_closed<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let held = tx.try_reserve_many(capacity).unwrap();
    let counter = Counter::new();
    let mut recv = Box::pin(rx.recv());
    assert!(settle(recv.as_mut(), &counter).is_pending());
    tx.close();
    // Every way to give capacity back, none of which may open the channel again.
    for (i, permit) in held.enumerate() {
        if i % 2 == 0 {
            drop(permit);
        } else {
            permit.send(i);
        }
        assert!(tx.is_closed() && rx.is_closed());
        assert_eq!(tx.try_send(0), Err(TrySendError::Closed(0)));
        assert!(tx.try_reserve().is_err());
    }
    drop(recv);
    assert!(rx.drain().eq((0..capacity).filter(|i| i % 2 == 1)));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
}
