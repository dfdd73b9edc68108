//! A field of a value as a cell, taken from what the value tells a serializer of itself: making JSON of each of a thousand
//! things first took longer than all else that was done for a list of them.

use std::fmt::{self, Display, Write as _};

use serde::{
    Serialize, Serializer,
    ser::{self, Impossible, SerializeMap, SerializeStruct},
};

use super::shape::{Form, cell, is_called, lookup};
use crate::terminal::push_line;

/// How the first part of a path is compared with the names of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Exact,
    /// In any case, or as tables have it, and as a whole: a dot is a part of the name.
    Any,
}

/// Appends the field of `value` that `path` leads to, as a cell. Says whether there is one.
pub(super) fn append_field<T: Serialize + ?Sized>(
    value: &T,
    path: &str,
    case: Case,
    form: Form,
    text: &mut String,
) -> serde_json::Result<bool> {
    append(value, Some(path), case, form, text)
}

/// Without a path it is the value itself.
fn append<T: Serialize + ?Sized>(
    value: &T,
    path: Option<&str>,
    case: Case,
    form: Form,
    text: &mut String,
) -> serde_json::Result<bool> {
    let start = text.len();
    if let Ok(is_found) = value.serialize(Seeker { path, case, form, text }) {
        return Ok(is_found);
    }
    text.truncate(start);
    let value = serde_json::to_value(value)?;
    let found = path.map_or(Some(&value), |path| lookup(&value, path));
    text.push_str(&cell(found, form));
    Ok(found.is_some())
}

/// Something that is not a cell by itself, such as a list, or has its fields elsewhere than a struct: JSON will show.
#[derive(Debug)]
struct Unusual;

impl Display for Unusual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither a cell nor fields")
    }
}

impl std::error::Error for Unusual {}

impl ser::Error for Unusual {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

/// On its way to a field.
struct Seeker<'a> {
    path: Option<&'a str>,
    case: Case,
    form: Form,
    text: &'a mut String,
}

impl<'a> Seeker<'a> {
    /// What has no fields is a cell, or not what was looked for.
    fn plain(self, write: impl FnOnce(&mut String)) -> bool {
        if self.path.is_none() {
            write(self.text);
        }
        self.path.is_none()
    }

    fn fields(self) -> Result<Fields<'a>, Unusual> {
        let Self { path, case, form, text } = self;
        Ok(Fields { path: path.ok_or(Unusual)?, case, form, start: text.len(), text, is_found: false, key: None })
    }
}

macro_rules! numbers {
    ($($method:ident: $number:ty),*) => {$(
        fn $method(self, number: $number) -> Result<bool, Unusual> {
            // Text takes everything.
            Ok(self.plain(|text| write!(text, "{number}").unwrap_or_default()))
        }
    )*};
}

macro_rules! unusual {
    ($($method:ident($($argument:ty),*) -> $answer:ty;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$answer, Unusual> {
            Err(Unusual)
        }
    )*};
}

impl<'a> Serializer for Seeker<'a> {
    type Ok = bool;
    type Error = Unusual;
    type SerializeSeq = Impossible<bool, Unusual>;
    type SerializeTuple = Impossible<bool, Unusual>;
    type SerializeTupleStruct = Impossible<bool, Unusual>;
    type SerializeTupleVariant = Impossible<bool, Unusual>;
    type SerializeMap = Fields<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Impossible<bool, Unusual>;

    numbers! {
        serialize_bool: bool,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64
    }

    unusual! {
        serialize_f32(f32) -> bool;
        serialize_f64(f64) -> bool;
        serialize_char(char) -> bool;
        serialize_bytes(&[u8]) -> bool;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }

    fn serialize_str(self, more: &str) -> Result<bool, Unusual> {
        let form = self.form;
        Ok(self.plain(|text| match form {
            Form::Line => push_line(more, text),
            Form::Whole => text.push_str(more),
        }))
    }

    fn serialize_none(self) -> Result<bool, Unusual> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<bool, Unusual> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<bool, Unusual> {
        Ok(self.plain(|_| ()))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<bool, Unusual> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<bool, Unusual> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<bool, Unusual> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<bool, Unusual> {
        let mut fields = self.fields()?;
        fields.field(variant, value)?;
        Ok(fields.is_found)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'a>, Unusual> {
        self.fields()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, Unusual> {
        self.fields()
    }
}

/// Among the fields of a value.
struct Fields<'a> {
    path: &'a str,
    case: Case,
    form: Form,
    text: &'a mut String,
    /// Where the cell begins.
    start: usize,
    is_found: bool,
    key: Option<String>,
}

impl Fields<'_> {
    fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Unusual> {
        let rest = match self.case {
            Case::Any if is_called(key, self.path) => None,
            Case::Exact if key == self.path => None,
            Case::Exact => match self.path.strip_prefix(key).and_then(|rest| rest.strip_prefix('.')) {
                Some(rest) => Some(rest),
                None => return Ok(()),
            },
            Case::Any => return Ok(()),
        };
        // A field that comes twice counts the last time, as in JSON.
        self.text.truncate(self.start);
        self.is_found = append(value, rest, Case::Exact, self.form, self.text).map_err(|_| Unusual)?;
        Ok(())
    }
}

impl SerializeStruct for Fields<'_> {
    type Ok = bool;
    type Error = Unusual;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Unusual> {
        self.field(key, value)
    }

    fn end(self) -> Result<bool, Unusual> {
        Ok(self.is_found)
    }
}

impl SerializeMap for Fields<'_> {
    type Ok = bool;
    type Error = Unusual;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unusual> {
        let key = serde_json::to_value(key).map_err(|_| Unusual)?;
        self.key = Some(key.as_str().ok_or(Unusual)?.to_owned());
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unusual> {
        let key = self.key.take().ok_or(Unusual)?;
        self.field(&key, value)
    }

    fn end(self) -> Result<bool, Unusual> {
        Ok(self.is_found)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::{collection::btree_map, prelude::*};
    use serde_json::{Value, json};

    use super::*;

    /// With texts and keys that match these.
    pub(in crate::output) fn json_values(texts: &'static str, keys: &'static str) -> impl Strategy<Value = Value> {
        let plain = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            texts.prop_map(Value::from),
        ];
        plain.prop_recursive(3, 24, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                btree_map(keys, inner, 0..4).prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_cell_is_what_json_has_there(value in json_values(".{0,8}", "[ab]{1,2}"), path in "[ab]{1,2}(\\.[ab]{1,2}){0,2}") {
            for form in [Form::Line, Form::Whole] {
                let mut text = String::from("before");
                let is_found = append_field(&value, &path, Case::Exact, form, &mut text).unwrap();
                let found = lookup(&value, &path);
                prop_assert_eq!(is_found, found.is_some());
                prop_assert_eq!(text, format!("before{}", cell(found, form)));
            }
        }
    }

    #[derive(Serialize)]
    enum Variant {
        Alone,
        Of(Inner),
        With { b: u8 },
        Both(u8, char),
    }

    #[derive(Serialize)]
    struct Inner {
        b: Option<f32>,
        unit: (),
    }

    #[derive(Serialize)]
    struct Outer {
        variants: Vec<Variant>,
        a: Variant,
        #[serde(flatten)]
        inner: Inner,
    }

    #[test]
    fn types_have_the_cells_of_their_json() {
        let inner = || Inner { b: Some(0.5), unit: () };
        for a in [Variant::Alone, Variant::Of(inner()), Variant::With { b: 7 }, Variant::Both(1, 'é')] {
            let value = Outer { variants: vec![Variant::Alone, Variant::Alone], a, inner: inner() };
            let json = serde_json::to_value(&value).unwrap();
            for path in ["variants", "variants.a", "a", "a.Of", "a.Of.b", "a.With.b", "a.Both", "b", "unit", "none", ""]
            {
                let mut text = String::new();
                let is_found = append_field(&value, path, Case::Exact, Form::Line, &mut text).unwrap();
                assert_eq!(
                    (is_found, text),
                    (lookup(&json, path).is_some(), cell(lookup(&json, path), Form::Line)),
                    "{path}"
                );
            }
        }
    }

    #[test]
    fn a_name_in_any_case_is_one_field() {
        let value = json!({"DbId": "x", "tax_id": "z", "parent": {"name": "y"}});
        let of = |path| {
            let mut text = String::new();
            append_field(&value, path, Case::Any, Form::Line, &mut text).unwrap().then_some(text)
        };
        assert_eq!(of("dbid").as_deref(), Some("x"));
        assert_eq!((of("DB ID").as_deref(), of("tax id").as_deref()), (Some("x"), Some("z")));
        assert_eq!(of("parent.name"), None);
    }
}
