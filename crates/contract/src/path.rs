use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::InvalidInput;

/// Everything but the unreserved characters of RFC 3986 is encoded. A whole segment `.` or `..` cannot be
/// protected this way (URL libraries read `%2e%2e` as `..`), which is why [`PathSegment`] refuses them.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A value that stands in one segment of a path.
pub trait PathSegment: Sized {
    /// The text, not encoded.
    fn as_segment(&self) -> &str;

    /// Reads the decoded text of a segment, without the rules that hold only for new names.
    fn from_segment(text: String) -> Result<Self, InvalidInput>;
}

/// Appends a segment, percent-encoded.
pub(crate) fn push_segment(path: &mut String, segment: &impl PathSegment) {
    path.extend(utf8_percent_encode(segment.as_segment(), SEGMENT));
}

/// Refuses what cannot stand in a path segment without changing which resource is meant.
pub(crate) fn check_segment(field: &'static str, text: &str) -> Result<(), InvalidInput> {
    // Nearly every name; a long listing has tens of thousands. Read to the end, several bytes are looked at together.
    let is_plain = |text: &str| text.bytes().fold(true, |so_far, byte| so_far & matches!(byte, b' '..=b'~'));
    if (1..=255).contains(&text.len()) && !text.starts_with('.') && is_plain(text) {
        return Ok(());
    }
    let rule: Cow<'static, str> = match text {
        "" => "must not be empty".into(),
        "." | ".." => "must not be a relative path".into(),
        _ if text.len() > 255 => "must not be longer than 255 bytes".into(),
        _ => return check_printable(field, text),
    };
    Err(InvalidInput::new(field, text, rule))
}

/// Refuses what a terminal or a log would obey rather than show.
pub(crate) fn check_printable(field: &'static str, text: &str) -> Result<(), InvalidInput> {
    let Some(at) = text.chars().position(char::is_control) else { return Ok(()) };
    let rule = format!("must not contain a control character (at character {})", at + 1);
    Err(InvalidInput::new(field, text, rule))
}

/// Reads the path of a request: the literal parts and the segments between them, in turn.
#[derive(Debug)]
pub struct PathReader<'a> {
    rest: &'a str,
}

impl<'a> PathReader<'a> {
    /// A reader at the start of `path`, still percent-encoded, without its query.
    #[must_use]
    pub fn new(path: &'a str) -> Self {
        Self { rest: path }
    }

    /// Passes over a literal part.
    pub fn literal(&mut self, literal: &str) -> Result<(), InvalidInput> {
        self.rest = self.rest.strip_prefix(literal).ok_or_else(|| self.refuse("does not belong to this operation"))?;
        Ok(())
    }

    /// Reads and decodes one segment.
    pub fn segment<S: PathSegment>(&mut self) -> Result<S, InvalidInput> {
        let (segment, rest) = self.rest.split_at(self.rest.find('/').unwrap_or(self.rest.len()));
        let text = percent_decode_str(segment).decode_utf8().map_err(|_| self.refuse("is not UTF-8"))?;
        let value = S::from_segment(text.into_owned())?;
        self.rest = rest;
        Ok(value)
    }

    /// Ends the path; one slash more is tolerated.
    pub fn end(&self) -> Result<(), InvalidInput> {
        if matches!(self.rest, "" | "/") { Ok(()) } else { Err(self.refuse("does not belong to this operation")) }
    }

    fn refuse(&self, rule: &'static str) -> InvalidInput {
        InvalidInput::new("path", self.rest, rule)
    }
}

/// A URL or a path without its query and fragment, which may hold a signature or a token and are not for errors and logs.
///
/// ```
/// use turso_cloud_contract::without_query;
///
/// assert_eq!(without_query("https://dumps.example.com/shop.sql?signature=5a3c"), "https://dumps.example.com/shop.sql");
/// ```
#[must_use]
pub fn without_query(url: &str) -> &str {
    &url[..url.find(['?', '#']).unwrap_or(url.len())]
}

/// A URL without user, password, query and fragment, any of which may be a secret and is not for errors and logs.
///
/// ```
/// use turso_cloud_contract::without_secrets;
///
/// let url = "https://dump:planted@dumps.example.com/shop.sql?signature=5a3c";
/// assert_eq!(without_secrets(url), "https://dumps.example.com/shop.sql");
/// ```
#[must_use]
pub fn without_secrets(url: &str) -> Cow<'_, str> {
    let url = without_query(url);
    let is_slash = |character| matches!(character, '/' | '\\');
    let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let after_scheme = url.find(':').filter(|colon| is_scheme(&url[..*colon])).map_or(0, |colon| colon + 1);
    // However many slashes there are: those who open it are lenient, too.
    let rest = url[after_scheme..].trim_start_matches(is_slash);
    let authority = &rest[..rest.find(is_slash).unwrap_or(rest.len())];
    match authority.rfind('@') {
        Some(at) => format!("{}{}", &url[..url.len() - rest.len()], &rest[at + 1..]).into(),
        None => url.into(),
    }
}
