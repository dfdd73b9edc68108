//! The certificate authority of a local cloud, so that clients which insist on TLS can be used against it.
//!
//! A user is asked to trust its certificate, and that must not be a risk: name constraints make it worthless for any
//! name or address beyond this machine, even for whoever steals its key.

mod file;
mod leaves;
#[cfg(test)]
mod tests;

use std::{error::Error, path::PathBuf, sync::Arc};

use jiff::{Span, Timestamp, tz::TimeZone};
use parking_lot::Mutex;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, GeneralSubtree, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use crate::CloudError;
use leaves::Leaves;

pub(crate) use leaves::Subject;

/// Long enough that nobody has to trust another one while a local cloud is of use.
const YEARS: i64 = 10;

/// What the name of every authority begins with.
const NAME: &str = "turso-cloud local CA ";

/// Made when it is first needed: a cloud starts faster without, and most are never asked for TLS.
pub(crate) struct Authority {
    directory: Option<PathBuf>,
    root: Mutex<Option<Arc<Root>>>,
    leaves: Leaves,
}

/// The authority's own key and certificate.
struct Root {
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Kept in a directory, or else in memory alone.
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        Self { directory, root: Mutex::default(), leaves: Leaves::default() }
    }

    pub(crate) fn certificate(&self) -> Result<String, CloudError> {
        Ok(self.root()?.certificate_pem.clone())
    }

    pub(crate) fn certificate_file(&self) -> Result<Option<PathBuf>, CloudError> {
        self.root()?;
        Ok(self.directory.as_deref().map(file::certificate))
    }

    /// What a connection to this name or address is encrypted with.
    pub(crate) fn server_config(&self, subject: &Subject) -> Result<Arc<ServerConfig>, CloudError> {
        self.leaves.get_or_make(subject, &*self.root()?)
    }

    /// As [`Authority::server_config`], unless that has to make or read the authority, which waits for the disk.
    pub(crate) fn server_config_at_hand(&self, subject: &Subject) -> Option<Result<Arc<ServerConfig>, CloudError>> {
        let root = self.root.try_lock()?.clone()?;
        Some(self.leaves.get_or_make(subject, &root))
    }

    fn root(&self) -> Result<Arc<Root>, CloudError> {
        let mut root = self.root.lock();
        if let Some(root) = &*root {
            return Ok(Arc::clone(root));
        }
        let found = match &self.directory {
            Some(directory) => {
                let found = file::load_or_make(directory, Root::make)?;
                Root::read(&found).map_err(|problem| file::damaged(directory, &problem))?
            }
            None => Root::read(&Root::make()?)?,
        };
        let found = Arc::new(found);
        *root = Some(Arc::clone(&found));
        Ok(found)
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("directory", &self.directory).finish_non_exhaustive()
    }
}

impl Root {
    /// Key and certificate of a new authority, as PEM.
    fn make() -> Result<String, CloudError> {
        let key = KeyPair::generate().map_err(unusable)?;
        let certificate = root_params(&key)?.self_signed(&key).map_err(unusable)?;
        Ok(format!("{}{}", key.serialize_pem(), certificate.pem()))
    }

    fn read(pem: &str) -> Result<Self, CloudError> {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(unusable)?;
        let certificate_pem = pem.find(file::BEGINNING).and_then(|start| pem.get(start..));
        let certificate_pem = certificate_pem.unwrap_or_default().to_owned();
        let key = KeyPair::from_pem(pem).map_err(unusable)?;
        let issuer = Issuer::new(root_params(&key)?, key);
        Ok(Self { certificate, certificate_pem, issuer })
    }
}

/// Apart from its dates it follows from the key, so that the issuer of a certificate need not be read out of one.
fn root_params(key: &KeyPair) -> Result<CertificateParams, CloudError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    // Told apart by name, for clients that look for issuers by name alone and know several local clouds.
    params.distinguished_name.push(DnType::CommonName, format!("{NAME}{}", fingerprint(key)));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::V4([127, 0, 0, 0], [255, 0, 0, 0])),
            GeneralSubtree::IpAddress(CidrSubnet::V6(std::net::Ipv6Addr::LOCALHOST.octets(), [255; 16])),
        ],
        excluded_subtrees: Vec::new(),
    });
    limit(&mut params, Span::new().years(YEARS))?;
    Ok(params)
}

fn fingerprint(key: &KeyPair) -> String {
    // Behind the byte that says how a point is written.
    let number =
        key.public_key_raw().iter().skip(1).take(6).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    format!("{number:012x}")
}

/// By the clock of this machine, as clients check it. It begins a day early: their clocks may be slow.
fn limit(params: &mut CertificateParams, validity: Span) -> Result<(), CloudError> {
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let first = today.checked_sub(Span::new().days(1)).map_err(unusable)?;
    let last = today.checked_add(validity).map_err(unusable)?;
    let [(y, m, d), (last_y, last_m, last_d)] = [first, last].map(|date| (date.year(), date.month(), date.day()));
    params.not_before = date_time_ymd(y.into(), m.unsigned_abs(), d.unsigned_abs());
    params.not_after = date_time_ymd(last_y.into(), last_m.unsigned_abs(), last_d.unsigned_abs());
    Ok(())
}

fn unusable(error: impl Error + Send + Sync + 'static) -> CloudError {
    CloudError::Certificates(error.into())
}
