use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::Result;

use super::Chapter;
use crate::measured::Record;

/// A line for each contender in each case, with the ratio of the compared figure to that of the case's first
/// contender, which is the floor where there is one.
pub(super) fn write(text: &mut String, chapter: &Chapter, records: &[&Record]) -> Result<()> {
    let figures: BTreeSet<&str> = records.iter().flat_map(|record| record.figures.keys()).map(String::as_str).collect();
    let mut others: Vec<&str> = figures.into_iter().filter(|figure| *figure != chapter.figure).collect();
    // Word by word: `p99` is before `p999`.
    others.sort_by_key(|figure| figure.split('_').collect::<Vec<_>>());
    // The compared one comes first.
    let figures: Vec<&str> = std::iter::once(chapter.figure).chain(others).collect();
    writeln!(
        text,
        "| case | who | ratio | {} |",
        figures.iter().map(|name| heading(name)).collect::<Vec<_>>().join(" | ")
    )?;
    writeln!(text, "| --- | --- | ---: |{}", " ---: |".repeat(figures.len()))?;
    for record in records {
        let first = records.iter().find(|other| other.case == record.case);
        let ratio =
            first.and_then(|first| Some(record.figures.get(chapter.figure)? / first.figures.get(chapter.figure)?));
        let ratio = ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
        let cells: Vec<String> = figures.iter().map(|figure| cell(record.figures.get(*figure).copied())).collect();
        writeln!(text, "| {} | {} | {ratio} | {} |", record.case, record.who, cells.join(" | "))?;
    }
    Ok(())
}

/// `p99_us` as `p99 (µs)`.
pub(super) fn heading(figure: &str) -> String {
    let units = [("_us", "µs"), ("_ms", "ms"), ("_s", "s"), ("_kib", "KiB")];
    let unit = units.iter().find_map(|(ending, unit)| Some((figure.strip_suffix(ending)?, unit)));
    match unit {
        Some((name, unit)) => format!("{} ({unit})", name.replace('_', " ")),
        None => figure.replace('_', " "),
    }
}

/// A dash where nothing was measured.
pub(super) fn cell(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), number)
}

/// Three digits that count, thousands apart; whole numbers as they are.
pub(crate) fn number(value: f64) -> String {
    // Zero has no sign.
    let value = (value * 100.0).round() / 100.0 + 0.0;
    if value < 100.0 && value.fract() != 0.0 {
        let decimals = if value < 10.0 { 2 } else { 1 };
        return format!("{value:.decimals$}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
