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
    /// Holds a request to the rules that are known without looking anything up, before it is carried out.
    ///
    /// # Errors
    ///
    /// The refusal, where the service has a sentence of its own in that; otherwise the field, the value and the rule.
    fn check(&self, request: &E) -> Result<(), Refusal> {
        Ok(request.check()?)
    }

    /// Carries out a request, or refuses it.
    ///
    /// # Errors
    ///
    /// The refusal, which is the answer to the request.
    fn handle(&self, request: E, cx: &mut Context<'_>) -> Result<E::Answer, Refusal>;
}

/// Every operation of the catalogue with its answer.
#[derive(Debug)]
pub struct Routes(pub(super) Vec<Arc<Operation>>);

macro_rules! routes {
    ($($operation:ident,)+) => {
        /// The way from every operation of the catalogue to its answer.
        ///
        /// With an answer to everything it compiles:
        ///
        /// ```
        /// use http::StatusCode;
        /// use turso_cloud_contract::{Endpoint, endpoints::*, for_each_endpoint};
        /// use turso_cloud_local::{Context, Handles, Refusal, answers_everything};
        ///
        /// #[derive(Clone)]
        /// struct Answers;
        ///
        /// macro_rules! answer {
        ///     ($($operation:ident,)+) => {
        ///         $(impl Handles<$operation> for Answers {
        ///             fn handle(&self, _: $operation, _: &mut Context<'_>) -> Result<<$operation as Endpoint>::Answer, Refusal> {
        ///                 Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "not yet"))
        ///             }
        ///         })+
        ///     };
        /// }
        /// for_each_endpoint!(answer);
        ///
        /// answers_everything(Answers);
        /// ```
        ///
        /// With one missing it does not, and the compiler names it, here `DeleteGroup`:
        ///
        /// ```compile_fail,E0277
        /// # use http::StatusCode;
        /// # use turso_cloud_contract::{Endpoint, endpoints::*, for_each_endpoint};
        /// # use turso_cloud_local::{Context, Handles, Refusal, answers_everything};
        /// #
        /// # #[derive(Clone)]
        /// # struct Answers;
        /// #
        /// macro_rules! answer {
        ///     () => {};
        ///     (DeleteGroup, $($rest:tt)*) => {
        ///         answer!($($rest)*);
        ///     };
        ///     ($operation:ident, $($rest:tt)*) => {
        ///         impl Handles<$operation> for Answers {
        ///             fn handle(&self, _: $operation, _: &mut Context<'_>) -> Result<<$operation as Endpoint>::Answer, Refusal> {
        ///                 Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "not yet"))
        ///             }
        ///         }
        ///         answer!($($rest)*);
        ///     };
        /// }
        /// for_each_endpoint!(answer);
        ///
        /// answers_everything(Answers);
        /// ```
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
