//! What a test of one's own hands out in place of the client.

use turso_cloud::{CreatedDatabase, Ensured, mock::{Failure, Mock}};

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
