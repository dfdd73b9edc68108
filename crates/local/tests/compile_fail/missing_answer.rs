//! Answers to everything but `DeleteGroup`.

use http::StatusCode;
use turso_cloud_contract::{Endpoint, endpoints::*, for_each_endpoint};
use turso_cloud_local::{Context, Handles, Refusal, answers_everything};

#[derive(Clone)]
struct Answers;

macro_rules! answer_all_but_one {
    (DeleteGroup, $($rest:tt)*) => {
        answer_all_but_one!($($rest)*);
    };
    ($operation:ident, $($rest:tt)*) => {
        impl Handles<$operation> for Answers {
            fn handle(&self, _: $operation, _: &mut Context<'_>) -> Result<<$operation as Endpoint>::Answer, Refusal> {
                Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "not yet"))
            }
        }
        answer_all_but_one!($($rest)*);
    };
    () => {};
}
for_each_endpoint!(answer_all_but_one);

fn main() {
    answers_everything(Answers);
}
