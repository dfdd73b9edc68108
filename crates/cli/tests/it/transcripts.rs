//! What a person sees: every file of `tests/transcripts` is one sitting with a cloud of its own.
#![expect(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

use std::{fs, path::Path};

use crate::support::Served;

const FOLDER: &str = "tests/transcripts";

fn replay(name: &str) {
    let served = Served::new();
    let cases = trycmd::TestCases::new();
    cases.register_bin("tursoctl", Path::new(env!("CARGO_BIN_EXE_tursoctl")));
    for (variable, value) in served.variables() {
        cases.env(variable, value);
    }
    cases.env("TURSOCTL_PROFILE", "").env("TURSOCTL_OUTPUT", "").env("TURSOCTL_TOKEN", "").env("TURSOCTL_ORG", "");
    let host = served.url().trim_start_matches("http://").to_owned();
    cases.insert_var("[CONFIG]", served.config_folder().display().to_string()).unwrap();
    cases.insert_var("[HOST]", host).unwrap();
    cases.case(format!("{FOLDER}/{name}.trycmd")).run();
}

macro_rules! transcripts {
    ($($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name));
            }
        )+

        #[test]
        fn every_transcript_is_replayed() {
            let replayed = [$(stringify!($name)),+];
            for file in fs::read_dir(FOLDER).unwrap() {
                let path = file.unwrap().path();
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                assert!(replayed.contains(&&*name), "{name} is not replayed");
            }
        }
    };
}

transcripts!(
    api,
    audit,
    auth,
    confirmation,
    db,
    db_configuration,
    db_connect,
    db_create,
    db_recovery,
    doctor,
    dry_run,
    errors,
    formats,
    group,
    import,
    local,
    location,
    org,
    org_billing,
    org_invites,
    org_jwks,
    org_members,
    profile,
    sql,
    version,
);

/// With `TRYCMD=overwrite`, a token that is printed would be written down.
#[test]
fn no_transcript_holds_a_token() {
    for file in fs::read_dir(FOLDER).unwrap() {
        let path = file.unwrap().path();
        assert!(!fs::read_to_string(&path).unwrap().contains("eyJ"), "{} holds a token", path.display());
    }
}
