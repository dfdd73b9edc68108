use std::error::Error as _;
use std::{net::IpAddr, sync::Arc};

use rustls::{
    CertificateError, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::ring,
    pki_types::{ServerName, UnixTime},
};

use super::{Authority, Root, Subject, leaves};

/// What a client that trusts the authority thinks of a certificate it has signed for this subject.
fn verdict(root: &Root, name: &str) -> Result<(), rustls::Error> {
    let subject = match name.parse::<IpAddr>() {
        Ok(address) => Subject::Address(address),
        Err(_) => Subject::Name(name.to_owned()),
    };
    let (certificate, _) = leaves::certify(&subject, root).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(root.certificate.clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
    let server = ServerName::try_from(name.to_owned()).unwrap();
    verifier.verify_server_cert(certificate.der(), &[], &server, &[], UnixTime::now()).map(|_| ())
}

#[test]
fn whoever_has_the_key_can_vouch_for_this_machine_and_for_nobody_else() {
    let root = Root::read(&Root::make().unwrap()).unwrap();
    for name in ["localhost", "orders-acme.localhost", "a.b.localhost", "127.0.0.1", "127.254.3.4", "::1"] {
        assert_eq!(verdict(&root, name), Ok(()), "{name}");
    }
    for name in ["evil.example", "api.turso.tech", "notlocalhost", "128.0.0.1", "10.0.0.1", "::2"] {
        let verdict = verdict(&root, name).unwrap_err();
        assert!(
            matches!(verdict, rustls::Error::InvalidCertificate(CertificateError::Other(_))),
            "{name}: {verdict:?}"
        );
        assert!(format!("{verdict:?}").contains("NameConstraintViolation"), "{name}: {verdict:?}");
    }
}

#[test]
fn a_certificate_is_made_once_for_each_name_and_many_names_do_not_pile_up() {
    let authority = Authority::new(None);
    let get = |name: &str| authority.server_config(&Subject::Name(name.to_owned())).unwrap();
    let first = get("a.localhost");
    assert!(Arc::ptr_eq(&first, &get("a.localhost")));
    assert!(!Arc::ptr_eq(&first, &get("b.localhost")));
    for n in 0..1100 {
        get(&format!("n{n}.localhost"));
    }
    assert!(!Arc::ptr_eq(&first, &get("a.localhost")), "1100 later names have not displaced it");
}

#[test]
fn what_is_no_authority_is_an_error_that_names_the_file_and_the_way_out() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("ca-key.pem");
    let certificate = || Authority::new(Some(directory.path().to_owned())).certificate();
    std::fs::write(&key, "not PEM").unwrap();
    let refused = certificate().unwrap_err();
    assert_eq!(refused.to_string(), format!("could not use {}", key.display()));
    let why = refused.source().unwrap().to_string();
    assert_eq!(why, "no items found; without this file, another authority is made, which clients have to trust anew");
    std::fs::remove_file(&key).unwrap();
    certificate().unwrap();
}

#[test]
fn a_certificate_of_somebody_else_is_not_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let (key, shown) = (directory.path().join("ca-key.pem"), directory.path().join("ca.pem"));
    let certificate = || Authority::new(Some(directory.path().to_owned())).certificate();
    let foreign = rcgen::generate_simple_self_signed(["example.org".to_owned()]).unwrap().cert.pem();
    for text in [foreign.as_str(), "notes"] {
        std::fs::write(&shown, text).unwrap();
        let refused = certificate().unwrap_err();
        assert_eq!(refused.to_string(), format!("could not replace {}", shown.display()));
        assert!(std::fs::read_to_string(&shown).unwrap() == text && !key.exists());
    }
    std::fs::remove_file(&shown).unwrap();
    let first = certificate().unwrap();
    std::fs::remove_file(&key).unwrap();
    let second = certificate().unwrap();
    assert!(first != second && std::fs::read_to_string(&shown).unwrap() == second, "its own is replaced");
    std::fs::write(&key, "not PEM").unwrap();
    certificate().unwrap_err();
    assert_eq!(std::fs::read_to_string(&shown).unwrap(), second);
}

#[test]
fn two_clouds_have_two_authorities_and_no_key_shows_in_debug() {
    let [first, second] = [Authority::new(None), Authority::new(None)];
    assert_ne!(first.certificate().unwrap(), second.certificate().unwrap());
    assert!(!format!("{first:?}").contains("PRIVATE"));
}
