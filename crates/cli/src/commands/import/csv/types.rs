//! What the fields of a column look like.

use data_encoding::HEXLOWER_PERMISSIVE;

use crate::{hrana::Value, rows::literal};

/// The type of a column that is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Integer,
    Real,
    /// Whole numbers and others. A column of a type would make one of the other.
    Number,
    Text,
    Blob,
    /// What is written as a blob is one, and what is not is text. No column that is made has this type.
    TextOrBlob,
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Number => "number",
            Self::Text => "TEXT",
            Self::Blob => "BLOB",
            Self::TextOrBlob => "text or blob",
        }
    }

    /// What a field looks like: a number or a blob only where that is written as the same text again.
    fn of(field: &str) -> Self {
        let is_written_so = |value: Value| literal(&value) == field;
        if field.parse().is_ok_and(|number| is_written_so(Value::Integer(number))) {
            Self::Integer
        } else if field.parse().is_ok_and(|number: f64| is_kept(number) && is_written_so(Value::Real(number))) {
            Self::Real
        } else if written_blob(field).is_some() {
            Self::Blob
        } else {
            Self::Text
        }
    }

    /// What fields of this type become in a column that is there. It makes numbers of texts by itself, unless it has no type;
    /// and blobs are not for columns of text.
    pub(super) fn in_column(self, declared: &str, is_given: bool) -> Self {
        match self {
            Self::Integer | Self::Real if declared.is_empty() => Self::Number,
            Self::Text | Self::Blob if is_given => self,
            Self::Text | Self::Blob if is_text(declared) => Self::Text,
            Self::Text => Self::TextOrBlob,
            other => other,
        }
    }

    /// The type that holds both.
    fn wide_enough_for(self, other: Self) -> Self {
        match (self, other) {
            (one, same) if one == same => one,
            (Self::Integer | Self::Real | Self::Number, Self::Integer | Self::Real | Self::Number) => Self::Number,
            _ => Self::Text,
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        [Self::Integer, Self::Real, Self::Text, Self::Blob]
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// What the fields of a column that were seen have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct Looks {
    /// Nothing before the first.
    kind: Option<Type>,
    /// The first that is a number in another form than numbers are written in.
    other_form: Option<String>,
    /// Whether one is no number in any form.
    has_words: bool,
}

impl Looks {
    pub(super) fn see(&mut self, field: &str) {
        let of_this = Type::of(field);
        self.kind = Some(self.kind.map_or(of_this, |kind| kind.wide_enough_for(of_this)));
        if self.has_words || matches!(of_this, Type::Integer | Type::Real) {
            return;
        }
        if field.parse().is_ok_and(f64::is_finite) {
            self.other_form.get_or_insert_with(|| field.to_owned());
        } else {
            self.has_words = true;
        }
    }

    pub(super) fn kind(&self) -> Type {
        self.kind.unwrap_or(Type::Text)
    }

    /// Where all could be numbers: one that keeps them from being taken for such.
    pub(super) fn kept_as_text(&self) -> Option<&str> {
        self.other_form.as_deref().filter(|_| !self.has_words)
    }
}

/// Whether a column of numbers keeps it: the zero below zero becomes the other one.
fn is_kept(number: f64) -> bool {
    number.is_finite() && !(number == 0.0 && number.is_sign_negative())
}

/// Whether a column takes what is inserted for text, by the rules of the engine for declared types.
fn is_text(declared: &str) -> bool {
    let declared = declared.to_ascii_uppercase();
    !declared.contains("INT") && ["CHAR", "CLOB", "TEXT"].iter().any(|part| declared.contains(part))
}

/// The bytes of a blob, in the very form in which it is exported.
pub(super) fn written_blob(field: &str) -> Option<Vec<u8>> {
    let bytes = blob(field)?;
    (literal(&Value::Blob(bytes.clone())) == field).then_some(bytes)
}

/// The bytes of a blob as `export --format csv` writes it.
pub(super) fn blob(field: &str) -> Option<Vec<u8>> {
    let digits = field.strip_prefix("X'").or_else(|| field.strip_prefix("x'"))?;
    HEXLOWER_PERMISSIVE.decode(digits.strip_suffix('\'')?.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn looks(fields: &[&str]) -> Looks {
        let mut looks = Looks::default();
        for field in fields {
            looks.see(field);
        }
        looks
    }

    fn kind(fields: &[&str]) -> Type {
        looks(fields).kind()
    }

    #[test]
    fn blobs_are_for_columns_of_every_type_but_text() {
        for (declared, is_for_blobs) in [
            ("", true),
            ("BLOB", true),
            ("F32_BLOB(2)", true),
            ("varbinary(4)", true),
            ("INTEGER", true),
            ("charint", true),
            ("text", false),
            ("VARCHAR(9)", false),
            ("nclob", false),
        ] {
            let (text, blob) = (Type::Text.in_column(declared, false), Type::Blob.in_column(declared, false));
            let expected = if is_for_blobs { (Type::TextOrBlob, Type::Blob) } else { (Type::Text, Type::Text) };
            assert_eq!((text, blob), expected, "{declared}");
            assert_eq!(Type::Blob.in_column(declared, true), Type::Blob);
        }
    }

    #[test]
    fn a_column_is_what_all_of_its_fields_are() {
        assert_eq!(kind(&["1", "-7", "0"]), Type::Integer);
        assert_eq!(kind(&["2.5", "-1.0", "1e300"]), Type::Real);
        assert_eq!(kind(&["1", "2.5", "3"]), Type::Number);
        assert_eq!(kind(&["X'00ff'", "X''"]), Type::Blob);
        assert_eq!(kind(&[]), Type::Text);
        for text in ["007", "+1", "1.", "1.10", "1e3", "-0", "-0.0", "9223372036854775808", "0.12345678901234567"] {
            assert_eq!(kind(&[text]), Type::Text, "{text:?}");
            assert_eq!(looks(&["1", text, "2.5"]).kept_as_text(), Some(text));
            assert_eq!(looks(&["1", text, "x"]).kept_as_text(), None);
        }
        for text in ["", "NaN", "inf", "1,5", " 1", "X'0'", "X'FF'", "x'00'"] {
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
        fn what_is_taken_for_a_number_is_the_same_as_text_again(field in "[-+]?[0-9]{1,20}(\\.[0-9]{0,3})?(e[-+]?[0-9]{1,3})?") {
            match kind(&[&field]) {
                Type::Integer => prop_assert_eq!(field.parse::<i64>().unwrap().to_string(), field),
                Type::Real => prop_assert_eq!(literal(&Value::Real(field.parse().unwrap())), field),
                other => prop_assert_eq!(other, Type::Text),
            }
        }
    }
}
