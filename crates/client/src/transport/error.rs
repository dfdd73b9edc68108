use std::{error::Error, fmt};

/// An exchange that failed below HTTP. What matters to a caller is whether the request can have arrived.
#[derive(Debug)]
pub struct TransportError {
    failure: Failure,
    source: Box<dyn Error + Send + Sync>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    NotSent,
    Interrupted,
    TooLarge,
}

impl TransportError {
    /// The request cannot have arrived: no connection could be made.
    pub fn not_sent(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { failure: Failure::NotSent, source: source.into() }
    }

    /// The exchange broke off after the request, or a part of it, may have arrived.
    pub fn interrupted(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { failure: Failure::Interrupted, source: source.into() }
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self { failure: Failure::TooLarge, source: format!("the limit is {limit} bytes").into() }
    }

    /// Whether the request may have arrived.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.failure != Failure::NotSent
    }

    pub(crate) fn is_too_large(&self) -> bool {
        self.failure == Failure::TooLarge
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.failure {
            Failure::NotSent => "no connection could be made",
            Failure::Interrupted => "the exchange broke off",
            Failure::TooLarge => "the answer is too large",
        })
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
