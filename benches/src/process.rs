//! Programs under test: started, watched and ended.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::measured::Figures;

/// A running program. It ends with this value.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::piped()).spawn().with_context(|| format!("cannot start {command:?}"))?;
        Ok(Self { child })
    }

    /// Starts it and waits for the first line it prints.
    pub(crate) fn start_and_read_line(command: &mut Command) -> Result<(Self, String)> {
        let mut running = Self::start(command.stdout(Stdio::piped()))?;
        let output = running.child.stdout.take().context("it has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        ensure!(!line.is_empty(), "{command:?} ended without a word");
        Ok((running, line.trim().to_owned()))
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Time of the processor so far, in milliseconds.
    pub(crate) fn cpu_ms(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, fields) = stat.rsplit_once(')').context("no name in the statistics of a process")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        // User and system time, in hundredths of a second.
        Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) * 10.0)
    }

    pub(crate) fn resident_kib(&self) -> Result<f64> {
        self.status("VmRSS:")
    }

    pub(crate) fn peak_kib(&self) -> Result<f64> {
        self.status("VmHWM:")
    }

    pub(crate) fn open_files(&self) -> Result<f64> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count() as f64)
    }

    fn status(&self, key: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(key)).context("the process has ended")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // It may have ended already.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        let _ = self.child.wait();
    }
}

/// Runs a program to its end and reads the figures it prints as its last line.
pub(crate) fn figures_of(command: &mut Command) -> Result<Figures> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(output.status.success(), "{command:?} failed: {}", output.status);
    let text = String::from_utf8(output.stdout)?;
    let last = text.lines().last().with_context(|| format!("{command:?} printed nothing"))?;
    serde_json::from_str(last).with_context(|| format!("{command:?} printed {last:?}"))
}

/// This program, to start another part of it.
pub(crate) fn itself(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(arguments);
    Ok(command)
}

/// A local cloud in a folder.
pub(crate) struct LocalCloud {
    pub(crate) running: Running,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl LocalCloud {
    pub(crate) fn start(tursoctl: &Path, folder: &Path) -> Result<Self> {
        let ready = folder.join("ready");
        let mut command = Command::new(tursoctl);
        command.args(["local", "start", "--addr", "127.0.0.1:0"]);
        command.arg("--data-dir").arg(folder.join("cloud")).arg("--ready-file").arg(&ready);
        let (running, _) = Running::start_and_read_line(&mut command)?;
        let ready = fs::read_to_string(&ready)?;
        let value = |name: &str| {
            let line = ready.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.map(|value| value.trim_matches('"').to_owned()).with_context(|| format!("no {name}"))
        };
        Ok(Self { url: value("TURSO_API_BASEURL")?, token: value("TURSO_API_TOKEN")?, running })
    }

    /// The client of the project, for preparing what is measured.
    pub(crate) fn client(&self) -> Result<turso_cloud::Client> {
        let token = turso_cloud::ApiToken::new(self.token.clone())?;
        Ok(turso_cloud::Client::builder(token).base_url(&self.url).organization("acme").build()?)
    }
}

/// `sqld` with a key of its own, in a folder.
pub(crate) struct Sqld {
    pub(crate) running: Running,
    pub(crate) http: String,
    pub(crate) admin: String,
    pub(crate) token: String,
}

impl Sqld {
    pub(crate) fn start(sqld: &Path, folder: &Path) -> Result<Self> {
        let (http, admin) = (free_address()?, free_address()?);
        let (token, key) = crate::rows::token::mint()?;
        let key_file = folder.join("jwt.pem");
        fs::write(&key_file, key)?;
        let mut command = Command::new(sqld);
        command.args([
            "--enable-namespaces",
            "--no-welcome",
            "--http-listen-addr",
            &http,
            "--admin-listen-addr",
            &admin,
        ]);
        command.arg("-d").arg(folder.join("sqld")).arg("--auth-jwt-key-file").arg(key_file);
        let running = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()))?;
        wait_for(&http)?;
        wait_for(&admin)?;
        // It would take the number before the first dot for the name of a database.
        Ok(Self { running, http: http.replace("127.0.0.1", "localhost"), admin, token })
    }

    pub(crate) fn create(&self, namespace: &str) -> Result<()> {
        let path = format!("/v1/namespaces/{namespace}/create");
        post(&self.admin, &path, "", "{}").map(drop)
    }
}

/// A plain request over a connection of its own, for preparations.
pub(crate) fn post(address: &str, path: &str, headers: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let is_good = answer.starts_with("HTTP/1.1 200") && !answer.contains(r#""type":"error""#);
    ensure!(is_good, "{path} answered {}", answer.lines().next().unwrap_or_default());
    Ok(answer)
}

fn free_address() -> Result<String> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

pub(crate) fn wait_for(address: &str) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    bail!("nothing listens on {address}")
}

/// A path of a tool, whole.
pub(crate) fn whole(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).with_context(|| format!("{} is not there", path.display()))
}
