//! Testing code that uses Turso Cloud against real databases, in the same process: `cargo test --example
//! integration_test`. Every test has a cloud of its own, without a port.
#![cfg_attr(not(test), expect(dead_code, reason = "only the tests call it"))]

use turso_cloud::{Client, DatabaseToken, Error, Expiration, NewDatabase, NewToken};

fn main() {}

/// The code under test: a database with a token that is good for a day.
async fn provision(turso: &Client, name: &str) -> Result<DatabaseToken, Error> {
    turso.databases().ensure(NewDatabase::new(name, "default")).await?;
    turso.databases().create_token(name, NewToken::full_access().expires(Expiration::days(1))).await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use turso_cloud::contract::databases::CreateDatabase;
    use turso_cloud_local::Cloud;

    use super::*;

    /// The status a database's own host answers a query with.
    async fn query(cloud: &Cloud, name: &str, token: &DatabaseToken) -> u16 {
        let body = r#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}}]}"#;
        let url = format!("http://{name}-acme.localhost/v2/pipeline");
        let request = http::Request::post(url).header("authorization", format!("Bearer {}", token.expose()));
        cloud.handle(request.body(body.into()).unwrap()).await.status().as_u16()
    }

    #[tokio::test]
    async fn a_token_ends_after_a_day() {
        let cloud = Cloud::new().unwrap();
        let token = provision(&cloud.client().build().unwrap(), "orders").await.unwrap();
        assert_eq!(query(&cloud, "orders", &token).await, 200);
        cloud.clock().advance(Duration::from_secs(86_400));
        assert_eq!(query(&cloud, "orders", &token).await, 401);
    }

    #[tokio::test]
    async fn provisioning_survives_a_failure_of_the_service() {
        let cloud = Cloud::new().unwrap();
        cloud.faults().on::<CreateDatabase>().nth(1).reply(503);
        let token = provision(&cloud.client().build().unwrap(), "orders").await.unwrap();
        assert_eq!(query(&cloud, "orders", &token).await, 200);
    }
}
