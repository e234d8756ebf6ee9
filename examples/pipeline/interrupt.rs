//! What Ctrl-C does.

use std::path::PathBuf;
use std::sync::Arc;
use std::{io, process};

use wakering::WeakSender;

use crate::args;
use crate::message::Message;
use crate::progress::Progress;

#[cfg(unix)]
fn ctrl_c() -> io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
}

#[cfg(windows)]
fn ctrl_c() -> io::Result<tokio::signal::windows::CtrlC> {
    tokio::signal::windows::ctrl_c()
}

/// The handler is installed when this returns. The future closes the channels when it is called.
///
/// It gets weak senders, as a strong one would keep its channel open when the stage before is done.
pub(crate) fn close_on_ctrl_c(
    paths: WeakSender<PathBuf>,
    lines: WeakSender<Message>,
    progress: Arc<Progress>,
) -> io::Result<impl Future<Output = ()>> {
    let mut ctrl_c = ctrl_c()?;
    Ok(async move {
        ctrl_c.recv().await;
        // Without a sender of lines everything has been read, and there is nothing left to interrupt.
        if let Some(lines) = lines.upgrade() {
            progress.interrupt();
            // What the channels have accepted stays in them for the receivers; each send that still
            // waits for room, and each to come, fails, which ends its stage.
            if let Some(paths) = paths.upgrade() {
                paths.close();
            }
            lines.close();
        }
        // Who asks twice does not want to wait, be it for a directory on a server that is gone.
        ctrl_c.recv().await;
        process::exit(args::INTERRUPTED.into());
    })
}
