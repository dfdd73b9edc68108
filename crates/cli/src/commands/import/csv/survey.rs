//! A look at all of a CSV file before anything is done with it.

use anyhow::Result;
use csv::StringRecord;

use super::Source;
use crate::{
    commands::{input::Input, sql::from_hexadecimal},
    context::Context,
    exit::Failure,
    hrana::Value,
    progress,
    rows::literal,
    script::quote_identifier,
};

/// A longer field than the engine takes by default.
const LONGEST_RECORD: usize = 64 << 20;

/// The type of a column that is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Integer,
    Real,
    Text,
    Blob,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub(super) struct Survey {
    /// The columns with their types; one that is left out has none.
    pub(super) columns: Vec<(String, Option<Type>)>,
    pub(super) rows: u64,
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

    fn kept(&self) -> impl Iterator<Item = (&str, Type)> {
        self.columns.iter().filter_map(|(column, kind)| Some((column.as_str(), (*kind)?)))
    }

    /// The columns of a table that is created.
    pub(super) fn definition(&self) -> String {
        let columns = self.kept().map(|(column, kind)| format!("{} {}", quote_identifier(column), kind.name()));
        columns.collect::<Vec<_>>().join(", ")
    }
}

/// Reads every record: what cannot be read has to be known before a table is touched.
pub(super) fn survey(cx: &Context, source: &Source<'_>) -> Result<Survey> {
    let Source { args, input, bytes } = source;
    let progress = progress::of_file(cx, "checking", input.path(), *bytes);
    let mut records = source.records()?;
    let names = names(input, records.header()?)?;
    let given = given(&args.types, &names)?;
    let mut looks = vec![Looks::default(); names.len()];
    let mut rows = 0;
    let mut record = StringRecord::new();
    while records.next(&mut record)? {
        let line = records.line(&record);
        if record.as_slice().len() > LONGEST_RECORD {
            return Err(Failure::usage(format!("{input}: line {line}: the record has more than 64 MiB")).into());
        }
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
    let types = looks.iter().zip(given).map(|(look, given)| given.unwrap_or_else(|| look.kind()));
    Ok(Survey { columns: names.into_iter().zip(types.map(Some)).collect(), rows })
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
        Type::Real => field.parse::<f64>().is_ok_and(f64::is_finite),
        Type::Text => true,
        Type::Blob => blob(field).is_some(),
    };
    if fits {
        return Ok(());
    }
    let shown: String = field.chars().take(40).collect();
    Err(Failure::usage(format!("{input}: line {line}: {shown:?} is no {}", expected.name())).into())
}

/// The bytes of a blob as `export --format csv` writes it.
pub(super) fn blob(field: &str) -> Option<Vec<u8>> {
    let digits = field.strip_prefix("X'").or_else(|| field.strip_prefix("x'"))?;
    from_hexadecimal(digits.strip_suffix('\'')?)
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Text => "TEXT",
            Self::Blob => "BLOB",
        }
    }

    /// What a field looks like. Only what becomes the same text again is a whole number: no leading zeros, no plus,
    /// nothing too long.
    fn of(field: &str) -> Self {
        if field.parse().is_ok_and(|number: i64| number.to_string() == field) {
            Self::Integer
        } else if is_real(field) {
            Self::Real
        } else if blob(field).is_some() {
            Self::Blob
        } else {
            Self::Text
        }
    }

    /// The type that holds both.
    fn wide_enough_for(self, other: Self) -> Self {
        match (self, other) {
            (one, same) if one == same => one,
            (Self::Integer | Self::Real, Self::Integer | Self::Real) => Self::Real,
            _ => Self::Text,
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Integer, Self::Real, Self::Text, Self::Blob]
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// What the fields of a column that were seen have in common; nothing before the first.
#[derive(Clone, Copy, Debug, Default)]
struct Looks(Option<Type>);

impl Looks {
    fn see(&mut self, field: &str) {
        let of_this = Type::of(field);
        self.0 = Some(match self.0 {
            None => of_this,
            Some(kind) => kind.wide_enough_for(of_this),
        });
    }

    fn kind(self) -> Type {
        self.0.unwrap_or(Type::Text)
    }
}

/// A decimal number of at most 15 digits, which a float holds exactly enough, or one that is how its float is written.
fn is_real(field: &str) -> bool {
    let digits = field.strip_prefix('-').unwrap_or(field);
    let is_plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+'));
    let has_leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    is_plain
        && !has_leading_zero
        && field.parse().is_ok_and(|number: f64| {
            let is_short = digits.bytes().filter(u8::is_ascii_digit).count() <= 15;
            number.is_finite() && (is_short || literal(&Value::Real(number)) == field)
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(fields: &[&str]) -> Type {
        let mut looks = Looks::default();
        for field in fields {
            looks.see(field);
        }
        looks.kind()
    }

    #[test]
    fn a_column_is_what_all_of_its_fields_are() {
        assert_eq!(kind(&["1", "-7", "0"]), Type::Integer);
        assert_eq!(kind(&["1", "2.5", "1e3"]), Type::Real);
        assert_eq!(kind(&["X'00ff'", "X''"]), Type::Blob);
        assert_eq!(kind(&[]), Type::Text);
        for text in
            ["007", "+1", "1.", "", "NaN", "inf", "1,5", " 1", "9223372036854775808", "0.12345678901234567", "X'0'"]
        {
            assert_eq!(kind(&[text]), Type::Text, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn an_exported_number_is_taken_for_one(number in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            let field = literal(&Value::Real(number));
            prop_assert_eq!(kind(&[&field]), Type::Real);
        }

        #[test]
        fn what_looks_like_a_whole_number_is_the_same_as_text_again(field in "[-+]?[0-9]{1,25}") {
            if kind(&[&field]) == Type::Integer {
                prop_assert_eq!(field.parse::<i64>().unwrap().to_string(), field);
            }
        }
    }
}
