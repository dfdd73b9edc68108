//! Files without an end, in place of short ones.
#![expect(clippy::unwrap_used, reason = "a program that cannot be run fails its test")]

use std::process::Command;

use crate::{
    sql::served,
    support::{Ended, Served},
};

/// A run that may take two gigabytes of addresses, which nobody needs.
fn bounded(served: &Served, arguments: &[&str]) -> Ended {
    let program = served.command(arguments);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 2000000; exec \"$0\" \"$@\""]).arg(program.get_program());
    Ended::of(command.args(program.get_args()).envs(served.variables()).output().unwrap())
}

#[test]
fn a_file_without_an_end_is_read_up_to_what_its_kind_may_have() {
    let served = served(&["shop"]);
    let create = ["db", "create", "vault", "--encryption-cipher", "aes256gcm"];
    for (arguments, most) in [
        (&["sql", "shop", "SELECT 1", "--encryption-key-file", "/dev/zero"][..], "64 KiB"),
        (&[&create[..], &["--encryption-key-file", "/dev/zero"]].concat(), "64 KiB"),
        (&["db", "list", "--token-file", "/dev/zero"], "64 KiB"),
        (&["db", "list", "--cacert", "/dev/zero"], "16 MiB"),
        (&["api", "POST", "/v1/organizations", "--input", "/dev/zero"], "64 MiB"),
        (&["org", "billing", "update", "--input", "/dev/zero"], "64 MiB"),
    ] {
        let ended = bounded(&served, arguments);
        let said = format!("/dev/zero: it has more than {most}");
        assert!(
            ended.code == Some(2) && ended.stderr.contains(&said),
            "{arguments:?} {:?} {}",
            ended.code,
            ended.stderr
        );
    }
}

#[test]
fn standard_input_without_an_end_is_read_up_to_what_a_body_may_have() {
    let served = served(&[]);
    let program = served.command(&["api", "POST", "/v1/organizations", "--input", "-"]);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 2000000; exec \"$0\" \"$@\" < /dev/zero"]).arg(program.get_program());
    let ended = Ended::of(command.args(program.get_args()).envs(served.variables()).output().unwrap());
    assert!(ended.code == Some(2) && ended.stderr.contains("it has more than 64 MiB"), "{ended:?}");
    assert!(served.cloud.requests().all().is_empty());
}
