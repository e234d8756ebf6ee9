//! Tables as text.

use std::fmt::{self, Write};

/// A Markdown table, padded so that it is read as it stands; the first row is the header.
pub struct Table {
    pub rows: Vec<Vec<String>>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows[0].len();
        let width = |column: usize| {
            self.rows
                .iter()
                .map(|row| row[column].len())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            let mut line = String::from("|");
            for (cell, &width) in row.iter().zip(&widths) {
                // Figures to the right, names to the left.
                if cell.starts_with(|first: char| first.is_ascii_digit()) {
                    write!(line, " {cell:>width$} |")?;
                } else {
                    write!(line, " {cell:<width$} |")?;
                }
            }
            writeln!(f, "{line}")?;
            if index == 0 {
                let rules: Vec<String> =
                    widths.iter().map(|&width| "-".repeat(width + 2)).collect();
                writeln!(f, "|{}|", rules.join("|"))?;
            }
        }
        Ok(())
    }
}
