use turso_cloud_contract::audit_logs::{AuditLogsAnswer, AuditPagination, ListAuditLogs};

use super::{
    Answers,
    billing::{self, Feature},
};
use crate::control::{Context, Handles, Refusal};

const USUAL_PAGE: u64 = 100;

/// The service has published no maximum.
const LARGEST_PAGE: u64 = 1000;

impl Handles<ListAuditLogs> for Answers {
    fn handle(&self, request: ListAuditLogs, cx: &mut Context<'_>) -> Result<AuditLogsAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        billing::require(cx, &organization, Feature::AuditLogs)?;
        let page = request.query.page.unwrap_or(1);
        let size = request.query.page_size.unwrap_or(USUAL_PAGE).min(LARGEST_PAGE);
        let skipped = (page - 1).saturating_mul(size);
        Ok(AuditLogsAnswer::new(
            cx.store().audit_logs_of(organization.id, size, skipped)?,
            AuditPagination::new(page, size, cx.store().count_audit_logs(organization.id)?),
        ))
    }
}
