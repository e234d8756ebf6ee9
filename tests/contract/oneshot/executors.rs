//! On every executor: the same futures, and nothing of theirs.

use wakering::oneshot::{Receiver, Sender, channel};

use crate::common::watchdog;
use crate::driver::{Driver, Manual, Smol, Threads, TokioCurrentThread, TokioMultiThread};

/// Runs one body on one driver.
fn on<D: Driver>(body: impl AsyncFn(D) + Send + 'static) {
    watchdog("oneshot", move || {
        let driver = D::new();
        driver.block_on(body(driver.clone()));
    });
}

macro_rules! on_all {
    ($($body:ident),* $(,)?) => {
        $(
            #[test]
            fn $body() {
                on::<TokioMultiThread>(bodies::$body);
                on::<TokioCurrentThread>(bodies::$body);
                on::<Smol>(bodies::$body);
                on::<Manual>(bodies::$body);
                on::<Threads>(bodies::$body);
            }
        )*
    };
}

on_all!(
    requests_are_answered,
    a_sender_goes,
    a_receiver_goes,
    selected_again_and_again
);

mod bodies {
    use super::*;

    /// Each request has the way for its answer in it.
    pub(super) async fn requests_are_answered<D: Driver>(driver: D) {
        let (requests, queue) = wakering::bounded::<(u64, Sender<u64>)>(4);
        let server = driver.spawn(async move {
            while let Ok((n, answer)) = queue.recv().await {
                answer.send(n * n).unwrap();
            }
        });
        for n in 0..200 {
            let (tx, rx) = channel();
            requests.send((n, tx)).await.unwrap();
            assert_eq!(rx.await, Ok(n * n));
        }
        drop(requests);
        server.await;
    }

    pub(super) async fn a_sender_goes<D: Driver>(driver: D) {
        for _ in 0..100 {
            let (tx, rx) = channel::<u64>();
            let sender = driver.spawn(async move { drop(tx) });
            assert!(rx.await.is_err());
            sender.await;
        }
    }

    pub(super) async fn a_receiver_goes<D: Driver>(driver: D) {
        for closes in [true, false].repeat(50) {
            let (mut tx, mut rx) = channel::<u64>();
            let receiver = driver.spawn(async move {
                if closes {
                    rx.close();
                }
                drop(rx);
            });
            tx.closed().await;
            assert_eq!(tx.send(1), Err(1));
            receiver.await;
        }
    }

    /// What waits for `&mut rx` can be given up and begun again.
    pub(super) async fn selected_again_and_again<D: Driver>(driver: D) {
        async fn recv_or_yield(rx: &mut Receiver<u64>) -> Option<u64> {
            let received = async { Some(rx.await.unwrap()) };
            futures_lite::future::or(received, async {
                futures_lite::future::yield_now().await;
                None
            })
            .await
        }
        let (tx, mut rx) = channel();
        let sender = driver.spawn({
            let driver = driver.clone();
            async move {
                for _ in 0..20 {
                    driver.pause().await;
                }
                tx.send(9).unwrap();
            }
        });
        let got = loop {
            if let Some(got) = recv_or_yield(&mut rx).await {
                break got;
            }
            driver.pause().await;
        };
        assert_eq!(got, 9);
        assert!(rx.is_terminated());
        sender.await;
    }
}
