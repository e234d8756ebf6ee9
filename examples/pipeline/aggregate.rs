//! Stage 3: counts the words.

use std::collections::HashMap;
use std::mem;
use std::time::Duration;

use wakering::Receiver;

use crate::message::Message;
use crate::progress::Progress;

/// How many messages to receive at a time.
const BATCH: usize = 256;

type Counts = HashMap<String, u64>;

pub(crate) struct Tally {
    pub(crate) words: Counts,
    pub(crate) took: Duration,
}

pub(crate) fn run(lines: Receiver<Message>, readers: usize, progress: &Progress) -> Tally {
    let mut words = Counts::new();
    // The files that are being read, one for each reader. They do not count before they are known to be
    // text to the end.
    let mut pending = vec![Counts::new(); readers];
    let mut batch = Vec::with_capacity(BATCH);
    // 0 is the end: the channel is closed, by Ctrl-C or because its senders are gone, *and* all that it
    // had accepted was received.
    while lines.recv_many_blocking(&mut batch, BATCH) > 0 {
        progress.messages.add(batch.len());
        for message in batch.drain(..) {
            match message {
                Message::Line { reader, words } => {
                    let file = &mut pending[reader];
                    words.split_terminator(' ').for_each(|word| add(file, word));
                }
                Message::EndOfFile { reader, counts } => {
                    let file = mem::take(&mut pending[reader]);
                    if counts {
                        merge(file, &mut words);
                    }
                }
            }
        }
    }
    // Only Ctrl-C leaves files without an end: print what we have of them.
    for file in pending {
        merge(file, &mut words);
    }
    Tally {
        words,
        took: progress.elapsed(),
    }
}

fn add(counts: &mut Counts, word: &str) {
    match counts.get_mut(word) {
        Some(count) => *count += 1,
        // Only a word that is new needs a string of its own.
        None => drop(counts.insert(word.to_owned(), 1)),
    }
}

fn merge(file: Counts, words: &mut Counts) {
    for (word, count) in file {
        *words.entry(word).or_default() += count;
    }
}
