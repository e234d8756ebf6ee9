//! What errors and handles say of themselves.

use std::error::Error;

use wakering::oneshot::channel;
use wakering::oneshot::error::{RecvError, RecvTimeoutError, TryRecvError};

#[test]
fn errors_say_what_tokio_s_say() {
    let (tx, rx) = channel::<()>();
    drop(tx);
    let error: RecvError = rx.blocking_recv().unwrap_err();
    assert_eq!(error.to_string(), "channel closed");
    assert_eq!(format!("{error:?}"), "RecvError(())");
    assert_eq!(TryRecvError::Empty.to_string(), "channel empty");
    assert_eq!(TryRecvError::Closed.to_string(), "channel closed");
    assert_eq!(format!("{:?}", TryRecvError::Empty), "Empty");
    assert_eq!(
        RecvTimeoutError::Timeout.to_string(),
        "timed out waiting on receive operation"
    );
    assert_eq!(RecvTimeoutError::Closed.to_string(), "channel closed");
    assert_eq!(
        format!("{:>16}|", TryRecvError::Closed),
        "  channel closed|"
    );
    assert_eq!(TryRecvError::from(error), TryRecvError::Closed);
    assert_eq!(RecvTimeoutError::from(error), RecvTimeoutError::Closed);
    let errors: [Box<dyn Error>; 3] = [
        Box::new(error),
        Box::new(TryRecvError::Empty),
        Box::new(RecvTimeoutError::Timeout),
    ];
    assert!(errors.iter().all(|error| error.source().is_none()));
}

/// It says whether it is closed, and nothing of the message, which need not be `Debug`.
#[test]
fn handles_are_debug() {
    struct Opaque;
    let (tx, mut rx) = channel::<Opaque>();
    assert_eq!(format!("{tx:?}"), "Sender { is_closed: false }");
    assert_eq!(
        format!("{rx:?}"),
        "Receiver { is_terminated: false, is_empty: true }"
    );
    rx.close();
    assert_eq!(format!("{tx:?}"), "Sender { is_closed: true }");
    drop(rx.try_recv());
    assert_eq!(
        format!("{rx:?}"),
        "Receiver { is_terminated: true, is_empty: true }"
    );
}

/// r142: that the sender has gone is not taken for a message, whatever the message is.
#[test]
fn r142_a_gone_sender_is_no_message() {
    let (tx, mut rx) = channel::<()>();
    drop(tx);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    let (tx, mut rx) = channel();
    tx.send(()).unwrap();
    assert_eq!(rx.try_recv(), Ok(()));
}
