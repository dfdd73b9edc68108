//! Answers of Turso Cloud that changed over time, or are not as documented.

use std::{fmt, str::FromStr};

use http::StatusCode;
use jiff::SignedDuration;
use turso_cloud_contract::{DatabaseName, Endpoint as _, InvalidInput, organizations::ListOrganizations};

use crate::{Refusal, named};

/// How long a new database is not found at its own host, with [`Quirk::NotFoundAfterCreate`].
pub(crate) const SETTLING: SignedDuration = SignedDuration::from_millis(2500);

/// One way in which Turso Cloud has been seen to answer, for a program that has to get along with all of them. Given to
/// [`CloudBuilder::quirk`](crate::CloudBuilder::quirk). Of each kind, a local cloud does by default what was seen last.
///
/// ```
/// use turso_cloud_local::Quirk;
///
/// assert_eq!("duplicate-create-409".parse(), Ok(Quirk::DuplicateCreate409));
/// assert!("duplicate-create-500".parse::<Quirk>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quirk {
    /// A database whose name is taken is a 400, `database with same name already exists`. Observed since 2026-07-30, and the
    /// default.
    DuplicateCreate400,
    /// It is a 409, `database with name <n> already exists`, and so is a database or a group that is brought back under a
    /// name that is taken. Documented, and observed until 2026-07-30.
    DuplicateCreate409,
    /// It is a 422, and so is a group whose name is taken. The official command line of 2026-06-18 expects it.
    DuplicateCreate422,
    /// The list of organizations is a bare array. Documented, observed in 2026, and the default.
    OrganizationsBare,
    /// The list of organizations is `{"organizations": [..]}`. Observed in 2023; the official TypeScript client of 2026
    /// expects it.
    OrganizationsWrapped,
    /// What the plan of an organization does not include is a 403, and an invite a 400. Documented for recovery and
    /// observed for invites in 2026, and the default.
    PlanGate403,
    /// It is a 402. Documented in 2023, and expected by the official command line of 2026-06-18 for new organizations,
    /// which are a 402 by default too.
    PlanGate402,
    /// For 2.5 s of the cloud's clock a new database is not found at its own host, in the words for one that does not
    /// exist. Observed several times, undated. It is no default: a clock that stands still would hide it for ever.
    NotFoundAfterCreate,
}

impl Quirk {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::DuplicateCreate400,
        Self::DuplicateCreate409,
        Self::DuplicateCreate422,
        Self::OrganizationsBare,
        Self::OrganizationsWrapped,
        Self::PlanGate403,
        Self::PlanGate402,
        Self::NotFoundAfterCreate,
    ];

    const DUPLICATE_CREATE: &[Self] = &[Self::DuplicateCreate400, Self::DuplicateCreate409, Self::DuplicateCreate422];
    const ORGANIZATIONS: &[Self] = &[Self::OrganizationsBare, Self::OrganizationsWrapped];
    const PLAN_GATE: &[Self] = &[Self::PlanGate403, Self::PlanGate402];

    /// Its name, for instance `duplicate-create-409`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DuplicateCreate400 => "duplicate-create-400",
            Self::DuplicateCreate409 => "duplicate-create-409",
            Self::DuplicateCreate422 => "duplicate-create-422",
            Self::OrganizationsBare => "organizations-bare",
            Self::OrganizationsWrapped => "organizations-wrapped",
            Self::PlanGate403 => "plan-gate-403",
            Self::PlanGate402 => "plan-gate-402",
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
        named::find("quirk", Self::ALL, Self::name, name)
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
        match self.last_of(Quirk::DUPLICATE_CREATE) {
            Some(Quirk::DuplicateCreate409) => documented,
            Some(Quirk::DuplicateCreate422) => Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, documented.error()),
            _ => Refusal::bad_request("database with same name already exists"),
        }
    }

    /// The refusal of a group whose name is taken.
    pub(crate) fn group_taken(&self) -> Refusal {
        let status = match self.last_of(Quirk::DUPLICATE_CREATE) {
            Some(Quirk::DuplicateCreate422) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::CONFLICT,
        };
        Refusal::new(status, "group already exists")
    }

    /// The status of what cannot be brought back because its name is taken.
    pub(crate) fn status_of_restored_name(&self) -> StatusCode {
        match self.last_of(Quirk::DUPLICATE_CREATE) {
            Some(Quirk::DuplicateCreate409) => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The status of what a plan does not include, where it was seen to be `usual`.
    pub(crate) fn status_beyond_plan(&self, usual: StatusCode) -> StatusCode {
        match self.last_of(Quirk::PLAN_GATE) {
            Some(Quirk::PlanGate402) => StatusCode::PAYMENT_REQUIRED,
            _ => usual,
        }
    }

    /// The answer of an operation in the form it has here.
    pub(crate) fn dress(&self, operation: &str, json: Vec<u8>) -> Vec<u8> {
        let is_wrapped = self.last_of(Quirk::ORGANIZATIONS) == Some(Quirk::OrganizationsWrapped);
        if operation == ListOrganizations::NAME && is_wrapped {
            return [b"{\"organizations\":", &json[..], b"}"].concat();
        }
        json
    }

    fn last_of(&self, kind: &[Quirk]) -> Option<Quirk> {
        self.0.iter().rev().copied().find(|quirk| kind.contains(quirk))
    }
}
