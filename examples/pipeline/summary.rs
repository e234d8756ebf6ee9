//! What is printed in the end.

use std::cmp::Reverse;
use std::io::{self, Write};
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount};

use crate::aggregate::Tally;
use crate::metrics::Metrics;
use crate::progress::{Progress, per_second};

pub(crate) struct Summary<'a> {
    pub(crate) progress: &'a Progress,
    pub(crate) tally: Tally,
    /// When the walker and the last of the readers were done.
    pub(crate) walked: Duration,
    pub(crate) read: Duration,
    pub(crate) top: usize,
    pub(crate) capacity: usize,
    pub(crate) metrics: Option<&'a Metrics>,
}

impl Summary<'_> {
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        if self.progress.interrupted() {
            writeln!(out, "Interrupted: this is what was counted until then.\n")?;
        }
        self.print_words(out)?;
        self.print_files(out)?;
        self.print_stages(out)?;
        self.print_depths(out)?;
        match self.metrics {
            Some(metrics) => writeln!(out, "\nChannels\n{metrics}"),
            None => Ok(()),
        }
    }

    fn print_words(&self, out: &mut impl Write) -> io::Result<()> {
        let mut words: Vec<_> = self.tally.words.iter().collect();
        words.sort_unstable_by_key(|&(word, &count)| (Reverse(count), word));
        writeln!(out, "Most frequent words")?;
        for (word, count) in words.into_iter().take(self.top) {
            line(out, HumanCount(*count), word)?;
        }
        Ok(())
    }

    fn print_files(&self, out: &mut impl Write) -> io::Result<()> {
        let progress = self.progress;
        writeln!(out, "\nFiles")?;
        line(out, HumanCount(progress.text.get()), "text")?;
        line(
            out,
            HumanCount(progress.binary.get()),
            "binary, passed over",
        )?;
        line(
            out,
            HumanCount(progress.unreadable.get()),
            "could not be read",
        )?;
        if progress.interrupted() {
            line(
                out,
                HumanCount(progress.unfinished.get()),
                "not read, or not to the end",
            )?;
        }
        Ok(())
    }

    fn print_stages(&self, out: &mut impl Write) -> io::Result<()> {
        let Self {
            progress, tally, ..
        } = self;
        let number: fn(u64) -> String = |n| HumanCount(n).to_string();
        let size: fn(u64) -> String = |n| HumanBytes(n).to_string();

        writeln!(out, "\nThroughput of the stages")?;
        for (stage, count, human, what, took) in [
            ("walker", progress.found.get(), number, "files", self.walked),
            ("readers", progress.done.get(), number, "files", self.read),
            ("", progress.bytes.get(), size, "", self.read),
            (
                "aggregator",
                progress.messages.get(),
                number,
                "messages",
                tally.took,
            ),
            ("", tally.words.values().sum(), number, "words", tally.took),
        ] {
            let (count, rate) = (human(count), human(per_second(count, took)));
            writeln!(
                out,
                "  {stage:<10}  {count:>12} {what:<8}  in {took:>9.2?}  {rate:>12}/s"
            )?;
        }
        Ok(())
    }

    fn print_depths(&self, out: &mut impl Write) -> io::Result<()> {
        let capacity = HumanCount(self.capacity as u64);
        writeln!(out, "\nHighest queue depth")?;
        for (channel, depth) in [
            ("paths", &self.progress.paths_depth),
            ("lines", &self.progress.lines_depth),
        ] {
            line(
                out,
                HumanCount(depth.get() as u64),
                &format!("of {capacity} {channel}"),
            )?;
        }
        Ok(())
    }
}

fn line(out: &mut impl Write, count: HumanCount, what: &str) -> io::Result<()> {
    writeln!(out, "{:>12}  {what}", count.to_string())
}
