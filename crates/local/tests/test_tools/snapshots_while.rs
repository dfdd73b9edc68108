//! Copies of a cloud that are made while other things go on.

use turso_cloud_local::Cloud;

use crate::{
    snapshots::{HOUR, with_a_row},
    support::{client, token, value},
};

/// More than a generation of the history of a database can have.
const LONG: &str = "INSERT INTO t SELECT randomblob(8400000)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_past_is_in_a_copy_that_is_made_while_what_is_too_old_is_given_up() {
    let cloud = Cloud::builder().seed(7).build().unwrap();
    let token = with_a_row(&cloud).await;
    for _ in 0..16 {
        value(&cloud, "orders", &token, LONG).await;
    }
    cloud.clock().advance(25 * HOUR);
    value(&cloud, "orders", &token, "DELETE FROM t").await;
    cloud.clock().advance(HOUR);
    let then = cloud.clock().now();
    cloud.clock().advance(HOUR);

    let copies = async {
        let mut copies = Vec::new();
        for _ in 0..4 {
            copies.push(cloud.fork().await.unwrap());
        }
        copies
    };
    let (_, copies) = tokio::join!(value(&cloud, "orders", &token, LONG), copies);
    for copy in copies {
        client(&copy).databases().branch("orders", "past").at(then).await.unwrap();
        let token = self::token(&copy, "past").await;
        assert_eq!(value(&copy, "past", &token, "SELECT count(*) FROM t").await, "0");
    }
}
