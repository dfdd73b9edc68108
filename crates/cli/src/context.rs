//! What every command is handed.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
    sync::OnceLock,
    time::Duration,
};

use anyhow::{Context as _, Result};
use reqwest::Certificate;
use turso_cloud::{
    ApiToken, Client, Credentials, EncryptionKey, OrganizationSlug, RetryPolicy, contract::is_this_machine,
};
use url::Url;

use crate::{
    args::{Command, GlobalArgs, KeyArgs},
    config::{Key, Setting, Settings, Source, parse_duration},
    exit::{Failure, Kind},
    output::Output,
    progress,
    requests::{Recorder, Tracer},
    stdin,
    terminal::harmless,
};

/// How long a call may take with all its attempts.
const USUAL_DEADLINE: Duration = Duration::from_secs(120);

/// Where the key of encrypted databases is looked for where no file is named. The second is that of the official command
/// line.
const KEY_VARIABLES: [&str; 2] = ["TURSOCTL_ENCRYPTION_KEY", "TURSO_DB_REMOTE_ENCRYPTION_KEY"];

/// More than the longest name somebody may have to type.
const LONGEST_ANSWER: u64 = 1024;

/// The settings, the client, the way out and the way to ask back.
pub(crate) struct Context {
    flags: GlobalArgs,
    settings: Settings,
    output: Output,
    token: OnceLock<Setting<ApiToken>>,
    encryption_key: OnceLock<EncryptionKey>,
    certificates: OnceLock<Certificates>,
    client: OnceLock<Client>,
    recorder: Option<Recorder>,
}

/// Certificates to trust, as they are written and as they were read.
#[derive(Debug)]
pub(crate) struct Certificates {
    pem: Vec<u8>,
    pub(crate) all: Vec<Certificate>,
}

/// More than all that a platform trusts.
const MOST_CERTIFICATES: u64 = 16 << 20;

/// How much it takes to confirm something.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Weight<'a> {
    /// `--yes`, or `y` on a terminal.
    Moderate,
    /// The name of what is lost, typed on a terminal or given by `--confirm`.
    Severe { name: &'a str, confirmed: Option<&'a str> },
}

/// Says what a person has to know to go on, even with `--quiet`.
pub(crate) fn say(text: impl std::fmt::Display) {
    let text = harmless(text.to_string());
    // Whoever closed standard error does not want to be told.
    let _ = progress::beside(|| writeln!(anstream::stderr(), "{text}"));
}

impl Context {
    /// Reads the configuration, as far as the command needs it.
    pub(crate) fn new(flags: GlobalArgs, command: &Command) -> Result<Self> {
        // For every client that is built later. Fails only where a provider is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let settings = Settings::resolve(&flags, command)?;
        let output = Output::new(&flags, settings.format());
        let recorder = flags.dry_run.then(|| Recorder::new(output.truth().clone()));
        let (token, encryption_key, certificates, client) = Default::default();
        Ok(Self { flags, settings, output, token, encryption_key, certificates, client, recorder })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn flags(&self) -> &GlobalArgs {
        &self.flags
    }

    /// Where data goes. In a dry run it is thrown away from the first change on: it would be made up.
    pub(crate) fn out(&self) -> &Output {
        &self.output
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        self.recorder.is_some()
    }

    /// Whether what is made is waited for, where that is asked for: what a dry run only shows never comes.
    pub(crate) fn waits(&self, is_asked_for: bool) -> bool {
        is_asked_for && !self.is_dry_run()
    }

    /// The requests a dry run has kept back.
    pub(crate) fn recorder(&self) -> Option<&Recorder> {
        self.recorder.as_ref()
    }

    /// The client of the Platform API. The token is looked for only now.
    pub(crate) fn client(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = self.build_client()?;
        Ok(self.client.get_or_init(|| client))
    }

    /// The organization that commands work on.
    pub(crate) fn organization(&self) -> Result<OrganizationSlug> {
        let slug = self.settings.text(Key::ORGANIZATION).ok_or_else(|| {
            Failure::usage("no organization is chosen").hint(format!(
                "{}, or give --org SLUG",
                self.settings.on_profile("tursoctl profile set organization=SLUG")
            ))
        })?;
        Ok(OrganizationSlug::try_from(slug)?)
    }

    /// The client, for commands that work on an organization: without one they fail before anything is sent.
    pub(crate) fn client_of_organization(&self) -> Result<&Client> {
        // Who has neither is told of the token first: logging in may choose the organization, too.
        let client = self.client()?;
        self.organization()?;
        Ok(client)
    }

    /// The API token; read only once, as the standard input can be.
    pub(crate) fn token(&self) -> Result<&Setting<ApiToken>> {
        if let Some(token) = self.token.get() {
            return Ok(token);
        }
        let token = self.settings.token(&self.flags)?;
        Ok(self.token.get_or_init(|| token))
    }

    /// The key of encrypted databases, if there is one; read only once, as a pipe can be.
    pub(crate) fn encryption_key(&self, args: &KeyArgs) -> Result<Option<&EncryptionKey>> {
        if let Some(key) = self.encryption_key.get() {
            return Ok(Some(key));
        }
        let key = match &args.encryption_key_file {
            Some(file) => {
                let what = file.display().to_string();
                Some((stdin::text_of_file(file, stdin::LONGEST_SECRET, &what)?, what))
            }
            None => KEY_VARIABLES.iter().find_map(|variable| {
                let text = env::var(variable).ok().filter(|text| !text.trim().is_empty())?;
                Some((text, format!("environment variable {variable}")))
            }),
        };
        let Some((text, origin)) = key else { return Ok(None) };
        let key = EncryptionKey::from_base64(text.trim()).context(origin)?;
        Ok(Some(self.encryption_key.get_or_init(|| key)))
    }

    /// Takes a token that somebody has just logged in with for the one in use.
    pub(crate) fn adopt(&self, token: ApiToken) {
        // Nobody has asked for another one before.
        let _ = self.token.set(Setting { value: token, source: Source::Flag });
    }

    /// Says something to a person, beside the data.
    pub(crate) fn notice(&self, text: impl std::fmt::Display) {
        if !self.flags.quiet {
            say(text);
        }
    }

    /// Says what has been done; in a dry run nothing has.
    pub(crate) fn done(&self, text: impl std::fmt::Display) {
        if !self.is_dry_run() {
            self.notice(text);
        }
    }

    /// Whether somebody can be asked.
    pub(crate) fn is_interactive(&self) -> bool {
        !self.flags.no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Whether progress can be drawn.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.flags.quiet && !self.is_dry_run() && io::stderr().is_terminal()
    }

    /// Asks before something is done that is not easily undone: `action` reads on after "This will".
    pub(crate) fn confirm(&self, action: &str, weight: Weight<'_>) -> Result<()> {
        if self.is_dry_run() {
            return Ok(());
        }
        match weight {
            Weight::Moderate if self.flags.yes => Ok(()),
            Weight::Moderate => self.ask(action, "Go on? [y/N] ", "--yes", |answer| {
                matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes")
            }),
            Weight::Severe { name, confirmed: Some(confirmed) } if confirmed == name => Ok(()),
            Weight::Severe { name, confirmed: Some(confirmed) } => Err(Failure::new(
                Kind::Declined,
                format!("--confirm names {confirmed:?}, but this would {action}: nothing was done"),
            )
            .hint(format!("--confirm {name}"))
            .into()),
            Weight::Severe { name, confirmed: None } => {
                let question = format!("Type {name} to go on: ");
                self.ask(action, &question, &format!("--confirm {name}"), |answer| answer == name)
            }
        }
    }

    fn ask(&self, action: &str, question: &str, flag: &str, is_consent: impl Fn(&str) -> bool) -> Result<()> {
        if !self.is_interactive() {
            return Err(Failure::new(
                Kind::Declined,
                format!("this would {action}, and there is nobody to ask: nothing was done"),
            )
            .hint(format!("give {flag} to do it"))
            .into());
        }
        let question = format!("This will {action}.\n{question}");
        let answer = stdin::answer(&question, LONGEST_ANSWER).context("cannot read the answer")?;
        if !answer.ends_with('\n') {
            // Ctrl-D does not end the line of the question.
            writeln!(io::stderr())?;
        }
        if is_consent(answer.trim()) {
            return Ok(());
        }
        Err(Failure::new(Kind::Declined, "nothing was done").into())
    }

    /// What to trust beside the certificates of the platform; read only once, as a pipe can be.
    pub(crate) fn certificates(&self) -> Result<Option<&Certificates>> {
        let Some(file) = self.settings.text(Key::CACERT) else { return Ok(None) };
        if let Some(certificates) = self.certificates.get() {
            return Ok(Some(certificates));
        }
        let pem = stdin::whole_file(file.as_ref(), MOST_CERTIFICATES, &format!("the certificates of {file}"))?;
        let all = Certificate::from_pem_bundle(&pem).unwrap_or_default();
        if all.is_empty() {
            return Err(Failure::usage(format!("{file} holds no certificate in PEM")).into());
        }
        Ok(Some(self.certificates.get_or_init(|| Certificates { pem, all })))
    }

    /// How often a request may be repeated, if anything is said of it.
    pub(crate) fn retries(&self) -> Result<Option<u32>> {
        Ok(self.settings.text(Key::RETRIES).map(str::parse).transpose()?)
    }

    /// Where the region service is: where it is said to be, or with an API on this machine, where a local cloud has it.
    fn region_url(&self) -> Option<String> {
        if let Some(url) = self.settings.text(Key::REGION_URL) {
            return Some(url.to_owned());
        }
        let mut url = Url::parse(self.settings.text(Key::API_URL)?).ok()?;
        let is_here = is_this_machine(url.host_str()?);
        // In place of the version of the API, which may stand behind its origin.
        url.set_path("/_region");
        is_here.then(|| url.into())
    }

    fn build_client(&self) -> Result<Client> {
        let token = self.token()?.value.clone();
        let mut builder =
            Client::builder(Credentials::from(token)).user_agent(concat!("tursoctl/", env!("CARGO_PKG_VERSION")));
        if let Some(slug) = self.settings.text(Key::ORGANIZATION) {
            builder = builder.organization(slug);
        }
        if let Some(url) = self.settings.text(Key::API_URL) {
            builder = builder.base_url(url);
        }
        if let Some(url) = self.region_url() {
            builder = builder.region_url(url);
        }
        if let Some(timeout) = self.settings.text(Key::TIMEOUT) {
            let timeout = parse_duration(timeout).map_err(Failure::usage)?;
            // Whoever is patient with one request is so with the whole call.
            builder = builder.timeout(timeout).deadline(timeout.max(USUAL_DEADLINE));
        }
        if let Some(retries) = self.retries()? {
            builder = builder.retry(RetryPolicy::default().max_retries(retries));
        }
        if let Some(certificates) = self.certificates()? {
            builder = builder.root_certificates(certificates.pem.clone());
        }
        if self.flags.trace_http {
            builder = builder.layer(Tracer::over);
        }
        if let Some(recorder) = self.recorder.clone() {
            builder = builder.layer(|transport| recorder.over(transport));
        }
        Ok(builder.build()?)
    }
}
