use turso_cloud_contract::{
    audit_logs::AuditCode,
    groups::{GetGroupConfiguration, GroupConfiguration, UpdateGroupConfiguration},
};

use super::{audit, find};
use crate::control::{Context, Handles, Refusal, answers::Answers};

impl Handles<GetGroupConfiguration> for Answers {
    fn handle(&self, request: GetGroupConfiguration, cx: &mut Context<'_>) -> Result<GroupConfiguration, Refusal> {
        let organization = cx.organization(&request.organization)?;
        Ok(GroupConfiguration::new(find(cx, &organization, &request.group)?.delete_protection))
    }
}

impl Handles<UpdateGroupConfiguration> for Answers {
    fn handle(&self, request: UpdateGroupConfiguration, cx: &mut Context<'_>) -> Result<GroupConfiguration, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let mut group = find(cx, &organization, &request.group)?;
        let protect = request.body.delete_protection.unwrap_or(group.delete_protection);
        if protect != group.delete_protection {
            group.delete_protection = protect;
            cx.store().update_group(&group)?;
            let code = if protect { AuditCode::GroupProtect } else { AuditCode::GroupUnprotect };
            audit(cx, &organization, code, &group)?;
        }
        Ok(GroupConfiguration::new(protect))
    }
}
