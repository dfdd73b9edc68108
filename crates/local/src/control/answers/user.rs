use turso_cloud_contract::{
    Username,
    user::{GetUser, User, UserAnswer},
};

use super::Answers;
use crate::control::{Context, Handles, Refusal};

impl Handles<GetUser> for Answers {
    fn handle(&self, _: GetUser, cx: &mut Context<'_>) -> Result<UserAnswer, Refusal> {
        let row = cx.user()?;
        let mut user = User::new(Username::try_from(&row.username)?, row.email());
        if let Some(personal) = cx.store().find_personal_organization(row)? {
            user.plan = personal.plan;
        }
        user.has_pending_invites = cx.store().is_invited(&user.email)?;
        Ok(UserAnswer::new(user))
    }
}
