//! What the path of a request means. The official command line has paths of its own for the personal organization of
//! its user, and older names for some of the others.

use std::borrow::Cow;

use super::Refusal;
use crate::store::{ApiTokenRow, Transaction};

/// Stands for the slug of a personal organization while its owner is not known yet. No name may hold it.
const SOMEBODY: &str = "~";

/// What belongs to an organization, and may be asked for without naming it: the personal one is meant then.
const OWNED: [(&str, &[&str]); 2] = [
    ("/v1/", &["databases", "groups", "usage", "subscription", "invoices", "billing", "plans"]),
    ("/v2/", &["locations"]),
];

/// A path by its name in the catalogue.
#[derive(Debug)]
pub(crate) enum Target {
    Path(String),
    /// What stands before and behind the slug of the caller's personal organization.
    Personal(&'static str, String),
}

impl Target {
    pub(super) fn of(path: &str) -> Self {
        match path {
            "/v1/current-user" => return Self::Path("/v1/user".to_owned()),
            "/v1/organizations/" => return Self::Path(path.to_owned()),
            _ => {}
        }
        for (version, owned) in OWNED {
            let Some(rest) = path.strip_prefix(version) else { continue };
            if let Some(rest) = rest.strip_prefix("organizations/") {
                let (slug, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                return Self::owned(version, slug, rest);
            }
            let noun = rest.split('/').next().unwrap_or_default();
            if owned.contains(&noun) {
                return Self::owned(version, "", &format!("/{rest}"));
            }
        }
        Self::Path(path.to_owned())
    }

    fn owned(version: &str, slug: &str, rest: &str) -> Self {
        let invites = rest.strip_prefix("/invites").or_else(|| rest.strip_prefix("/invite"));
        // Version 2 of the invites has taken the place of the first one.
        let (before, rest) = match invites.filter(|behind| behind.is_empty() || behind.starts_with('/')) {
            Some(behind) => ("/v2/organizations/", format!("/invites{behind}")),
            None if version == "/v2/" => ("/v2/organizations/", rest.to_owned()),
            None => ("/v1/organizations/", rest.to_owned()),
        };
        if slug.is_empty() { Self::Personal(before, rest) } else { Self::Path(format!("{before}{slug}{rest}")) }
    }

    /// The path as far as it is known without its sender: enough to tell which operation it is for.
    pub(super) fn outline(&self) -> Cow<'_, str> {
        match self {
            Self::Path(path) => path.into(),
            Self::Personal(before, behind) => format!("{before}{SOMEBODY}{behind}").into(),
        }
    }

    /// The path for this caller.
    pub(super) fn path(
        &self,
        transaction: &Transaction<'_>,
        caller: Option<&ApiTokenRow>,
    ) -> Result<Cow<'_, str>, Refusal> {
        let (Self::Personal(before, behind), Some(caller)) = (self, caller) else { return Ok(self.outline()) };
        let personal = transaction.find_personal_organization(&caller.user)?;
        let personal = personal.ok_or_else(|| Refusal::not_found("the user has no personal organization"))?;
        Ok(format!("{before}{}{behind}", personal.slug).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_catalogue_stay_as_they_are() {
        let paths = [
            "/v1/organizations",
            "/v1/organizations/",
            "/v1/organizations/acme",
            "/v1/organizations/acme/groups/default",
            "/v1/organizations/acme/groups//",
            "/v2/organizations/acme/invites/bob%40example.com",
            "/v3/organizations/8f1e/databases",
            "/v1/user",
            "/v1/locations",
            "/v1/auth/validate",
            "/v1/databasesque",
            "/",
        ];
        for path in paths {
            assert_eq!(Target::of(path).outline(), path);
        }
    }

    #[test]
    fn what_names_no_organization_belongs_to_the_personal_one() {
        for (path, meant) in [
            ("/v1/databases", "/v1/organizations/~/databases"),
            ("/v1/databases/orders/usage/queries", "/v1/organizations/~/databases/orders/usage/queries"),
            ("/v1/organizations//members", "/v1/organizations/~/members"),
            ("/v1/organizations//invites/a%2Fb", "/v2/organizations/~/invites/a%2Fb"),
            ("/v2/organizations//jwks", "/v2/organizations/~/jwks"),
            ("/v2/locations", "/v2/organizations/~/locations"),
            ("/v1/plans", "/v1/organizations/~/plans"),
        ] {
            assert_eq!(Target::of(path).outline(), meant);
        }
    }

    #[test]
    fn older_names_mean_what_has_taken_their_place() {
        assert_eq!(Target::of("/v1/current-user").outline(), "/v1/user");
        assert_eq!(Target::of("/v1/organizations/acme/invite").outline(), "/v2/organizations/acme/invites");
        assert_eq!(Target::of("/v1/organizations/acme/invites").outline(), "/v2/organizations/acme/invites");
        assert_eq!(Target::of("/v1/organizations/acme/invited").outline(), "/v1/organizations/acme/invited");
    }
}
