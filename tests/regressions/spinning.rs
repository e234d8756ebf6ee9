//! Threads that burn a processor, and polls that never return.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Instant;

use wakering::bounded;

use crate::common::{Counter, Waiting, now, poll_once, watchdog};

/// thingbuf: a full ring and a receiver that stands still made `poll` loop for ever.
#[test]
fn r114_a_poll_of_a_full_channel_returns() {
    watchdog("r114", || {
        let (tx, rx) = bounded(1);
        let permit = tx.try_reserve().unwrap();
        let mut send = Waiting::new(tx.send(1));
        let mut recv = Waiting::new(rx.recv());
        for _ in 0..100 {
            assert!(send.poll().is_pending() && recv.poll().is_pending());
        }
        assert_eq!(
            (send.wakes(), recv.wakes()),
            (0, 0),
            "asleep, not polling itself"
        );
        drop(permit);
        assert_eq!(send.finish(), Ok(()));
        assert_eq!(recv.finish(), Ok(1));
    });
}

/// The processor time of the calling thread.
#[cfg(target_os = "linux")]
fn cpu_time() -> std::time::Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is valid for a write of a `timespec`.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(result, 0);
    std::time::Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Runs `blocked`, which must wait for about a second, and checks that it slept.
#[cfg(target_os = "linux")]
fn sleeps(what: &'static str, blocked: impl FnOnce() + Send + 'static) {
    use std::time::Duration;
    watchdog(what, move || {
        let (wall, cpu) = (Instant::now(), cpu_time());
        blocked();
        let (wall, cpu) = (wall.elapsed(), cpu_time() - cpu);
        assert!(
            wall >= Duration::from_millis(900),
            "{what}: waited {wall:?} only"
        );
        assert!(
            cpu < Duration::from_millis(50),
            "{what}: used {cpu:?} of {wall:?}"
        );
    });
}

/// std: `SyncSender::send` on a full channel used a whole processor.
#[cfg(target_os = "linux")]
#[test]
fn r117_a_blocked_sender_sleeps() {
    use std::time::Duration;
    let (tx, rx) = bounded(1);
    tx.try_send(1).unwrap();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        rx.try_recv().unwrap();
        std::thread::sleep(Duration::from_secs(1));
    });
    sleeps("r117", move || tx.send_blocking(2).unwrap());
}

/// The same of a receiver.
#[cfg(target_os = "linux")]
#[test]
fn r117_a_blocked_receiver_sleeps() {
    use std::time::Duration;
    let (tx, rx) = bounded(1);
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        tx.try_send(1).unwrap();
    });
    sleeps("r117", move || assert_eq!(rx.recv_blocking(), Ok(1)));
}

/// event-listener: waiting for a deadline span.
#[cfg(target_os = "linux")]
#[test]
fn r120_waiting_for_a_deadline_sleeps() {
    use std::time::Duration;
    let (tx, rx) = bounded(1);
    tx.try_send(1).unwrap();
    sleeps("r120", move || {
        assert!(tx.send_timeout(2, Duration::from_secs(1)).is_err());
        drop(tx);
        drop(rx);
    });
    let (tx, rx) = bounded::<u32>(1);
    sleeps("r120", move || {
        let deadline = Instant::now() + Duration::from_secs(1);
        assert!(rx.recv_deadline(deadline).is_err());
        drop(tx);
    });
}

/// tokio: a loop on a channel that is always ready starved the other tasks of its thread.
#[test]
fn r121_a_ready_channel_lets_other_tasks_run() {
    watchdog("r121", || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (tx, rx) = bounded(64);
            let stop = Arc::new(AtomicBool::new(false));
            let other = tokio::spawn({
                let stop = stop.clone();
                async move { stop.store(true, SeqCst) }
            });
            while !stop.load(SeqCst) {
                tx.try_send(()).unwrap();
                rx.recv().await.unwrap();
            }
            other.await.unwrap();
        });
    });
}

/// tokio: in a ping-pong of two tasks a third one never ran.
#[test]
fn r121_two_tasks_that_wake_each_other_let_a_third_run() {
    watchdog("r121, ping-pong", || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (ping_tx, ping_rx) = bounded(1);
            let (pong_tx, pong_rx) = bounded(1);
            let stop = Arc::new(AtomicBool::new(false));
            tokio::spawn(async move {
                while ping_rx.recv().await.is_ok() && pong_tx.send(()).await.is_ok() {}
            });
            let third = tokio::spawn({
                let stop = stop.clone();
                async move { stop.store(true, SeqCst) }
            });
            while !stop.load(SeqCst) {
                ping_tx.send(()).await.unwrap();
                pong_rx.recv().await.unwrap();
            }
            third.await.unwrap();
        });
    });
}

/// A yield is followed by progress: no poll is needed twice in a row for nothing.
#[test]
fn r121_a_yield_happens_once() {
    let (tx, rx) = bounded(1);
    let counter = Counter::new();
    for i in 0..1_000 {
        let mut send = Box::pin(tx.send(i));
        if poll_once(send.as_mut(), &counter).is_pending() {
            assert!(
                poll_once(send.as_mut(), &counter).is_ready(),
                "yielded twice in a row"
            );
        }
        assert_eq!(now(rx.recv()), Ok(i));
    }
    assert!(counter.wakes() > 0);
}
