//! What no request can bring about yet: other users, their roles, branches, tokens of one organization.

use axum::body::{Body, to_bytes};
use http::{Method, Request, header};
use serde_json::json;
use turso_cloud_contract::{
    ApiToken, DatabaseName, OrganizationSlug, databases::Parent, organizations::OrganizationKind,
};

use super::{Refusal, provision, sign};
use crate::{
    Cloud,
    data::Peer,
    ids::Ids,
    store::{ApiTokenRow, OrganizationRow, Role, TokenOrganization, Transaction, UserRow},
};

const GROUPS: &str = "/v1/organizations/acme/groups";
const DATABASES: &str = "/v1/organizations/acme/databases";

fn slug(text: &str) -> OrganizationSlug {
    text.parse().unwrap()
}

fn change<T>(cloud: &Cloud, work: impl FnOnce(&Transaction<'_>) -> Result<T, Refusal>) -> T {
    cloud.control().store.transact(work).unwrap()
}

/// A new user with a token, who is a member of `acme` if there is a role.
fn join(cloud: &Cloud, username: &str, role: Option<Role>) -> (UserRow, ApiToken) {
    change(cloud, |transaction| {
        let user = transaction.insert_user(username)?;
        if let Some(role) = role {
            let acme = transaction.find_organization(&slug("acme"))?.unwrap();
            transaction.insert_member(acme.id, user.id, role)?;
        }
        let token = issue(cloud, transaction, &user, None)?;
        Ok((user, token))
    })
}

fn issue(
    cloud: &Cloud,
    transaction: &Transaction<'_>,
    user: &UserRow,
    organization: Option<TokenOrganization>,
) -> Result<ApiToken, Refusal> {
    let jti = Ids::Random.token_id(transaction)?;
    let token = transaction.insert_api_token(ApiTokenRow {
        name: jti.as_str().try_into()?,
        jti,
        user: user.clone(),
        organization,
        group: None,
        created_at: cloud.clock().now(),
    })?;
    Ok(sign(&token, &transaction.platform_key()?.unwrap())?)
}

async fn send(cloud: &Cloud, token: &ApiToken, method: Method, path: &str, body: &str) -> (u16, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {}", token.expose()))
        .body(Body::from(body.to_owned()));
    let (head, body) = cloud.answer(request.unwrap()).await.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (head.status.as_u16(), String::from_utf8(body.to_vec()).unwrap())
}

/// The answer to a creation of `imported` from a dump, asked for by somebody at this address.
async fn import(cloud: &Cloud, peer: [u8; 4], url: &str) -> (u16, String) {
    let seed = json!({ "type": "dump", "url": url });
    let body = json!({ "name": "imported", "group": "default", "seed": seed }).to_string();
    let request = Request::post(DATABASES).header(header::AUTHORIZATION, format!("Bearer {}", cloud.token().expose()));
    let mut request = request.body(Body::from(body)).unwrap();
    request.extensions_mut().insert(Peer(peer.into()));
    let (head, body) = cloud.answer(request).await.into_parts();
    (head.status.as_u16(), String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn a_dump_on_this_machine_is_only_for_whoever_is_on_it() {
    let directory = tempfile::tempdir().unwrap();
    let dump = directory.path().join("dump.sql");
    std::fs::write(&dump, "CREATE TABLE t (x);").unwrap();
    let (cloud, url) = (Cloud::new().unwrap(), format!("file://{}", dump.display()));
    let (status, refused) = import(&cloud, [192, 0, 2, 1], &url).await;
    assert_eq!(status, 400, "{refused}");
    assert!(refused.contains("seed.url") && refused.contains("only programs of this machine"), "{refused}");
    let (status, created) = import(&cloud, [127, 0, 0, 9], &url).await;
    assert_eq!(status, 200, "{created}");
}

async fn create_orders(cloud: &Cloud) {
    let created = send(cloud, &cloud.token(), Method::POST, DATABASES, r#"{"name":"orders","group":"default"}"#).await;
    assert_eq!(created.0, 200, "{}", created.1);
}

fn refused(status: u16, sentence: &str) -> (u16, String) {
    (status, serde_json::json!({ "error": sentence }).to_string())
}

#[tokio::test]
async fn an_organization_of_others_is_forbidden_and_not_listed() {
    let cloud = Cloud::new().unwrap();
    let (bob, token) = join(&cloud, "bob", None);
    change(&cloud, |transaction| {
        Ok(provision::organization(
            transaction,
            Ids::Random,
            &bob,
            "Umbrella".to_owned(),
            slug("umbrella"),
            OrganizationKind::Team,
        )?)
    });
    let sentence = |slug| refused(403, &format!("you are not a member of organization {slug}"));
    assert_eq!(send(&cloud, &token, Method::GET, GROUPS, "").await, sentence("acme"));
    assert_eq!(send(&cloud, &token, Method::DELETE, &format!("{GROUPS}/default"), "").await, sentence("acme"));
    let path = "/v1/organizations/umbrella";
    assert_eq!(send(&cloud, &cloud.token(), Method::GET, path, "").await, sentence("umbrella"));
    assert_eq!(send(&cloud, &token, Method::GET, path, "").await.0, 200);
    let listed = send(&cloud, &token, Method::GET, "/v1/organizations", "").await.1;
    assert!(listed.contains("umbrella") && !listed.contains("acme"), "{listed}");
}

#[tokio::test]
async fn a_viewer_reads_and_changes_nothing() {
    let cloud = Cloud::new().unwrap();
    create_orders(&cloud).await;
    let (_, token) = join(&cloud, "vera", Some(Role::Viewer));
    for path in [GROUPS, DATABASES, "/v1/organizations/acme", "/v1/organizations/acme/audit-logs"] {
        assert_eq!(send(&cloud, &token, Method::GET, path, "").await.0, 200, "{path}");
    }
    for (method, path, body) in [
        (Method::POST, GROUPS.to_owned(), r#"{"name":"eu","location":"local"}"#),
        (Method::DELETE, format!("{GROUPS}/default"), ""),
        (Method::POST, DATABASES.to_owned(), r#"{"name":"events","group":"default"}"#),
        (Method::DELETE, format!("{DATABASES}/orders"), ""),
        (Method::POST, format!("{DATABASES}/orders/auth/tokens"), ""),
        (Method::POST, format!("{DATABASES}/orders/auth/rotate"), ""),
        (Method::PATCH, format!("{DATABASES}/orders/configuration"), "{}"),
        (Method::POST, format!("{DATABASES}/orders/transfer"), r#"{"org":"dev"}"#),
        (Method::POST, format!("{DATABASES}/orders/wakeup"), ""),
        (Method::PATCH, format!("{GROUPS}/default/configuration"), "{}"),
        (Method::POST, format!("{GROUPS}/default/transfer"), r#"{"organization":"dev"}"#),
        (Method::POST, format!("{GROUPS}/default/unarchive"), ""),
        (Method::POST, format!("{GROUPS}/default/locations/aws-eu-west-1"), ""),
        (Method::DELETE, format!("{GROUPS}/default/locations/aws-eu-west-1"), ""),
        (Method::POST, format!("{GROUPS}/default/update"), ""),
        (Method::POST, format!("{GROUPS}/default/rename"), r#"{"name":"eu"}"#),
        (Method::POST, format!("{GROUPS}/default/auth/tokens"), ""),
        (Method::POST, format!("{GROUPS}/default/auth/rotate"), ""),
    ] {
        let answer = send(&cloud, &token, method, &path, body).await;
        assert_eq!(answer, refused(403, "a viewer of organization acme may change nothing"), "{path}");
    }
}

#[tokio::test]
async fn members_and_administrators_change_what_they_like_and_are_named_in_the_log() {
    let cloud = Cloud::new().unwrap();
    for (name, role) in [("mia", Role::Member), ("adam", Role::Admin)] {
        let (_, token) = join(&cloud, name, Some(role));
        let body = format!(r#"{{"name":"{name}","location":"local"}}"#);
        assert_eq!(send(&cloud, &token, Method::POST, GROUPS, &body).await.0, 200, "{name}");
        assert_eq!(send(&cloud, &token, Method::DELETE, &format!("{GROUPS}/{name}"), "").await.0, 200, "{name}");
        let log = send(&cloud, &token, Method::GET, "/v1/organizations/acme/audit-logs?page_size=1", "").await.1;
        assert!(log.contains(&format!(r#""author":"{name}""#)), "{log}");
    }
}

#[tokio::test]
async fn only_who_administers_the_target_may_transfer_to_it() {
    let cloud = Cloud::new().unwrap();
    create_orders(&cloud).await;
    let move_group = (format!("{GROUPS}/default/transfer"), r#"{"organization":"dev"}"#);
    let move_database = (format!("{DATABASES}/orders/transfer"), r#"{"org":"dev"}"#);
    for (name, role) in [("nora", None), ("mia", Some(Role::Member)), ("vera", Some(Role::Viewer))] {
        let (user, token) = join(&cloud, name, Some(Role::Owner));
        let sentence = match role {
            None => "you are not a member of organization dev",
            Some(Role::Viewer) => "a viewer of organization dev may change nothing",
            Some(_) => "only an admin or owner of organization dev may do this",
        };
        if let Some(role) = role {
            change(&cloud, |transaction| {
                let dev = transaction.find_organization(&slug("dev"))?.unwrap();
                Ok(transaction.insert_member(dev.id, user.id, role)?)
            });
        }
        for (path, body) in [&move_group, &move_database] {
            assert_eq!(send(&cloud, &token, Method::POST, path, body).await, refused(403, sentence), "{name}");
        }
    }
    let (user, token) = join(&cloud, "adam", Some(Role::Member));
    change(&cloud, |transaction| {
        let dev = transaction.find_organization(&slug("dev"))?.unwrap();
        Ok(transaction.insert_member(dev.id, user.id, Role::Admin)?)
    });
    assert_eq!(send(&cloud, &token, Method::POST, &move_database.0, move_database.1).await.0, 200);
}

#[tokio::test]
async fn a_token_of_one_organization_opens_no_other() {
    let cloud = Cloud::new().unwrap();
    let token = change(&cloud, |transaction| {
        let user = transaction.find_user("dev")?.unwrap();
        let acme = transaction.find_organization(&slug("acme"))?.unwrap();
        issue(&cloud, transaction, &user, Some(TokenOrganization { id: acme.id, slug: acme.slug }))
    });
    assert_eq!(send(&cloud, &token, Method::GET, GROUPS, "").await.0, 200);
    let other = send(&cloud, &token, Method::GET, "/v1/organizations/dev", "").await;
    assert_eq!(other, refused(403, "the token does not open organization dev"));
    let listed = send(&cloud, &token, Method::GET, "/v1/organizations", "").await.1;
    assert!(listed.contains("acme") && !listed.contains(r#""slug":"dev""#), "{listed}");
}

#[tokio::test]
async fn protection_of_a_group_holds_for_its_databases() {
    let cloud = Cloud::new().unwrap();
    create_orders(&cloud).await;
    protect(&cloud, true, false);
    let sentence = refused(403, "group default is delete-protected and cannot be deleted");
    assert_eq!(send(&cloud, &cloud.token(), Method::DELETE, &format!("{GROUPS}/default"), "").await, sentence);
    assert_eq!(send(&cloud, &cloud.token(), Method::DELETE, &format!("{DATABASES}/orders"), "").await, sentence);
    let group = send(&cloud, &cloud.token(), Method::GET, &format!("{GROUPS}/default"), "").await.1;
    assert!(group.contains(r#""delete_protection":true"#), "{group}");
}

#[tokio::test]
async fn a_protected_database_is_kept_and_keeps_its_group() {
    let cloud = Cloud::new().unwrap();
    create_orders(&cloud).await;
    protect(&cloud, false, true);
    let sentence = refused(403, "database orders is delete-protected and cannot be deleted");
    assert_eq!(send(&cloud, &cloud.token(), Method::DELETE, &format!("{DATABASES}/orders"), "").await, sentence);
    assert_eq!(send(&cloud, &cloud.token(), Method::DELETE, &format!("{GROUPS}/default"), "").await, sentence);
    let database = send(&cloud, &cloud.token(), Method::GET, &format!("{DATABASES}/orders"), "").await.1;
    assert!(database.contains(r#""delete_protection":true"#), "{database}");
}

#[tokio::test]
async fn a_branch_tells_its_parent_and_is_found_by_it() {
    let cloud = Cloud::new().unwrap();
    create_orders(&cloud).await;
    let parent_id = change(&cloud, |transaction| {
        let acme = transaction.find_organization(&slug("acme"))?.unwrap();
        let orders = transaction.find_database(acme.id, &"orders".parse()?)?.unwrap();
        let (id, name): (_, DatabaseName) = (orders.uuid.clone(), "branch".parse()?);
        let mut branch = orders.clone();
        branch.uuid = Ids::Random.uuid(transaction)?;
        branch.label = "branch-acme".to_owned();
        branch.name = name;
        branch.parent = Some(Parent::new(id.clone(), orders.name, "2026-05-04T10:11:12Z".parse().unwrap()));
        transaction.insert_database(branch)?;
        Ok(id)
    });
    let listed = send(&cloud, &cloud.token(), Method::GET, &format!("{DATABASES}?parent={parent_id}"), "").await.1;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["databases"].as_array().unwrap().len(), 1);
    let parent = serde_json::json!({"id": parent_id, "name": "orders", "branched_at": "2026-05-04T10:11:12Z"});
    assert_eq!((&listed["databases"][0]["Name"], &listed["databases"][0]["parent"]), (&"branch".into(), &parent));
}

#[tokio::test]
async fn only_owners_and_administrators_bring_back_what_was_deleted() {
    let cloud = Cloud::new().unwrap();
    create_orders(&cloud).await;
    let organization = organization_v3(&cloud);
    let database = send(&cloud, &cloud.token(), Method::GET, &format!("{organization}/databases"), "").await.1;
    let database: serde_json::Value = serde_json::from_str(&database).unwrap();
    let (id, group) = (&database["databases"][0]["DbId"], &database["databases"][0]["group_id"]);
    let restore = [
        format!("{organization}/databases/{}/restore", id.as_str().unwrap()),
        format!("{organization}/groups/{}/restore", group.as_str().unwrap()),
    ];
    send(&cloud, &cloud.token(), Method::DELETE, &format!("{GROUPS}/default"), "").await;
    let lists = [format!("{organization}/databases?deleted=true"), format!("{organization}/deleted-groups")];
    for (name, role) in [("mia", Role::Member), ("vera", Role::Viewer)] {
        let (_, token) = join(&cloud, name, Some(role));
        for path in &restore {
            let answer = send(&cloud, &token, Method::POST, path, "").await;
            assert_eq!(
                answer,
                refused(403, "only an admin or owner of organization acme may do this"),
                "{name} {path}"
            );
        }
        for path in &lists {
            assert_eq!(send(&cloud, &token, Method::GET, path, "").await.0, 200, "{name} {path}");
        }
    }
    let (_, token) = join(&cloud, "adam", Some(Role::Admin));
    assert_eq!(send(&cloud, &token, Method::POST, &restore[0], "").await.0, 200);
    let (_, stranger) = join(&cloud, "sue", None);
    for path in &lists {
        let answer = send(&cloud, &stranger, Method::GET, path, "").await;
        assert_eq!(answer, refused(403, "you are not a member of organization acme"), "{path}");
    }
}

#[tokio::test]
async fn what_was_deleted_is_neither_listed_nor_brought_back_on_the_free_plan() {
    let cloud = Cloud::new().unwrap();
    put_on(&cloud, "starter", true);
    let organization = organization_v3(&cloud);
    let sentence = "organization acme can't restore because plan starter doesn't support it";
    for (method, path) in [
        (Method::GET, "databases?deleted=true"),
        (Method::GET, "deleted-groups"),
        (Method::POST, "databases/0eb771dd-6906-11ee-8553-eaa7715aeaf2/restore"),
        (Method::POST, "groups/0eb771dd-6906-11ee-8553-eaa7715aeaf2/restore"),
    ] {
        let answer = send(&cloud, &cloud.token(), method, &format!("{organization}/{path}"), "").await;
        assert_eq!(answer, refused(403, sentence), "{path}");
    }
}

#[tokio::test]
async fn an_organization_that_restores_nothing_lists_what_it_has_deleted_all_the_same() {
    let cloud = Cloud::new().unwrap();
    create_orders(&cloud).await;
    send(&cloud, &cloud.token(), Method::DELETE, &format!("{DATABASES}/orders"), "").await;
    put_on(&cloud, "scaler", false);
    let organization = organization_v3(&cloud);
    let path = format!("{organization}/databases?deleted=true");
    let (status, listed) = send(&cloud, &cloud.token(), Method::GET, &path, "").await;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((status, &listed["databases"][0]["Name"]), (200, &"orders".into()));
    assert_eq!(
        send(&cloud, &cloud.token(), Method::GET, &format!("{organization}/deleted-groups"), "").await,
        (200, r#"{"groups":[],"pagination":{}}"#.to_owned())
    );
    let id = listed["databases"][0]["DbId"].as_str().unwrap();
    for path in [format!("databases/{id}/restore"), format!("groups/{id}/restore")] {
        let answer = send(&cloud, &cloud.token(), Method::POST, &format!("{organization}/{path}"), "").await;
        assert_eq!(answer, refused(400, "restoring is not enabled for organization acme"), "{path}");
    }
}

#[tokio::test]
async fn what_is_protected_is_not_deleted_by_its_id_either() {
    let cloud = Cloud::new().unwrap();
    create_orders(&cloud).await;
    protect(&cloud, false, true);
    let databases = format!("{}/databases", organization_v3(&cloud));
    let listed = send(&cloud, &cloud.token(), Method::GET, &databases, "").await.1;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["databases"][0]["delete_protection"], true);
    let path = format!("{databases}/{}", listed["databases"][0]["DbId"].as_str().unwrap());
    let answer = send(&cloud, &cloud.token(), Method::DELETE, &path, "").await;
    assert_eq!(answer, refused(403, "database orders is delete-protected and cannot be deleted"));
}

#[tokio::test]
async fn a_viewer_changes_nothing_by_its_id_either() {
    let cloud = Cloud::new().unwrap();
    create_orders(&cloud).await;
    let organization = organization_v3(&cloud);
    let (_, token) = join(&cloud, "vera", Some(Role::Viewer));
    let listed = send(&cloud, &token, Method::GET, &format!("{organization}/databases"), "").await.1;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let id = listed["databases"][0]["DbId"].as_str().unwrap();
    let group = listed["databases"][0]["group_id"].as_str().unwrap();
    for (method, path, body) in [
        (Method::POST, "databases".to_owned(), format!(r#"{{"name":"events","group_id":"{group}"}}"#)),
        (Method::DELETE, format!("databases/{id}"), String::new()),
        (Method::POST, format!("databases/{id}/auth/tokens"), String::new()),
        (Method::POST, format!("groups/{group}/auth/tokens"), String::new()),
    ] {
        let answer = send(&cloud, &token, method, &format!("{organization}/{path}"), &body).await;
        assert_eq!(answer, refused(403, "a viewer of organization acme may change nothing"), "{path}");
    }
}

/// The path of `acme` in version 3.
fn organization_v3(cloud: &Cloud) -> String {
    let acme = change(cloud, |transaction| Ok(transaction.find_organization(&slug("acme"))?.unwrap()));
    format!("/v3/organizations/{}", acme.uuid)
}

fn put_on(cloud: &Cloud, plan: &str, restore_enabled: bool) {
    change(cloud, |transaction| {
        let acme = transaction.find_organization(&slug("acme"))?.unwrap();
        let plan = plan.to_owned();
        Ok(transaction.update_organization(&OrganizationRow { plan, restore_enabled, ..acme })?)
    });
}

fn protect(cloud: &Cloud, group: bool, database: bool) {
    change(cloud, |transaction| {
        let acme = transaction.find_organization(&slug("acme"))?.unwrap();
        let mut row = transaction.find_database(acme.id, &"orders".parse()?)?.unwrap();
        row.group.delete_protection = group;
        transaction.update_group(&row.group)?;
        row.delete_protection = database;
        Ok(transaction.update_database(&row)?)
    });
}
