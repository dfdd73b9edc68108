use turso_cloud_contract::{
    OrganizationSlug, Username,
    audit_logs::AuditCode,
    members::{
        self, AddMember, AddedMember, GetMember, ListMembers, Member, MemberAnswer, MembersAnswer, RemoveMember,
        RemovedMember, UpdateMember,
    },
    organizations::OrganizationKind,
};

use super::Answers;
use crate::{
    control::{Context, Handles, Refusal, permissions::only_for_admins},
    store::{MemberRow, OrganizationRow, Role},
};

impl Handles<ListMembers> for Answers {
    fn handle(&self, request: ListMembers, cx: &mut Context<'_>) -> Result<MembersAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let members = cx.store().members_of(organization.id)?;
        Ok(MembersAnswer::new(members.into_iter().map(answer).collect::<Result<_, _>>()?))
    }
}

impl Handles<AddMember> for Answers {
    /// An open invite to the new member has done its work.
    fn handle(&self, request: AddMember, cx: &mut Context<'_>) -> Result<AddedMember, Refusal> {
        let organization = cx.organization(&request.organization)?;
        refuse_personal(&organization, "members")?;
        let username = Username::try_from(request.body.username)?;
        let found = cx.store().find_user(username.as_str())?;
        let user = found.ok_or_else(|| Refusal::not_found(format!("could not find user {username}")))?;
        if cx.store().find_role(organization.id, user.id)?.is_some() {
            let slug = &organization.slug;
            return Err(Refusal::conflict(format!("user {username} is already a member of organization {slug}")));
        }
        cx.store().insert_member(organization.id, user.id, assignable(&request.body.role)?)?;
        cx.store().delete_invite(organization.id, &user.email())?;
        audit(cx, &organization, AuditCode::OrgMemberAdd, &user.username)?;
        Ok(AddedMember::new(username, request.body.role))
    }
}

impl Handles<GetMember> for Answers {
    fn handle(&self, request: GetMember, cx: &mut Context<'_>) -> Result<MemberAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let found = cx.store().find_member(organization.id, request.username.as_str())?;
        Ok(MemberAnswer::new(answer(found.ok_or_else(|| Refusal::not_found("could not find member"))?)?))
    }
}

impl Handles<UpdateMember> for Answers {
    fn handle(&self, request: UpdateMember, cx: &mut Context<'_>) -> Result<MemberAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let role = assignable(&request.body.role)?;
        let found = cx.store().find_member(organization.id, request.username.as_str())?;
        let mut member =
            found.ok_or_else(|| Refusal::not_found(format!("could not find user {}", request.username)))?;
        refuse_owner(&member, &request.organization)?;
        cx.store().set_role(organization.id, member.user.id, role)?;
        member.role = role;
        Ok(MemberAnswer::new(answer(member)?))
    }
}

impl Handles<RemoveMember> for Answers {
    /// Everybody but the owner may leave. Who is gone leaves no token behind that opens only this organization.
    fn handle(&self, request: RemoveMember, cx: &mut Context<'_>) -> Result<RemovedMember, Refusal> {
        let (organization, role) = cx.membership(&request.organization)?;
        let (slug, username) = (&organization.slug, &request.username);
        let leaves = username == cx.user()?.username.as_str();
        if !leaves && role < Role::Admin {
            return Err(only_for_admins(slug));
        }
        let found = cx.store().find_member(organization.id, username.as_str())?;
        let member =
            found.ok_or_else(|| Refusal::not_found(format!("user {username} is not a member of org {slug}")))?;
        refuse_owner(&member, slug)?;
        cx.store().delete_api_tokens_of_member(organization.id, member.user.id)?;
        cx.store().delete_member(organization.id, member.user.id)?;
        let code = if leaves { AuditCode::OrgMemberLeave } else { AuditCode::OrgMemberRemove };
        audit(cx, &organization, code, username.as_str())?;
        Ok(RemovedMember::new(request.username))
    }
}

/// A role that can be given to somebody.
pub(super) fn assignable(role: &members::Role) -> Result<Role, Refusal> {
    match role.as_str().parse() {
        Ok(Role::Owner) | Err(_) => Err(Refusal::bad_request("invalid role")),
        Ok(role) => Ok(role),
    }
}

pub(super) fn refuse_personal(organization: &OrganizationRow, what: &str) -> Result<(), Refusal> {
    if organization.kind != OrganizationKind::Personal {
        return Ok(());
    }
    let slug = &organization.slug;
    Err(Refusal::bad_request(format!("organization {slug} is a personal organization and can't have {what}")))
}

fn refuse_owner(member: &MemberRow, slug: &OrganizationSlug) -> Result<(), Refusal> {
    if member.role != Role::Owner {
        return Ok(());
    }
    let username = &member.user.username;
    Err(Refusal::bad_request(format!("user {username} is the owner of organization {slug} and stays it")))
}

fn audit(cx: &Context<'_>, organization: &OrganizationRow, code: AuditCode, username: &str) -> Result<(), Refusal> {
    cx.audit(organization, code, [("username", username)])
}

fn answer(row: MemberRow) -> Result<Member, Refusal> {
    let (role, email) = (members::Role::from(row.role.as_str()), row.user.email());
    Ok(Member::new(Username::try_from(row.user.username)?, role, email))
}
