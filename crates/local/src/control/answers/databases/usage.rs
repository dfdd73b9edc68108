use jiff::Timestamp;
use turso_cloud_contract::{
    ByteSize,
    billing::{DatabaseUsage, InstanceUsage, Usage},
    databases::{
        DatabaseStatsAnswer, DatabaseUsageAnswer, GetDatabaseStats, GetDatabaseUsage, ListDatabaseQueries, QueryStat,
    },
};

use super::{find, instances};
use crate::{
    control::{Context, Handles, Refusal, answers::Answers},
    data::{Hours, start_of_month},
    store::DatabaseRow,
};

impl Handles<GetDatabaseUsage> for Answers {
    fn handle(&self, request: GetDatabaseUsage, cx: &mut Context<'_>) -> Result<DatabaseUsageAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let database = find(cx, &organization, &request.database)?;
        let from = request.query.from.unwrap_or_else(|| start_of_month(cx.now()));
        let hours = Hours::between(from, request.query.to.unwrap_or(cx.now()));
        Ok(DatabaseUsageAnswer::new(used(cx, &database, hours)?))
    }
}

impl Handles<GetDatabaseStats> for Answers {
    fn handle(&self, request: GetDatabaseStats, cx: &mut Context<'_>) -> Result<DatabaseStatsAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let database = find(cx, &organization, &request.database)?;
        Ok(DatabaseStatsAnswer::new(top_queries(cx, &database, Timestamp::MIN)))
    }
}

impl Handles<ListDatabaseQueries> for Answers {
    fn handle(&self, request: ListDatabaseQueries, cx: &mut Context<'_>) -> Result<Vec<QueryStat>, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let database = find(cx, &organization, &request.database)?;
        Ok(top_queries(cx, &database, request.query.from.unwrap_or(Timestamp::MIN)))
    }
}

/// What a database used in this calendar month.
pub(in crate::control::answers) fn used_this_month(
    cx: &Context<'_>,
    database: &DatabaseRow,
) -> Result<DatabaseUsage, Refusal> {
    used(cx, database, Hours::of_month_until(cx.now()))
}

/// The primary instance does all the work: there is one file, whatever the locations are.
fn used(cx: &Context<'_>, database: &DatabaseRow, hours: Hours) -> Result<DatabaseUsage, Refusal> {
    let counted = cx.usage(database, hours)?;
    let storage = ByteSize::new(counted.storage_bytes);
    let usage = Usage::new(counted.rows.read, counted.rows.written, storage, ByteSize::default());
    let instances = database.group.locations().map(|location| {
        let used = if *location == database.group.location { usage } else { Usage::default() };
        InstanceUsage::new(instances::uuid(database, location), used)
    });
    Ok(DatabaseUsage::new(database.uuid.clone(), instances.collect(), usage))
}

fn top_queries(cx: &Context<'_>, database: &DatabaseRow, from: Timestamp) -> Vec<QueryStat> {
    let queries = cx.top_queries(database, Hours::between(from, cx.now()));
    queries.into_iter().map(|(sql, rows)| QueryStat::new(sql, rows.read, rows.written)).collect()
}
