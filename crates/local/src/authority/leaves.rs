//! A certificate for each name and address that clients connect to, made when the first of them comes.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Span;
use parking_lot::Mutex;
use rcgen::{
    Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    SanType,
};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer};

use super::{Root, limit, unusable};
use crate::CloudError;

/// Some platforms refuse certificates that are good for much longer.
const VALID_DAYS: i64 = 90;

/// A server that runs for months must not hand out a certificate that has ended.
const RENEWED_AFTER: Duration = Duration::from_secs(30 * 24 * 3600);

/// Names are the clients' choice: they must not fill the memory. Making one again takes less than a millisecond.
const KEPT: usize = 1024;

/// Whom a certificate is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Name(String),
    Address(IpAddr),
}

#[derive(Default)]
pub(super) struct Leaves(Mutex<HashMap<Subject, (Instant, Arc<ServerConfig>)>>);

impl Leaves {
    pub(super) fn get_or_make(&self, subject: &Subject, root: &Root) -> Result<Arc<ServerConfig>, CloudError> {
        let mut kept = self.0.lock();
        if let Some((made, config)) = kept.get(subject)
            && made.elapsed() < RENEWED_AFTER
        {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(make(subject, root)?);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(subject.clone(), (Instant::now(), Arc::clone(&config)));
        Ok(config)
    }
}

fn make(subject: &Subject, root: &Root) -> Result<ServerConfig, CloudError> {
    let (certificate, key) = certify(subject, root)?;
    let chain = vec![certificate.der().clone(), root.certificate.clone()];
    // Named, because a program may hold several providers and then has no default one.
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Whether anybody accepts the certificate is decided by the limits of the authority, not here.
pub(super) fn certify(subject: &Subject, root: &Root) -> Result<(Certificate, KeyPair), CloudError> {
    let key = KeyPair::generate().map_err(unusable)?;
    let certificate = params(subject)?.signed_by(&key, &root.issuer).map_err(unusable)?;
    Ok((certificate, key))
}

fn params(subject: &Subject) -> Result<CertificateParams, CloudError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    // No common name: clients would hold it against the names that the authority is limited to.
    params.distinguished_name.push(DnType::OrganizationName, "turso-cloud local");
    params.subject_alt_names = vec![match subject {
        Subject::Name(name) => SanType::DnsName(name.as_str().try_into().map_err(unusable)?),
        Subject::Address(address) => SanType::IpAddress(*address),
    }];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    limit(&mut params, Span::new().days(VALID_DAYS))?;
    Ok(params)
}
