//! How the cost of a message grows, as a table and as a chart.

use crate::measure::Bench;
use crate::results::CellResult;
use crate::table::Table;
use crate::wakering::OURS;
use arena::competitor::Competitor;
use arena::series::Series;
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

const PANEL: (u32, u32) = (460, 260);

/// A series with its figures.
struct Measured {
    series: Series,
    results: Vec<CellResult>,
}

/// Measures all series whose cells are wanted, prints them, and draws them to `chart` if that is given.
pub fn report(
    bench: &Bench,
    competitors: &[Competitor],
    chart: Option<&Path>,
    wanted: impl Fn(&str) -> bool,
) -> Result<(), Box<dyn Error>> {
    let mut all = Vec::new();
    for mut series in Series::all() {
        series.cells.retain(|(_, cell)| wanted(&cell.to_string()));
        let mut results = Vec::new();
        for (_, cell) in &series.cells {
            eprintln!("{cell}");
            results.push(bench.measure(*cell, competitors)?);
        }
        if !results.is_empty() {
            all.push(Measured { series, results });
        }
    }
    for measured in &all {
        println!("{}", measured.table(competitors));
    }
    chart.map_or(Ok(()), |file| draw(&all, competitors, file))
}

impl Measured {
    fn table(&self, competitors: &[Competitor]) -> Table {
        let mut header = vec![self.title()];
        header.extend(self.series.cells.iter().map(|(value, _)| value.to_string()));
        let mut rows = vec![header];
        for competitor in competitors {
            let nanos = |result: &CellResult| {
                let entry = result.entry(competitor.name);
                entry.map_or(String::new(), |entry| format!("{:.0}", entry.nanos))
            };
            let figures: Vec<_> = self.results.iter().map(nanos).collect();
            if figures.iter().any(|figure| !figure.is_empty()) {
                let mut row = vec![competitor.name.to_string()];
                row.extend(figures);
                rows.push(row);
            }
        }
        Table { rows }
    }

    fn title(&self) -> String {
        format!("{:?}, {}", self.series.executor, self.series.what)
    }

    /// The points of a competitor: how much there is of what changes, and nanoseconds.
    fn points(&self, peer: &str) -> Vec<(f64, f64)> {
        self.series
            .cells
            .iter()
            .zip(&self.results)
            .filter_map(|((value, _), result)| Some((*value as f64, result.entry(peer)?.nanos)))
            .collect()
    }
}

/// A panel for each series, both axes logarithmic.
fn draw(all: &[Measured], competitors: &[Competitor], file: &Path) -> Result<(), Box<dyn Error>> {
    let columns = 2;
    let lines = all.len().div_ceil(columns);
    let size = (PANEL.0 * columns as u32, PANEL.1 * lines as u32);
    let root = SVGBackend::new(file, size).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, measured) in root.split_evenly((lines, columns)).iter().zip(all) {
        let points = || {
            competitors
                .iter()
                .flat_map(|peer| measured.points(peer.name))
        };
        let range = |of: fn(&(f64, f64)) -> f64| {
            let (least, most) = points()
                .map(|point| of(&point))
                .fold((f64::INFINITY, 0.0_f64), |(a, b), x| (a.min(x), b.max(x)));
            (least * 0.9..most * 1.1).log_scale()
        };
        let mut panel = ChartBuilder::on(area)
            .caption(
                format!("{}: ns a message", measured.title()),
                ("sans-serif", 14),
            )
            .margin(8)
            .x_label_area_size(24)
            .y_label_area_size(44)
            .build_cartesian_2d(range(|point| point.0), range(|point| point.1))?;
        let whole = |number: &f64| format!("{number:.0}");
        panel
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_labels(5)
            .y_labels(5)
            .x_label_formatter(&whole)
            .y_label_formatter(&whole)
            .draw()?;
        for (n, competitor) in competitors.iter().enumerate() {
            let points = measured.points(competitor.name);
            if points.is_empty() {
                continue;
            }
            let colour = if competitor.name == OURS[0] {
                BLUE.stroke_width(3)
            } else {
                Palette99::pick(n).stroke_width(1)
            };
            panel
                .draw_series(LineSeries::new(points, colour))?
                .label(competitor.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 14, y)], colour));
        }
        panel
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.7))
            .label_font(("sans-serif", 10))
            .draw()?;
    }
    root.present()?;
    Ok(())
}
