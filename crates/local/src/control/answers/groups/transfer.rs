use turso_cloud_contract::groups::{TransferGroup, TransferredGroup};

use super::{find, refuse_if_taken};
use crate::{
    control::{
        Context, Handles, Refusal,
        answers::{
            Answers, billing,
            databases::{move_to, target},
        },
    },
    store::DeletedDatabaseRow,
};

impl Handles<TransferGroup> for Answers {
    /// The group takes its key and its roles along, so that the tokens of its databases stay good. The service
    /// documents no audit code for it, so that it leaves no entry.
    fn handle(&self, request: TransferGroup, cx: &mut Context<'_>) -> Result<TransferredGroup, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let mut group = find(cx, &organization, &request.group)?;
        let target = target(cx, &organization, request.body.organization)?;
        refuse_if_taken(cx, &target, &group.name)?;
        billing::admit_group(cx, &target)?;
        let databases = cx.store().databases_in(&group)?;
        group.organization_id = target.id;
        cx.store().update_group(&group)?;
        for database in databases {
            move_to(cx, database, group.clone(), &target)?;
        }
        // They belong to the group: whoever it is taken from must not bring them back with its key.
        for DeletedDatabaseRow { mut database, .. } in cx.store().deleted_databases_in(&group)? {
            database.group = group.clone();
            cx.store().update_database(&database)?;
        }
        cx.store().delete_api_tokens_of_group(&group)?;
        Ok(TransferredGroup::new(group.into()))
    }
}
