use turso_cloud_contract::{
    GroupId, GroupName, LocationCode,
    audit_logs::AuditCode,
    groups::{
        CreateGroup, DeleteGroup, GetGroup, GetGroupV3, Group, GroupAnswer, GroupsAnswer, ListGroups, ListGroupsV3,
    },
};

use super::{Answers, is_known_location};
use crate::{
    control::{Context, Handles, Refusal, provision},
    store::{GroupRow, OrganizationRow},
};

impl Handles<ListGroups> for Answers {
    fn handle(&self, request: ListGroups, cx: &mut Context<'_>) -> Result<GroupsAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        list(cx, &organization)
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
        cx.store().delete_group(&group, cx.now())?;
        for database in &databases {
            cx.withdraw(database);
        }
        cx.audit(&organization, AuditCode::GroupDelete, [("group", group.name.as_str())])?;
        Ok(GroupAnswer { group: group.into() })
    }
}

impl Handles<ListGroupsV3> for Answers {
    fn handle(&self, request: ListGroupsV3, cx: &mut Context<'_>) -> Result<GroupsAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        list(cx, &organization)
    }
}

impl Handles<GetGroupV3> for Answers {
    fn handle(&self, request: GetGroupV3, cx: &mut Context<'_>) -> Result<GroupAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        Ok(GroupAnswer { group: find_by_id(cx, &organization, &request.group)?.into() })
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

fn list(cx: &Context<'_>, organization: &OrganizationRow) -> Result<GroupsAnswer, Refusal> {
    let groups = cx.store().groups_of(organization.id)?;
    Ok(GroupsAnswer { groups: groups.into_iter().map(Group::from).collect() })
}

fn find(cx: &Context<'_>, organization: &OrganizationRow, name: &GroupName) -> Result<GroupRow, Refusal> {
    let group = cx.store().find_group(organization.id, name)?;
    group.ok_or_else(|| Refusal::not_found("group not found"))
}

pub(super) fn find_by_id(cx: &Context<'_>, organization: &OrganizationRow, id: &GroupId) -> Result<GroupRow, Refusal> {
    let group = cx.store().find_group_by_id(organization.id, id)?;
    group.ok_or_else(|| Refusal::not_found("group not found"))
}
