//! Versions and encodings of the protocol, by the names that the two ends of a WebSocket agree upon.

use axum::extract::ws::WebSocketUpgrade;
use http::HeaderValue;

use crate::data::host::codec::Encoding;
use crate::data::refusal::Refusal;

/// What client and server agreed to speak.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subprotocol {
    pub(super) version: Version,
    pub(super) encoding: Encoding,
}

/// A version of the protocol; each has all requests of those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    Hrana1,
    Hrana2,
    Hrana3,
}

impl Subprotocol {
    /// Takes the latest version of those the client offers, in protobuf if it offers that. A client that offers none is
    /// from the time before there were names.
    pub(super) fn negotiate<F>(upgrade: &mut WebSocketUpgrade<F>) -> Result<Self, Refusal> {
        let mut offered = upgrade.requested_protocols().peekable();
        if offered.peek().is_none() {
            return Ok(Self { version: Version::Hrana1, encoding: Encoding::Json });
        }
        let known = offered.filter_map(|name| Some((name.clone(), Self::parse(name)?)));
        let best = known.max_by_key(|(_, known)| (known.version, known.encoding == Encoding::Protobuf));
        let Some((name, chosen)) = best else {
            return Err(Refusal::protocol(
                "none of the offered WebSocket subprotocols is known: hrana3-protobuf, hrana3, hrana2 and hrana1 are",
            ));
        };
        upgrade.set_selected_protocol(name);
        Ok(chosen)
    }

    fn parse(name: &HeaderValue) -> Option<Self> {
        let (version, encoding) = match name.as_bytes() {
            b"hrana1" => (Version::Hrana1, Encoding::Json),
            b"hrana2" => (Version::Hrana2, Encoding::Json),
            b"hrana3-protobuf" => (Version::Hrana3, Encoding::Protobuf),
            b"hrana3" => (Version::Hrana3, Encoding::Json),
            _ => return None,
        };
        Some(Self { version, encoding })
    }
}
