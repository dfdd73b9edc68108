//! What a test of one's own hands out in place of the client.

use turso_cloud::{
    CreatedDatabase, DatabaseAccess, DatabaseToken, Ensured, Limits, Location, NewDatabase, OrganizationTotal,
    OrganizationUsage, Outcome, Outcomes, Quotas,
    contract::databases::CreateDatabase,
    mock::{Failure, Mock},
};

#[expect(clippy::unwrap_used, reason = "the id and the name are good")]
fn orders() -> CreatedDatabase {
    CreatedDatabase::new(
        "0eb771dd-6906-11ee-8553-eaa7715aeaf2".parse().unwrap(),
        "orders-acme.turso.io",
        "orders".parse().unwrap(),
    )
}

#[tokio::test]
async fn a_result_that_is_ready_is_not_waited_for() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    assert_eq!(turso.ready(Ok(orders())).wait_ready().await.unwrap(), orders());
    let database = turso.databases().get("orders").await.unwrap();
    let ensured = Ensured::Existing(database);
    assert_eq!(turso.ready(Ok(ensured.clone())).wait_ready().await.unwrap(), ensured);
    let refused = turso.ready::<CreatedDatabase>(Err(Failure::refused(403, "no").into())).wait_ready().await;
    assert!(refused.unwrap_err().is_forbidden());

    let ready = turso.clone();
    let outcomes = turso.many(["orders"], move |_| ready.ready(Ok(orders()))).wait_ready().await;
    assert_eq!(outcomes.into_result().unwrap(), [orders()]);
    assert_eq!(mock.operations(), ["GetDatabase"]);
}

#[tokio::test]
async fn a_call_whose_result_is_changed_stays_the_call_it_is() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    let created = turso.databases().create(NewDatabase::new("orders", "default")).map(|created| created);
    assert_eq!(created.wait_ready().await.unwrap().name, "orders");
    assert_eq!(mock.operations(), ["CreateDatabase", "GetDatabase", "CreateDatabaseToken", "Upload"]);

    assert_eq!(turso.ready(Ok(1)).map(|_| orders()).wait_ready().await.unwrap(), orders());
    let refused = Err(Failure::refused(404, "no").into());
    assert!(turso.ready::<u8>(refused).map(|_| -> u8 { unreachable!() }).await.unwrap_err().is_not_found());
    assert_eq!(mock.request_count(), 4);
}

#[tokio::test]
async fn a_wait_in_an_organization_that_is_not_known_is_refused_before_anything_is_sent() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    let organization = "umbrella".parse().unwrap();
    let create = CreateDatabase { organization, body: NewDatabase::new("orders", "default") };
    let error = turso.call(create).map(|answer| answer.database).wait_ready().await.unwrap_err();
    assert!(error.is_config() && error.to_string().contains("organization to wait in"), "{error}");
    assert_eq!(mock.request_count(), 0);
}

#[tokio::test]
async fn whatever_a_call_yields_can_be_made() {
    let turso = Mock::new().client().build().unwrap();
    let end = "2026-11-23T09:00:00Z".parse().unwrap();
    let token = DatabaseToken::new("eyJhbGciOiJFZERTQSJ9.planted-token.c2ln").unwrap();
    let access = DatabaseAccess::new("libsql://orders-acme.turso.io", token).expires_at(end);
    assert!(!format!("{access:?} {access:#?}").contains("planted"));
    let access = turso.ready(Ok(access)).await.unwrap();
    assert_eq!((&*access.url, access.expires_at), ("libsql://orders-acme.turso.io", Some(end)));
    assert!(access.token.expose().contains("planted"));

    let refused = Failure::refused(409, "no").into();
    let outcomes: Outcomes<_, _> =
        [Outcome::new(0, "ada", Ok(1)), Outcome::new(1, "grace", Err(refused))].into_iter().collect();
    assert_eq!((outcomes.len(), outcomes.failed().next().unwrap().input), (2, "grace"));
    assert!(outcomes.into_result().unwrap_err().is_already_exists());

    let location = Location::new("aws-eu-west-1".parse().unwrap(), "Ireland");
    assert_eq!(turso.ready(Ok(location)).await.unwrap().description, "Ireland");
    let id = "0eb771dd-6906-11ee-8553-eaa7715aeaf2".parse().unwrap();
    let usage = OrganizationUsage::new(id, OrganizationTotal::default(), vec![]);
    let limits = Limits::new("pro", Quotas::default(), usage).overages(true);
    assert!(turso.ready(Ok(limits)).await.unwrap().overages);
}
