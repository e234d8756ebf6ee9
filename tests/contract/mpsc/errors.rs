//! The errors have tokio's names and words.

use std::error::Error;

use wakering::mpsc::channel;
use wakering::mpsc::error::{
    RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};

/// Not `Debug`, nor anything else.
struct Opaque;

#[test]
fn errors_say_what_they_are() {
    fn said<E: Error>(error: E) -> (String, String) {
        (error.to_string(), format!("{error:?}"))
    }
    let words = [
        (
            said(SendError(Opaque)),
            "channel closed",
            "SendError { .. }",
        ),
        (
            said(TrySendError::Full(Opaque)),
            "no available capacity",
            "Full(..)",
        ),
        (
            said(TrySendError::Closed(Opaque)),
            "channel closed",
            "Closed(..)",
        ),
        (
            said(SendTimeoutError::Timeout(Opaque)),
            "timed out waiting on send operation",
            "Timeout(..)",
        ),
        (
            said(SendTimeoutError::Closed(Opaque)),
            "channel closed",
            "Closed(..)",
        ),
        (
            said(TryRecvError::Empty),
            "receiving on an empty channel",
            "Empty",
        ),
        (
            said(TryRecvError::Disconnected),
            "receiving on a closed channel",
            "Disconnected",
        ),
        (
            said(RecvTimeoutError::Timeout),
            "timed out waiting on receive operation",
            "Timeout",
        ),
    ];
    for ((display, debug), expected_display, expected_debug) in words {
        assert_eq!(
            (display.as_str(), debug.as_str()),
            (expected_display, expected_debug)
        );
    }
}

/// The same errors as tokio's, side by side. (Its `Debug` puts some of them in quotes.)
#[test]
fn they_say_what_tokio_says() {
    use tokio::sync::mpsc::error as theirs;
    fn pair(ours: impl Error, theirs: impl Error) {
        assert_eq!(ours.to_string(), theirs.to_string());
        let theirs = format!("{theirs:?}");
        assert_eq!(format!("{ours:?}"), theirs.trim_matches('"'));
    }
    pair(SendError(1), theirs::SendError(1));
    pair(TrySendError::Full(1), theirs::TrySendError::Full(1));
    pair(TrySendError::Closed(1), theirs::TrySendError::Closed(1));
    pair(
        SendTimeoutError::Timeout(1),
        theirs::SendTimeoutError::Timeout(1),
    );
    pair(
        SendTimeoutError::Closed(1),
        theirs::SendTimeoutError::Closed(1),
    );
    pair(TryRecvError::Empty, theirs::TryRecvError::Empty);
    pair(
        TryRecvError::Disconnected,
        theirs::TryRecvError::Disconnected,
    );
}

#[test]
fn a_closed_send_is_any_closed_send() {
    assert_eq!(TrySendError::from(SendError(1)), TrySendError::Closed(1));
    assert_eq!(SendTimeoutError::from(SendError(1)).into_inner(), 1);
    assert_eq!(TrySendError::Full(2).into_inner(), 2);
}

#[test]
#[should_panic = "mpsc bounded channel requires buffer > 0"]
fn no_room_at_all() {
    let _ = channel::<u8>(0);
}
