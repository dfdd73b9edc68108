mod kind;

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc, time::Duration};

use http::{Method, StatusCode};
pub use kind::ErrorKind;
use turso_cloud_contract::InvalidInput;

use crate::{ResumePoint, UnfitFile};

type BoxError = Box<dyn StdError + Send + Sync>;

/// Tokens of the service are signed and have more than a hundred characters, and keys have 24 at the least. Whatever is
/// shorter, such as `test`, opens nothing there, while it may well be a part of a name: to take it out would only spoil
/// sentences.
const SHORTEST_SECRET: usize = 16;

/// Why a call failed.
///
/// [`kind`](Self::kind) and the predicates tell failures apart; [`message`](Self::message) is the service's own
/// sentence; the rest is the context of the request. `Display` is one line and leaves the cause to
/// [`source`](std::error::Error::source). It can be cloned, for a cache or several who wait for one call.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use turso_cloud::{ErrorKind, NewDatabase};
///
/// let cloud = turso_cloud_local::Cloud::new()?;
/// let turso = cloud.client().build()?;
/// turso.databases().create(NewDatabase::new("orders", "default")).await?;
///
/// let error = turso.databases().create(NewDatabase::new("orders", "default")).await.unwrap_err();
/// assert!(error.is_already_exists());
/// assert_eq!(error.status().map(|status| status.as_u16()), Some(400));
/// assert_eq!(error.message(), Some("database with same name already exists"));
/// assert_eq!(error.operation(), Some("CreateDatabase"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    /// What this crate says, where the service says nothing or not enough.
    detail: Option<Cow<'static, str>>,
    status: Option<StatusCode>,
    message: Option<String>,
    code: Option<String>,
    retry_after: Option<Duration>,
    may_have_happened: bool,
    request: Option<RequestContext>,
    resume_point: Option<ResumePoint>,
    /// Its text is the detail.
    unfit: Option<Unfit>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What was refused before anything was sent.
#[derive(Clone, Debug)]
enum Unfit {
    Input(InvalidInput),
    File(UnfitFile),
}

/// Which request failed, and what it took.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext {
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    pub(crate) path: Cow<'static, str>,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
}

impl Error {
    /// What went wrong, as one of a few kinds.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The status of the last response; nothing where there was none.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The sentence of the service and nothing else.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The machine-readable code of the service, which only some refusals carry.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// How long the service asked to wait, from the header `Retry-After` (seconds or a date) or the body.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the same call may succeed later without a change: the service was busy or could not be reached.
    /// It does not say that repeating is harmless; see [`may_have_happened`](Self::may_have_happened).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        use ErrorKind::{Connect, Interrupted, RateLimited, Server, Timeout};
        matches!(self.0.kind, Connect | Interrupted | RateLimited | Server | Timeout)
    }

    /// Whether the change may have been carried out although the call failed: the request may have arrived and
    /// its answer was lost, was an internal error, or could not be understood. Look before repeating it.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        self.0.may_have_happened
    }

    /// Where an upload in pieces can go on; nothing for everything else.
    #[must_use]
    pub fn resume_point(&self) -> Option<&ResumePoint> {
        self.0.resume_point.as_ref()
    }

    /// Which input was refused before anything was sent, and by which rule; nothing for everything else.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// let error = turso.databases().get("Orders").await.unwrap_err();
    /// let refused = error.invalid_input().ok_or("sent")?;
    /// assert_eq!((refused.field(), refused.value()), ("database name", Some("Orders")));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn invalid_input(&self) -> Option<&InvalidInput> {
        if let Some(Unfit::Input(refused)) = &self.0.unfit { Some(refused) } else { None }
    }

    /// Why a file cannot be uploaded, and what makes it fit; nothing for everything else.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("shop.db");
    /// # rusqlite::Connection::open(&file)?.execute_batch("CREATE TABLE goods (name)")?;
    /// use turso_cloud::NewDatabase;
    ///
    /// let error = turso.databases().create_from_file(NewDatabase::new("shop", "default"), &file).await.unwrap_err();
    /// assert_eq!(error.unfit_file().and_then(|unfit| unfit.sql()), Some("PRAGMA journal_mode=WAL;"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn unfit_file(&self) -> Option<&UnfitFile> {
        if let Some(Unfit::File(unfit)) = &self.0.unfit { Some(unfit) } else { None }
    }

    /// The name of the operation, for instance `CreateDatabase`.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.request.as_ref().map(|request| request.operation)
    }

    /// The HTTP method of the request.
    #[must_use]
    pub fn method(&self) -> Option<&Method> {
        self.0.request.as_ref().map(|request| &request.method)
    }

    /// The path of the request with a `{field}` in place of each name; of a [`RawCall`](crate::RawCall), which is of no known
    /// operation, the path as it was given, without its query.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.0.request.as_ref().map(|request| &*request.path)
    }

    /// How many times the request was sent or tried to be.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.request.as_ref().map_or(0, |request| request.attempts)
    }

    /// How long the request took, with all attempts and the waits between them.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.request.as_ref().map_or(Duration::ZERO, |request| request.elapsed)
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            detail: None,
            status: None,
            message: None,
            code: None,
            retry_after: None,
            may_have_happened: false,
            request: None,
            resume_point: None,
            unfit: None,
            source: None,
        }))
    }

    pub(crate) fn config(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Config).with_detail(detail)
    }

    /// A refusal of the service.
    pub(crate) fn refused(operation: &str, status: StatusCode, body: &turso_cloud_contract::ErrorBody) -> Self {
        let mut error = Self::new(ErrorKind::of_refusal(operation, status, body.message()));
        error.0.status = Some(status);
        error.0.message = body.message().map(str::to_owned);
        error.0.code = body.code().map(str::to_owned);
        if error.is_mute_404() {
            return error.with_detail("the answer has no message of the service: is this its URL?");
        }
        error
    }

    /// A 404 of something else than the service, such as a web server or a gateway in front of it: the service says what is
    /// not there.
    fn is_mute_404(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND) && self.message().is_none()
    }

    /// Whether what the call names is not there. Where the organization it was looked for in is not there, or it was not the
    /// service that answered, nobody knows: a misspelt organization or URL must not look like one without that thing.
    pub(crate) fn says_absent(&self) -> bool {
        let seeks_organization = self.path().is_some_and(|path| path.ends_with("/{organization}"));
        let misses_organization = self.message().is_some_and(|message| {
            message
                .strip_prefix("organization ")
                .is_some_and(|rest| rest == "not found" || rest.ends_with(" not found"))
        });
        self.is_not_found() && !self.is_mute_404() && (seeks_organization || !misses_organization)
    }

    pub(crate) fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Names the request of the error it comes from as its own.
    pub(crate) fn due_to(mut self, cause: Self) -> Self {
        self.0.request.clone_from(&cause.0.request);
        self.with_source(cause)
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_request(mut self, request: RequestContext) -> Self {
        self.0.request = Some(request);
        self
    }

    pub(crate) fn with_resume_point(mut self, point: ResumePoint) -> Self {
        self.0.resume_point = Some(point);
        self
    }

    /// What may have happened was taken back.
    pub(crate) fn undone(mut self) -> Self {
        self.0.may_have_happened = false;
        self.without_resume_point()
    }

    pub(crate) fn without_resume_point(mut self) -> Self {
        self.0.resume_point = None;
        self
    }

    /// Adds to what this crate says.
    pub(crate) fn and_detail(mut self, more: &str) -> Self {
        let detail = self.0.detail.take();
        self.0.detail = Some(detail.map_or_else(|| more.to_owned(), |detail| format!("{detail}: {more}")).into());
        self
    }

    pub(crate) fn having_maybe_happened(mut self, maybe: bool) -> Self {
        self.0.may_have_happened |= maybe;
        self
    }

    /// Takes a secret out of what the service said, in case it repeated the request's token.
    pub(crate) fn without_secret(mut self, secret: &str) -> Self {
        if secret.len() < SHORTEST_SECRET {
            return self;
        }
        for text in [&mut self.0.message, &mut self.0.code].into_iter().flatten() {
            if text.contains(secret) {
                *text = text.replace(secret, "[redacted]");
            }
        }
        self
    }
}

/// `CreateDatabase (POST /v1/…): already exists (409): database with name orders already exists`
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if let Some(RequestContext { operation, method, path, .. }) = &inner.request {
            write!(f, "{operation} ({method} {path}): ")?;
        }
        f.write_str(inner.kind.as_str())?;
        if let Some(status) = inner.status {
            write!(f, " ({})", status.as_u16())?;
        }
        for text in [inner.detail.as_deref(), inner.message.as_deref()].into_iter().flatten() {
            f.write_str(": ")?;
            write_on_one_line(f, text)?;
        }
        match &inner.request {
            Some(request) if request.attempts > 1 => write!(f, " (after {} attempts)", request.attempts),
            _ => Ok(()),
        }
    }
}

fn write_on_one_line(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    use fmt::Write as _;
    // The last two end lines without being control characters.
    let ends_line = |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    text.chars().try_for_each(|character| f.write_char(if ends_line(character) { ' ' } else { character }))
}

/// The fields that are set, the cause included.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        let mut fields = f.debug_struct("Error");
        fields.field("kind", &inner.kind);
        let optional: [(&str, Option<&dyn fmt::Debug>); 8] = [
            ("status", inner.status.as_ref().map(|v| v as _)),
            ("detail", inner.detail.as_ref().map(|v| v as _)),
            ("message", inner.message.as_ref().map(|v| v as _)),
            ("code", inner.code.as_ref().map(|v| v as _)),
            ("retry_after", inner.retry_after.as_ref().map(|v| v as _)),
            ("request", inner.request.as_ref().map(|v| v as _)),
            ("resume_point", inner.resume_point.as_ref().map(|v| v as _)),
            ("source", inner.source.as_ref().map(|v| v as _)),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                fields.field(name, value);
            }
        }
        if inner.may_have_happened {
            fields.field("may_have_happened", &true);
        }
        fields.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Refused before anything was sent: the text is the whole story, so it is the detail and not the source.
impl From<InvalidInput> for Error {
    fn from(refused: InvalidInput) -> Self {
        let mut error = Self::new(ErrorKind::InvalidInput).with_detail(refused.to_string());
        error.0.unfit = Some(Unfit::Input(refused));
        error
    }
}

/// As with other input.
impl From<UnfitFile> for Error {
    fn from(unfit: UnfitFile) -> Self {
        let mut error = Self::new(ErrorKind::InvalidInput).with_detail(unfit.to_string());
        error.0.unfit = Some(Unfit::File(unfit));
        error
    }
}
