//! What a test of one's own hands out in place of the client.

use turso_cloud::{
    CreatedDatabase, Ensured, NewDatabase,
    contract::databases::CreateDatabase,
    mock::{Failure, Mock},
};

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
