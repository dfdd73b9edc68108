//! What a new database begins with.

use std::path::PathBuf;

use jiff::Timestamp;
use turso_cloud_contract::{ByteSize, DatabaseName, InvalidInput, PathSegment as _, databases::Seed, without_secrets};
use url::Url;

use super::find;
use crate::{
    control::{Beginning, Context, Refusal, answers::billing},
    regular_file,
    store::{DatabaseRow, OrganizationRow},
};

/// The content of a new database.
pub(super) enum Content {
    Nothing,
    /// It is uploaded later.
    Upload,
    /// What another database is now, or was at a time.
    Copy(Box<DatabaseRow>, Option<Timestamp>),
    Dump(Dump),
}

/// A dump, and its id if it was uploaded.
pub(super) struct Dump {
    file: PathBuf,
    id: Option<String>,
}

impl Content {
    pub(super) fn find(cx: &Context<'_>, organization: &OrganizationRow, seed: Option<&Seed>) -> Result<Self, Refusal> {
        match seed {
            None => Ok(Self::Nothing),
            Some(Seed::DatabaseUpload) => Ok(Self::Upload),
            Some(Seed::Database { name, timestamp, .. }) => copy(cx, organization, name, *timestamp),
            Some(Seed::Dump { url, .. }) => dump(cx, organization, url).map(Self::Dump),
            Some(_) => Err(Refusal::bad_request("the local cloud does not support this type of seed yet")),
        }
    }

    /// The database it is a copy of.
    pub(super) fn original(&self) -> Option<&DatabaseRow> {
        match self {
            Self::Copy(original, _) => Some(original),
            _ => None,
        }
    }

    /// Gives it to a database that nobody can see yet. It comes last, for whoever refuses afterwards would leave a
    /// file behind that nobody knows.
    pub(super) fn give_to(self, cx: &mut Context<'_>, database: &DatabaseRow) -> Result<(), Refusal> {
        match self {
            Self::Nothing | Self::Upload => Ok(()),
            Self::Copy(original, None) => cx.copy(&original.uuid, &database.uuid),
            // What comes after the present is the present.
            Self::Copy(original, Some(at)) => cx.copy_at(&original, &database.uuid, at.min(cx.now())),
            Self::Dump(dump) => dump.give_to(cx, database),
        }
    }
}

impl Dump {
    fn give_to(self, cx: &mut Context<'_>, database: &DatabaseRow) -> Result<(), Refusal> {
        let name = self.id.clone().unwrap_or_else(|| self.file.display().to_string());
        let size_limit = database.size_limit.map(ByteSize::bytes);
        cx.begin(database, Beginning { file: self.file, name, size_limit })?;
        self.id.into_iter().for_each(|id| cx.use_up_dump(id));
        Ok(())
    }
}

fn copy(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    name: &str,
    at: Option<Timestamp>,
) -> Result<Content, Refusal> {
    let original = find(cx, organization, &DatabaseName::from_segment(name.to_owned())?)?;
    if original.draft {
        return Err(Refusal::bad_request(format!(
            "database {name} is a draft and cannot be copied: upload its file first"
        )));
    }
    let earliest = billing::earliest_past(cx, organization).max(original.created_at);
    match at {
        Some(at) if at < earliest => Err(Refusal::before_history(&original.name, at, earliest)),
        at => Ok(Content::Copy(Box::new(original), at)),
    }
}

/// Nothing is loaded from the network: a dump lies on this machine, or was uploaded to this cloud.
fn dump(cx: &Context<'_>, organization: &OrganizationRow, url: &str) -> Result<Dump, Refusal> {
    let refuse = |rule: &str| Refusal::from(InvalidInput::new("seed.url", &without_secrets(url), rule.to_owned()));
    let parsed = Url::parse(url).map_err(|error| refuse(&format!("must be a URL: {error}")))?;
    if parsed.scheme() == "file" {
        if !cx.is_from_here() {
            return Err(refuse("only programs of this machine can name its files"));
        }
        let file = parsed.to_file_path().map_err(|()| refuse("must name a file of this machine"))?;
        return match regular_file::length(&file) {
            Ok(None) => Err(refuse("must name a file, and no folder, device or pipe")),
            // So has what the system makes up, and an empty database would be made of it without a word.
            Ok(Some(0)) => Err(refuse("must name a file that is not empty")),
            // Whoever reads it tells why it cannot be.
            Ok(Some(_)) | Err(_) => Ok(Dump { file, id: None }),
        };
    }
    match cx.find_dump(organization, parsed.path()) {
        Some((id, file)) => Ok(Dump { file, id: Some(id) }),
        None => Err(refuse(
            "must be the dump_url of a dump that was uploaded to this organization and is not used up, or a file: URL: \
             the local cloud loads nothing from the network",
        )),
    }
}
