use std::borrow::{Borrow, Cow};

use compact_str::CompactString;

use crate::{InvalidInput, PathSegment, compared_as_text::compared_as_text, path};

/// A checked name. Text from a person is held to the rule of new names; text from the service only to what a
/// path segment can carry, so that a resource older than the rule can still be addressed.
///
/// Up to 24 bytes, which is nearly all of them, it takes no memory but its own: listings are mostly names.
macro_rules! name {
    ($(#[$meta:meta])* $name:ident, $field:literal $(, $rule:ident)?) => {
        $(#[$meta])*
        ///
        /// Text is held to this rule where it is parsed or converted. What is deserialized is not, as the service may have
        /// something older than the rule: it only has to fit into a path. What comes from elsewhere by serde is for
        /// [`check`](Self::check), or for the request that it ends up in, which holds it to the rule again.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(CompactString);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Holds any text to the rule, without making a value of it. The error tells the rule.
            pub fn check(text: &str) -> Result<(), InvalidInput> {
                path::check_segment($field, text)?;
                $($rule(text).map_err(|rule| InvalidInput::new($field, text, rule))?;)?
                Ok(())
            }
        }

        impl PathSegment for $name {
            fn as_segment(&self) -> &str {
                &self.0
            }

            fn from_segment(text: String) -> Result<Self, InvalidInput> {
                path::check_segment($field, &text)?;
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidInput;

            fn try_from(text: &str) -> Result<Self, InvalidInput> {
                Self::check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidInput;

            fn try_from(text: String) -> Result<Self, InvalidInput> {
                Self::check(&text)?;
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<&String> for $name {
            type Error = InvalidInput;

            fn try_from(text: &String) -> Result<Self, InvalidInput> {
                Self::try_from(text.as_str())
            }
        }

        impl TryFrom<&&str> for $name {
            type Error = InvalidInput;

            fn try_from(text: &&str) -> Result<Self, InvalidInput> {
                Self::try_from(*text)
            }
        }

        impl TryFrom<Cow<'_, str>> for $name {
            type Error = InvalidInput;

            fn try_from(text: Cow<'_, str>) -> Result<Self, InvalidInput> {
                Self::try_from(&*text)
            }
        }

        impl From<&$name> for $name {
            fn from(name: &$name) -> Self {
                name.clone()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.into_string()
            }
        }

        impl From<&$name> for String {
            fn from(name: &$name) -> Self {
                name.as_str().to_owned()
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidInput;

            fn from_str(text: &str) -> Result<Self, InvalidInput> {
                Self::try_from(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        compared_as_text!($name, str, &str, String, Cow<'_, str>);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = CompactString::deserialize(deserializer)?;
                path::check_segment($field, &text).map_err(serde::de::Error::custom)?;
                Ok(Self(text))
            }
        }
    };
}

name!(
    /// The slug of an organization, its identifier in paths.
    ///
    /// The service does not publish its characters: 1 to 64 of `a-z`, `A-Z`, `0-9`, `-`, `_` and `.`.
    OrganizationSlug,
    "organization",
    word
);

name!(
    /// The name of a group, unique in its organization.
    ///
    /// The service does not publish its characters: 1 to 64 of `a-z`, `A-Z`, `0-9`, `-`, `_` and `.`.
    GroupName,
    "group name",
    word
);

name!(
    /// The name of a database, unique in its organization: 1 to 64 of `a-z`, `0-9` and `-`.
    ///
    /// Source: Create Database in the Platform API reference.
    DatabaseName,
    "database name",
    label
);

name!(
    /// The name of a user, unique in all of Turso Cloud.
    ///
    /// The service does not publish its characters: 1 to 64 of `a-z`, `A-Z`, `0-9`, `-`, `_` and `.`.
    Username,
    "username",
    word
);

name!(
    /// An address an invite is for: something, one `@`, something, without white space, and no more than 255 bytes.
    EmailAddress,
    "email address",
    email
);

name!(
    /// The code of a location, for instance `aws-us-east-1`: 1 to 64 of `a-z`, `0-9` and `-`.
    LocationCode,
    "location",
    label
);

name!(
    /// The id of a database (`DbId`), today the text of a UUID: 1 to 64 of its characters, `0-9`, `a-f`, `A-F` and `-`.
    DatabaseId,
    "database id",
    uuid
);

name!(
    /// The id of a group (`uuid`), today the text of a UUID: 1 to 64 of its characters, `0-9`, `a-f`, `A-F` and `-`.
    GroupId,
    "group id",
    uuid
);

name!(
    /// The name an identity provider is saved under.
    ///
    /// The service does not publish its characters: 1 to 64 of `a-z`, `A-Z`, `0-9`, `-`, `_` and `.`.
    JwksName,
    "jwks name",
    word
);

name!(
    /// The name of a platform token, unique for its user.
    ///
    /// The service does not publish its characters: 1 to 64 of `a-z`, `A-Z`, `0-9`, `-`, `_` and `.`.
    ApiTokenName,
    "token name",
    word
);

name!(
    /// The id of a platform token: its claim `jti`, today 22 characters of URL-safe base64. 1 to 64 of those are taken:
    /// `a-z`, `A-Z`, `0-9`, `-` and `_`.
    ApiTokenId,
    "token id",
    base64url
);

name!(
    /// The name of an instance of a database, today the code of its location: 1 to 64 of `a-z`, `A-Z`, `0-9`, `-`, `_` and
    /// `.`.
    InstanceName,
    "instance name",
    word
);

name!(
    /// The id of an organization, which the paths of version 3 use, today the text of a UUID: 1 to 64 of its characters,
    /// `0-9`, `a-f`, `A-F` and `-`.
    OrganizationId,
    "organization id",
    uuid
);

name!(
    /// The id of an upload in pieces. Its characters are the service's own affair: whatever fits into a path, 1 to 255 bytes
    /// without control characters, and neither `.` nor `..`.
    UploadId,
    "upload id"
);

/// What the rule of a name says about a text.
type Verdict = Result<(), Cow<'static, str>>;

fn word(text: &str) -> Verdict {
    only(text, "a-z, A-Z, 0-9, -, _ and .", |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn label(text: &str) -> Verdict {
    only(text, "a-z, 0-9 and -", |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn uuid(text: &str) -> Verdict {
    only(text, "0-9, a-f, A-F and -", |c| c.is_ascii_hexdigit() || c == '-')
}

fn base64url(text: &str) -> Verdict {
    only(text, "a-z, A-Z, 0-9, - and _", |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn email(text: &str) -> Verdict {
    match text.split_once('@') {
        Some((user, host)) if !user.is_empty() && !host.is_empty() && !host.contains('@') => {}
        _ => return Err("must be of the form user@host".into()),
    }
    if text.contains(char::is_whitespace) { Err("must not contain white space".into()) } else { Ok(()) }
}

fn only(text: &str, allowed: &str, fits: fn(char) -> bool) -> Verdict {
    const LONGEST: usize = 64;
    if let Some((at, found)) = text.chars().enumerate().find(|(_, character)| !fits(*character)) {
        return Err(format!("only {allowed} are allowed, found {found:?} at character {}", at + 1).into());
    }
    if text.len() > LONGEST {
        return Err(format!("at most {LONGEST} characters are allowed, found {}", text.len()).into());
    }
    Ok(())
}
