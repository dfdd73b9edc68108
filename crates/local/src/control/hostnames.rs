//! The forms of a database's address.

use std::{fmt, str::FromStr};

use turso_cloud_contract::InvalidInput;

use crate::named;

/// What the Platform API calls the SQL endpoint of a database in a cloud that is served on a port.
///
/// ```
/// use turso_cloud_local::Hostnames;
///
/// assert_eq!("path".parse(), Ok(Hostnames::Path));
/// assert!("paths".parse::<Hostnames>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hostnames {
    /// `127.x.y.z:PORT`, an address of its own. Every client can connect to it, and it is a bare origin. It needs Linux
    /// 5.7 or newer, and a server on 127.0.0.1.
    Address,
    /// `{database}-{organization}.localhost:PORT`, for machines that resolve names below `localhost`.
    Name,
    /// `127.0.0.1:PORT/db/{database}-{organization}/`, for clients that keep the path of a URL.
    Path,
}

impl Hostnames {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Address, Self::Name, Self::Path];

    /// Its name: `address`, `name` or `path`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Name => "name",
            Self::Path => "path",
        }
    }
}

impl fmt::Display for Hostnames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Hostnames {
    type Err = InvalidInput;

    fn from_str(name: &str) -> Result<Self, InvalidInput> {
        named::find("hostnames", Self::ALL, Self::name, name)
    }
}
