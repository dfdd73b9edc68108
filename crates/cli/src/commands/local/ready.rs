//! What is said of a local cloud once it is ready: where it is, and nothing that opens it.

use anyhow::Result;
use serde::Serialize;

use super::instance::Instance;
use crate::{
    args::{DEFAULT_NAME, Format},
    context::Context,
    output::Shape,
};

const READY: Shape = Shape {
    noun: "local",
    name: "name",
    columns: &[("name", "name"), ("url", "url"), ("https url", "https_url"), ("organization", "organization")],
    wide: &[("certificate", "certificate"), ("pid", "pid"), ("data dir", "data_dir")],
};

#[derive(Debug, Serialize)]
pub(super) struct Ready {
    /// What other commands find it by; nothing where they do not.
    pub(super) name: Option<String>,
    pub(super) url: String,
    pub(super) https_url: String,
    pub(super) organization: String,
    /// The file of the certificate that TLS clients have to trust, where there is one.
    pub(super) certificate: Option<String>,
    pub(super) pid: u32,
    pub(super) data_dir: Option<String>,
}

impl Ready {
    /// Whoever started the cloud waits for this line, which is all that is written to standard output.
    pub(super) fn tell(&self, cx: &Context) -> Result<()> {
        match cx.out().format() {
            Format::Table | Format::Wide => {
                cx.out().text(&format!("local Turso Cloud ready at {} and {}", self.url, self.https_url))?;
                // What a person needs next is not for a program, nor for a log.
                if let Some(name) = self.name.as_deref().filter(|_| cx.shows_progress()) {
                    let which = if name == DEFAULT_NAME { String::new() } else { format!(" --name {name}") };
                    cx.notice(format_args!(
                        r#"use it from another shell: eval "$(tursoctl local env{which} --form shell)""#
                    ));
                }
                Ok(())
            }
            _ => cx.out().line(&READY, self),
        }
    }
}

impl From<Instance> for Ready {
    fn from(instance: Instance) -> Self {
        let Instance { name, pid, url, https_url, organization, certificate, data_dir, .. } = instance;
        let certificate = Some(certificate.to_string_lossy().into_owned());
        Self { name: Some(name), url, https_url, organization, certificate, pid, data_dir }
    }
}
