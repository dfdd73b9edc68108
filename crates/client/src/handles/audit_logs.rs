mod stream;

pub use stream::AuditLogStream;
use turso_cloud_contract::audit_logs::{AuditLogPage, AuditLogsAnswer, ListAuditLogs};

use super::{Scope, scope::organization_setter};
use crate::Call;

/// The audit log of an organization: [`Client::audit_logs`](crate::Client::audit_logs).
#[derive(Clone, Debug)]
pub struct AuditLogs {
    scope: Scope,
}

impl AuditLogs {
    pub(crate) fn new(scope: Scope) -> Self {
        Self { scope }
    }

    organization_setter!();

    /// Reads one page, newest entry first.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// use turso_cloud::{AuditCode, AuditLogPage};
    ///
    /// let page = turso.audit_logs().page(AuditLogPage::new(1, 10)).await?;
    /// assert_eq!(page.audit_logs[0].code, AuditCode::DbCreate);
    /// # Ok(())
    /// # }
    /// ```
    pub fn page(&self, page: AuditLogPage) -> Call<AuditLogsAnswer> {
        let endpoint = self.scope.organization().map(|organization| ListAuditLogs { organization, query: page });
        Call::one(self.scope.client(), endpoint, |answer| answer)
    }

    /// Streams all entries, newest first, page by page.
    ///
    /// Entries written while the pages are read shift the older ones: they are not yielded twice.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// use turso_cloud::AuditCode;
    ///
    /// let mut log = turso.audit_logs().stream().only([AuditCode::DbCreate]);
    /// while let Some(entry) = log.next().await {
    ///     assert_eq!(entry?.data.text("database"), Some("orders"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(&self) -> AuditLogStream {
        AuditLogStream::new(self.clone())
    }
}
