//! Plain HTTP and TLS on one port: the first byte of a connection tells which it is.

use std::{io, sync::Arc, time::Duration};

use rustls::server::Acceptor;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

use super::line::Line;
use crate::{
    authority::{Authority, Subject},
    blocking::blocking,
};

/// What every TLS connection begins with, and no HTTP request: the record type of a handshake.
const HANDSHAKE: u8 = 0x16;

/// How long a connection may take to say what it is. As long as it may be idle later.
const FIRST_BYTE: Duration = Duration::from_secs(30);

/// How long a TLS handshake may take.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// A connection on which HTTP is spoken, encrypted or not.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {
    fn is_encrypted(&self) -> bool;
}

impl Wire for Line {
    fn is_encrypted(&self) -> bool {
        false
    }
}

impl Wire for TlsStream<Line> {
    fn is_encrypted(&self) -> bool {
        true
    }
}

/// Waits for the first byte, and for the handshake where it begins one.
pub(super) async fn open(stream: Line, authority: &Arc<Authority>) -> io::Result<Box<dyn Wire>> {
    let mut first = [0];
    timeout(FIRST_BYTE, stream.stream().peek(&mut first)).await??;
    if first != [HANDSHAKE] {
        return Ok(Box::new(stream));
    }
    timeout(HANDSHAKE_TIME, shake_hands(stream, authority)).await?
}

async fn shake_hands(stream: Line, authority: &Arc<Authority>) -> io::Result<Box<dyn Wire>> {
    let address = stream.stream().local_addr()?.ip();
    let hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    // A client that connects to an address names none. What the authority may not vouch for, the client would refuse.
    let name = hello.client_hello().server_name().map(str::to_ascii_lowercase);
    let name = name.filter(|name| name == "localhost" || name.ends_with(".localhost"));
    let subject = name.map_or(Subject::Address(address), Subject::Name);
    let config = if let Some(config) = authority.server_config_at_hand(&subject) {
        config
    } else {
        // The first of all makes the keys of the authority, and waits for the disk that keeps them.
        let authority = Arc::clone(authority);
        blocking(move || authority.server_config(&subject)).await
    };
    let config = config.map_err(io::Error::other)?;
    Ok(Box::new(hello.into_stream(config).await?))
}
