//! A request written by a client is the request a server reads.
#![cfg(test)]

use proptest::prelude::*;
use turso_cloud_contract::{
    ByteSize, CATALOGUE, DatabaseName, Endpoint, Expiration, OrganizationSlug, RequestError, RequestPart as _, Service,
    api_tokens::NewApiToken,
    audit_logs::{AuditLogPage, ListAuditLogs},
    database_tokens::{Authorization, CreateDatabaseToken, NewToken, Permission, TokenOptions},
    databases::{AllowListChange, CreateDatabase, DatabaseFilter, GetDatabase, ListDatabases, NewDatabase},
    groups::{CreateGroup, NewGroup},
    invites::NewInvite,
    jwks::NewJwks,
    members::Role,
    organizations::{ListOrganizations, NewOrganization, OrganizationPatch},
};

fn round_trip<E: Endpoint + PartialEq>(request: &E) {
    let target = request.path_and_query().unwrap();
    let (path, query) = target.split_once('?').map_or((target.as_str(), None), |(path, query)| (path, Some(query)));
    let body = request.encode_body().unwrap().unwrap_or_default();
    assert_eq!(E::decode(path, query, &body).as_ref(), Ok(request));
}

fn acme() -> OrganizationSlug {
    "acme".parse().unwrap()
}

proptest! {
    #[test]
    fn every_path_segment_survives(organization in "[A-Za-z0-9_.-]{1,40}", database in "[a-z0-9-]{1,64}") {
        prop_assume!(organization != "." && organization != "..");
        let organization: OrganizationSlug = organization.parse().unwrap();
        round_trip(&GetDatabase { organization, database: database.parse().unwrap() });
    }

    /// Names from the service may hold anything: they stay one segment of the path.
    #[test]
    fn a_name_from_the_service_never_leaves_its_segment(text in "\\PC{1,60}") {
        let Ok(database) = serde_json::from_value::<DatabaseName>(text.into()) else { return Ok(()) };
        let request = GetDatabase { organization: acme(), database };
        prop_assert_eq!(request.path().matches('/').count(), 5);
        prop_assert!(request.path().is_ascii());
        round_trip(&request);
    }

    #[test]
    fn every_query_survives(expiration in 1..u32::MAX, read_only: bool, page in 1..u64::MAX, size in 1..u64::MAX) {
        let token = if read_only { NewToken::read_only() } else { NewToken::full_access() };
        let token = token.expires(Expiration::seconds(expiration));
        round_trip(&CreateDatabaseToken {
            organization: acme(),
            database: "orders".parse().unwrap(),
            query: token.options,
            body: token.permissions,
        });
        round_trip(&ListAuditLogs { organization: acme(), query: AuditLogPage::new(page, size) });
    }

    #[test]
    fn every_body_survives(name in "\\PC*", group in "\\PC*", limit in 1..u64::MAX) {
        let body = NewDatabase::new(name, group).size_limit(ByteSize::new(limit));
        round_trip(&CreateDatabase { organization: acme(), body });
    }

    #[test]
    fn reading_a_request_never_panics(path in "\\PC*", query in "\\PC*", body: Vec<u8>) {
        let _ = CreateDatabase::decode(&path, Some(&query), &body);
        let _ = CreateDatabaseToken::decode(&path, Some(&query), &body);
    }
}

#[test]
fn keys_of_a_body_are_read_in_any_case_and_unknown_ones_ignored() {
    let body = br#"{"Name":"eu","LOCATION":"aws-eu-west-1","Version":""}"#;
    let request = CreateGroup::decode("/v1/organizations/acme/groups", None, body).unwrap();
    assert_eq!(request.body, NewGroup::new("eu", "aws-eu-west-1"));
}

#[test]
fn a_request_without_query_or_body_takes_the_defaults() {
    let path = "/v1/organizations/acme/databases/orders/auth/tokens";
    let request = CreateDatabaseToken::decode(path, None, b"{\"expiration\":\"5m\"}").unwrap();
    assert_eq!(request.query, TokenOptions::default());
    assert_eq!(request.query.authorization, Authorization::FullAccess);
    assert!(ListOrganizations::decode("/v1/organizations/", None, b"not json").is_ok());
    let list = ListDatabases::decode("/v1/organizations/acme/databases", Some("group=eu&new=1"), b"").unwrap();
    assert_eq!(list.query.group, Some("eu".to_owned()));
    assert_eq!(list.path_and_query().unwrap(), "/v1/organizations/acme/databases?group=eu");
    assert_eq!(
        ListDatabases { query: DatabaseFilter::default(), ..list }.path_and_query().unwrap(),
        "/v1/organizations/acme/databases"
    );
}

#[test]
fn a_bad_expiration_is_refused_in_the_words_of_the_service() {
    let path = "/v1/organizations/acme/databases/orders/auth/tokens";
    let refused = CreateDatabaseToken::decode(path, Some("expiration=1y"), b"").unwrap_err();
    assert_eq!(refused, RequestError::Query("Invalid expiration format".to_owned()));
}

#[test]
fn a_body_that_is_not_json_is_refused() {
    for body in [&b""[..], b"<html>", b"[]", b"{\"name\":5}", b"\xff"] {
        let refused = CreateDatabase::decode("/v1/organizations/acme/databases", None, body).unwrap_err();
        assert!(matches!(refused, RequestError::Body(_)), "{body:?}: {refused}");
    }
}

/// A client sends none of these, and a server refuses them with the same sentence.
#[test]
fn a_request_that_breaks_a_rule_known_without_asking_is_refused_with_its_field_and_the_rule() {
    let invite = |json: &str| serde_json::from_str::<NewInvite>(json).unwrap();
    let token = |json: &str| serde_json::from_str::<NewApiToken>(json).unwrap();
    let permission = |table: &str, action: &str| {
        NewToken::full_access().permission(Permission::on_tables([table], [action.into()])).permissions.check()
    };
    for (checked, sentence) in [
        (
            invite(r#"{"role":"member"}"#).check(),
            "invite is not valid: exactly one of email and username must be given",
        ),
        (
            invite(r#"{"role":"member","email":"ada@example.com","username":"ada"}"#).check(),
            "invite is not valid: exactly one of email and username must be given",
        ),
        (NewInvite::email("ada@").check(), r#"email address "ada@" is not valid: must be of the form user@host"#),
        (NewInvite::email("@b.c").check(), r#"email address "@b.c" is not valid: must be of the form user@host"#),
        (NewInvite::email("a@b@c").check(), r#"email address "a@b@c" is not valid: must be of the form user@host"#),
        (NewInvite::email("a b@c").check(), r#"email address "a b@c" is not valid: must not contain white space"#),
        (
            NewInvite::username("ada").role(Role::Owner).check(),
            r#"role "owner" is not valid: must be admin, member or viewer"#,
        ),
        (
            token(r#"{"group":"eu","scopes":["db:create"]}"#).check(),
            "organization is not valid: must be given with a group",
        ),
        (NewApiToken::group("acme", "eu", []).check(), "scopes is not valid: must not be empty with a group"),
        (
            token(r#"{"organization":"acme","scopes":["db:create"]}"#).check(),
            "scopes is not valid: must be given with a group only",
        ),
        (
            NewApiToken::group("acme", "eu", ["db:fly".into()]).check(),
            r#"scope "db:fly" is not valid: is not a scope the service knows"#,
        ),
        (permission("", "data_read"), "permission is not valid: must not name a table by an empty text"),
        (permission("t", "fly"), r#"permission "fly" is not valid: is not an action the service knows"#),
        (
            OrganizationPatch::default().restore_enabled(true).overages(true).check(),
            "restore_enabled is not valid: must be changed alone",
        ),
        (
            OrganizationPatch::default().restore_enabled(true).require_mfa(false).check(),
            "restore_enabled is not valid: must be changed alone",
        ),
        (NewOrganization::new(" ").check(), r#"organization name " " is not valid: must not be empty"#),
        (
            NewJwks::new("ftp://a.b").check(),
            r#"jwks_url "ftp://a.b" is not valid: must start with https:// or http://"#,
        ),
    ] {
        assert_eq!(checked.unwrap_err().to_string(), sentence);
    }
    for checked in [
        NewInvite::email("ada@example.com").check(),
        NewInvite::username("ada").role(Role::Viewer).check(),
        NewApiToken::unrestricted().check(),
        NewApiToken::organization("acme").check(),
        NewApiToken::group("acme", "eu", ["db:create".into()]).check(),
        permission("t", "data_read"),
        OrganizationPatch::default().restore_enabled(true).check(),
        OrganizationPatch::default().overages(true).require_mfa(false).check(),
        NewOrganization::new("Acme").check(),
        NewJwks::new("http://127.0.0.1/keys").check(),
        NewJwks::new("https://a.b").check(),
    ] {
        assert_eq!(checked, Ok(()));
    }
}

#[test]
fn a_change_to_an_allow_list_is_read_as_it_was_written() {
    for change in [AllowListChange::Clear, AllowListChange::Replace(vec!["192.0.2.7".to_owned()])] {
        let written = serde_json::to_string(&change).unwrap();
        assert_eq!(serde_json::from_str::<AllowListChange>(&written).unwrap(), change);
    }
}

#[test]
fn a_path_of_another_operation_is_refused() {
    for path in [
        "/v1/organizations/acme/databases",
        "/v1/organizations/acme/databases/a/b",
        "/v1/organizations//databases/a",
        "/",
    ] {
        assert!(matches!(GetDatabase::decode(path, None, b""), Err(RequestError::Path(_))), "{path}");
    }
    for path in [
        "/v1/organizations/acme/databases/%2e%2e",
        "/v1/organizations/acme/databases/a%00",
        "/v1/organizations/acme/databases/%ff",
    ] {
        assert!(matches!(GetDatabase::decode(path, None, b""), Err(RequestError::Path(_))), "{path}");
    }
}

#[test]
fn every_operation_has_a_name_and_a_route_of_its_own() {
    for (index, info) in CATALOGUE.iter().enumerate() {
        assert!(info.path.starts_with('/'), "{}", info.name);
        for other in &CATALOGUE[..index] {
            assert_ne!(info.name, other.name);
            let same_route = (info.service, &info.method, info.path) == (other.service, &other.method, other.path);
            assert!(!same_route, "{} and {}", info.name, other.name);
        }
    }
    assert!(CATALOGUE.iter().any(|info| info.service == Service::Region));
}
