use turso_cloud_contract::{
    EmailAddress, Nothing,
    invites::{
        CreateInvite, CreatedInvite, DeleteInvite, Invite, InvitedAnswer, InvitesAnswer, ListInvites, NewInvite,
    },
};

use super::{
    Answers,
    billing::{self, Feature},
    members,
};
use crate::control::{Context, Handles, Refusal};

impl Handles<ListInvites> for Answers {
    fn handle(&self, request: ListInvites, cx: &mut Context<'_>) -> Result<InvitesAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        Ok(InvitesAnswer::new(cx.store().invites_of(organization.id)?))
    }
}

impl Handles<CreateInvite> for Answers {
    fn handle(&self, request: CreateInvite, cx: &mut Context<'_>) -> Result<InvitedAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        members::refuse_personal(&organization, "invites")?;
        billing::require(cx, &organization, Feature::Invites)?;
        let email = address(cx, &request.body)?;
        let role = request.body.role;
        members::assignable(&role)?;
        let invited = cx.store().members_of(organization.id)?;
        if let Some(member) = invited.iter().find(|member| member.user.email() == email.as_str()) {
            let (username, slug) = (&member.user.username, &organization.slug);
            return Err(Refusal::conflict(format!("user {username} is already a member of organization {slug}")));
        }
        cx.store().delete_invite(organization.id, email.as_str())?;
        // The store numbers it.
        cx.store().insert_invite(organization.id, &Invite::new(0, email.clone(), role.clone(), cx.now()))?;
        Ok(InvitedAnswer::new(CreatedInvite::new(email, role, organization.name)))
    }
}

impl Handles<DeleteInvite> for Answers {
    fn handle(&self, request: DeleteInvite, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        if cx.store().delete_invite(organization.id, request.email.as_str())? {
            return Ok(Nothing);
        }
        Err(Refusal::not_found("invite not found"))
    }
}

/// An address may be of anybody; a name is of a user.
fn address(cx: &Context<'_>, invite: &NewInvite) -> Result<EmailAddress, Refusal> {
    match (&invite.email, &invite.username) {
        (Some(email), _) => Ok(EmailAddress::try_from(email)?),
        (None, Some(username)) => {
            let found = cx.store().find_user(username)?;
            let user = found.ok_or_else(|| Refusal::not_found(format!("could not find user {username}")))?;
            Ok(EmailAddress::try_from(user.email())?)
        }
        (None, None) => Err(Refusal::bad_request("either email or username must be given")),
    }
}
