//! Statements of a test that holds the cloud.

use turso_cloud::NewDatabase;
use turso_cloud_contract::endpoints::CreateDatabase;
use turso_cloud_local::{Cloud, CloudError, SqlValue};

use crate::support::{client, create, token, value};

#[tokio::test]
async fn values_of_every_type_come_as_what_they_are() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    let rows =
        cloud.sql("orders", "SELECT NULL, 9223372036854775807, 1.5, 'té', x'00ff' UNION ALL SELECT 1, 2, 3, 4, 5");
    let values = [
        SqlValue::Null,
        SqlValue::Integer(i64::MAX),
        SqlValue::Real(1.5),
        SqlValue::Text("té".to_owned()),
        SqlValue::Blob(vec![0, 255]),
    ];
    assert_eq!(rows.await.unwrap(), [values, [1, 2, 3, 4, 5].map(SqlValue::Integer)]);
    assert!(cloud.sql("orders", "SELECT 1 WHERE 0").await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_test_writes_a_driver_reads_and_the_other_way_round() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    let token = token(&cloud, "orders").await;
    assert!(cloud.sql("orders", "CREATE TABLE t (v)").await.unwrap().is_empty());
    assert_eq!(cloud.sql("orders", "INSERT INTO t VALUES (7) RETURNING v").await.unwrap(), [[SqlValue::Integer(7)]]);
    assert_eq!(value(&cloud, "orders", &token, "SELECT v FROM t").await, "7");
    value(&cloud, "orders", &token, "DELETE FROM t").await;
    // What it leaves open ends with it.
    cloud.sql("orders", "BEGIN IMMEDIATE").await.unwrap();
    value(&cloud, "orders", &token, "INSERT INTO t VALUES (8)").await;
    assert_eq!(cloud.sql("orders", "SELECT v FROM t").await.unwrap(), [[SqlValue::Integer(8)]]);
}

#[tokio::test]
async fn a_statement_that_does_not_run_says_why() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    for (statement, why) in [
        ("SELECT * FROM missing", "no such table: missing"),
        ("SELEC 1", "syntax error"),
        ("SELECT 1; SELECT 2", "more than one statement"),
    ] {
        let error = cloud.sql("orders", statement).await.unwrap_err();
        assert!(matches!(&error, CloudError::Sql { database, .. } if database == "orders"), "{error:?}");
        assert!(error.to_string().contains(why), "{error}");
    }
    cloud.archive_group("acme", "default").unwrap();
    let asleep = cloud.sql("orders", "SELECT 1").await.unwrap_err();
    assert!(matches!(asleep, CloudError::Sql { .. }), "{asleep}");
}

#[tokio::test]
async fn a_database_is_found_by_its_name_in_the_team_and_by_its_label_anywhere() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    client(&cloud).databases().organization("dev").create(NewDatabase::new("mine", "default")).await.unwrap();
    for (database, is_there) in [
        ("orders", true),
        ("orders-acme", true),
        ("mine-dev", true),
        ("mine", false),
        ("orders-dev", false),
        ("", false),
    ] {
        match cloud.sql(database, "SELECT 1").await {
            Ok(rows) => assert!(is_there && rows == [[SqlValue::Integer(1)]], "{database}"),
            Err(error) => assert!(!is_there && matches!(error, CloudError::Input(_)), "{database}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_look_is_no_request() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    let fault = cloud.faults().on_everything().reply(503);
    cloud.sql("orders", "SELECT 1").await.unwrap();
    assert_eq!((fault.status().seen, cloud.requests().count()), (0, 1));
    assert_eq!(cloud.requests().of::<CreateDatabase>().len(), 1);
}
