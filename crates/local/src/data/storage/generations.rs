//! The numbers of generations that histories which have ended leave behind.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;

/// No history begins with a number that one before it may have had: a replica knows its database by the host and the
/// number of the generation, and would take the log of another one for what follows its own.
#[derive(Debug, Default)]
pub(crate) struct Generations {
    /// The highest of those that ended with their database, or with the state of the cloud.
    ended: Mutex<u32>,
    file: Option<PathBuf>,
}

/// 2026-01-01T00:00:00Z, in seconds since 1970.
const BEGINNING: Duration = Duration::from_secs(1_767_225_600);

/// One for each second of the machine's clock, for 136 years. A cloud that begins later on the same port, of which nothing
/// was kept, has higher ones, unless the databases of the one before began a generation in each second; of those every one
/// has 8 MB.
pub(crate) fn generation_of_this_second() -> u32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u32::try_from(now.saturating_sub(BEGINNING).as_secs()).unwrap_or_default()
}

impl Generations {
    /// Those up to this one have ended.
    pub(crate) fn after(ended: u32) -> Self {
        Self { ended: Mutex::new(ended), file: None }
    }

    /// Those up to this one, and those that a file says, which appears with the first of them.
    pub(crate) fn kept_in(file: PathBuf, ended: u32) -> io::Result<Self> {
        let written: u32 = match fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            text => text?.trim().parse().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?,
        };
        Ok(Self { ended: Mutex::new(written.max(ended)), file: Some(file) })
    }

    /// The number that a new history begins with.
    pub(crate) fn first(&self) -> u32 {
        self.ended.lock().saturating_add(1)
    }

    /// Writes down that generations up to this one have ended.
    pub(crate) fn end(&self, generation: u32) -> io::Result<()> {
        let mut ended = self.ended.lock();
        if generation <= *ended {
            return Ok(());
        }
        // Even where it cannot be written down, no history of this process begins with it.
        *ended = generation;
        let Some(file) = &self.file else { return Ok(()) };
        let draft = file.with_extension("draft");
        fs::write(&draft, format!("{generation}\n"))?;
        fs::rename(draft, file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_has_ended_after_a_restart_too() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("generations");
        let open = |ended| Generations::kept_in(file.clone(), ended);
        let generations = open(0).unwrap();
        assert_eq!([generations.first(), open(4).unwrap().first()], [1, 5]);
        for (ended, first) in [(7, 8), (3, 8), (u32::MAX - 1, u32::MAX), (u32::MAX, u32::MAX)] {
            generations.end(ended).unwrap();
            assert_eq!([generations.first(), open(0).unwrap().first()], [first; 2]);
        }
        fs::write(&file, "many").unwrap();
        assert_eq!(open(0).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
