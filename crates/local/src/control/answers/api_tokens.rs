use std::collections::BTreeSet;

use jiff::{civil::Date, tz::TimeZone};
use turso_cloud_contract::{
    ApiTokenName, GroupName, OrganizationSlug, Username,
    api_tokens::{
        ApiTokenInfo, ApiTokensAnswer, CreateApiToken, CreateApiTokenV2, CreatedApiToken, CreatedApiTokenV2,
        CreatedApiTokenV2Answer, ListApiTokens, ListOrganizationApiTokens, NewApiToken, RevokeApiToken,
        RevokeOrganizationApiToken, RevokedApiToken, RevokedOrganizationApiToken, Scope, TokenOwner, TokenValidity,
        ValidateApiToken,
    },
    audit_logs::AuditCode,
};

use super::{Answers, groups};
use crate::{
    control::{Context, Handles, Refusal},
    store::{ApiTokenRow, OrganizationRow, Role, TokenGroup, TokenOrganization},
};

impl Handles<ValidateApiToken> for Answers {
    /// A token that is not good never gets as far as this. Only sessions end by themselves.
    fn handle(&self, _: ValidateApiToken, cx: &mut Context<'_>) -> Result<TokenValidity, Refusal> {
        let session = cx.store().find_session(cx.caller()?.jti.as_str(), cx.now())?;
        Ok(TokenValidity::new(session.map(|session| session.expires_at)))
    }
}

impl Handles<ListApiTokens> for Answers {
    fn handle(&self, _: ListApiTokens, cx: &mut Context<'_>) -> Result<ApiTokensAnswer, Refusal> {
        let tokens = cx.store().api_tokens_of(cx.user()?.id)?;
        let mut listed = Vec::new();
        for token in tokens {
            if is_within_reach(cx, &token)? {
                listed.push(info(token));
            }
        }
        Ok(ApiTokensAnswer::new(listed))
    }
}

impl Handles<CreateApiToken> for Answers {
    fn handle(&self, request: CreateApiToken, cx: &mut Context<'_>) -> Result<CreatedApiToken, Refusal> {
        let token = create(cx, request.name, &request.body)?;
        let secret = cx.sign(&token)?;
        Ok(CreatedApiToken::new(token.name, token.jti, secret))
    }
}

impl Handles<CreateApiTokenV2> for Answers {
    fn handle(&self, request: CreateApiTokenV2, cx: &mut Context<'_>) -> Result<CreatedApiTokenV2Answer, Refusal> {
        let token = create(cx, request.name, &request.body)?;
        let value = cx.sign(&token)?;
        Ok(CreatedApiTokenV2Answer::new(CreatedApiTokenV2::new(token.name, token.jti, value)))
    }
}

impl Handles<RevokeApiToken> for Answers {
    /// A token may revoke itself.
    fn handle(&self, request: RevokeApiToken, cx: &mut Context<'_>) -> Result<RevokedApiToken, Refusal> {
        let missing = || Refusal::not_found(format!("could not find api token {}", request.name));
        let found = cx.store().find_api_token_named(cx.user()?.id, request.name.as_str())?;
        let token = found.ok_or_else(missing)?;
        if !is_within_reach(cx, &token)? {
            return Err(missing());
        }
        cx.store().delete_api_token(&token)?;
        Ok(RevokedApiToken::new(token.name))
    }
}

impl Handles<ListOrganizationApiTokens> for Answers {
    fn handle(&self, request: ListOrganizationApiTokens, cx: &mut Context<'_>) -> Result<ApiTokensAnswer, Refusal> {
        let (organization, role) = cx.membership(&request.organization)?;
        let mut listed = Vec::new();
        for token in cx.store().api_tokens_in(organization.id)? {
            if role >= Role::Admin {
                let owner = TokenOwner::new(owner_of(&token)?, token.user.email());
                let mut info = info(token);
                info.owner = Some(owner);
                listed.push(info);
            } else if token.user.id == cx.user()?.id {
                listed.push(info(token));
            }
        }
        Ok(ApiTokensAnswer::new(listed))
    }
}

impl Handles<RevokeOrganizationApiToken> for Answers {
    /// What the caller may not see is not there for them.
    fn handle(
        &self,
        request: RevokeOrganizationApiToken,
        cx: &mut Context<'_>,
    ) -> Result<RevokedOrganizationApiToken, Refusal> {
        let (organization, role) = cx.membership(&request.organization)?;
        let found = cx.store().find_api_token(request.token.as_str())?;
        let caller = cx.user()?.id;
        let found = found.filter(|token| {
            token.organization.as_ref().is_some_and(|only| only.id == organization.id)
                && (role >= Role::Admin || token.user.id == caller)
        });
        let token = found.ok_or_else(|| Refusal::not_found(format!("could not find api token {}", request.token)))?;
        cx.store().delete_api_token(&token)?;
        Ok(RevokedOrganizationApiToken::new(token.jti))
    }
}

fn create(cx: &Context<'_>, name: ApiTokenName, new: &NewApiToken) -> Result<ApiTokenRow, Refusal> {
    ApiTokenName::check(name.as_str())?;
    let user = cx.user()?;
    let organization = match &new.organization {
        Some(slug) => Some(cx.membership(&OrganizationSlug::try_from(slug)?)?),
        // It would open what the token it is made with does not.
        None if cx.caller()?.organization.is_some() => {
            return Err(Refusal::forbidden("the token creates only tokens of its own organization"));
        }
        None => None,
    };
    let group = match (&organization, &new.group) {
        (Some((organization, role)), Some(group)) => Some(group_of(cx, organization, *role, group, &new.scopes)?),
        _ => None,
    };
    if cx.store().find_api_token_named(user.id, name.as_str())?.is_some() {
        return Err(Refusal::conflict(format!("api token with name {name} already exists")));
    }
    let only = organization.as_ref().map(|(only, _)| TokenOrganization { id: only.id, slug: only.slug.clone() });
    let token = cx.store().insert_api_token(ApiTokenRow {
        jti: cx.ids().token_id(cx.store())?,
        name,
        user: user.clone(),
        organization: only,
        group,
        created_at: cx.now(),
    })?;
    let told = match organization {
        Some((organization, _)) => Some(organization),
        None => cx.store().find_personal_organization(user)?,
    };
    if let Some(organization) = told {
        cx.audit(&organization, AuditCode::UserTokenCreate, [("token", token.name.as_str())])?;
    }
    Ok(token)
}

fn group_of(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    role: Role,
    name: &str,
    scopes: &[Scope],
) -> Result<TokenGroup, Refusal> {
    if role < Role::Admin {
        let slug = &organization.slug;
        return Err(Refusal::forbidden(format!(
            "group-scoped tokens are only for an admin or owner of organization {slug}"
        )));
    }
    let group = groups::find(cx, organization, &GroupName::try_from(name)?)?;
    Ok(TokenGroup { uuid: group.uuid, name: group.name, scopes: spelt_out(scopes) })
}

/// The nine scopes for the presets, sorted by their names.
fn spelt_out(scopes: &[Scope]) -> Vec<Scope> {
    let is_preset = |scope: &Scope| matches!(scope, Scope::ReadOnly | Scope::FullAccess);
    let mut names = BTreeSet::new();
    for scope in scopes {
        match scope {
            Scope::ReadOnly => names.extend([Scope::Read.as_str()]),
            Scope::FullAccess => names.extend(Scope::KNOWN.iter().filter(|scope| !is_preset(scope)).map(Scope::as_str)),
            scope => names.extend([scope.as_str()]),
        }
    }
    names.into_iter().map(Scope::from).collect()
}

/// A token of one organization knows nothing of tokens that open others.
fn is_within_reach(cx: &Context<'_>, token: &ApiTokenRow) -> Result<bool, Refusal> {
    let only = &cx.caller()?.organization;
    Ok(only.is_none() || *only == token.organization)
}

fn owner_of(token: &ApiTokenRow) -> Result<Username, Refusal> {
    Ok(Username::try_from(&token.user.username)?)
}

fn info(token: ApiTokenRow) -> ApiTokenInfo {
    let created: Date = TimeZone::UTC.to_datetime(token.created_at).date();
    let mut info = ApiTokenInfo::new(token.name, token.jti, created);
    info.organization = token.organization.map(|organization| organization.slug);
    if let Some(group) = token.group {
        info.group = Some(group.name);
        info.scopes = Some(group.scopes);
    }
    info
}
