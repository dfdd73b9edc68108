use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::{Chapter, table};
use crate::measured::Record;

const WIDTH: u32 = 760;
const BAR: u32 = 22;
const MARGIN: i32 = 12;

/// Where the bars begin and end.
const LEFT: i32 = 300;
const RIGHT: i32 = 640;

struct Scheme {
    name: &'static str,
    text: RGBColor,
    ours: RGBColor,
    others: RGBColor,
}

const SCHEMES: [Scheme; 2] = [
    Scheme { name: "light", text: RGBColor(31, 35, 40), ours: RGBColor(9, 105, 218), others: RGBColor(175, 184, 193) },
    Scheme { name: "dark", text: RGBColor(230, 237, 243), ours: RGBColor(88, 166, 255), others: RGBColor(88, 96, 105) },
];

/// A bar for each contender in each case, ours in another colour.
pub(super) fn write(folder: &Path, chapter: &Chapter, records: &[&Record]) -> Result<()> {
    for scheme in &SCHEMES {
        let file = folder.join(format!("{}-{}.svg", chapter.row, scheme.name));
        draw(&file, chapter, records, scheme).map_err(|error| anyhow!("cannot draw {}: {error}", file.display()))?;
    }
    Ok(())
}

fn draw(
    file: &Path,
    chapter: &Chapter,
    records: &[&Record],
    scheme: &Scheme,
) -> Result<(), Box<dyn std::error::Error>> {
    let values: Vec<Option<f64>> = records.iter().map(|record| record.figures.get(chapter.figure).copied()).collect();
    let cases = records.windows(2).filter(|pair| pair[0].case != pair[1].case).count() as u32 + 1;
    let height = 2 * MARGIN as u32 + BAR * (1 + records.len() as u32 + cases);
    let area = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    let font = |bold: bool| {
        let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
        ("sans-serif", 14, style).into_text_style(&area).color(&scheme.text)
    };
    let direction = if chapter.less_is_better { "less is better" } else { "more is better" };
    area.draw_text(&format!("{}, {direction}", table::heading(chapter.figure)), &font(false), (LEFT, MARGIN))?;
    let most = values.iter().flatten().copied().fold(f64::MIN_POSITIVE, f64::max);
    let (mut y, mut case) = (MARGIN + BAR as i32, "");
    for (record, value) in records.iter().zip(values) {
        if record.case != case {
            case = &record.case;
            area.draw_text(case, &font(true), (MARGIN, y + 4))?;
            y += BAR as i32;
        }
        let colour = if record.who.starts_with("turso") && record.who != "turso" { scheme.ours } else { scheme.others };
        let end = LEFT + (f64::from(RIGHT - LEFT) * value.unwrap_or(0.0) / most) as i32;
        area.draw_text(&record.who, &font(false), (MARGIN + 12, y + 3))?;
        area.draw(&Rectangle::new([(LEFT, y + 3), (end.max(LEFT + 1), y + BAR as i32 - 3)], colour.filled()))?;
        area.draw_text(&table::cell(value), &font(false), (end + 6, y + 3))?;
        y += BAR as i32;
    }
    area.present()?;
    Ok(())
}
