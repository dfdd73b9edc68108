//! The host of one database: where it is, and tokens for it.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use turso_cloud_contract::{
    DatabaseName, DatabaseToken, Repeatability,
    database_tokens::NewToken,
    databases::Encryption,
    uploads::{ENCRYPTION_CIPHER_HEADER, ENCRYPTION_KEY_HEADER},
};

use super::Job;
use crate::{
    Databases, Error, ErrorKind,
    call::uri,
    credentials::bearer,
    exchange::{Answer, Authorization, Prepared},
    handles::{TOKEN_LIFE, patiently, select_one, send_patiently},
    origin,
    payload::Payload,
};

/// How often a token that ended while its request was repeated is replaced.
const MOST_TOKENS: usize = 4;

pub(super) struct Host<'a> {
    job: &'a Job,
    databases: &'a Databases,
    name: &'a DatabaseName,
    origin: String,
}

/// A request to the host of a database, but for its token.
pub(super) struct HostRequest {
    pub(super) operation: &'static str,
    pub(super) template: &'static str,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) payload: Payload,
    pub(super) repeatability: Repeatability,
}

impl<'a> Host<'a> {
    /// Asks the API where the database is. A token goes there and nowhere else.
    pub(super) async fn find(job: &'a Job, databases: &'a Databases, name: &'a DatabaseName) -> Result<Self, Error> {
        let url = databases.get(name.clone()).await?.url();
        let origin = origin::service("Hostname", &url).map_err(|refused| {
            let detail = format!("the API names no usable host of database {name}: {refused}");
            Error::new(ErrorKind::Decode).with_detail(detail)
        })?;
        Ok(Self { job, databases, name, origin })
    }

    /// The same for a database that was created just now, which the API may not know at once.
    pub(super) async fn find_new(
        job: &'a Job,
        databases: &'a Databases,
        name: &'a DatabaseName,
    ) -> Result<Self, Error> {
        let late = || format!("database {name} was created but is not there yet");
        patiently(&job.waiting(), late, || Self::find(job, databases, name)).await
    }

    /// Waits until the host of a database that may have been created just now answers.
    pub(super) async fn answering(&self) -> Result<(), Error> {
        let cx = self.job.waiting();
        let late = || format!("the host of database {} does not answer yet", self.name);
        let probe = || async { select_one(&self.origin, &self.token().await?) };
        send_patiently(&cx, late, probe, |answer| match answer {
            // A database that waits for its file refuses SQL, which is an answer.
            Err(error) if error.is_rejected() || error.is_forbidden() || error.is_already_exists() => Ok(()),
            answer => answer.map(drop),
        })
        .await
    }

    /// Whether the database answers SQL to those who have its key, if it has one.
    pub(super) async fn is_active(&self, key: Option<&HeaderValue>) -> bool {
        let Ok(token) = self.token().await else { return false };
        let Ok(mut probe) = select_one(&self.origin, &token) else { return false };
        probe.headers.extend(key.map(|key| (HeaderName::from_static(ENCRYPTION_KEY_HEADER), key.clone())));
        self.job.waiting().send_raw(&probe).await.is_ok()
    }

    /// Sends a request with a token of its own. It is replaced where it was good at first and ended while the request
    /// was repeated.
    pub(super) async fn send(&self, request: &HostRequest) -> Result<Answer, Error> {
        let mut tokens = 1;
        loop {
            let prepared = self.prepare(request, &self.token().await?)?;
            match self.job.context(&request.payload).send_raw(&prepared).await {
                Err(error) if error.is_unauthenticated() && error.attempts() > 1 && tokens < MOST_TOKENS => tokens += 1,
                result => return result,
            }
        }
    }

    /// Sends a request again and again until a host that may be new knows itself.
    pub(super) async fn send_patiently(&self, request: &HostRequest) -> Result<Answer, Error> {
        let cx = self.job.waiting();
        let late = || format!("the host of database {} takes no upload yet", self.name);
        send_patiently(&cx, late, || async { self.prepare(request, &self.token().await?) }, |answer| answer).await
    }

    async fn token(&self) -> Result<DatabaseToken, Error> {
        let token = NewToken::full_access().expires(TOKEN_LIFE);
        self.databases.create_token(self.name.clone(), token).await
    }

    fn prepare(&self, request: &HostRequest, token: &DatabaseToken) -> Result<Prepared, Error> {
        Ok(Prepared {
            operation: request.operation,
            template: request.template.into(),
            method: request.method.clone(),
            uri: uri(&self.origin, &request.path)?,
            headers: HeaderMap::new(),
            payload: request.payload.clone(),
            repeatability: request.repeatability,
            authorization: Authorization::Header(bearer(token.expose())?),
        })
    }
}

/// The headers of bytes of a database's file.
pub(super) fn file_headers(encryption: Option<&Encryption>) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    if let Some(Encryption { encryption_key, encryption_cipher, .. }) = encryption {
        let unfit = || Error::config("the encryption key or cipher holds a character that cannot stand in a header");
        let mut key = HeaderValue::try_from(encryption_key.expose()).map_err(|_| unfit())?;
        key.set_sensitive(true);
        headers.insert(ENCRYPTION_KEY_HEADER, key);
        let cipher = HeaderValue::try_from(encryption_cipher.as_str()).map_err(|_| unfit())?;
        headers.insert(ENCRYPTION_CIPHER_HEADER, cipher);
    }
    Ok(headers)
}
