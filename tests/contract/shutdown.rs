//! Workers that are asked to stop finish what was accepted, and nothing else is accepted.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use tokio::select;
use tokio_util::sync::CancellationToken;
use wakering::{Receiver, RecvError, Sender, bounded, mpsc, watch};

use crate::driver::{Driver, contract};

contract! {
    workers_that_watch_a_token_finish_what_was_accepted,
    workers_that_watch_a_channel_finish_what_was_accepted,
    a_producer_that_stops_in_a_send_has_its_message,
    an_actor_that_is_stopped_answers_what_was_asked,
}

/// When to stop: in the middle of everything.
const HANDLED: u64 = 100;

/// A signal that can be waited for, again and again.
trait Signal: Clone + Send + 'static {
    fn asked(&mut self) -> impl Future<Output = ()> + Send;
}

impl Signal for CancellationToken {
    fn asked(&mut self) -> impl Future<Output = ()> + Send {
        self.cancelled()
    }
}

impl Signal for watch::Receiver<bool> {
    async fn asked(&mut self) {
        self.wait_for(|stopped| *stopped).await.unwrap();
    }
}

/// Sends until it is refused. Returns what was accepted: how many, and their sum.
async fn produce(tx: Sender<u64>) -> (u64, u64) {
    let mut accepted = (0, 0);
    for n in 1.. {
        if tx.send(n).await.is_err() {
            break;
        }
        accepted = (accepted.0 + 1, accepted.1 + n);
    }
    accepted
}

/// Handles messages until it is asked to stop, then closes the channel and handles what is queued.
async fn work(rx: Receiver<u64>, mut signal: impl Signal, stop: impl Fn(u64)) -> (u64, u64) {
    let mut handled = (0, 0);
    loop {
        select! {
            biased;
            () = signal.asked() => break,
            message = rx.recv() => match message {
                Ok(message) => handled = (handled.0 + 1, handled.1 + message),
                // Another one was faster: it has closed the channel, and everything is done.
                Err(RecvError) => return handled,
            },
        }
        stop(1);
    }
    rx.close();
    while let Ok(message) = rx.recv().await {
        handled = (handled.0 + 1, handled.1 + message);
    }
    handled
}

async fn is_stopped_without_loss<D: Driver>(
    driver: D,
    capacity: usize,
    signal: impl Signal,
    ask: impl Fn() + Clone + Send + 'static,
) {
    let (tx, rx) = bounded(capacity);
    let all = Arc::new(AtomicU64::new(0));
    let producers: Vec<_> = (0..3).map(|_| driver.spawn(produce(tx.clone()))).collect();
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let (all, ask) = (all.clone(), ask.clone());
            let stop = move |n| {
                if all.fetch_add(n, SeqCst) + n == HANDLED {
                    ask();
                }
            };
            driver.spawn(work(rx.clone(), signal.clone(), stop))
        })
        .collect();
    let mut sums = [(0, 0); 2];
    for (sum, jobs) in sums.iter_mut().zip([producers, workers]) {
        for job in jobs {
            let done = job.await;
            *sum = (sum.0 + done.0, sum.1 + done.1);
        }
    }
    let [accepted, handled] = sums;
    assert_eq!(accepted, handled);
    assert!(handled.0 >= HANDLED);
    assert_eq!((tx.len(), tx.is_closed()), (0, true));
}

async fn workers_that_watch_a_token_finish_what_was_accepted<D: Driver>(
    driver: D,
    capacity: usize,
) {
    let token = CancellationToken::new();
    let ask = {
        let token = token.clone();
        move || token.cancel()
    };
    is_stopped_without_loss(driver, capacity, token, ask).await;
}

async fn workers_that_watch_a_channel_finish_what_was_accepted<D: Driver>(
    driver: D,
    capacity: usize,
) {
    let (stop, stopped) = watch::channel(false);
    let ask = move || stop.send_modify(|stopped| *stopped = true);
    is_stopped_without_loss(driver, capacity, stopped, ask).await;
}

/// The producer stops by itself while it waits for room: it takes back what was not accepted.
async fn a_producer_that_stops_in_a_send_has_its_message<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let token = CancellationToken::new();
    let stopped = token.clone();
    let producer = driver.spawn(async move {
        let mut accepted = VecDeque::new();
        for n in 0_u64.. {
            let mut send = pin!(tx.send(n));
            let sent = select! {
                biased;
                sent = &mut send => sent,
                () = stopped.cancelled() => return (accepted, send.as_mut().cancel()),
            };
            sent.unwrap();
            accepted.push_back(n);
        }
        unreachable!("stops in a send")
    });
    for n in 0..HANDLED {
        assert_eq!(rx.recv().await, Ok(n));
    }
    // Nobody receives any more: the producer comes to a send that waits.
    while rx.len() < capacity {
        driver.pause().await;
    }
    token.cancel();
    let (accepted, left) = producer.await;
    assert_eq!(left, Some(accepted.len() as u64), "the next one");
    let queued: Vec<_> = rx.drain().collect();
    assert!(accepted.iter().skip(HANDLED as usize).eq(&queued));
}

/// The same with one receiver and replies.
async fn an_actor_that_is_stopped_answers_what_was_asked<D: Driver>(driver: D, capacity: usize) {
    use wakering::oneshot;

    let (tx, mut rx) = mpsc::channel::<(u64, oneshot::Sender<u64>)>(capacity);
    let token = CancellationToken::new();
    let stopped = token.clone();
    let actor = driver.spawn(async move {
        let mut answered = 0;
        loop {
            select! {
                biased;
                () = stopped.cancelled() => break,
                Some((n, reply)) = rx.recv() => {
                    reply.send(n + 1).unwrap();
                    answered += 1;
                    if answered == HANDLED {
                        stopped.cancel();
                    }
                }
            }
        }
        rx.close();
        while let Some((n, reply)) = rx.recv().await {
            reply.send(n + 1).unwrap();
            answered += 1;
        }
        answered
    });
    let askers: Vec<_> = (0..3)
        .map(|_| {
            let tx = tx.clone();
            driver.spawn(async move {
                for n in 0.. {
                    let (reply, answer) = oneshot::channel();
                    if tx.send((n, reply)).await.is_err() {
                        return n;
                    }
                    assert_eq!(answer.await, Ok(n + 1), "it was accepted");
                }
                unreachable!("is stopped")
            })
        })
        .collect();
    let mut asked = 0;
    for asker in askers {
        asked += asker.await;
    }
    assert_eq!(actor.await, asked);
}
