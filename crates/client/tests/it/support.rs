//! What the tests share.

pub(crate) mod files;
pub(crate) mod log;
pub(crate) mod operations;
pub(crate) mod script;
pub(crate) mod server;
pub(crate) mod upload_cloud;

/// Installs the crypto provider that a program has to bring where the client brings none.
pub(crate) fn bring_crypto_provider() {
    #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
    // The first test is the one that succeeds.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
