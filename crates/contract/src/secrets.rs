use std::{env, fmt, str::FromStr};

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use crate::InvalidInput;

/// A text that is a secret: `Debug` hides it, there is no `Display`, and [`expose`](Self::expose) is the only
/// way to read it. Serializing writes it out, because that is how it travels in requests and answers; what is read
/// there is held to the rules of a secret, too.
macro_rules! secret {
    ($(#[$meta:meta])* $name:ident, $new:ident, |$text:ident| $read:expr) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// The secret itself. Keep it out of logs, errors and command lines.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl FromStr for $name {
            type Err = InvalidInput;

            fn from_str(text: &str) -> Result<Self, InvalidInput> {
                Self::$new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidInput;

            fn try_from(text: &str) -> Result<Self, InvalidInput> {
                Self::$new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidInput;

            fn try_from(text: String) -> Result<Self, InvalidInput> {
                Self::$new(text)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.expose() == other.expose()
            }
        }

        impl Eq for $name {}

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.expose())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let $text = String::deserialize(deserializer)?;
                $read.map_err(de::Error::custom)
            }
        }
    };
}

secret!(
    /// A token of the Platform API.
    ///
    /// ```
    /// use turso_cloud_contract::ApiToken;
    ///
    /// let token = ApiToken::new("eyJhbGciOi.eyJqdGkiOi.c2ln")?;
    /// assert_eq!(format!("{token:?}"), "ApiToken([redacted])");
    /// # Ok::<(), turso_cloud_contract::InvalidInput>(())
    /// ```
    ApiToken, new, |text| Self::new(text)
);

secret!(
    /// A token that opens the SQL endpoint of one database or of every database of a group.
    DatabaseToken, new, |text| Self::new(text)
);

secret!(
    /// The key a database is encrypted with, in base64. Turso Cloud does not keep it.
    // Which cipher it has to fit is known only to whoever reads the rest.
    EncryptionKey, from_base64, |text| Ok::<_, InvalidInput>(Self(text.into()))
);

impl EncryptionKey {
    /// Takes a key in base64. Fails when it is not base64 of 16 or 32 bytes.
    pub fn from_base64(text: impl Into<String>) -> Result<Self, InvalidInput> {
        let key = Self(text.into().into());
        match key.length()? {
            16 | 32 => Ok(key),
            _ => Err(InvalidInput::without_value("encryption key", "must have 16 or 32 bytes")),
        }
    }

    /// How many bytes it has.
    pub(crate) fn length(&self) -> Result<usize, InvalidInput> {
        let decoded = BASE64_STANDARD.decode(self.expose());
        decoded.map(|key| key.len()).map_err(|_| InvalidInput::without_value("encryption key", "is not base64"))
    }
}

impl ApiToken {
    /// Takes a token as text; white space around it is dropped.
    ///
    /// Fails when it is empty, holds a character that cannot stand in a header, or is recognised as a database
    /// token, which the Platform API would refuse with a sentence that does not say so.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidInput> {
        Self::named("API token", &text.into())
    }

    /// Reads the token from an environment variable. Fails when the variable is not set, and where [`ApiToken::new`] does.
    pub fn from_env(variable: &str) -> Result<Self, InvalidInput> {
        let field = format!("API token in the environment variable {variable}");
        match env::var(variable) {
            Ok(text) => Self::named(field, &text),
            Err(env::VarError::NotPresent) => Err(InvalidInput::without_value(field, "the variable is not set")),
            Err(env::VarError::NotUnicode(_)) => Err(InvalidInput::without_value(field, "it is not UTF-8")),
        }
    }

    fn named(field: impl Into<std::borrow::Cow<'static, str>>, text: &str) -> Result<Self, InvalidInput> {
        let text = text.trim();
        let rule = if text.is_empty() {
            "it is empty"
        } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            "only visible ASCII characters are allowed"
        } else if is_database_token(text) {
            "this is a database token, which opens a database's SQL endpoint; the Platform API needs an API token"
        } else {
            return Ok(Self(text.into()));
        };
        Err(InvalidInput::without_value(field, rule))
    }
}

impl DatabaseToken {
    /// Takes a token as text; white space around it is dropped. Fails when it is empty or holds a character
    /// that cannot stand in a header.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidInput> {
        let text = text.into();
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidInput::without_value(
                "database token",
                "only visible ASCII characters are allowed, one or more",
            ));
        }
        Ok(Self(text.into()))
    }
}

/// API tokens carry `jti` and never `a`; database tokens always carry `a` (JWT claims, seen in both kinds).
fn is_database_token(text: &str) -> bool {
    claims(text).is_some_and(|claims| claims.get("a").is_some() && claims.get("jti").is_none())
}

fn claims(text: &str) -> Option<Value> {
    let payload = text.split('.').nth(1)?;
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
