use anyhow::{Context as _, Result};
use turso_cloud::NewMember;

use crate::{
    args::MembersCommand,
    context::{Context, Weight},
    output::Shape,
};

const MEMBER: Shape = Shape {
    noun: "member",
    name: "username",
    columns: &[("username", "username"), ("role", "role"), ("email", "email")],
    wide: &[],
};

pub(super) async fn run(cx: &Context, command: &MembersCommand) -> Result<()> {
    let members = cx.client_of_organization()?.members();
    match command {
        MembersCommand::List => cx.out().list(&MEMBER, &members.list().await?),
        MembersCommand::Get { username } => {
            let member = members.get(username.clone()).await;
            cx.out().value(&MEMBER, &member.with_context(|| format!("cannot get the member {username}"))?)
        }
        MembersCommand::Add { username, role } => {
            let added = members.add(NewMember::new(username.to_string()).role(role.clone())).await;
            added.with_context(|| format!("cannot add {username}"))?;
            cx.done(format_args!("added {username} as {role}"));
            Ok(())
        }
        MembersCommand::SetRole { username, role } => {
            let updated = members.update_role(username.clone(), role.clone()).await;
            cx.out().value(&MEMBER, &updated.with_context(|| format!("cannot change the role of {username}"))?)
        }
        MembersCommand::Remove { username } => {
            cx.confirm(&format!("remove {username} from {}", cx.organization()?), Weight::Moderate)?;
            let removed = members.delete(username.clone()).await;
            removed.with_context(|| format!("cannot remove {username}"))?;
            cx.done(format_args!("removed {username}"));
            Ok(())
        }
    }
}
