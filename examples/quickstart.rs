//! Creates a group, a database and a token, writes and reads rows through an official driver, and reads the audit
//! log of what it did.
//!
//! `cargo run --example quickstart` runs it against a local cloud it starts itself. With `--cloud` it runs against Turso
//! Cloud, as the organization `TURSO_ORG` with the token `TURSO_API_TOKEN`; there it uses a group that exists, where the
//! plan allows no other. Its database is deleted at the end; the group `quickstart` stays. `TURSO_API_BASEURL`
//! names another server, such as a local cloud that runs already.
#![expect(clippy::print_stdout, reason = "it shows what it does")]

use anyhow::{Context as _, Result, bail};
use futures_util::TryStreamExt as _;
use turso_cloud::{ApiToken, Client, Database, DatabaseToken, Expiration, Group, NewDatabase, NewGroup, NewToken};
use turso_cloud_local::{Cloud, Server};

const GROUP: &str = "quickstart";

#[tokio::main]
async fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        None => {
            let (turso, server) = local_cloud().await?;
            walk_through(&turso).await?;
            server.shutdown().await;
        }
        Some("--cloud") => walk_through(&turso_cloud()?).await?,
        Some(other) => bail!("unknown argument {other:?}: it takes --cloud or nothing"),
    }
    Ok(())
}

async fn local_cloud() -> Result<(Client, Server)> {
    let cloud = Cloud::new()?;
    let server = cloud.serve("127.0.0.1:0").await?;
    let turso = Client::builder(cloud.token()).base_url(server.url()).organization(cloud.organization()).build()?;
    println!("a local Turso Cloud listens at {}", server.url());
    Ok((turso, server))
}

fn turso_cloud() -> Result<Client> {
    let organization = std::env::var("TURSO_ORG").context("TURSO_ORG is not set")?;
    let mut turso = Client::builder(ApiToken::from_env("TURSO_API_TOKEN")?).organization(organization);
    if let Ok(url) = std::env::var("TURSO_API_BASEURL") {
        turso = turso.base_url(url);
    }
    Ok(turso.build()?)
}

async fn walk_through(turso: &Client) -> Result<()> {
    let started = jiff::Timestamp::now();
    turso.api_tokens().validate().await.context("the API token is not good")?;
    println!("the API token is good");

    let group = group(turso).await?;
    println!("group {} is in {}", group.name, group.primary);

    // A name that nothing of anybody's has.
    let name = format!("quickstart-{}", started.as_millisecond());
    let created = turso.databases().create(NewDatabase::new(name, group.name.as_str())).wait_ready().await?;
    let database = turso.databases().get(&created.name).await?;
    println!("database {} answers at {}", database.name, database.url());

    let token = NewToken::full_access().expires(Expiration::hours(1));
    let token = turso.databases().create_token(&created.name, token).await?;
    println!("a token for it is good for an hour");

    println!("rows, written and read by the driver turso_serverless:");
    for row in write_and_read(&database, &token).await? {
        println!("  {row}");
    }

    turso.databases().delete(&created.name).await?;
    println!("database {} is deleted", created.name);

    println!("the audit log since the start, newest entry first:");
    print_audit_log(turso, started).await
}

/// A group of its own, or the first there is where the plan allows no other.
async fn group(turso: &Client) -> Result<Group> {
    let here = turso.locations().find("local").await?;
    let location = match here {
        Some(here) => here,
        None => turso.locations().closest().await?,
    };
    match turso.groups().ensure(NewGroup::new(GROUP, &location.code)).await {
        Ok(group) => Ok(group.into_inner()),
        Err(refused) if refused.is_payment_required() || refused.is_forbidden() || refused.is_rejected() => {
            println!("no group of its own: {refused}");
            turso.groups().list().await?.into_iter().next().context("there is no group")
        }
        Err(error) => Err(error.into()),
    }
}

async fn write_and_read(database: &Database, token: &DatabaseToken) -> Result<Vec<String>> {
    let driver = turso_serverless::Builder::new_remote(database.url()).with_auth_token(token.expose()).build().await?;
    let mut connection = driver.connect()?;
    connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, article TEXT NOT NULL, price REAL)", ()).await?;

    let transaction = connection.transaction().await?;
    for (article, price) in [("tea", 3.5), ("coffee", 4.2), ("cake", 5.0)] {
        transaction.execute("INSERT INTO orders (article, price) VALUES (?1, ?2)", (article, price)).await?;
    }
    transaction.commit().await?;

    let mut found = connection.query("SELECT id, article, price FROM orders WHERE price > ?1", (4.0,)).await?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().await? {
        rows.push(format!("{} {} {:.2}", row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<f64>(2)?));
    }
    Ok(rows)
}

async fn print_audit_log(turso: &Client, since: jiff::Timestamp) -> Result<()> {
    let mut log = turso.audit_logs().stream().since(since);
    while let Some(entry) = log.try_next().await? {
        println!("  {} {} by {} {}", entry.created_at, entry.code, entry.author, entry.data.to_json());
    }
    Ok(())
}
