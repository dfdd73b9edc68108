//! Names and values that break a rule known without asking: no method sends anything.

use futures_util::TryStreamExt as _;
use turso_cloud::{
    ByteSize, Client, DatabaseFilter, DatabaseName, EncryptionKey, Error, ErrorKind, Expiration, NewDatabase,
    NewDatabaseV3, NewGroup, NewToken,
};

use crate::support::script::{Script, Step};

const BAD: [&str; 13] = ["", ".", "..", "a/b", "../b", "%2e%2e", "a b", "a\nb", "a\0", "naïve", "a?b=c", "a#b", "a\\b"];

fn too_long() -> String {
    "a".repeat(65)
}

fn is_refused<T>(result: Result<T, Error>, field: &str) -> bool {
    let Err(error) = result else { return false };
    error.kind() == ErrorKind::InvalidInput
        && error.attempts() == 0
        && error.to_string().contains(field)
        && !error.to_string().contains(char::is_control)
}

/// Every method that takes the name of a database; those that let it through.
async fn database_methods(client: &Client, name: &str) -> Vec<&'static str> {
    let databases = client.databases();
    let field = "database name";
    let refused = [
        ("get", is_refused(databases.get(name).await, field)),
        ("find", is_refused(databases.find(name).await, field)),
        ("create", is_refused(databases.create(NewDatabase::new(name, "default")).await, field)),
        ("ensure", is_refused(databases.ensure(NewDatabase::new(name, "default")).await, field)),
        ("delete", is_refused(databases.delete(name).await, field)),
        ("delete_if_exists", is_refused(databases.delete_if_exists(name).await, field)),
        ("create_token", is_refused(databases.create_token(name, NewToken::read_only()).await, field)),
        ("rotate_tokens", is_refused(databases.rotate_tokens(name).await, field)),
    ];
    refused.into_iter().filter(|(_, refused)| !refused).map(|(method, _)| method).collect()
}

/// Every method that takes the name of a group.
async fn group_methods(client: &Client, name: &str) -> Vec<&'static str> {
    let groups = client.groups();
    let field = "group name";
    let refused = [
        ("get", is_refused(groups.get(name).await, field)),
        ("find", is_refused(groups.find(name).await, field)),
        ("create", is_refused(groups.create(NewGroup::new(name, "aws-eu-west-1")).await, field)),
        ("ensure", is_refused(groups.ensure(NewGroup::new(name, "aws-eu-west-1")).await, field)),
        ("delete", is_refused(groups.delete(name).await, field)),
        ("delete_if_exists", is_refused(groups.delete_if_exists(name).await, field)),
        ("create in it", is_refused(client.databases().create(NewDatabase::new("orders", name)).await, field)),
        ("ensure in it", is_refused(client.databases().ensure(NewDatabase::new("orders", name)).await, field)),
        (
            "list those in it",
            is_refused(client.databases().list_matching(DatabaseFilter::default().group(name)).await, field),
        ),
    ];
    refused.into_iter().filter(|(_, refused)| !refused).map(|(method, _)| method).collect()
}

/// Every method that takes a location or an organization.
async fn other_methods(client: &Client, name: &str) -> Vec<&'static str> {
    let refused = [
        ("location get", is_refused(client.locations().get(name).await, "location")),
        ("location find", is_refused(client.locations().find(name).await, "location")),
        ("create group", is_refused(client.groups().create(NewGroup::new("eu", name)).await, "location")),
        ("ensure group", is_refused(client.groups().ensure(NewGroup::new("eu", name)).await, "location")),
        ("organization get", is_refused(client.organizations().get(name).await, "organization")),
        ("organization find", is_refused(client.organizations().find(name).await, "organization")),
        ("databases", is_refused(client.databases().organization(name).list().await, "organization")),
        ("groups", is_refused(client.groups().organization(name).list().await, "organization")),
        (
            "audit logs",
            is_refused(
                client.audit_logs().organization(name).page(turso_cloud::AuditLogPage::default()).await,
                "organization",
            ),
        ),
    ];
    refused.into_iter().filter(|(_, refused)| !refused).map(|(method, _)| method).collect()
}

#[tokio::test]
async fn a_bad_name_never_reaches_the_wire() {
    let script = Script::new([Step::absent()]);
    let client = script.client().build().unwrap();
    let long = too_long();
    for name in BAD.into_iter().chain([&*long]) {
        assert_eq!(database_methods(&client, name).await, [""; 0], "{name:?}");
        assert_eq!(group_methods(&client, name).await, [""; 0], "{name:?}");
        assert_eq!(other_methods(&client, name).await, [""; 0], "{name:?}");
        assert_eq!(script.count(), 0, "{name:?}");
    }
    for name in ["Orders", "or_ders", "or.ders"] {
        assert_eq!(database_methods(&client, name).await, [""; 0], "{name:?}");
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn a_bad_value_never_reaches_the_wire() {
    let script = Script::new([Step::absent()]);
    let client = script.client().build().unwrap();
    let databases = client.databases();
    for expiration in [Expiration::seconds(0), Expiration::weeks(u32::MAX)] {
        let token = NewToken::full_access().expires(expiration);
        assert!(is_refused(databases.create_token("orders", token).await, "expiration"), "{expiration}");
    }
    let empty = NewDatabase::new("orders", "default").size_limit(ByteSize::new(0));
    assert!(is_refused(databases.create(empty.clone()).await, "size limit"));
    assert!(is_refused(databases.ensure(empty).await, "size limit"));
    let filter = DatabaseFilter::default().parent("not-a-uuid!");
    assert!(is_refused(databases.list_matching(filter).await, "database id"));
    assert_eq!(script.count(), 0);
}

/// Where a call is several requests, what is bad in the last of them is told before the first.
#[tokio::test]
async fn a_bad_value_is_refused_before_anything_is_asked_for_the_call() {
    let script = Script::new([Step::absent()]);
    let client = script.client().build().unwrap();
    let (databases, recovery) = (client.databases(), client.recovery());
    let key = || EncryptionKey::from_base64("c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0ISE=").unwrap();
    let id = "0eb771dd-6906-11ee-8553-eaa7715aeaf2";
    assert!(is_refused(databases.branch("orders", "A Copy").await, "database name"));
    assert!(is_refused(databases.branch("orders", "copy").group("A Group").encryption_key(key()).await, "group name"));
    assert!(is_refused(databases.access("orders", Expiration::seconds(0)).await, "expiration"));
    assert!(is_refused(databases.create_by_group_id(NewDatabaseV3::new("An Order", id)).await, "database name"));
    assert!(is_refused(recovery.restore_database_as(id, "An Order").await, "database name"));
    for items in [0, 1001] {
        assert!(is_refused(recovery.databases().page_size(items).try_next().await, "limit"), "{items}");
        assert!(is_refused(recovery.groups().page_size(items).try_next().await, "limit"), "{items}");
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn the_error_names_the_operation_the_field_the_value_and_the_rule() {
    let script = Script::new([Step::absent()]);
    let client = script.client().build().unwrap();
    let error = client.databases().get("Orders").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GetDatabase (GET /v1/organizations/{organization}/databases/{database}): invalid input: database name \
         \"Orders\" is not valid: only a-z, 0-9 and - are allowed, found 'O' at character 1"
    );
    let error = client.databases().ensure(NewDatabase::new("Orders", "default")).await.unwrap_err();
    assert!(error.to_string().ends_with("found 'O' at character 1"), "{error}");
    assert_eq!((error.operation(), error.attempts()), (Some("CreateDatabase"), 0));
    assert!(error.to_string().contains(&format!(": {}: ", error.kind())), "{error}");
}

#[tokio::test]
async fn a_checked_name_is_taken_as_it_is() {
    let script = Script::new([Step::absent()]);
    let client = script.client().build().unwrap();
    let name = DatabaseName::try_from("orders").unwrap();
    client.databases().find(&name).await.unwrap();
    client.databases().find(name.clone()).await.unwrap();
    client.databases().find(String::from("orders")).await.unwrap();
    assert_eq!(script.count(), 3);

    // A name the service gave need not follow the rule of new ones; it is encoded on its way back.
    let old: DatabaseName = serde_json::from_str(r#""Old Name/1""#).unwrap();
    client.databases().find(old).await.unwrap();
    assert_eq!(script.sent()[3].uri.path(), "/v1/organizations/acme/databases/Old%20Name%2F1");
}
