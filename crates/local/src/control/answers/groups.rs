use turso_cloud_contract::{
    GroupName, LocationCode,
    audit_logs::AuditCode,
    groups::{CreateGroup, DeleteGroup, GetGroup, Group, GroupAnswer, GroupsAnswer, ListGroups},
};

use super::{Answers, is_known_location};
use crate::{
    control::{Context, Handles, Refusal, provision},
    store::{GroupRow, OrganizationRow},
};

impl Handles<ListGroups> for Answers {
    fn handle(&self, request: ListGroups, cx: &mut Context<'_>) -> Result<GroupsAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let mut groups = cx.store().groups_of(organization.id)?;
        groups.retain(|group| cx.opens_group(&group.uuid));
        Ok(GroupsAnswer { groups: groups.into_iter().map(Group::from).collect() })
    }
}

impl Handles<CreateGroup> for Answers {
    fn handle(&self, request: CreateGroup, cx: &mut Context<'_>) -> Result<GroupAnswer, Refusal> {
        let organization = cx.organization_to_change(&request.organization)?;
        let name = GroupName::try_from(request.body.name)?;
        let location = LocationCode::try_from(request.body.location)?;
        if !is_known_location(&location) {
            return Err(Refusal::bad_request(format!("invalid location: {location}")));
        }
        if cx.store().find_group(organization.id, &name)?.is_some() {
            return Err(Refusal::conflict("group already exists"));
        }
        let group = provision::group(cx.store(), cx.ids(), &organization, name, location)?;
        cx.audit(&organization, AuditCode::GroupCreate, [("group", group.name.as_str())])?;
        Ok(GroupAnswer { group: group.into() })
    }
}

impl Handles<GetGroup> for Answers {
    fn handle(&self, request: GetGroup, cx: &mut Context<'_>) -> Result<GroupAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        Ok(GroupAnswer { group: find(cx, &organization, &request.group)?.into() })
    }
}

impl Handles<DeleteGroup> for Answers {
    fn handle(&self, request: DeleteGroup, cx: &mut Context<'_>) -> Result<GroupAnswer, Refusal> {
        let organization = cx.organization_to_change(&request.organization)?;
        let group = find(cx, &organization, &request.group)?;
        refuse_if_protected(&group)?;
        let databases = cx.store().databases_in(&group)?;
        for database in &databases {
            super::databases::refuse_if_protected(database)?;
        }
        cx.store().delete_api_tokens_of_group(&group)?;
        cx.store().delete_group(&group)?;
        for database in &databases {
            cx.withdraw(database);
        }
        cx.audit(&organization, AuditCode::GroupDelete, [("group", group.name.as_str())])?;
        Ok(GroupAnswer { group: group.into() })
    }
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        let mut group = Self::new(row.name, row.uuid, row.location);
        group.delete_protection = row.delete_protection;
        group
    }
}

/// Protection of a group holds for its databases too.
pub(super) fn refuse_if_protected(group: &GroupRow) -> Result<(), Refusal> {
    if !group.delete_protection {
        return Ok(());
    }
    Err(Refusal::forbidden(format!("group {} is delete-protected and cannot be deleted", group.name)))
}

pub(super) fn find(cx: &Context<'_>, organization: &OrganizationRow, name: &GroupName) -> Result<GroupRow, Refusal> {
    let group = cx.store().find_group(organization.id, name)?.filter(|group| cx.opens_group(&group.uuid));
    group.ok_or_else(|| Refusal::not_found("group not found"))
}
