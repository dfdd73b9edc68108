#![expect(clippy::doc_markdown, reason = "the comments are help texts, which are shown as they are")]

use std::path::PathBuf;

// What opens a database that is encrypted.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct KeyArgs {
    /// Open an encrypted database with the key in this file, in base64 [env: TURSOCTL_ENCRYPTION_KEY,
    /// TURSO_DB_REMOTE_ENCRYPTION_KEY: the key itself]
    #[arg(long, value_name = "FILE")]
    pub(crate) encryption_key_file: Option<PathBuf>,
}
