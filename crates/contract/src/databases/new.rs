use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{
    ByteSize, DatabaseName, EncryptionKey, GroupName, InvalidInput, PathSegment as _, RequestPart,
    open_enum::open_enum, rfc3339, units::size_limit, without_secrets,
};

/// A database to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewDatabase {
    /// Its name, unique in the organization.
    pub name: String,
    /// The name of its group.
    pub group: String,
    /// What it starts with; nothing where it starts empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// How large it may become.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "size_limit::read")]
    pub size_limit: Option<ByteSize>,
    /// The key it is encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_encryption: Option<Encryption>,
    /// Whether it runs on the new engine. The service does not document it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_tursodb: Option<bool>,
    /// Whether it is to hold the schema of others. The service deprecates that, and there is no setter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_schema: Option<bool>,
    /// The database whose schema it is to follow. The service deprecates that, and there is no setter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
}

impl NewDatabase {
    /// An empty database called `name` in the group called `group`.
    #[must_use]
    pub fn new(name: impl Into<String>, group: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            group: group.into(),
            seed: None,
            size_limit: None,
            remote_encryption: None,
            use_tursodb: None,
            is_schema: None,
            schema: None,
        }
    }

    /// Starts it with something.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Bounds its size: a write beyond it fails.
    #[must_use]
    pub fn size_limit(mut self, limit: ByteSize) -> Self {
        self.size_limit = Some(limit);
        self
    }

    /// Encrypts it with a key of one's own.
    #[must_use]
    pub fn encryption(mut self, encryption: Encryption) -> Self {
        self.remote_encryption = Some(encryption);
        self
    }

    /// Runs it on the new engine.
    #[must_use]
    pub fn tursodb(mut self) -> Self {
        self.use_tursodb = Some(true);
        self
    }
}

impl RequestPart for NewDatabase {
    fn check(&self) -> Result<(), InvalidInput> {
        DatabaseName::check(&self.name)?;
        GroupName::check(&self.group)?;
        self.seed.as_ref().map_or(Ok(()), Seed::check)?;
        self.remote_encryption.as_ref().map_or(Ok(()), Encryption::check)?;
        match self.size_limit {
            Some(limit) if limit.bytes() == 0 => Err(InvalidInput::new("size limit", "0", "must be at least one byte")),
            _ => Ok(()),
        }
    }
}

/// What a new database starts with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", expecting = "an object with a `type`")]
#[non_exhaustive]
pub enum Seed {
    /// A copy of another database, now or as it was at a time.
    #[non_exhaustive]
    Database {
        /// The name of the other database. The official command line sends it as `value`.
        #[serde(alias = "value")]
        name: String,
        /// The time.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "timestamp")]
        timestamp: Option<Timestamp>,
    },
    /// A file that is uploaded to its SQL endpoint.
    DatabaseUpload,
    /// A dump in SQL, on servers of the old platform.
    #[non_exhaustive]
    Dump {
        /// Where it is: what an upload of a dump answered with, or a public URL.
        url: String,
    },
}

/// Without the query of a URL, which signs it, and without user and password.
impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database { name, timestamp } => {
                f.debug_struct("Database").field("name", name).field("timestamp", timestamp).finish()
            }
            Self::DatabaseUpload => f.write_str("DatabaseUpload"),
            Self::Dump { url } => f.debug_struct("Dump").field("url", &without_secrets(url)).finish(),
        }
    }
}

/// Names the field: the path to it is lost where the type of the seed is looked for.
fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let parse = |text: String| {
        text.parse().map_err(|error| D::Error::custom(format!("invalid seed.timestamp {text:?}: {error}")))
    };
    text.map(parse).transpose()
}

impl Seed {
    /// A copy of the database called `name`, as it is now.
    #[must_use]
    pub fn database(name: impl Into<String>) -> Self {
        Self::Database { name: name.into(), timestamp: None }
    }

    /// A copy of the database called `name`, as it was.
    #[must_use]
    pub fn database_at(name: impl Into<String>, timestamp: Timestamp) -> Self {
        Self::Database { name: name.into(), timestamp: Some(timestamp) }
    }

    /// A dump in SQL at a URL.
    #[must_use]
    pub fn dump(url: impl Into<String>) -> Self {
        Self::Dump { url: url.into() }
    }

    pub(super) fn check(&self) -> Result<(), InvalidInput> {
        match self {
            // It may be older than the rule of new names.
            Self::Database { name, timestamp } => {
                DatabaseName::from_segment(name.clone())?;
                rfc3339::check("seed.timestamp", *timestamp)
            }
            Self::Dump { url } if url.is_empty() => Err(InvalidInput::new("dump url", url, "must not be empty")),
            Self::Dump { .. } | Self::DatabaseUpload => Ok(()),
        }
    }
}

open_enum!(
    /// How a database is encrypted.
    Cipher {
        /// AES-GCM with a key of 32 bytes.
        Aes256Gcm = "aes256gcm",
        /// AES-GCM with a key of 16 bytes.
        Aes128Gcm = "aes128gcm",
        /// ChaCha20-Poly1305 with a key of 32 bytes.
        ChaCha20Poly1305 = "chacha20poly1305",
        /// AEGIS-128L with a key of 16 bytes.
        Aegis128L = "aegis128l",
        /// AEGIS-128X2 with a key of 16 bytes.
        Aegis128X2 = "aegis128x2",
        /// AEGIS-128X4 with a key of 16 bytes.
        Aegis128X4 = "aegis128x4",
        /// AEGIS-256 with a key of 32 bytes.
        Aegis256 = "aegis256",
        /// AEGIS-256X2 with a key of 32 bytes.
        Aegis256X2 = "aegis256x2",
        /// AEGIS-256X4 with a key of 32 bytes.
        Aegis256X4 = "aegis256x4",
    }
);

impl Cipher {
    /// How many bytes its key has; nothing for a cipher this version does not know.
    #[must_use]
    pub fn key_length(&self) -> Option<usize> {
        match self {
            Self::Aes128Gcm | Self::Aegis128L | Self::Aegis128X2 | Self::Aegis128X4 => Some(16),
            Self::Aes256Gcm | Self::ChaCha20Poly1305 | Self::Aegis256 | Self::Aegis256X2 | Self::Aegis256X4 => Some(32),
            Self::Unknown(_) => None,
        }
    }
}

/// A key of one's own to encrypt a database with. `Debug` hides it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
#[non_exhaustive]
pub struct Encryption {
    /// The key.
    pub encryption_key: EncryptionKey,
    /// How it is used.
    pub encryption_cipher: Cipher,
}

impl Encryption {
    /// Encrypts with this key.
    #[must_use]
    pub fn new(cipher: Cipher, key: EncryptionKey) -> Self {
        Self { encryption_key: key, encryption_cipher: cipher }
    }

    /// Refuses a cipher the service does not know, and a key that does not fit it.
    pub fn check(&self) -> Result<(), InvalidInput> {
        let cipher = &self.encryption_cipher;
        let Some(length) = cipher.key_length() else {
            return Err(InvalidInput::new("encryption cipher", cipher.as_str(), "is not a cipher the service knows"));
        };
        match self.encryption_key.length()? {
            given if given == length => Ok(()),
            _ => Err(InvalidInput::without_value("encryption key", format!("must have {length} bytes for {cipher}"))),
        }
    }
}
