//! Logging in by a browser.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a page that cannot be had fails its test")]

use std::{
    io::{BufRead as _, BufReader, Lines, Read as _, Write as _},
    net::TcpStream,
    process::{Child, ChildStderr, Command, Stdio},
};

use crate::{
    support::{Ended, Served, text},
    terminal::Terminal,
};

/// The status, the place it leads to, and the text of an answer, as a browser gets it.
fn get(url: &str) -> (u16, String, String) {
    let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default().to_owned();
    (status, location, answer)
}

/// A login that waits for its browser, without a token in its environment.
struct Login {
    child: Child,
    stderr: Lines<BufReader<ChildStderr>>,
    page: String,
}

impl Login {
    fn begin(served: &Served, arguments: &[&str]) -> Self {
        let mut command = served.command(&[&["auth", "login", "--no-browser"], arguments].concat());
        command.env_remove("TURSO_API_TOKEN").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        let page = stderr.by_ref().map(Result::unwrap).find(|line| line.starts_with("http")).unwrap();
        Self { child, stderr, page }
    }

    fn end(self) -> Ended {
        let stderr = self.stderr.map(Result::unwrap).collect::<Vec<_>>().join("\n");
        let output = self.child.wait_with_output().unwrap();
        Ended { code: output.status.code(), stdout: String::from_utf8(output.stdout).unwrap(), stderr }
    }

    /// Where the service sends the browser to.
    fn callback(&self) -> String {
        let (status, location, _) = get(&self.page);
        assert_eq!(status, 302);
        location
    }
}

fn kept(served: &Served) -> String {
    std::fs::read_to_string(served.config_folder().join("credentials.toml")).unwrap_or_default()
}

#[test]
fn a_browser_hands_the_token_over() {
    use std::os::unix::fs::PermissionsExt as _;

    let served = Served::new();
    let login = Login::begin(&served, &[]);
    assert!(login.page.starts_with(&format!("{}/?port=", served.url())), "{}", login.page);
    let callback = login.callback();
    let (status, location, answer) = get(&callback);
    // The address with the token is not the one that the browser stays on.
    assert_eq!((status, location.as_str()), (303, "/done"));
    assert!(answer.contains("cache-control: no-store") && answer.contains("referrer-policy: no-referrer"), "{answer}");
    let (status, _, last) = get(&callback.replace("/?", "/done?"));
    assert!(status == 200 && last.contains("Go back to the terminal"), "{last}");
    let ended = login.end();
    assert!(
        ended.code == Some(0) && ended.stderr.contains("logged in; the profile default works on acme"),
        "{}",
        ended.stderr
    );
    let token = callback.split_once("jwt=").unwrap().1.split('&').next().unwrap();
    assert!(kept(&served).contains(token));
    for text in [&ended.stdout, &ended.stderr, &answer[answer.find("\r\n").unwrap()..].to_owned(), &last] {
        assert!(!text.contains(token), "{text}");
    }
    let file = served.config_folder().join("credentials.toml");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    let status =
        served.command(&["auth", "status", "--check", "-o", "json"]).env_remove("TURSO_API_TOKEN").output().unwrap();
    let status = Ended::of(status).json();
    assert_eq!((&status["username"], &status["token_from"]), (&"dev".into(), &"profile default".into()));
}

#[test]
fn a_page_that_nobody_asked_for_logs_nobody_in() {
    let served = Served::new();
    let login = Login::begin(&served, &[]);
    let right = login.callback();
    let (origin, query) = right.split_once('?').unwrap();
    let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
    assert!(state.len() > 40, "{state}");
    for wrong in [
        format!("{origin}?jwt={}", served.token()),
        format!("{origin}?jwt={}&state=", served.token()),
        format!("{origin}?jwt={}&{}x", served.token(), state),
        format!("{origin}?{state}"),
        format!("{origin}?{state}&jwt="),
    ] {
        assert_eq!(get(&wrong).0, 400, "{wrong}");
    }
    assert_eq!(kept(&served), "");
    // The login still waits for the right one.
    assert_eq!(get(&right).0, 303);
    assert_eq!(login.end().code, Some(0));
    assert!(!kept(&served).contains(&served.token()));
}

#[test]
fn every_session_of_an_account_is_ended_at_once() {
    let served = Served::new();
    let without_token =
        |arguments: &[&str]| Ended::of(served.command(arguments).env_remove("TURSO_API_TOKEN").output().unwrap());
    let login = |profile: &str| {
        let login = Login::begin(&served, &["--profile", profile]);
        assert_eq!(get(&login.callback()).0, 303);
        assert_eq!(login.end().code, Some(0));
    };
    for profile in ["here", "there", "api"] {
        login(profile);
    }
    let token = without_token(&["auth", "tokens", "create", "ci", "--profile", "api"]).stdout;
    served.write("token", &token);
    let code = |profile: &str| without_token(&["auth", "status", "--check", "--profile", profile]).code;

    let asked = without_token(&["auth", "logout", "--all", "--profile", "here"]);
    assert!(asked.code == Some(8) && asked.stderr.contains("give --yes"), "{}", asked.stderr);
    let dry = without_token(&["auth", "logout", "--all", "--profile", "here", "--dry-run", "-o", "json"]);
    assert_eq!(dry.json()[0]["url"], format!("{}/v1/auth/invalidate", served.url()));
    assert_eq!((code("here"), code("there")), (Some(0), Some(0)));

    let ended = without_token(&["auth", "logout", "--all", "--profile", "here", "--yes", "-o", "json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.json()["validFrom"].is_i64(), "{}", ended.stdout);
    assert_eq!(ended.stderr, "forgot the token of the profile here\n");
    // Its token is forgotten; that of the other one is no good any more.
    assert_eq!((code("here"), code("there")), (Some(4), Some(4)));
    let file = text(&served.folder.path().join("token"));
    assert_eq!(without_token(&["group", "list", "--token-file", &file]).code, Some(0));

    let again = without_token(&["auth", "logout", "--all", "--profile", "there", "--yes"]);
    assert_eq!(again.code, Some(4), "{}", again.stderr);
    assert!(kept(&served).contains("there"), "{}", kept(&served));
}

#[test]
fn a_token_that_the_service_does_not_know_is_not_kept() {
    let served = Served::new();
    let login = Login::begin(&served, &[]);
    let right = login.callback();
    let state = right.split('&').find(|pair| pair.starts_with("state=")).unwrap();
    let (origin, _) = right.split_once('?').unwrap();
    assert_eq!(get(&format!("{origin}?jwt=eyJh.eyJqdGkiOiJ4In0.c2ln&{state}")).0, 303);
    let ended = login.end();
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert_eq!(kept(&served), "");
}

#[test]
fn a_login_that_is_given_up_ends_at_once() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let served = Served::new();
        let login = Login::begin(&served, &[]);
        assert!(
            Command::new("kill").args([format!("-{signal}"), login.child.id().to_string()]).status().unwrap().success()
        );
        assert_eq!(login.end().code, Some(code));
        assert_eq!(kept(&served), "");
    }
}

/// The program in a terminal that shows what is typed, and then whether it still does.
fn headless(served: &Served) -> Terminal {
    let mut command = Command::new("sh");
    let program = served.command(&[]);
    let script =
        r#"stty echo; trap : INT; "$0" auth login --headless; code=$?; stty -a | grep -o -- '-*echo '; exit $code"#;
    command.args(["-c", script]).arg(program.get_program()).envs(served.variables()).env_remove("TURSO_API_TOKEN");
    Terminal::new(&command)
}

#[test]
fn a_token_that_is_typed_is_not_shown() {
    let served = Served::new();
    let mut terminal = headless(&served);
    terminal.expect("Log in here, and copy the token that is shown:");
    terminal.expect("/?redirect=false");
    terminal.expect("Token: ");
    // As the page shows it.
    terminal.line(&format!("turso config set token \"{}\"", served.token()));
    let (code, said) = terminal.end();
    assert!(code == 0 && said.contains("logged in") && said.contains("\necho "), "{code} {said}");
    assert!(!said.contains(&served.token()[..20]), "{said}");
    assert!(kept(&served).contains(&served.token()));
}

#[test]
fn a_terminal_shows_what_is_typed_again_whatever_ends_the_question() {
    for (key, expected) in [('c', 130), ('d', 8)] {
        let served = Served::new();
        let mut terminal = headless(&served);
        terminal.expect("Token: ");
        terminal.control(key);
        let (code, said) = terminal.end();
        assert!(code == expected && said.contains("\necho "), "{key} {code} {said:?}");
        assert_eq!(kept(&served), "");
    }
}

#[test]
fn a_headless_login_reads_what_is_piped() {
    let served = Served::new();
    let file = served.write("token", &format!("{}\n", served.token()));
    let mut command = served.command(&["auth", "login", "--headless"]);
    command.env_remove("TURSO_API_TOKEN").stdin(std::fs::File::open(file).unwrap());
    let ended = Ended::of(command.output().unwrap());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let empty = Ended::of(served.command(&["auth", "login", "--headless"]).output().unwrap());
    assert_eq!(empty.code, Some(8), "{}", empty.stderr);
    let both = served.run(&["auth", "login", "--headless", "--token-stdin"]);
    assert_eq!(both.code, Some(2), "{}", both.stderr);
}

#[test]
fn a_login_tells_of_a_variable_that_comes_before_it() {
    let served = Served::new();
    let file = served.write("token", &served.token());
    let ended = served.run(&["auth", "login", "--token-file", &file]);
    assert!(
        ended.stderr.contains("the token of the environment variable TURSO_API_TOKEN comes before it"),
        "{}",
        ended.stderr
    );
}
