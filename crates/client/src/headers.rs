//! Headers of one's own, and those that are none of one's business.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use turso_cloud_contract::{
    InvalidInput,
    uploads::{ENCRYPTION_CIPHER_HEADER, ENCRYPTION_KEY_HEADER},
};

/// The token, what says where a body ends, and what is between two ends of a connection (RFC 9110, section 7.6.1). Whoever
/// sets one of these of their own loses the body, or waits for an answer to the rest of it.
const SET_BY_THE_CLIENT: [HeaderName; 11] = [
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What depends on the request, so that one for all of them would be wrong.
const SET_BY_EACH_REQUEST: [HeaderName; 6] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::CONTENT_TYPE,
    header::USER_AGENT,
    HeaderName::from_static(ENCRYPTION_CIPHER_HEADER),
    HeaderName::from_static(ENCRYPTION_KEY_HEADER),
];

/// Headers, or what is wrong with the first that cannot be sent.
#[derive(Clone)]
pub(crate) struct OwnHeaders(Result<HeaderMap, InvalidInput>);

impl OwnHeaders {
    pub(crate) fn new() -> Self {
        Self(Ok(HeaderMap::new()))
    }

    /// Adds a header to one request, in place of one of that name.
    pub(crate) fn set(&mut self, name: impl TryInto<HeaderName>, value: impl TryInto<HeaderValue>) {
        self.add(parse(name, value));
    }

    /// Adds a header to all requests, in place of one of that name. It may be a key.
    pub(crate) fn set_for_all(&mut self, name: impl TryInto<HeaderName>, value: impl TryInto<HeaderValue>) {
        self.add(parse(name, value).and_then(|(name, mut value)| {
            if name == header::USER_AGENT {
                return Err(refused("user-agent is set with `ClientBuilder::user_agent`"));
            }
            if SET_BY_EACH_REQUEST.contains(&name) {
                return Err(set_by_the_client(&name));
            }
            value.set_sensitive(true);
            Ok((name, value))
        }));
    }

    pub(crate) fn into_map(self) -> Result<HeaderMap, InvalidInput> {
        self.0
    }

    fn add(&mut self, header: Result<(HeaderName, HeaderValue), InvalidInput>) {
        let Ok(headers) = &mut self.0 else { return };
        match header {
            Ok((name, value)) => drop(headers.insert(name, value)),
            Err(refused) => self.0 = Err(refused),
        }
    }
}

fn parse(
    name: impl TryInto<HeaderName>,
    value: impl TryInto<HeaderValue>,
) -> Result<(HeaderName, HeaderValue), InvalidInput> {
    let name = name.try_into().map_err(|_| refused("its name holds a character that cannot stand there"))?;
    if SET_BY_THE_CLIENT.contains(&name) {
        return Err(set_by_the_client(&name));
    }
    let value = value.try_into().map_err(|_| refused("its value holds a character that cannot stand there"))?;
    Ok((name, value))
}

fn set_by_the_client(name: &HeaderName) -> InvalidInput {
    refused(format!("{name} is set by the client"))
}

fn refused(rule: impl Into<std::borrow::Cow<'static, str>>) -> InvalidInput {
    InvalidInput::without_value("header", rule)
}
