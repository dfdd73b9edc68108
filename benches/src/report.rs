//! The page of the results: tables with ratios, and a plot for each row in two colour schemes.

mod plot;
mod table;

pub(crate) use table::number;

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result};

use crate::measured::{Record, Results};

/// What stands above and below what was measured; it is written by people.
const FRAME: &str = "performance.in.md";

/// A heading, and what is said about a row.
struct Chapter {
    row: &'static str,
    title: &'static str,
    /// The figure that is compared, whether less of it is better, and its unit.
    figure: &'static str,
    less_is_better: bool,
}

const CHAPTERS: &[Chapter] = &[
    chapter("call", "One call of the client", "cpu_us", true),
    chapter("list", "A listing of 10,000 databases", "wall_us", true),
    chapter("audit", "1,000,000 entries of the audit log", "wall_ms", true),
    chapter("create", "10,000 databases created", "each_us", true),
    chapter("select", "`SELECT 1`", "per_second", false),
    chapter("insert", "One `INSERT` with its commit", "per_second", false),
    chapter("large", "Large statements", "per_second", false),
    chapter("many", "10,000 databases in use", "p99_us", true),
    chapter("growth", "Ten and a hundred times as much", "each_us", true),
    chapter("start", "Starting", "wall_ms", true),
    chapter("command-line", "The command line", "wall_ms", true),
    chapter("build", "Building", "cpu_s", true),
];

const fn chapter(row: &'static str, title: &'static str, figure: &'static str, less_is_better: bool) -> Chapter {
    Chapter { row, title, figure, less_is_better }
}

/// Writes `performance.md` and `performance/*.svg` below a folder.
pub(crate) fn write(results: &Path, out: &Path) -> Result<()> {
    let results = Results::read(results)?;
    let plots = out.join("performance");
    fs::create_dir_all(&plots)?;
    let frame = fs::read_to_string(FRAME).with_context(|| format!("cannot read {FRAME}"))?;
    let mut page = frame.replace("{machine}", &results.machine);
    for chapter in CHAPTERS {
        let records: Vec<&Record> = results.records.iter().filter(|record| record.row == chapter.row).collect();
        let text = if records.is_empty() {
            "Not measured yet.\n".to_owned()
        } else {
            plot::write(&plots, chapter, &records)?;
            measured(chapter, &records, results.taken_by_others.get(chapter.row))?
        };
        page = page.replace(&format!("{{{}}}", chapter.row), &format!("## {}\n\n{text}", chapter.title));
    }
    fs::write(out.join("performance.md"), page)?;
    Ok(())
}

fn measured(chapter: &Chapter, records: &[&Record], taken_by_others: Option<&f64>) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "<picture>")?;
    writeln!(text, r#"<source media="(prefers-color-scheme: dark)" srcset="performance/{}-dark.svg">"#, chapter.row)?;
    writeln!(
        text,
        r#"<img alt="{}: {}" src="performance/{}-light.svg">"#,
        chapter.title.replace('`', ""),
        chapter.figure,
        chapter.row
    )?;
    writeln!(text, "</picture>\n")?;
    table::write(&mut text, chapter, records)?;
    if let Some(percent) = taken_by_others {
        writeln!(text, "\nMeanwhile, others took {percent:.0} % of the processors.")?;
    }
    Ok(text)
}
