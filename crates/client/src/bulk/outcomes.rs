use std::{ops::Deref, slice, vec};

use crate::Error;

/// What became of one input.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome<I, T> {
    /// Its place among the inputs, from 0.
    pub index: usize,
    /// The input.
    pub input: I,
    /// The result of its call.
    pub result: Result<T, Error>,
}

impl<I, T> Outcome<I, T> {
    /// What became of the input at a place, for tests.
    #[must_use]
    pub fn new(index: usize, input: I, result: Result<T, Error>) -> Self {
        Self { index, input, result }
    }

    /// Whether the call was given up because of a pause before anything of it was sent: another call of the client may have
    /// met the pause after this one was started.
    pub(super) fn met_a_pause(&self) -> bool {
        self.result.as_ref().is_err_and(|error| {
            (error.is_rate_limited() || error.is_timeout()) && error.attempts() == 0 && !error.may_have_happened()
        })
    }
}

/// What became of the inputs of a [`Bulk`](super::Bulk), in their order: a slice of outcomes that can be taken apart.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
/// use turso_cloud::NewDatabase;
///
/// let tenants = ["ada", "Not A Name"].map(|name| NewDatabase::new(name, "default"));
/// let outcomes = turso.databases().create_many(tenants).await;
/// for failed in outcomes.failed() {
///     println!("{}: {:?}", failed.input.name, failed.result);
/// }
/// assert!(outcomes.into_result().unwrap_err().is_invalid_input());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "some of the calls may have failed: see `failed` and `into_result`"]
pub struct Outcomes<I, T>(Vec<Outcome<I, T>>);

impl<I, T> Outcomes<I, T> {
    /// Those of the calls that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Outcome<I, T>> {
        self.0.iter().filter(|outcome| outcome.result.is_err())
    }

    /// What the calls have yielded, or the error of the first input whose call has failed.
    pub fn into_result(self) -> Result<Vec<T>, Error> {
        self.0.into_iter().map(|outcome| outcome.result).collect()
    }
}

impl<I, T> Deref for Outcomes<I, T> {
    type Target = [Outcome<I, T>];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// For tests: the outcomes stay in the order they come in.
impl<I, T> FromIterator<Outcome<I, T>> for Outcomes<I, T> {
    fn from_iter<O: IntoIterator<Item = Outcome<I, T>>>(outcomes: O) -> Self {
        Self(outcomes.into_iter().collect())
    }
}

impl<I, T> IntoIterator for Outcomes<I, T> {
    type Item = Outcome<I, T>;
    type IntoIter = vec::IntoIter<Outcome<I, T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, I, T> IntoIterator for &'a Outcomes<I, T> {
    type Item = &'a Outcome<I, T>;
    type IntoIter = slice::Iter<'a, Outcome<I, T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
