//! The crypto provider of the application, which is one for a whole process: this test has a process of its own.
#![cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]

use turso_cloud::{ApiToken, Client, ErrorKind};

#[test]
fn a_client_without_a_crypto_provider_is_refused_until_the_application_installs_one() {
    let build = || Client::builder(ApiToken::new("eyJ0.eyJqdGki.c2ln").unwrap()).build();
    let error = build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("rustls has no crypto provider: install one"), "{error}");
    rustls::crypto::ring::default_provider().install_default().unwrap();
    build().unwrap();
}
