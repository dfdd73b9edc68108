//! Whatever happens to a database, the pages that changed make of an older copy the newer one, byte for byte.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::data::storage::history::{PAGE_BYTES, Point, View};

#[derive(Clone, Copy, Debug)]
enum Step {
    Insert {
        bytes: u32,
    },
    Update,
    DeleteAll,
    Vacuum,
    /// The process ends, and the next one opens the files.
    Restart,
    /// Somebody reads, or stops reading, which keeps the log from being emptied.
    Read,
    Pull,
    /// Pages of a commit before.
    LookBack {
        commits: usize,
    },
    /// From a commit before to a later one.
    CatchUp {
        from: usize,
        to: usize,
    },
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_u32..30_000).prop_map(|bytes| Step::Insert { bytes }),
        2 => Just(Step::Update),
        1 => Just(Step::DeleteAll),
        1 => Just(Step::Vacuum),
        1 => Just(Step::Restart),
        2 => Just(Step::Read),
        4 => Just(Step::Pull),
        2 => (0_usize..8).prop_map(|commits| Step::LookBack { commits }),
        2 => (0_usize..8, 0_usize..8).prop_map(|(from, to)| Step::CatchUp { from, to }),
    ]
}

/// The file that a view makes of a copy: of none, too, if it has all pages.
fn put(view: View<'_>, copy: &[u8]) -> Vec<u8> {
    let mut file = copy.to_vec();
    file.resize(view.pages() as usize * PAGE_BYTES, 0);
    view.read(
        |_| true,
        |number, page| {
            let start = number as usize * PAGE_BYTES;
            file[start..start + PAGE_BYTES].copy_from_slice(page);
            Ok(())
        },
    )
    .unwrap();
    file
}

impl Database {
    fn file_at_present(&self) -> Vec<u8> {
        let target = self.directory.path().join("restored.db");
        self.history.restore(self.history.clock.now(), &target).unwrap();
        let file = std::fs::read(&target).unwrap();
        std::fs::remove_file(target).unwrap();
        file
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn what_changed_makes_the_newer_copy_of_the_older_one(steps in vec(any_step(), 1..60)) {
        let mut database = Database::new(Bounds { long_log: 12, archived_bytes: 150_000 });
        let mut copies: Vec<(Point, Vec<u8>)> = Vec::new();
        let mut reader: Option<EngineConnection> = None;
        let earlier = |copies: &[(Point, Vec<u8>)], back: usize| copies.iter().rev().nth(back).cloned();
        for step in steps {
            match step {
                Step::Insert { bytes } => database.commit(&format!("INSERT INTO pages VALUES (randomblob({bytes}))")),
                Step::Update => database.commit("UPDATE pages SET x = randomblob(length(x)) WHERE rowid % 3 = 0"),
                Step::DeleteAll => database.commit("DELETE FROM pages"),
                Step::Vacuum => database.commit("VACUUM"),
                Step::Restart => {
                    *database.history.live.lock() = None;
                    database.history.open(&mut database.writer).unwrap();
                }
                Step::Read => {
                    if reader.take().is_none() {
                        let mut connection = database.engine.connect(Interrupter::default()).unwrap();
                        run(&mut connection, "BEGIN; SELECT * FROM pages");
                        reader = Some(connection);
                    }
                }
                Step::Pull => {
                    let (since, copy) = earlier(&copies, 0).unzip();
                    let view = database.history.view(since, None).unwrap();
                    let point = view.at();
                    let file = put(view, &copy.unwrap_or_default());
                    prop_assert!(file == database.file_at_present());
                    prop_assert!(database.history.view(Some(point), None).unwrap().is_empty());
                    copies.push((point, file));
                }
                Step::LookBack { commits } => {
                    if let Some((point, file)) = earlier(&copies, commits)
                        && let Ok(view) = database.history.view(None, Some(point))
                    {
                        prop_assert!(view.at() == point);
                        prop_assert!(put(view, &[]) == file);
                    }
                }
                Step::CatchUp { from, to } => {
                    if let (Some((since, copy)), Some((at, file))) = (earlier(&copies, from), earlier(&copies, to))
                        && let Ok(view) = database.history.view(Some(since), Some(at))
                    {
                        prop_assert!(put(view, &copy) == file);
                    }
                }
            }
        }
    }
}
