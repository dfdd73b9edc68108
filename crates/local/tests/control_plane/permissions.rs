//! What every operation asks of roles and of tokens that are good for one group.

use http::Method;
use serde_json::Value;
use turso_cloud_contract::{CATALOGUE, EndpointInfo, Service, api_tokens::Scope, members::Role};
use turso_cloud_local::Cloud;

use crate::support::{call, call_as, create_database, delete, get, mint_api_token, post, token_of};

const ORG_LEVEL: &str = "group-scoped token cannot access org-level resources";

/// A request of an operation that finds what it is for, with a body that is good enough to get past the permissions.
async fn request(cloud: &Cloud, info: &EndpointInfo, group: &str, database: &str) -> (Method, String, String) {
    let ids = ids(cloud, group, database).await;
    let by_id = info.path.starts_with("/v3");
    let names = if by_id { ids.each_ref().map(String::as_str) } else { ["acme", group, database] };
    let [organization, group_id, database_id] = names;
    let fields = [
        ("{organization}", organization),
        ("{group}", group_id),
        ("{database}", database_id),
        ("{username}", "nobody"),
        ("{location}", "aws-us-east-1"),
    ];
    let path = fields.iter().fold(info.path.to_owned(), |path, (field, value)| path.replace(field, value));
    let path: Vec<_> = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
    let names = format!(r#""name":"new","group":"{group}","group_id":"{}""#, ids[1]);
    let body = format!(r#"{{{names},"role":"king","org":"acme","organization":"acme"}}"#);
    (info.method.clone(), path.join("/"), body)
}

/// What version 3 knows the organization `acme`, a group and a database of it by.
async fn ids(cloud: &Cloud, group: &str, database: &str) -> [String; 3] {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let organizations = get(cloud, "/v2/organizations").await.json();
    let acme = organizations["organizations"].as_array().unwrap().iter().find(|found| found["slug"] == "acme");
    let group = get(cloud, &format!("/v1/organizations/acme/groups/{group}")).await.json();
    let database = get(cloud, &format!("/v1/organizations/acme/databases/{database}")).await.json();
    [text(&acme.unwrap()["id"]), text(&group["group"]["uuid"]), text(&database["database"]["DbId"])]
}

/// What a token of one group needs, as the reference says: its scope, nothing at all, or no way.
fn needs(info: &EndpointInfo) -> &'static str {
    match info.name {
        "ValidateApiToken" | "ListLocations" | "GetLocation" => "any",
        "CreateDatabase" | "CreateDatabaseV3" | "RestoreDatabase" => "db:create",
        "DeleteDatabase" | "DeleteDatabaseV3" => "db:delete",
        "UpdateDatabaseConfiguration" | "TransferDatabase" | "WakeUpDatabase" => "db:configure",
        "CreateDatabaseToken" | "CreateDatabaseTokenV3" => "db:mint-token",
        "RotateDatabaseTokens" => "db:rotate-creds",
        "UpdateGroupConfiguration"
        | "RenameGroup"
        | "UpdateGroup"
        | "UnarchiveGroup"
        | "AddGroupLocation"
        | "RemoveGroupLocation" => "group:configure",
        "CreateGroupToken" | "CreateGroupTokenV3" => "group:mint-token",
        "RotateGroupTokens" => "group:rotate-creds",
        "ListDeletedGroups" => "organization",
        name if info.method == Method::GET && ["/groups", "/databases"].iter().any(|noun| info.path.contains(noun))
            || name == "ListOrganizationLocations" =>
        {
            "read"
        }
        _ => "organization",
    }
}

fn operations() -> impl Iterator<Item = &'static EndpointInfo> {
    CATALOGUE.iter().filter(|info| info.service == Service::Platform)
}

fn nine() -> impl Iterator<Item = &'static Scope> {
    Scope::KNOWN.iter().filter(|scope| !matches!(scope, Scope::ReadOnly | Scope::FullAccess))
}

fn of_group(group: &str, scope: &str) -> String {
    format!(r#"{{"organization":"acme","group":"{group}","scopes":["{scope}"]}}"#)
}

fn databases(list: &Value) -> Vec<&str> {
    list["databases"].as_array().unwrap().iter().map(|database| database["Name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_operation_lets_in_its_own_scope_and_no_other() {
    for scope in nine() {
        for info in operations() {
            let needed = needs(info);
            let cloud = Cloud::builder().seed(7).build().unwrap();
            create_database(&cloud, "orders").await;
            let token = mint_api_token(&cloud, "ci", &of_group("default", scope.as_str())).await;
            let (method, path, body) = request(&cloud, info, "default", "orders").await;
            let answer = call_as(&cloud, &token, method, &path, &body).await;
            let lacks = format!("the token does not have the scope {needed}");
            match needed {
                "organization" => assert_eq!(answer.refusal(), (403, ORG_LEVEL.to_owned()), "{} {scope}", info.name),
                _ if needed == "any" || needed == scope.as_str() => {
                    assert!(!matches!(answer.status, 401 | 403), "{} {scope}: {}", info.name, answer.text);
                }
                _ => assert_eq!(answer.refusal(), (403, lacks), "{} {scope}", info.name),
            }
        }
    }
}

#[tokio::test]
async fn a_token_of_another_group_finds_nothing() {
    let cloud = Cloud::builder().with_group("eu", "aws-eu-west-1").build().unwrap();
    create_database(&cloud, "orders").await;
    let token = mint_api_token(&cloud, "ci", &of_group("eu", "full-access")).await;
    let before = get(&cloud, "/v1/organizations/acme/databases").await.text;
    for info in operations() {
        let needed = needs(info);
        let (method, path, body) = request(&cloud, info, "default", "orders").await;
        let names_one = info.path.contains("{group}") || info.path.contains("{database}");
        if matches!(needed, "any" | "organization") || !(names_one || info.name.starts_with("Create")) {
            continue;
        }
        let restores = info.name == "RestoreDatabase";
        if restores {
            assert_eq!(delete(&cloud, "/v1/organizations/acme/databases/orders").await.status, 200);
        }
        let answer = call_as(&cloud, &token, method, &path, &body).await;
        let expected = if names_one { 404 } else { 400 };
        assert_eq!(answer.status, expected, "{}: {}", info.name, answer.text);
        if restores {
            assert_eq!(post(&cloud, &path, "").await.status, 200, "it was there to be restored");
        }
    }
    assert_eq!(get(&cloud, "/v1/organizations/acme/databases").await.text, before);
}

#[tokio::test]
async fn a_token_of_one_group_sees_only_that_group() {
    let cloud = Cloud::builder().with_group("eu", "aws-eu-west-1").build().unwrap();
    create_database(&cloud, "orders").await;
    let body = r#"{"name":"events","group":"eu"}"#;
    assert_eq!(post(&cloud, "/v1/organizations/acme/databases", body).await.status, 200);
    let token = mint_api_token(&cloud, "ci", &of_group("eu", "read")).await;
    let groups = call_as(&cloud, &token, Method::GET, "/v1/organizations/acme/groups", "").await.json();
    assert_eq!((groups["groups"].as_array().unwrap().len(), &groups["groups"][0]["name"]), (1, &"eu".into()));
    let ids = ids(&cloud, "default", "orders").await;
    let by_id = format!("/v3/organizations/{}/databases", ids[0]);
    for path in ["/v1/organizations/acme/databases", &by_id] {
        assert_eq!(databases(&call_as(&cloud, &token, Method::GET, path, "").await.json()), ["events"], "{path}");
    }
    for name in ["orders", "events"] {
        assert_eq!(delete(&cloud, &format!("/v1/organizations/acme/databases/{name}")).await.status, 200);
    }
    let deleted = format!("{by_id}?deleted=true");
    assert_eq!(databases(&get(&cloud, &deleted).await.json()), ["orders", "events"]);
    assert_eq!(databases(&call_as(&cloud, &token, Method::GET, &deleted, "").await.json()), ["events"]);
}

#[tokio::test]
async fn pages_of_a_token_of_one_group_are_full_of_what_is_in_it() {
    let cloud = Cloud::builder().with_group("eu", "aws-eu-west-1").build().unwrap();
    let home = "/v1/organizations/acme/databases";
    for (name, group) in [("a", "default"), ("b", "eu"), ("c", "default"), ("d", "eu"), ("e", "default")] {
        let body = format!(r#"{{"name":"{name}","group":"{group}"}}"#);
        assert_eq!(post(&cloud, home, &body).await.status, 200);
    }
    let token = mint_api_token(&cloud, "ci", &of_group("eu", "read")).await;
    let ids = ids(&cloud, "default", "a").await;
    let by_id = format!("/v3/organizations/{}/databases", ids[0]);
    let pages = async |list: &str| {
        let (mut pages, mut path) = (Vec::new(), format!("{list}limit=1"));
        loop {
            let page = call_as(&cloud, &token, Method::GET, &path, "").await.json();
            pages.push(databases(&page).join(" "));
            let Some(next) = page["pagination"]["next"].as_str() else { return pages };
            path = format!("{list}limit=1&cursor={next}");
        }
    };
    for list in [format!("{home}?"), format!("{by_id}?")] {
        assert_eq!(pages(&list).await, ["b", "d"], "{list}");
    }
    for list in [format!("{home}?group=default&"), format!("{by_id}?group_id={}&", ids[1])] {
        assert_eq!(pages(&list).await, [""], "{list}");
    }
    for name in ["e", "d", "c", "b", "a"] {
        assert_eq!(delete(&cloud, &format!("{home}/{name}")).await.status, 200);
    }
    let mut deleted = pages(&format!("{by_id}?deleted=true&")).await;
    deleted.sort();
    assert_eq!(deleted, ["b", "d"]);
}

#[tokio::test]
async fn a_token_of_one_group_has_to_name_it() {
    let cloud = Cloud::new().unwrap();
    let token = mint_api_token(&cloud, "ci", &of_group("default", "db:create")).await;
    for body in [r#"{"name":"orders"}"#, r#"{"name":"orders","group":""}"#, "{}"] {
        let refused = call_as(&cloud, &token, Method::POST, "/v1/organizations/acme/databases", body).await;
        let sentence = "group-scoped tokens must specify a group in the request".to_owned();
        assert_eq!(refused.refusal(), (403, sentence), "{body}");
    }
    let body = r#"{"Name":"orders","Group":"default"}"#;
    let created = call_as(&cloud, &token, Method::POST, "/v1/organizations/acme/databases", body).await;
    assert_eq!(created.status, 200);
}

/// The least role of every operation of an organization that a viewer cannot do.
fn least_role(info: &EndpointInfo) -> Role {
    match info.name {
        "DeleteOrganization" => Role::Owner,
        "UpdateOrganization"
        | "ListMembers"
        | "AddMember"
        | "UpdateMember"
        | "RemoveMember"
        | "ListInvites"
        | "CreateInvite"
        | "DeleteInvite"
        | "GetBillingCustomer"
        | "UpdateBillingCustomer"
        | "CreateBillingPortal"
        | "SaveJwks"
        | "RemoveJwks"
        | "RestoreDatabase"
        | "RestoreGroup"
        // Of the organization it goes to, which is the same here.
        | "TransferDatabase"
        | "TransferGroup" => Role::Admin,
        // What of it is not the caller's own is not there.
        "RevokeOrganizationApiToken" => Role::Viewer,
        _ if info.method == Method::GET => Role::Viewer,
        _ => Role::Member,
    }
}

#[tokio::test]
async fn every_operation_lets_in_the_roles_it_should() {
    let ranks = [Role::Viewer, Role::Member, Role::Admin];
    for info in operations().filter(|info| info.path.contains("{organization}")) {
        for (rank, role) in ranks.iter().enumerate() {
            let cloud = Cloud::builder().seed(7).with_member("bob", role.clone()).build().unwrap();
            create_database(&cloud, "orders").await;
            let (method, path, body) = request(&cloud, info, "default", "orders").await;
            // Well-formed, so that nothing but the role can be refused.
            let body = match info.name {
                "AddMember" => r#"{"username":"nobody"}"#.to_owned(),
                "CreateInvite" => r#"{"email":"eve@example.com"}"#.to_owned(),
                "SaveJwks" => r#"{"jwks_url":"https://example.com"}"#.to_owned(),
                "CreateGroup" => r#"{"name":"new","location":"local"}"#.to_owned(),
                "GetJwksTemplate" => r#"{"scope":"full-access"}"#.to_owned(),
                _ => body,
            };
            let path = if info.name == "DeleteInvite" { path.replace("/x", "/x@y.z") } else { path };
            let answer = call_as(&cloud, &token_of(&cloud, "bob"), method, &path, &body).await;
            let least = least_role(info);
            let allowed = ranks.iter().position(|role| *role == least).is_some_and(|least| rank >= least);
            assert_eq!(answer.status != 403, allowed, "{} {role}: {} {}", info.name, answer.status, answer.text);
        }
    }
}

#[tokio::test]
async fn nobody_but_a_member_gets_into_an_organization() {
    let cloud = Cloud::builder().with_user("bob").build().unwrap();
    let bob = token_of(&cloud, "bob");
    assert_eq!(call_as(&cloud, &bob, Method::GET, "/v1/organizations/bob/groups", "").await.status, 200);
    let refused = call_as(&cloud, &bob, Method::GET, "/v1/organizations/acme/groups", "").await;
    assert_eq!(refused.refusal(), (403, "you are not a member of organization acme".to_owned()));
    let own = call(&cloud, Method::GET, "/v1/organizations/bob/groups", "").await;
    assert_eq!(own.refusal(), (403, "you are not a member of organization bob".to_owned()));
}
