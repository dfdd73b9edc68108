use serde_json::json;
use turso_cloud_contract::{
    DatabaseName, GroupName, Nothing,
    database_tokens::Authorization,
    jwks::{GetJwksTemplate, JwksAnswer, JwksTemplate, JwksTemplateAnswer, ListJwks, RemoveJwks, SaveJwks},
};

use super::{Answers, databases, groups};
use crate::control::{Context, Handles, Refusal};

impl Handles<ListJwks> for Answers {
    fn handle(&self, request: ListJwks, cx: &mut Context<'_>) -> Result<JwksAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        Ok(JwksAnswer::new(cx.store().jwks_of(organization.id)?))
    }
}

impl Handles<SaveJwks> for Answers {
    fn handle(&self, request: SaveJwks, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        cx.store().save_jwks(organization.id, &request.name, &request.body.jwks_url)?;
        Ok(Nothing)
    }
}

impl Handles<RemoveJwks> for Answers {
    fn handle(&self, request: RemoveJwks, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        if cx.store().delete_jwks(organization.id, &request.name)? {
            return Ok(Nothing);
        }
        Err(Refusal::not_found(format!("jwks {} not found", request.name)))
    }
}

impl Handles<GetJwksTemplate> for Answers {
    fn handle(&self, request: GetJwksTemplate, cx: &mut Context<'_>) -> Result<JwksTemplateAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let asked = request.body;
        // What is neither of the two was refused with the request.
        let access = if asked.scope == Authorization::FullAccess { "rw" } else { "ro" };
        let mut claims = json!({ "a": access, "perm": asked.permissions });
        if let Some(name) = asked.database {
            let database = databases::find(cx, &organization, &DatabaseName::try_from(name)?)?;
            claims["id"] = json!(database.uuid);
            claims["rid"] = json!(database.role_id);
        } else if let Some(name) = asked.group {
            let group = groups::find(cx, &organization, &GroupName::try_from(name)?)?;
            claims["gid"] = json!(group.uuid);
            claims["rid"] = json!(group.role_id);
        }
        Ok(JwksTemplateAnswer::new(JwksTemplate::from_json(&claims.to_string())))
    }
}
