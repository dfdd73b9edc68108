//! A look at all of a CSV file before anything is done with it.

use anyhow::Result;
use csv::StringRecord;

use super::{
    Source,
    types::{Looks, Type, blob},
};
use crate::{
    commands::input::Input,
    context::{Context, say},
    exit::Failure,
    progress,
    script::quote_identifier,
};

/// What a file holds.
#[derive(Clone, Debug)]
pub(super) struct Survey {
    /// The columns with their types; one that is left out has none.
    pub(super) columns: Vec<(String, Option<Type>)>,
    /// Which of the types were given.
    is_given: Vec<bool>,
    pub(super) rows: u64,
    /// Columns of text that could be numbers, each with a field that would not be written so again.
    pub(super) kept_as_text: Vec<(String, String)>,
}

impl Survey {
    /// The names of the columns that are not left out.
    pub(super) fn names(&self) -> Vec<&str> {
        self.kept().map(|(column, _)| column).collect()
    }

    /// Leaves out those of these columns that the file has. Yields their names.
    pub(super) fn leave_out(&mut self, columns: &[String]) -> Vec<&str> {
        let mut left_out = Vec::new();
        for (name, kind) in &mut self.columns {
            if columns.iter().any(|column| column.eq_ignore_ascii_case(name)) {
                *kind = None;
                left_out.push(name.as_str());
            }
        }
        left_out
    }

    /// Has the columns of a table that is there, with their declared types, decide what the fields become.
    pub(super) fn leave_to_columns(&mut self, columns: &[(String, String)]) {
        for ((name, kind), is_given) in self.columns.iter_mut().zip(&self.is_given) {
            if let Some((_, declared)) = columns.iter().find(|(column, _)| column.eq_ignore_ascii_case(name)) {
                *kind = kind.map(|kind| kind.in_column(declared, *is_given));
            }
        }
    }

    fn kept(&self) -> impl Iterator<Item = (&str, Type)> {
        self.columns.iter().filter_map(|(column, kind)| Some((column.as_str(), (*kind)?)))
    }

    /// The columns of a table that is created.
    pub(super) fn definition(&self) -> String {
        let column = |(column, kind): (&str, Type)| match kind {
            Type::Number | Type::TextOrBlob => quote_identifier(column),
            kind => format!("{} {}", quote_identifier(column), kind.name()),
        };
        self.kept().map(column).collect::<Vec<_>>().join(", ")
    }
}

/// Reads every record: what cannot be read has to be known before a table is touched.
pub(super) fn survey(cx: &Context, source: &Source<'_>) -> Result<Survey> {
    let Source { args, input, bytes } = source;
    let progress = progress::of_file(cx, "checking", input.path(), *bytes);
    let mut records = source.records()?;
    let names = names(input, records.header()?)?;
    doubt_delimiter(input, &names);
    let given = given(&args.types, &names)?;
    let mut looks = vec![Looks::default(); names.len()];
    let mut rows = 0;
    let mut record = StringRecord::new();
    while records.next(&mut record)? {
        let line = records.line(&record);
        for ((field, look), given) in records.fields(&record).zip(&mut looks).zip(&given) {
            let Some(field) = field else { continue };
            match given {
                Some(expected) => check(input, line, field, *expected)?,
                None => look.see(field),
            }
        }
        rows += 1;
        progress.set_position(records.bytes());
    }
    if let Some(line) = records.open_quote()? {
        return Err(Failure::usage(format!("{input}: a quote opened in line {line} never ends")).into());
    }
    let kept = names.iter().zip(&looks).zip(&given).filter(|(_, given)| given.is_none());
    let kept_as_text =
        kept.filter_map(|((name, look), _)| Some((name.clone(), look.kept_as_text()?.to_owned()))).collect();
    let is_given = given.iter().map(Option::is_some).collect();
    let types = looks.iter().zip(given).map(|(look, given)| given.unwrap_or_else(|| look.kind()));
    Ok(Survey { columns: names.into_iter().zip(types.map(Some)).collect(), is_given, rows, kept_as_text })
}

/// A header of one column that has what separates the fields of other files is likely to be such a file.
fn doubt_delimiter(input: &Input, names: &[String]) {
    let [name] = names else { return };
    let usual = [(';', "';'"), ('\t', "'\\t'"), ('|', "'|'"), (',', "','")];
    if let Some((_, typed)) = usual.into_iter().find(|(usual, _)| name.contains(*usual)) {
        say(format_args!(
            "warning: {input} has one column, {name:?}; --delimiter {typed} if it is meant to be several"
        ));
    }
}

fn names(input: &Input, header: &StringRecord) -> Result<Vec<String>> {
    let unfit = |problem: String| Failure::usage(format!("{input}: {problem}"));
    if header.is_empty() {
        return Err(unfit("it is empty: the first line has to name the columns".to_owned()).into());
    }
    let mut names: Vec<String> = Vec::new();
    for (at, field) in header.iter().enumerate() {
        let name = field.trim_start_matches('\u{feff}').trim();
        if name.is_empty() {
            return Err(unfit(format!("line 1: column {} has no name", at + 1)).into());
        }
        if names.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            return Err(unfit(format!("line 1: two columns are called {name:?}")).into());
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// The types that were given, by the places of the columns.
fn given(types: &[String], names: &[String]) -> Result<Vec<Option<Type>>> {
    let mut given = vec![None; names.len()];
    for text in types {
        let Some((column, kind)) = text.split_once('=') else {
            return Err(Failure::usage(format!("--types {text:?}: it has to be COLUMN=TYPE")).into());
        };
        let place = names.iter().position(|name| name.eq_ignore_ascii_case(column.trim()));
        let Some(place) = place.and_then(|place| given.get_mut(place)) else {
            let problem = format!("--types {text:?}: there is no such column; there are {}", names.join(", "));
            return Err(Failure::usage(problem).into());
        };
        *place = Some(Type::parse(kind.trim()).ok_or_else(|| {
            Failure::usage(format!("--types {text:?}: the type has to be integer, real, text or blob"))
        })?);
    }
    Ok(given)
}

/// Holds a field to a type that was given for its column.
fn check(input: &Input, line: u64, field: &str, expected: Type) -> Result<()> {
    let fits = match expected {
        Type::Integer => field.parse::<i64>().is_ok(),
        Type::Real | Type::Number => field.parse::<f64>().is_ok_and(f64::is_finite),
        Type::Text | Type::TextOrBlob => true,
        Type::Blob => blob(field).is_some(),
    };
    if fits {
        return Ok(());
    }
    let shown: String = field.chars().take(40).collect();
    Err(Failure::usage(format!("{input}: line {line}: {shown:?} is no {}", expected.name())).into())
}
