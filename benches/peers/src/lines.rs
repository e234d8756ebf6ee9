//! Charts with a line for each peer.

use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

const PANEL: (u32, u32) = (460, 300);
/// How much of a panel's width, as a part of that of its lines, is for the names.
const NAMES: f64 = 0.55;

/// One diagram, both axes logarithmic.
pub struct Panel {
    pub title: String,
    /// What each line is called, and its points; the first is ours. One without points is left out.
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
}

/// Draws panels, two in a row.
///
/// # Errors
///
/// When the file cannot be written.
pub fn draw(panels: &[Panel], file: &Path) -> Result<(), Box<dyn Error>> {
    let columns = 2;
    let rows = panels.len().div_ceil(columns);
    let size = (PANEL.0 * columns as u32, PANEL.1 * rows as u32);
    let root = SVGBackend::new(file, size).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, panel) in root.split_evenly((rows, columns)).iter().zip(panels) {
        let points = || panel.lines.iter().flat_map(|(_, points)| points);
        let range = |of: fn(&(f64, f64)) -> f64, beside: f64| {
            let (least, most) = points()
                .map(of)
                .fold((f64::INFINITY, 0.0_f64), |(a, b), x| (a.min(x), b.max(x)));
            (least * 0.9..most * 1.1 * (most / least).powf(beside)).log_scale()
        };
        let mut chart = ChartBuilder::on(area)
            .caption(&panel.title, ("sans-serif", 14))
            .margin(8)
            .x_label_area_size(24)
            .y_label_area_size(60)
            .build_cartesian_2d(range(|point| point.0, NAMES), range(|point| point.1, 0.0))?;
        let whole = |number: &f64| format!("{number:.0}");
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_labels(5)
            .y_labels(5)
            .x_label_formatter(&whole)
            .y_label_formatter(&whole)
            .draw()?;
        for (n, (name, points)) in panel.lines.iter().enumerate() {
            if points.is_empty() {
                continue;
            }
            let colour = match n {
                0 => BLUE.stroke_width(3),
                _ => Palette99::pick(n).stroke_width(1),
            };
            chart
                .draw_series(LineSeries::new(points.iter().copied(), colour))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 14, y)], colour));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::MiddleRight)
            .background_style(WHITE.mix(0.7))
            .label_font(("sans-serif", 10))
            .draw()?;
    }
    root.present()?;
    Ok(())
}
