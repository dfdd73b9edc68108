mod configuration;
mod locations;
mod transfer;

use turso_cloud_contract::{
    Endpoint as _, GroupId, GroupName, LocationCode, Nothing,
    audit_logs::AuditCode,
    groups::{
        CreateGroup, DeleteGroup, GetGroup, GetGroupV3, Group, GroupAnswer, GroupsAnswer, ListGroups, ListGroupsV3,
        RenameGroup, UnarchiveGroup, UpdateGroup,
    },
};

use super::{Answers, billing, is_known_location};
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
    /// What cannot be the code of a location is in no list either.
    fn check(&self, request: &CreateGroup) -> Result<(), Refusal> {
        request.check().map_err(|refused| match refused.value() {
            Some(location) if refused.field() == "location" && !location.is_empty() => unknown_location(location),
            _ => refused.into(),
        })
    }

    fn handle(&self, request: CreateGroup, cx: &mut Context<'_>) -> Result<GroupAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let name = GroupName::try_from(request.body.name)?;
        let location = LocationCode::try_from(request.body.location)?;
        if !is_known_location(&location) {
            return Err(unknown_location(location.as_str()));
        }
        refuse_if_taken(cx, &organization, &name)?;
        billing::admit_group(cx, &organization)?;
        let group = provision::group(cx.store(), cx.ids(), &organization, name, location)?;
        audit(cx, &organization, AuditCode::GroupCreate, &group)?;
        Ok(GroupAnswer::new(group.into()))
    }
}

impl Handles<GetGroup> for Answers {
    fn handle(&self, request: GetGroup, cx: &mut Context<'_>) -> Result<GroupAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        Ok(GroupAnswer::new(find(cx, &organization, &request.group)?.into()))
    }
}

impl Handles<DeleteGroup> for Answers {
    fn handle(&self, request: DeleteGroup, cx: &mut Context<'_>) -> Result<GroupAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let group = find(cx, &organization, &request.group)?;
        refuse_if_protected(&group)?;
        let databases = cx.store().databases_in(&group)?;
        for database in &databases {
            super::databases::refuse_if_protected(database)?;
        }
        cx.store().delete_api_tokens_of_group(&group)?;
        cx.store().delete_group(&group, cx.now())?;
        for database in &databases {
            cx.withdraw(database);
        }
        audit(cx, &organization, AuditCode::GroupDelete, &group)?;
        Ok(GroupAnswer::new(group.into()))
    }
}

impl Handles<UnarchiveGroup> for Answers {
    fn handle(&self, request: UnarchiveGroup, cx: &mut Context<'_>) -> Result<GroupAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let mut group = find(cx, &organization, &request.group)?;
        for database in cx.store().databases_in(&group)?.iter_mut().filter(|database| database.archived) {
            super::databases::wake_up(cx, database)?;
        }
        if group.archived {
            group.archived = false;
            cx.store().update_group(&group)?;
            audit(cx, &organization, AuditCode::GroupUnarchive, &group)?;
        }
        Ok(GroupAnswer::new(group.into()))
    }
}

impl Handles<UpdateGroup> for Answers {
    /// There is one version of the local cloud's server, and every database is on it.
    fn handle(&self, request: UpdateGroup, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        find(cx, &organization, &request.group)?;
        Ok(Nothing)
    }
}

impl Handles<RenameGroup> for Answers {
    /// The service documents no audit code for it, so that it leaves no entry.
    fn handle(&self, request: RenameGroup, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let mut group = find(cx, &organization, &request.group)?;
        let name = GroupName::try_from(request.body.name)?;
        if name != group.name {
            refuse_if_taken(cx, &organization, &name)?;
            group.name = name;
            cx.store().update_group(&group)?;
        }
        Ok(Nothing)
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
        Ok(GroupAnswer::new(find_by_id(cx, &organization, &request.group)?.into()))
    }
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        let locations = row.locations().cloned().collect();
        let mut group = Self::new(row.name, row.uuid, row.location);
        group.locations = locations;
        group.archived = row.archived;
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

fn unknown_location(location: &str) -> Refusal {
    Refusal::bad_request(format!("invalid location: {location}"))
}

fn refuse_if_taken(cx: &Context<'_>, organization: &OrganizationRow, name: &GroupName) -> Result<(), Refusal> {
    match cx.store().find_group(organization.id, name)? {
        Some(_) => Err(cx.quirks().group_taken()),
        None => Ok(()),
    }
}

pub(super) fn audit(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    code: AuditCode,
    group: &GroupRow,
) -> Result<(), Refusal> {
    cx.audit(organization, code, [("group", group.name.as_str())])
}

fn list(cx: &Context<'_>, organization: &OrganizationRow) -> Result<GroupsAnswer, Refusal> {
    let mut groups = cx.store().groups_of(organization.id)?;
    groups.retain(|group| cx.opens_group(&group.uuid));
    Ok(GroupsAnswer::new(groups.into_iter().map(Group::from).collect()))
}

pub(super) fn find(cx: &Context<'_>, organization: &OrganizationRow, name: &GroupName) -> Result<GroupRow, Refusal> {
    let group = cx.store().find_group(organization.id, name)?.filter(|group| cx.opens_group(&group.uuid));
    group.ok_or_else(|| Refusal::not_found("group not found"))
}

pub(super) fn find_by_id(cx: &Context<'_>, organization: &OrganizationRow, id: &GroupId) -> Result<GroupRow, Refusal> {
    let group = cx.store().find_group_by_id(organization.id, id)?.filter(|group| cx.opens_group(&group.uuid));
    group.ok_or_else(|| Refusal::not_found("group not found"))
}
