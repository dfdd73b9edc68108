use turso_cloud_contract::{
    DatabaseName, InstanceName, LocationCode, Nothing, OrganizationSlug,
    databases::{GetInstance, Instance, InstanceAnswer, InstanceKind, InstancesAnswer, ListInstances, WaitForInstance},
};

use super::find;
use crate::{
    control::{Context, Handles, Refusal, answers::Answers},
    ids::derived,
    store::DatabaseRow,
};

impl Handles<ListInstances> for Answers {
    fn handle(&self, request: ListInstances, cx: &mut Context<'_>) -> Result<InstancesAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let database = find(cx, &organization, &request.database)?;
        let instances = database.group.locations().map(|location| instance(cx, &database, location));
        Ok(InstancesAnswer::new(instances.collect::<Result<_, _>>()?))
    }
}

impl Handles<GetInstance> for Answers {
    fn handle(&self, request: GetInstance, cx: &mut Context<'_>) -> Result<InstanceAnswer, Refusal> {
        let (database, location) = find_instance(cx, &request.organization, &request.database, &request.instance)?;
        Ok(InstanceAnswer::new(instance(cx, &database, &location)?))
    }
}

impl Handles<WaitForInstance> for Answers {
    /// An instance answers queries from the moment it is there, unless the database sleeps: then it never would.
    fn handle(&self, request: WaitForInstance, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let (database, _) = find_instance(cx, &request.organization, &request.database, &request.instance)?;
        if database.archived {
            return Err(Refusal::bad_request(format!("database {} is archived", database.name)));
        }
        Ok(Nothing)
    }
}

fn find_instance(
    cx: &Context<'_>,
    organization: &OrganizationSlug,
    database: &DatabaseName,
    name: &InstanceName,
) -> Result<(DatabaseRow, LocationCode), Refusal> {
    let organization = cx.organization(organization)?;
    let database = find(cx, &organization, database)?;
    let location = database.group.locations().find(|location| location.as_str() == name.as_str()).cloned();
    let missing = || Refusal::not_found(format!("could not find instance {name} of database {}", database.name));
    let location = location.ok_or_else(missing)?;
    Ok((database, location))
}

/// Every location is this machine: an instance has a host of its own that answers the same SQL. The primary has the
/// host of the database.
fn instance(cx: &Context<'_>, database: &DatabaseRow, location: &LocationCode) -> Result<Instance, Refusal> {
    let kind = if *location == database.group.location { InstanceKind::Primary } else { InstanceKind::Replica };
    let name = InstanceName::try_from(location.as_str())?;
    let hostname = cx.instance_hostname(database, location);
    Ok(Instance::new(uuid(database, location), name, kind, location.clone(), hostname))
}

pub(super) fn uuid(database: &DatabaseRow, location: &LocationCode) -> String {
    derived(database.uuid.as_str(), location.as_str())
}
