use std::sync::Arc;

use turso_cloud_contract::{Endpoint, endpoints, for_each_endpoint};

use super::{Context, Refusal, router::Operation};

/// Answers one operation of the Platform API.
///
/// The local cloud implements it for every operation of the catalogue, which the compiler makes sure of through
/// [`answers_everything`]. An answer runs inside one transaction: when it refuses, nothing of it happened.
#[diagnostic::on_unimplemented(
    message = "the local cloud has no answer for `{E}`",
    label = "`Handles<{E}>` is not implemented for `{Self}`",
    note = "add `impl Handles<{E}> for {Self}` to the file of its noun in `control/answers`"
)]
pub trait Handles<E: Endpoint> {
    /// Carries out a request, or refuses it.
    fn handle(&self, request: E, cx: &mut Context<'_>) -> Result<E::Answer, Refusal>;
}

/// Every operation of the catalogue with its answer.
#[derive(Debug)]
pub struct Routes(pub(super) Vec<Arc<Operation>>);

macro_rules! routes {
    ($($operation:ident,)+) => {
        /// The way from every operation of the catalogue to its answer. With one answer missing, it does not compile.
        pub fn answers_everything<A>(answers: A) -> Routes
        where
            A: Clone + Send + Sync + 'static,
            $(A: Handles<endpoints::$operation>,)+
        {
            Routes(vec![$(Arc::new(Operation::new::<endpoints::$operation, A>(answers.clone()))),+])
        }
    };
}
for_each_endpoint!(routes);
