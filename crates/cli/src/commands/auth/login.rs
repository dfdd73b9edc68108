mod callback;

use anyhow::{Context as _, Result};
use turso_cloud::ApiToken;
use url::Url;

use crate::{
    args::AuthLogin,
    browser,
    config::{Key, Source},
    context::{Context, say},
    exit::{Failure, Kind},
    stdin,
};
use callback::Callback;

/// Where to log in unless another origin of the API is chosen.
const USUAL_ORIGIN: &str = "https://api.turso.tech";

/// How the token that this is about came to be the one in use.
enum Login {
    /// It did not: in a dry run nobody has to log in.
    Rehearsed,
    /// Somebody handed it over.
    Given,
    /// By way of a browser, which is still to be told what comes next.
    ByBrowser(Callback),
}

/// Keeps a token that the service takes, with the organization and the origin it was checked with.
pub(super) async fn run(cx: &Context, args: &AuthLogin) -> Result<()> {
    match login(cx, args).await? {
        Login::Rehearsed => Ok(()),
        Login::Given => check_and_keep(cx).await,
        Login::ByBrowser(callback) => {
            let kept = check_and_keep(cx).await;
            // Whatever came of it, the browser is to get its last page.
            callback.end().await;
            kept
        }
    }
}

async fn login(cx: &Context, args: &AuthLogin) -> Result<Login> {
    let flags = cx.flags();
    let is_given = flags.token_file.is_some() || flags.token_stdin;
    if is_given && (args.headless || args.no_browser) {
        return Err(Failure::usage("a token is given, and nobody has to log in by a browser").into());
    }
    if is_given {
        cx.token()?;
        return Ok(Login::Given);
    }
    let is_by_browser = args.no_browser || cx.is_interactive();
    if !args.headless && !is_by_browser {
        return Err(Failure::usage("no token is given: it is read from the standard input or a file, never from an argument")
            .hint("create one with `turso auth api-tokens mint NAME` or in the dashboard, then: tursoctl auth login --token-stdin")
            .into());
    }
    let page = page(cx.settings().text(Key::API_URL).unwrap_or(USUAL_ORIGIN))?;
    if cx.is_dry_run() {
        cx.notice(format_args!("would have you log in at {page}"));
        return Ok(Login::Rehearsed);
    }
    cx.settings().folder.check().await?;
    if args.headless {
        cx.adopt(headless(page)?);
        return Ok(Login::Given);
    }
    let (token, callback) = by_browser(cx, page, !args.no_browser).await?;
    cx.adopt(token);
    Ok(Login::ByBrowser(callback))
}

/// Where to log in. It is shown, and so must not hold what is secret.
fn page(origin: &str) -> Result<Url> {
    let unfit = |rule: &str| Failure::usage(format!("the origin of the API {rule}"));
    let mut page = Url::parse(origin).map_err(|error| unfit(&format!("is no URL: {error}")))?;
    if !page.username().is_empty() || page.password().is_some() || page.query().is_some() || page.fragment().is_some() {
        return Err(unfit("must hold no user name, no password and no query").into());
    }
    page.set_path("/");
    Ok(page)
}

/// The page shows the token, or the command that the official command line wants to be given with it.
fn headless(mut page: Url) -> Result<ApiToken> {
    page.query_pairs_mut().append_pair("redirect", "false");
    say(format_args!("Log in here, and copy the token that is shown:\n{page}"));
    let typed = stdin::secret("Token: ").context("cannot read the token")?;
    let token = typed.split_whitespace().next_back().unwrap_or_default().trim_matches('"');
    if token.is_empty() {
        return Err(Failure::new(Kind::Declined, "no token was given: nothing was done").into());
    }
    Ok(ApiToken::new(token)?)
}

/// The page sends the browser on to a port of this machine, with the token.
async fn by_browser(cx: &Context, mut page: Url, is_opened: bool) -> Result<(ApiToken, Callback)> {
    let mut callback = Callback::listen().await?;
    page.query_pairs_mut()
        .append_pair("port", &callback.port().to_string())
        .append_pair("redirect", "true")
        .append_pair("type", "cli")
        .append_pair("state", callback.state());
    say(format_args!("Log in here, with a browser on this machine:\n{page}"));
    if is_opened && browser::open(page.as_str()).is_err() {
        cx.notice("no browser can be started: open the address yourself");
    }
    let token = callback.token().await?;
    Ok((token, callback))
}

async fn check_and_keep(cx: &Context) -> Result<()> {
    let token = cx.token()?.value.clone();
    let client = cx.client()?;
    client.api_tokens().validate().await?;
    let organization = organization(cx).await?;

    let settings = cx.settings();
    let profile = &settings.profile;
    if cx.is_dry_run() {
        cx.notice(format_args!("would keep the token in the profile {profile}"));
        return Ok(());
    }
    // What came from a flag was meant for this profile; what the environment says is said again next time.
    let of_flags = [Key::API_URL, Key::CACERT].into_iter().filter_map(|key| {
        let setting = settings.get(key).filter(|setting| setting.source == Source::Flag)?;
        Some((key, setting.value.clone()))
    });
    let chosen = organization.clone().map(|slug| (Key::ORGANIZATION, slug));
    settings.folder.keep_login(profile, token, of_flags.chain(chosen)).await?;
    let next = match organization {
        Some(slug) => format!("the profile {profile} works on {slug}"),
        None => format!("choose an organization: {}", settings.on_profile("tursoctl profile set organization=SLUG")),
    };
    cx.done(format_args!("logged in; {next}"));
    if let Some(variable) = settings.token_variable() {
        cx.notice(format_args!("the token of the environment variable {variable} comes before it"));
    }
    Ok(())
}

/// The organization that was chosen, or the only one there is.
async fn organization(cx: &Context) -> Result<Option<String>> {
    let organizations = cx.client()?.organizations().list().await?;
    let Some(chosen) = cx.settings().text(Key::ORGANIZATION) else {
        let [only] = &*organizations else { return Ok(None) };
        return Ok(Some(only.slug.to_string()));
    };
    if organizations.iter().any(|organization| organization.slug.as_str() == chosen) {
        return Ok(Some(chosen.to_owned()));
    }
    let known: Vec<_> = organizations.iter().map(|organization| organization.slug.as_str()).collect();
    Err(Failure::new(Kind::NotFound, format!("this token opens no organization {chosen:?}, only {}", known.join(", ")))
        .hint("give another --org")
        .into())
}
