use std::{borrow::Cow, convert::Infallible, error, fmt};

/// How many characters of a refused value an error shows.
const SHOWN: usize = 80;

/// A value that breaks a rule known without asking the server: the field, the value and the rule.
///
/// ```
/// use turso_cloud_contract::DatabaseName;
///
/// let refused = DatabaseName::try_from("a/b").unwrap_err();
/// assert_eq!(refused.field(), "database name");
/// assert_eq!(
///     refused.to_string(),
///     "database name \"a/b\" is not valid: only a-z, 0-9 and - are allowed, found '/' at character 2",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidInput {
    field: Cow<'static, str>,
    value: Option<String>,
    rule: Cow<'static, str>,
}

impl InvalidInput {
    /// Refuses `value` for `field` because of `rule`.
    pub fn new(field: impl Into<Cow<'static, str>>, value: &str, rule: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), value: Some(shorten(value)), rule: rule.into() }
    }

    /// Refuses a value that must not be shown, such as a token.
    pub fn without_value(field: impl Into<Cow<'static, str>>, rule: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), value: None, rule: rule.into() }
    }

    /// What was given, for instance `database name`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The refused value, no more than 80 characters of it; nothing where it is a secret, or where none was given.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// The rule it breaks.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} {value:?} is not valid: {}", self.field, self.rule),
            None => write!(f, "{} is not valid: {}", self.field, self.rule),
        }
    }
}

impl error::Error for InvalidInput {}

/// Lets a checked name be passed where text is accepted too.
impl From<Infallible> for InvalidInput {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

fn shorten(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        None => value.to_owned(),
        Some((end, _)) => format!("{}…", &value[..end]),
    }
}
