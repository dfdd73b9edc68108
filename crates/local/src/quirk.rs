//! Answers of Turso Cloud that changed over time, or are not as documented.

use std::{fmt, str::FromStr};

use http::StatusCode;
use jiff::SignedDuration;
use turso_cloud_contract::{DatabaseName, Endpoint as _, InvalidInput, organizations::ListOrganizations};

use crate::Refusal;

/// How long a new database is not found at its own host, with [`Quirk::NotFoundAfterCreate`].
pub(crate) const SETTLING: SignedDuration = SignedDuration::from_millis(2500);

/// One way in which Turso Cloud has been seen to answer, for a program that has to get along with all of them. Given to
/// [`CloudBuilder::quirk`](crate::CloudBuilder::quirk).
///
/// ```
/// use turso_cloud_local::Quirk;
///
/// assert_eq!("duplicate-create-400".parse(), Ok(Quirk::DuplicateCreate400));
/// assert!("duplicate-create-500".parse::<Quirk>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quirk {
    /// A database whose name is taken is a 409, `database with name <n> already exists`. Documented, and what a local
    /// cloud does by default.
    DuplicateCreate409,
    /// It is a 400, `database with same name already exists`. Observed since 2026-07-30.
    DuplicateCreate400,
    /// It is a 422, and so is a group whose name is taken. The official command line of 2026-06-18 expects it.
    DuplicateCreate422,
    /// The list of organizations is a bare array. Documented, observed in 2026, and the default.
    OrganizationsBare,
    /// The list of organizations is `{"organizations": [..]}`. Observed in 2023; the official TypeScript client of 2026
    /// expects it.
    OrganizationsWrapped,
    /// For 2.5 s of the cloud's clock a new database is not found at its own host, in the words for one that does not
    /// exist. Observed several times, undated.
    NotFoundAfterCreate,
}

impl Quirk {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::DuplicateCreate409,
        Self::DuplicateCreate400,
        Self::DuplicateCreate422,
        Self::OrganizationsBare,
        Self::OrganizationsWrapped,
        Self::NotFoundAfterCreate,
    ];

    /// Its name, for instance `duplicate-create-400`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DuplicateCreate409 => "duplicate-create-409",
            Self::DuplicateCreate400 => "duplicate-create-400",
            Self::DuplicateCreate422 => "duplicate-create-422",
            Self::OrganizationsBare => "organizations-bare",
            Self::OrganizationsWrapped => "organizations-wrapped",
            Self::NotFoundAfterCreate => "not-found-after-create",
        }
    }
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Quirk {
    type Err = InvalidInput;

    fn from_str(name: &str) -> Result<Self, InvalidInput> {
        Self::ALL.into_iter().find(|quirk| quirk.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            InvalidInput::new("quirk", name, format!("must be one of {names}"))
        })
    }
}

/// The quirks of a cloud. Of two that exclude each other, the one given last holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quirks(Vec<Quirk>);

impl Quirks {
    pub(crate) fn add(&mut self, quirk: Quirk) {
        self.0.push(quirk);
    }

    pub(crate) fn hide_new_databases(&self) -> bool {
        self.0.contains(&Quirk::NotFoundAfterCreate)
    }

    /// The refusal of a database whose name is taken.
    pub(crate) fn database_taken(&self, name: &DatabaseName) -> Refusal {
        let documented = Refusal::conflict(format!("database with name {name} already exists"));
        match self.duplicate() {
            Some(Quirk::DuplicateCreate400) => Refusal::bad_request("database with same name already exists"),
            Some(Quirk::DuplicateCreate422) => Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, documented.error()),
            _ => documented,
        }
    }

    /// The refusal of a group whose name is taken.
    pub(crate) fn group_taken(&self) -> Refusal {
        let status = match self.duplicate() {
            Some(Quirk::DuplicateCreate422) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::CONFLICT,
        };
        Refusal::new(status, "group already exists")
    }

    /// The answer of an operation in the form it has here.
    pub(crate) fn dress(&self, operation: &str, json: Vec<u8>) -> Vec<u8> {
        let form = |quirk: &&Quirk| matches!(quirk, Quirk::OrganizationsBare | Quirk::OrganizationsWrapped);
        let is_wrapped = self.0.iter().rev().find(form) == Some(&Quirk::OrganizationsWrapped);
        if operation == ListOrganizations::NAME && is_wrapped {
            return [b"{\"organizations\":", &json[..], b"}"].concat();
        }
        json
    }

    fn duplicate(&self) -> Option<Quirk> {
        let is_one = |quirk: &Quirk| {
            matches!(quirk, Quirk::DuplicateCreate409 | Quirk::DuplicateCreate400 | Quirk::DuplicateCreate422)
        };
        self.0.iter().rev().copied().find(is_one)
    }
}
