use std::fmt;

use http::StatusCode;

use crate::Error;

macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident $predicate:ident $text:literal,)+) => {
        /// What went wrong, as one of a few kinds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$meta])* $kind,)+
        }

        impl ErrorKind {
            /// The kind in a few words.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $text,)+
                }
            }
        }

        impl fmt::Display for ErrorKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Error {
            $(
                #[doc = concat!("Whether the kind is [`ErrorKind::", stringify!($kind), "`].")]
                #[must_use]
                pub fn $predicate(&self) -> bool {
                    self.kind() == ErrorKind::$kind
                }
            )+
        }
    };
}

kinds! {
    /// A value breaks a rule that is known without asking; nothing was sent.
    InvalidInput is_invalid_input "invalid input",
    /// The token is missing, malformed, expired or revoked (401).
    Unauthenticated is_unauthenticated "not authenticated",
    /// The plan does not include it, or a payment is due (402).
    PaymentRequired is_payment_required "payment required",
    /// The token or the role does not allow it (403).
    Forbidden is_forbidden "forbidden",
    /// There is no such thing (404).
    NotFound is_not_found "not found",
    /// The name is taken (409; 422 where a database or a group is created; today also 400 with a sentence that says so).
    AlreadyExists is_already_exists "already exists",
    /// The request is refused as it is (400, 422 and every other 4xx).
    Rejected is_rejected "rejected",
    /// Too many requests (429), or the client still waits because of one.
    RateLimited is_rate_limited "rate limited",
    /// The service failed (5xx).
    Server is_server "server error",
    /// No connection could be made; the request was not sent.
    Connect is_connect "cannot connect",
    /// No answer came in time, or the service said so itself (408).
    Timeout is_timeout "timed out",
    /// The connection broke off while the request was under way.
    Interrupted is_interrupted "interrupted",
    /// The answer could not be understood.
    Decode is_decode "unexpected answer",
    /// A file to upload cannot be read, or changed meanwhile.
    File is_file "file",
    /// The client is not set up to make this call.
    Config is_config "configuration",
}

/// The creations where 422 has been seen to mean that the name is taken.
const NAMED: [&str; 3] = ["CreateDatabase", "CreateDatabaseV3", "CreateGroup"];

impl ErrorKind {
    /// The status decides. Where a name is taken the service has answered 409, 422 and, since 2026-07-30, 400: there
    /// the sentence helps.
    pub(crate) fn of_refusal(operation: &str, status: StatusCode, message: Option<&str>) -> Self {
        match status.as_u16() {
            401 => Self::Unauthenticated,
            402 => Self::PaymentRequired,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            408 => Self::Timeout,
            409 => Self::AlreadyExists,
            422 if NAMED.contains(&operation) => Self::AlreadyExists,
            400 | 422 if message.is_some_and(|message| message.contains("already exists")) => Self::AlreadyExists,
            429 => Self::RateLimited,
            400..500 => Self::Rejected,
            500..600 => Self::Server,
            _ => Self::Decode,
        }
    }
}
