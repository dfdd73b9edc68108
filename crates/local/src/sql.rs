//! Statements of a test that holds the cloud itself.

use crate::{
    Cloud, CloudError,
    control::{label, unknown},
    data::Value,
};

/// A value of one of SQLite's five storage classes.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlValue {
    /// `NULL`.
    Null,
    /// An integer of 64 bits.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl From<Value> for SqlValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(value) => Self::Integer(value),
            Value::Float(value) => Self::Real(value),
            Value::Text(value) => Self::Text(value),
            Value::Blob(value) => Self::Blob(value),
        }
    }
}

impl Cloud {
    /// Runs one statement on a database, and tells the rows it yields: for what a test prepares, and for what it looks at
    /// afterwards. The database is one of the [team organization](Cloud::organization) by its name, or one of any by
    /// `{database}-{organization}`.
    ///
    /// The statement is run as for any driver, on a connection that ends with it, and its rows count as used. But nothing is
    /// sent: no token, address or key is asked for, no fault hits it, and it is not among the [requests](Cloud::requests).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use turso_cloud::NewDatabase;
    /// use turso_cloud_local::{Cloud, SqlValue};
    ///
    /// let cloud = Cloud::new()?;
    /// cloud.client().build()?.databases().create(NewDatabase::new("orders", "default")).await?;
    ///
    /// cloud.sql("orders", "CREATE TABLE orders (item TEXT)").await?;
    /// cloud.sql("orders", "INSERT INTO orders VALUES ('tea'), ('milk')").await?;
    /// assert_eq!(cloud.sql("orders", "SELECT count(*) FROM orders").await?, [[SqlValue::Integer(2)]]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CloudError::Input`] if there is no such database; [`CloudError::Sql`] if the database does not run the statement: for
    /// its SQL, because there are several, because the database is archived, waits for its file or is blocked, or because the
    /// rows take more than the 10 MiB of an answer.
    pub async fn sql(&self, database: &str, statement: &str) -> Result<Vec<Vec<SqlValue>>, CloudError> {
        let control = self.control();
        control.archive_what_is_idle().await;
        let labels = [label(database, &self.organization()), database.to_ascii_lowercase()];
        let label = labels.iter().find(|label| control.data.name_of(label).is_some());
        let label = label.ok_or_else(|| unknown("database", database))?;
        let rows = control.data.execute(label, statement).await;
        let rows = rows.map_err(|problem| CloudError::Sql { database: database.to_owned(), problem })?;
        Ok(rows.into_iter().map(|row| row.into_iter().map(SqlValue::from).collect()).collect())
    }
}
