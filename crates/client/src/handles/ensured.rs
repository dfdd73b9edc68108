use std::future::Future;

use tokio::time::sleep;

use crate::{Error, ErrorKind, call::Context, exchange::NO_TIME};

/// What `ensure` found or made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ensured<T> {
    /// It was not there and was created: by this call or, where the answer to its creation was lost, perhaps by another one
    /// at the same moment.
    Created(T),
    /// It was there already, as asked for.
    Existing(T),
}

impl<T> Ensured<T> {
    /// The thing itself.
    #[must_use]
    pub fn into_inner(self) -> T {
        match self {
            Self::Created(inner) | Self::Existing(inner) => inner,
        }
    }

    /// Whether it was created.
    #[must_use]
    pub fn is_created(&self) -> bool {
        matches!(self, Self::Created(_))
    }
}

impl<T> AsRef<T> for Ensured<T> {
    fn as_ref(&self) -> &T {
        match self {
            Self::Created(inner) | Self::Existing(inner) => inner,
        }
    }
}

/// How often `ensure` looks and creates again after the answer to a creation was lost.
const ROUNDS: u32 = 3;

/// Looks, creates what is missing, and looks again where it cannot tell whether the creation happened: the name is
/// taken once it has, so that creating again cannot make a second one. An error of `create` that may have happened may also
/// come behind a creation that has.
pub(crate) async fn ensure<T, Found, Created>(
    cx: &Context,
    find: impl Fn() -> Found,
    create: impl Fn() -> Created,
) -> Result<Ensured<T>, Error>
where
    Found: Future<Output = Result<Option<T>, Error>>,
    Created: Future<Output = Result<T, Error>>,
{
    let mut answer_lost = false;
    for round in 1.. {
        if let Some(found) = find().await.map_err(|error| error.having_maybe_happened(answer_lost))? {
            // It was not there when this call looked first.
            return Ok(if answer_lost { Ensured::Created(found) } else { Ensured::Existing(found) });
        }
        let error = match create().await {
            Ok(created) => return Ok(Ensured::Created(created)),
            Err(error) => error,
        };
        answer_lost |= error.may_have_happened();
        if round == ROUNDS || !(error.is_already_exists() || error.may_have_happened()) {
            return Err(error.having_maybe_happened(answer_lost));
        }
        let Some(wait) = cx.wait_after(&error, round) else {
            let error = error.and_detail(NO_TIME);
            return Err(error.having_maybe_happened(answer_lost));
        };
        sleep(wait).await;
    }
    Err(Error::new(ErrorKind::AlreadyExists))
}

/// Nothing in place of the error that says there is no such thing.
pub(crate) fn absent_as_none<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.says_absent() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The error of a thing that is there, but not as asked for.
pub(crate) fn mismatch(what: &str, field: &str, asked: &str, found: &str) -> Error {
    Error::new(ErrorKind::AlreadyExists)
        .with_detail(format!("{what} exists with another {field}: asked for {asked:?}, found {found:?}"))
}
