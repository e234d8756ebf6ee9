//! Finds the words in a text that arrives in pieces.

use std::mem;

/// What is longer is not a word, but a hash or an encoded image.
const MAX_WORD: usize = 100;
/// Text without line breaks is cut into lines of about this length.
const MAX_LINE: usize = 4096;

/// The bytes are not text.
pub(crate) struct NotText;

/// Holds no more than the current line.
#[derive(Default)]
pub(crate) struct Words {
    /// The first bytes of a character, whose others are in the next piece.
    incomplete: Vec<u8>,
    /// The words of the line so far, each with a space after it; then the current word.
    line: String,
    /// Where in `line` the current word starts.
    start: usize,
    /// Whether the current word has become too long, and is ignored to its end.
    too_long: bool,
}

impl Words {
    /// Takes the next piece of the text, and calls `each_line` with the words of each line that is
    /// complete, unless there are none. An empty piece is the end of the text.
    pub(crate) fn push(
        &mut self,
        piece: &[u8],
        mut each_line: impl FnMut(String),
    ) -> Result<(), NotText> {
        if piece.contains(&0) {
            return Err(NotText);
        }
        let mut bytes = mem::take(&mut self.incomplete);
        bytes.extend_from_slice(piece);
        let mut chunks = bytes.utf8_chunks();
        if let Some(chunk) = chunks.next() {
            // What is invalid at the very end may yet become a character, unless there is no more.
            let is_last = chunks.next().is_none();
            if !chunk.invalid().is_empty() && (!is_last || piece.is_empty()) {
                return Err(NotText);
            }
            self.incomplete = chunk.invalid().to_vec();
            for c in chunk.valid().chars() {
                self.push_char(c, &mut each_line);
            }
        }
        if piece.is_empty() {
            self.end_line(&mut each_line);
        }
        Ok(())
    }

    fn push_char(&mut self, c: char, each_line: &mut impl FnMut(String)) {
        match c {
            'a'..='z' | '0'..='9' => self.push_lower(c),
            '\'' | '’' if self.is_in_word() => self.push_lower('\''),
            c if c.is_alphanumeric() => c.to_lowercase().for_each(|c| self.push_lower(c)),
            '\n' => self.end_line(each_line),
            _ => {
                self.end_word();
                if self.line.len() > MAX_LINE {
                    self.end_line(each_line);
                }
            }
        }
    }

    fn is_in_word(&self) -> bool {
        self.line.len() > self.start
    }

    fn push_lower(&mut self, c: char) {
        if self.too_long {
            return;
        }
        self.line.push(c);
        if self.line.len() - self.start > MAX_WORD {
            self.line.truncate(self.start);
            self.too_long = true;
        }
    }

    fn end_word(&mut self) {
        self.too_long = false;
        if self.is_in_word() {
            // An apostrophe at the end was a quotation mark.
            self.line.truncate(self.line.trim_end_matches('\'').len());
            self.line.push(' ');
            self.start = self.line.len();
        }
    }

    fn end_line(&mut self, each_line: &mut impl FnMut(String)) {
        self.end_word();
        if self.start > 0 {
            self.start = 0;
            each_line(mem::take(&mut self.line));
        }
    }
}
