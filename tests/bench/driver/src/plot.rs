//! The plots of growth, as SVG: sizes on a logarithmic axis, nanoseconds from zero, so that constant cost looks flat.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::cases::PLOTS;
use crate::rounds::Costs;
use crate::table::points;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;

/// Writes one file per plot, and returns their paths.
pub(crate) fn write(growth: &Costs, output: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (plot, heading, varies) in PLOTS {
        let points = points(growth, plot);
        if points.len() > 1 {
            let file = output.join(format!("{plot}.svg"));
            std::fs::write(&file, draw(heading, varies, &points))?;
            files.push(file);
        }
    }
    Ok(files)
}

/// Returns the smallest number of the form 1, 2 or 5 times a power of ten that is at least `value`.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1e-3).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|step| step * power).into_iter().find(|step| *step >= value).unwrap_or(value)
}

fn draw(heading: &str, varies: &str, points: &[(u64, f64)]) -> String {
    let (first, last) = (points[0].0 as f64, points[points.len() - 1].0 as f64);
    let top = round_up(points.iter().map(|(_, ns)| *ns).fold(0.0, f64::max) * 1.1);
    let x = |size: f64| LEFT + (size / first).ln() / (last / first).ln() * (WIDTH - LEFT - RIGHT);
    let y = |ns: f64| HEIGHT - BOTTOM - ns / top * (HEIGHT - TOP - BOTTOM);

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"14\">{heading}</text>\n"
    );
    // Writing to a string cannot fail.
    for step in 0..=4 {
        let ns = top * f64::from(step) / 4.0;
        let at = y(ns);
        let _infallible = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{ns}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0,
        );
    }
    let mut line = String::new();
    for (size, ns) in points {
        let (at, height) = (x(*size as f64), y(*ns));
        let _infallible = write!(line, "{at:.1},{height:.1} ");
        let _infallible = writeln!(
            svg,
            "<circle cx=\"{at:.1}\" cy=\"{height:.1}\" r=\"3.5\" fill=\"#362d59\"><title>{size}: {ns:.1} ns</title></circle>\
             <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{size}</text>",
            HEIGHT - BOTTOM + 18.0,
        );
    }
    let _infallible = writeln!(
        svg,
        "<polyline points=\"{line}\" fill=\"none\" stroke=\"#362d59\" stroke-width=\"1.5\"/>\n\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{varies}</text>\n\
         <text transform=\"translate(16 {}) rotate(-90)\" text-anchor=\"middle\">ns</text>\n</svg>",
        f64::midpoint(LEFT, WIDTH - RIGHT),
        HEIGHT - 10.0,
        HEIGHT / 2.0,
    );
    svg
}
