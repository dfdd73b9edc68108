use turso_cloud_contract::{
    LocationCode, Nothing,
    audit_logs::AuditCode,
    groups::{AddGroupLocation, GroupAnswer, RemoveGroupLocation, WaitForGroupLocation},
};

use super::{find, unknown_location};
use crate::{
    control::{
        Context, Handles, Refusal,
        answers::{Answers, is_known_location},
    },
    store::{GroupRow, OrganizationRow},
};

impl Handles<AddGroupLocation> for Answers {
    fn handle(&self, request: AddGroupLocation, cx: &mut Context<'_>) -> Result<GroupAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let mut group = find(cx, &organization, &request.group)?;
        let location = request.location;
        if !is_known_location(&location) {
            return Err(unknown_location(location.as_str()));
        }
        if !group.locations().any(|present| *present == location) {
            group.replicas.push(location.clone());
            cx.store().update_group(&group)?;
            audit(cx, &organization, AuditCode::InstanceCreate, &group, &location)?;
        }
        Ok(GroupAnswer::new(group.into()))
    }
}

impl Handles<RemoveGroupLocation> for Answers {
    fn handle(&self, request: RemoveGroupLocation, cx: &mut Context<'_>) -> Result<GroupAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let mut group = find(cx, &organization, &request.group)?;
        let replica = group.replicas.iter().position(|replica| *replica == request.location);
        let location = group.replicas.remove(replica.ok_or_else(invalid)?);
        cx.store().update_group(&group)?;
        audit(cx, &organization, AuditCode::InstanceDelete, &group, &location)?;
        Ok(GroupAnswer::new(group.into()))
    }
}

impl Handles<WaitForGroupLocation> for Answers {
    /// A location is ready from the moment it is there, and as long as its group is awake.
    fn handle(&self, request: WaitForGroupLocation, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let group = find(cx, &organization, &request.group)?;
        if !group.locations().any(|present| *present == request.location) {
            return Err(invalid());
        }
        if group.archived {
            return Err(Refusal::bad_request(format!("group {} is archived", group.name)));
        }
        Ok(Nothing)
    }
}

fn invalid() -> Refusal {
    Refusal::bad_request("Invalid location code")
}

fn audit(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    code: AuditCode,
    group: &GroupRow,
    location: &LocationCode,
) -> Result<(), Refusal> {
    cx.audit(organization, code, [("group", group.name.as_str()), ("location", location.as_str())])
}
