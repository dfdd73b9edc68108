//! Testing code that calls Turso Cloud, without sockets and without state: `cargo test --example unit_test`.
#![cfg_attr(not(test), expect(dead_code, reason = "only the tests call it"))]

use turso_cloud::{Client, Error, NewDatabase};

fn main() {}

/// The code under test: a database for a new user, unless there are too many already.
async fn sign_up(turso: &Client, user: &str) -> Result<bool, Error> {
    if turso.databases().list().await?.len() >= 100 {
        return Ok(false);
    }
    turso.databases().create(NewDatabase::new(format!("tenant-{user}"), "default")).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use turso_cloud::{
        contract::databases::{CreateDatabase, ListDatabases},
        mock::{Failure, Mock},
    };

    use super::*;

    #[tokio::test]
    async fn a_new_user_gets_a_database() {
        let mock = Mock::new();
        let turso = mock.client().build().unwrap();
        assert!(sign_up(&turso, "ada").await.unwrap());
        assert_eq!(mock.requests::<CreateDatabase>()[0].body, NewDatabase::new("tenant-ada", "default"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_service_is_waited_for() {
        let mock = Mock::new();
        mock.when::<CreateDatabase>().fail_once(Failure::rate_limited(Duration::from_secs(30)));
        let turso = mock.client().build().unwrap();
        assert!(sign_up(&turso, "ada").await.unwrap());
        assert_eq!(mock.requests::<CreateDatabase>().len(), 2);
    }

    #[tokio::test]
    async fn a_refusal_is_passed_on() {
        let mock = Mock::new();
        mock.when::<ListDatabases>().fail_once(Failure::refused(402, "a payment is due"));
        let turso = mock.client().build().unwrap();
        assert!(sign_up(&turso, "ada").await.unwrap_err().is_payment_required());
    }
}
