//! Several local clouds, and what is left of those that ended.

use std::fs;
#[cfg(unix)]
use std::{
    net::TcpStream,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::json;

use crate::support::Home;

/// Not on Windows, where whoever takes the output of a detached start waits for the end of the cloud.
#[cfg(unix)]
#[test]
fn clouds_have_names_and_are_listed_by_them() {
    let mut first = Home::with_cloud(&[]);
    let second = {
        let mut command = first.command(&[
            "local",
            "start",
            "--name",
            "two",
            "--addr",
            "127.0.0.1:0",
            "--detach",
            "--plan",
            "starter",
        ]);
        command.output().unwrap()
    };
    assert!(second.status.success(), "{second:?}");
    assert!(String::from_utf8_lossy(&second.stdout).starts_with("local Turso Cloud ready at"), "{second:?}");
    let list = first.json(&["local", "list"]);
    let names: Vec<_> = list.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["default", "two"]);
    assert!(!list.to_string().contains("eyJ"), "{list}");
    assert_eq!(first.text(&["local", "logs", "--name", "two"]), "");
    first.text(&["local", "stop", "--all"]);
    assert!(first.cloud().wait().unwrap().success());
    assert_eq!(first.json(&["local", "list"]), json!([]));
}

/// Not on Windows, where whoever takes the output of a detached start waits for the end of the cloud.
#[cfg(unix)]
#[test]
fn a_program_is_told_in_one_line_of_json_where_the_cloud_is() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    for arguments in [&["--detach"][..], &["--detach", "--data-dir", data], &[]] {
        let mut home = Home::new();
        let line = if arguments.is_empty() {
            home.start_with(&["-o", "json"])
        } else {
            home.text(&[&["local", "start", "--addr", "127.0.0.1:0", "-q", "-o", "json"], arguments].concat())
        };
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert!(!line.contains("eyJ"), "a token is printed");
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        let status = home.json(&["local", "status"]);
        for field in ["name", "url", "https_url", "organization", "pid", "data_dir"] {
            assert_eq!(told[field], status[field], "{field}");
        }
        let certificate = fs::read_to_string(told["certificate"].as_str().unwrap()).unwrap();
        assert_eq!(certificate, home.text(&["local", "ca"]));
        home.text(&["local", "stop"]);
    }
}

#[test]
fn a_detached_cloud_that_does_not_start_says_why_in_one_line_of_json() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let (code, said) = home.failure(&["local", "start", "--addr", &addr, "--detach", "-o", "json"]);
    let error = serde_json::from_str::<serde_json::Value>(&said).unwrap()["error"].clone();
    let message = error["message"].as_str().unwrap();
    assert_eq!((code, &error["exit_code"]), (1, &json!(1)));
    let said = format!("the local cloud did not start: could not listen on {addr}: ");
    assert!(message.starts_with(&said) && message.matches(&addr).count() == 1, "{message}");
}

#[cfg(unix)]
#[test]
fn a_detached_cloud_that_cannot_be_found_is_not_taken_for_one_that_was_killed() {
    let mut home = Home::with_cloud(&[]);
    home.cloud().kill().unwrap();
    home.cloud().wait().unwrap();
    // The next cloud cannot write its file, and that of the one that was killed stays.
    let folder = home.path().join("state/local");
    fs::remove_file(folder.join("default.pem")).unwrap();
    fs::create_dir(folder.join("default.pem")).unwrap();
    let (code, said) = home.failure(&["local", "start", "--addr", "127.0.0.1:0", "--detach"]);
    let pid = said.split_once("runs as process ").and_then(|(_, rest)| rest.split_once(',')).unwrap().0;
    assert!(std::process::Command::new("kill").arg(pid).status().unwrap().success());
    assert!(code == 1 && said.contains("but others cannot find it"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_detached_cloud_ends_with_the_command_that_is_stopped_before_it_is_ready() {
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let home = Home::new();
        // Nobody reads it, so the cloud does not come to say that it is ready.
        let pipe = home.path().join("ready");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let arguments = ["local", "start", "--addr", "127.0.0.1:0", "--detach", "--ready-file"];
        let mut command = home.command(&arguments);
        let command = command.arg(&pipe).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let file = home.path().join("state/local/default.json");
        let latest = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let cloud = loop {
            assert!(std::time::Instant::now() < latest, "no cloud is started");
            if let Ok(text) = fs::read_to_string(&file) {
                break serde_json::from_str::<serde_json::Value>(&text).unwrap()["pid"].to_string();
            }
            std::thread::yield_now();
        };
        let kill = |arguments: [&str; 2]| std::process::Command::new("kill").args(arguments).output().unwrap().status;
        assert!(kill([name, &command.id().to_string()]).success());
        let ended = command.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{ended:?}");
        assert!(!kill(["-0", &cloud]).success(), "the cloud goes on");
        assert!(!file.exists());
    }
}

#[test]
fn a_name_is_taken_once_and_is_no_path() {
    let home = Home::with_cloud(&[]);
    for arguments in [&["--name", "default"][..], &["--detach"]] {
        let (code, said) = home.failure(&[&["local", "start", "--addr", "127.0.0.1:0"], arguments].concat());
        assert!(code == 6 && said.contains("running at http://127.0.0.1:"), "{said}");
    }
    for name in ["", "../evil", "a/b", "."] {
        assert_eq!(home.failure(&["local", "start", "--addr", "127.0.0.1:0", "--name", name]).0, 2, "{name:?}");
        assert_eq!(home.failure(&["local", "status", "--name", name]).0, 2, "{name:?}");
    }
    let (code, said) = home.failure(&["local", "status", "--name", "other"]);
    assert!(code == 5 && said.contains("tursoctl local start --name other for another"), "{said}");
}

#[test]
fn clouds_without_a_name_do_not_get_into_each_others_way() {
    let mut home = Home::with_cloud(&[]);
    let first = home.json(&["local", "status"]);
    let mut first_cloud = home.take_cloud();
    let told: serde_json::Value = serde_json::from_str(&home.start_with(&["-o", "json"])).unwrap();
    // Nobody finds it by a name.
    assert_eq!(told["name"], json!(null));
    assert_eq!(home.json(&["local", "status"])["pid"], first["pid"]);
    home.text(&["local", "stop"]);
    assert!(first_cloud.wait().unwrap().success());
    // The second one goes on.
    assert!(home.cloud().try_wait().unwrap().is_none());
}

#[test]
fn whoever_means_a_cloud_that_does_not_run_is_told_which_do() {
    let mut home = Home::new();
    let hint = |home: &Home, name: &str| {
        let (code, said) = home.failure(&["local", "env", "--name", name]);
        assert_eq!(code, 5, "{said}");
        said.split_once("hint: ").unwrap().1.trim_end().to_owned()
    };
    assert_eq!(hint(&home, "default"), "tursoctl local start");
    home.start(&["--name", "blue"]);
    assert_eq!(hint(&home, "default"), "--name blue for the one that runs; tursoctl local start for another");
    let mut first = home.take_cloud();
    home.start(&["--name", "red"]);
    let start = "tursoctl local start --name green for another";
    assert_eq!(hint(&home, "green"), format!("--name for one of those that run (blue, red); {start}"));
    home.text(&["local", "stop", "--all"]);
    assert!(first.wait().unwrap().success());
}

#[test]
fn what_a_killed_cloud_leaves_behind_is_found_to_be_stale() {
    let mut home = Home::with_cloud(&[]);
    let file = home.path().join("state/local/default.json");
    assert!(file.exists());
    home.cloud().kill().unwrap();
    home.cloud().wait().unwrap();
    assert_eq!(home.failure(&["local", "status"]).0, 5);
    assert!(!file.exists());
    home.start(&[]);
    assert_eq!(home.json(&["local", "status"])["databases"], 0);
}

#[cfg(unix)]
#[test]
fn a_cloud_that_does_not_answer_in_time_is_not_forgotten() {
    let mut home = Home::with_cloud(&[]);
    let file = home.path().join("state/local/default.json");
    let pid = home.cloud().id().to_string();
    let signal =
        |name: &str| assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
    signal("-STOP");
    let (code, said) = home.failure(&["local", "status"]);
    let (list, doctor) = (home.run(&["local", "list", "--json"]), home.json(&["local", "doctor"]));
    signal("-CONT");
    assert!(code == 9 && said.contains("the local cloud default does not answer"), "{said}");
    assert!(String::from_utf8_lossy(&list.stderr).starts_with("default: the local cloud default does not"), "{list:?}");
    assert_eq!((list.status.code(), list.stdout), (Some(0), b"[]\n".to_vec()));
    assert!(doctor.to_string().contains("cannot be asked: default"), "{doctor}");
    assert!(file.exists());
    assert_eq!(home.json(&["local", "list"])[0]["name"], "default");
}

#[test]
fn a_file_that_is_none_of_a_cloud_hides_no_other() {
    let mut home = Home::with_cloud(&[]);
    let folder = home.path().join("state/local");
    fs::write(folder.join("not a name.json"), "").unwrap();
    fs::write(folder.join("damaged.json"), "{").unwrap();
    let list = home.run(&["local", "list", "-o", "name"]);
    assert_eq!((list.status.code(), list.stdout), (Some(0), b"local/default\n".to_vec()));
    assert!(String::from_utf8_lossy(&list.stderr).contains("damaged.json: delete it if its cloud is gone"));
    let (code, said) = home.failure(&["local", "stop", "--all"]);
    assert!(code == 7 && said.contains("1 of 2 failed: damaged"), "{said}");
    assert!(home.cloud().wait().unwrap().success());
}

#[cfg(unix)]
#[test]
fn the_file_of_a_cloud_is_its_owners() {
    use std::os::unix::fs::PermissionsExt as _;

    let mut home = Home::with_cloud(&[]);
    let file = home.path().join("state/local/default.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    home.text(&["local", "stop"]);
    assert!(home.cloud().wait().unwrap().success());
    assert!(!file.exists());
}

#[test]
fn another_program_on_the_port_of_a_cloud_is_not_taken_for_it() {
    let one = Home::with_cloud(&[]);
    let two = Home::with_cloud(&[]);
    // As if the first had ended and the second had got its port.
    let read = |home: &Home| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(home.path().join("state/local/default.json")).unwrap()).unwrap()
    };
    let mut file = read(&one);
    file["url"] = read(&two)["url"].clone();
    fs::write(one.path().join("state/local/default.json"), file.to_string()).unwrap();
    assert_eq!(one.failure(&["local", "reset", "--yes"]).0, 5);
}

#[test]
fn a_start_tells_what_it_cannot_use() {
    let home = Home::new();
    let file = home.path().join("bad.toml");
    fs::write(&file, "[[organisation]]\n").unwrap();
    let file = file.to_str().unwrap();
    for (arguments, words) in [
        (&["--seed-file", file][..], "organisation"),
        (&["--seed-file", file], "bad.toml: the seed file cannot be read"),
        (&["--allow-host", "a b"], "allowed host \"a b\" is not valid"),
        (&["--scenario", file], "organisation"),
        (&["--seed-file", "none.toml"], "none.toml"),
        (&["--plan", "golden"], "golden"),
        (&["--rate-limit", "0"], "rate-limit"),
        (&["--ephemeral", "--data-dir", "x"], "data-dir"),
    ] {
        let (code, said) = home.failure(&[&["local", "start", "--addr", "127.0.0.1:0"], arguments].concat());
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert_eq!(code, if words == "none.toml" { 1 } else { 2 }, "{arguments:?}: {said}");
    }
    assert_eq!(home.json(&["local", "list"]), json!([]));
}

#[test]
fn a_cloud_that_cannot_leave_its_file_can_be_used_all_the_same() {
    let mut home = Home::new();
    fs::write(home.path().join("state"), "no folder").unwrap();
    home.start(&[]);
    assert!(home.cloud().try_wait().unwrap().is_none());
}

/// Not on Windows, where whoever takes the output of a detached start waits for the end of the cloud.
#[cfg(unix)]
#[test]
fn what_a_detached_cloud_has_written_can_be_read() {
    use std::io::{Read as _, Write as _};

    let home = Home::new();
    home.text(&["local", "start", "--addr", "127.0.0.1:0", "--detach", "-vv"]);
    let url = home.json(&["local", "status"])["url"].as_str().unwrap().to_owned();
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(b"this is no request\r\n\r\n").unwrap();
    let _ = stream.read_to_end(&mut Vec::new());
    home.text(&["local", "stop"]);
    let log = home.text(&["local", "logs"]);
    assert!(log.contains("a connection broke off"), "{log:?}");
}

#[test]
fn a_doctor_needs_no_cloud() {
    let home = Home::new();
    let checks = home.json(&["local", "doctor"]);
    assert_eq!(checks[0]["check"], "a cloud on a port");
    assert_ne!(checks[0]["state"], "failed");
}

#[cfg(unix)]
#[test]
fn a_ready_file_that_is_a_pipe_is_written_into() {
    let mut home = Home::new();
    let pipe = home.path().join("ready");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    home.start(&["--ready-file", pipe.to_str().unwrap()]);
    let variables = reader.join().unwrap();
    assert!(variables.contains("TURSO_API_TOKEN="), "the variables are not complete");
    assert!(std::os::unix::fs::FileTypeExt::is_fifo(&std::fs::metadata(pipe).unwrap().file_type()));
}

/// A cloud that was started with so few files, and its address.
#[cfg(unix)]
fn with_few_files(home: &mut Home, limit: &str, stderr: Stdio) -> String {
    let start = home.command(&["local", "start", "--addr", "127.0.0.1:0"]);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", &format!("ulimit {limit}; exec \"$0\" \"$@\"")])
        .arg(start.get_program())
        .args(start.get_args());
    limited.envs(start.get_envs().filter_map(|(name, value)| Some((name, value?)))).stderr(stderr);
    let line = home.start_as(limited);
    line.split("http://").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}

#[cfg(unix)]
fn answers(client: &mut TcpStream) -> bool {
    use std::io::{Read as _, Write as _};

    client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    client.write_all(b"GET /_local/health HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    client.read_exact(&mut answer).unwrap();
    &answer == b"HTTP/1.1 200"
}

#[cfg(unix)]
#[test]
fn a_cloud_has_more_clients_than_the_files_it_may_begin_with() {
    let mut home = Home::new();
    let address = with_few_files(&mut home, "-S -n 64", Stdio::inherit());
    let mut clients: Vec<_> = (0..100).map(|_| TcpStream::connect(&address).unwrap()).collect();
    assert!(clients.iter_mut().all(answers));
}

#[cfg(unix)]
#[test]
fn clients_that_find_no_room_are_served_when_there_is_some_and_do_not_fill_the_log() {
    let mut home = Home::new();
    let address = with_few_files(&mut home, "-n 64", Stdio::piped());
    let mut clients: Vec<_> = (0..80).map(|_| TcpStream::connect(&address).unwrap()).collect();
    assert!(clients.drain(..40).all(|mut client| answers(&mut client)));
    assert!(clients.iter_mut().all(answers));
    home.text(&["local", "stop"]);
    let output = home.take_cloud().wait_with_output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(log.matches("no connection could be accepted").count(), 1, "{log}");
}
