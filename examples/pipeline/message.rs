//! What the readers tell the aggregator.

/// A message from a reader. The paths need no type of their own: a `PathBuf` says it all.
pub(crate) enum Message {
    /// The words of a line, in lower case, each followed by a space. One string, and not one for each
    /// word: whatever a message has allocated is freed by the aggregator, which is only one thread.
    Line { reader: usize, words: String },
    /// The reader is done with its file, and knows only now whether all of it was text.
    EndOfFile { reader: usize, counts: bool },
}
