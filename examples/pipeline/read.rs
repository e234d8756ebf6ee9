//! Stage 2: reads the files and sends their lines.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use smol::io::AsyncReadExt;
use smol::{Unblock, future, unblock};
use wakering::{Receiver, Sender};

use crate::message::Message;
use crate::progress::Progress;
use crate::words::Words;

/// How much of a file is in memory at a time, however large it is.
const CHUNK: usize = 64 * 1024;

enum Outcome {
    Text,
    Binary,
    Closed,
}

pub(crate) async fn run(
    reader: usize,
    paths: Receiver<PathBuf>,
    lines: Sender<Message>,
    progress: &Progress,
) {
    // After Ctrl-C this goes on to receive what the channel had accepted, if only to count it.
    while let Ok(path) = paths.recv().await {
        // A read may wait for ever, as on a pipe, and must not keep Ctrl-C waiting. To give up anywhere
        // is fine: a send that is dropped before it is done has not sent.
        let closed = async {
            lines.closed().await;
            Ok(Outcome::Closed)
        };
        match future::or(closed, read(reader, path.clone(), &lines, progress)).await {
            Ok(Outcome::Text) => progress.text.add(1),
            Ok(Outcome::Binary) => progress.binary.add(1),
            Ok(Outcome::Closed) => progress.unfinished.add(1),
            Err(error) => progress.report(&path, &error),
        }
        progress.done.add(1);
    }
}

async fn read(
    reader: usize,
    path: PathBuf,
    lines: &Sender<Message>,
    progress: &Progress,
) -> io::Result<Outcome> {
    let outcome = send_lines(reader, path, lines, progress).await;
    // The channel keeps the order of each sender, so this arrives after all the lines of the file.
    let end = Message::EndOfFile {
        reader,
        counts: matches!(outcome, Ok(Outcome::Text)),
    };
    if lines.send(end).await.is_err() {
        return Ok(Outcome::Closed);
    }
    outcome
}

async fn send_lines(
    reader: usize,
    path: PathBuf,
    lines: &Sender<Message>,
    progress: &Progress,
) -> io::Result<Outcome> {
    let file = unblock(|| File::open(path)).await?;
    let mut file = Unblock::with_capacity(CHUNK, file);
    let mut chunk = vec![0; CHUNK];
    let mut words = Words::default();
    let mut batch = VecDeque::new();
    loop {
        let len = file.read(&mut chunk).await?;
        progress.bytes.add(len);
        let to_batch = |words| batch.push_back(Message::Line { reader, words });
        if words.push(&chunk[..len], to_batch).is_err() {
            return Ok(Outcome::Binary);
        }
        // A chunk has more lines than the channel may have room for: they go as room becomes free.
        if lines.send_many(&mut batch).await.is_err() {
            return Ok(Outcome::Closed);
        }
        progress.lines_depth.observe(lines.len());
        if len == 0 {
            return Ok(Outcome::Text);
        }
    }
}
