use turso_cloud_contract::{
    ByteSize,
    audit_logs::AuditCode,
    databases::{
        AllowListChange, DatabaseConfiguration, DatabasePatch, GetDatabaseConfiguration, UpdateDatabaseConfiguration,
    },
};

use super::{audit, engine, find};
use crate::{
    control::{
        Context, Handles, Refusal,
        answers::{
            Answers,
            billing::{self, Feature},
        },
    },
    store::DatabaseRow,
};

impl Handles<GetDatabaseConfiguration> for Answers {
    fn handle(
        &self,
        request: GetDatabaseConfiguration,
        cx: &mut Context<'_>,
    ) -> Result<DatabaseConfiguration, Refusal> {
        let organization = cx.organization(&request.organization)?;
        Ok(configuration(find(cx, &organization, &request.database)?))
    }
}

impl Handles<UpdateDatabaseConfiguration> for Answers {
    fn handle(
        &self,
        request: UpdateDatabaseConfiguration,
        cx: &mut Context<'_>,
    ) -> Result<DatabaseConfiguration, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let mut database = find(cx, &organization, &request.database)?;
        let lists = [&request.body.allowed_ips, &request.body.allowed_aws_vpc_ids];
        if lists.into_iter().any(|list| matches!(list, Some(AllowListChange::Replace(_)))) {
            billing::require(cx, &organization, Feature::AllowLists)?;
        }
        let was_protected = database.delete_protection;
        change(&mut database, request.body)?;
        cx.store().update_database(&database)?;
        cx.publish(&database);
        if database.delete_protection != was_protected {
            let code = if database.delete_protection { AuditCode::DbProtect } else { AuditCode::DbUnprotect };
            audit(cx, &organization, code, &database)?;
        }
        Ok(configuration(database))
    }
}

/// What the state can keep, which no file reaches.
const LARGEST_LIMIT: ByteSize = ByteSize::new(i64::MAX.cast_unsigned());

/// What the patch does not name stays as it is.
fn change(database: &mut DatabaseRow, patch: DatabasePatch) -> Result<(), Refusal> {
    if patch.allow_attach == Some(true) && database.group.location.as_str().starts_with("aws-") {
        return Err(Refusal::bad_request("allow_attach is not supported for AWS databases"));
    }
    engine::check_size_limit(database.uses_tursodb, patch.size_limit)?;
    if let Some(limit) = patch.size_limit {
        database.size_limit = (limit.bytes() > 0).then(|| limit.min(LARGEST_LIMIT));
    }
    let flags = [
        (&mut database.allow_attach, patch.allow_attach),
        (&mut database.block_reads, patch.block_reads),
        (&mut database.block_writes, patch.block_writes),
        (&mut database.delete_protection, patch.delete_protection),
    ];
    for (flag, change) in flags {
        *flag = change.unwrap_or(*flag);
    }
    let lists =
        [(&mut database.allowed_ips, patch.allowed_ips), (&mut database.allowed_vpc_ids, patch.allowed_aws_vpc_ids)];
    for (list, change) in lists {
        match change {
            Some(AllowListChange::Replace(rules)) => *list = rules,
            Some(AllowListChange::Clear) => list.clear(),
            None => {}
        }
    }
    Ok(())
}

fn configuration(database: DatabaseRow) -> DatabaseConfiguration {
    let mut configuration = DatabaseConfiguration::default();
    configuration.size_limit = database.size_limit;
    configuration.allow_attach = database.allow_attach;
    configuration.block_reads = database.block_reads;
    configuration.block_writes = database.block_writes;
    configuration.delete_protection = database.delete_protection;
    configuration.allowed_ips = database.allowed_ips;
    configuration.allowed_aws_vpc_ids = database.allowed_vpc_ids;
    configuration
}
