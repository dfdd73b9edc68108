//! The user a token belongs to.

use serde_json::json;
use turso_cloud_local::Cloud;

use crate::support::get;

#[tokio::test]
async fn the_user_is_the_one_of_the_token() {
    let cloud = Cloud::new().unwrap();
    let answer = get(&cloud, "/v1/user").await;
    let user = json!({"user": {
        "username": "dev", "name": "dev", "email": "dev@example.com", "avatarUrl": "", "plan": "pro", "mfa": false,
        "has_pending_invites": false,
    }});
    assert_eq!((answer.status, answer.json()), (200, user));
}
