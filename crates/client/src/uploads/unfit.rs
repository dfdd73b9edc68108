use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Why a file cannot be uploaded, and what makes it fit. As a text it is both, with the name of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfitFile {
    path: PathBuf,
    found: String,
    advice: Option<String>,
    sql: Option<String>,
}

impl UnfitFile {
    /// `shop.db cannot be uploaded: it is cut off; copy it again`
    pub(super) fn new(path: &Path, found: impl Into<String>) -> Self {
        Self { path: path.to_owned(), found: found.into(), advice: None, sql: None }
    }

    pub(super) fn advising(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    pub(super) fn repaired_by(mut self, sql: impl Into<String>) -> Self {
        self.sql = Some(sql.into());
        self
    }

    /// What is wrong, such as `its page size is 512, and 4096 is needed`.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }

    /// What to do before [`sql`](Self::sql) is run, or in its place.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }

    /// The SQL that makes the file fit, if SQL does.
    #[must_use]
    pub fn sql(&self) -> Option<&str> {
        self.sql.as_deref()
    }
}

impl fmt::Display for UnfitFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be uploaded: {}", self.path.display(), self.found)?;
        match (&self.advice, &self.sql) {
            (Some(advice), Some(sql)) => write!(f, "; {advice} and run `{sql}`"),
            (Some(advice), None) => write!(f, "; {advice}"),
            (None, Some(sql)) => write!(f, "; run `{sql}`"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for UnfitFile {}
