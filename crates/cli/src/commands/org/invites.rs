use anyhow::{Context as _, Result};
use turso_cloud::NewInvite;

use crate::{args::InvitesCommand, context::Context, exit::Failure, output::Shape};

const INVITE: Shape = Shape {
    noun: "invite",
    name: "email",
    columns: &[("email", "email"), ("role", "role"), ("created", "created_at")],
    wide: &[("id", "id")],
};

pub(super) async fn run(cx: &Context, command: &InvitesCommand) -> Result<()> {
    let invites = cx.client_of_organization()?.invites();
    match command {
        InvitesCommand::List => cx.out().list(&INVITE, &invites.list().await?),
        InvitesCommand::Create { email, username, role } => {
            let invite = match (email, username) {
                (Some(email), _) => NewInvite::email(email.to_string()),
                (None, Some(username)) => NewInvite::username(username.to_string()),
                (None, None) => return Err(Failure::usage("an address or --username is needed").into()),
            };
            let created = invites.create(invite.role(role.clone())).await;
            cx.out().value(&INVITE, &created.context("cannot send the invite")?)
        }
        InvitesCommand::Delete { email } => {
            invites.delete(email.clone()).await.with_context(|| format!("cannot take back the invite of {email}"))?;
            cx.done(format_args!("took back the invite of {email}"));
            Ok(())
        }
    }
}
