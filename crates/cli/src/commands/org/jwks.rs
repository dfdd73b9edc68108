use anyhow::{Context as _, Result};
use turso_cloud::{JwksTemplateRequest, NewJwks};

use crate::{
    args::{JwksCommand, JwksTemplateArgs},
    context::{Context, Weight},
    exit::Failure,
    output::Shape,
};

const PROVIDER: Shape =
    Shape { noun: "jwks", name: "jwks_name", columns: &[("name", "jwks_name"), ("url", "jwks_url")], wide: &[] };

const TEMPLATE: Shape = Shape { noun: "template", name: "id", columns: &[], wide: &[] };

pub(super) async fn run(cx: &Context, command: &JwksCommand) -> Result<()> {
    let jwks = cx.client_of_organization()?.jwks();
    match command {
        JwksCommand::List => cx.out().list(&PROVIDER, &jwks.list().await?),
        JwksCommand::Save { name, url } => {
            jwks.save(name.clone(), NewJwks::new(url)).await.with_context(|| format!("cannot save {name}"))?;
            cx.done(format_args!("saved {name}"));
            Ok(())
        }
        JwksCommand::Delete { name } => {
            cx.confirm(&format!("remove {name}: tokens it signed open no database any more"), Weight::Moderate)?;
            jwks.delete(name.clone()).await.with_context(|| format!("cannot remove {name}"))?;
            cx.done(format_args!("removed {name}"));
            Ok(())
        }
        JwksCommand::Template(args) => cx.out().value(&TEMPLATE, &jwks.template(request(args)?).await?),
    }
}

fn request(args: &JwksTemplateArgs) -> Result<JwksTemplateRequest> {
    let scope = args.rights.authorization();
    let request = match (&args.database, &args.group) {
        (Some(database), _) => JwksTemplateRequest::database(database, scope),
        (None, Some(group)) => JwksTemplateRequest::group(group, scope),
        (None, None) => return Err(Failure::usage("--database or --group is needed").into()),
    };
    Ok(args.rights.permissions.iter().cloned().fold(request, JwksTemplateRequest::permission))
}
