use std::path::PathBuf;

use http::Method;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tursoctl api GET /v1/organizations/acme/groups
  tursoctl api POST /v1/organizations/acme/groups -f name=eu -f location=aws-eu-west-1
  tursoctl api PATCH /v1/organizations/acme --input patch.json
  tursoctl api GET /v1/organizations/acme/audit-logs --paginate -o jsonl

With --paginate, what is in the list of each page becomes one list of JSON, or
with -o jsonl a line each as it arrives.
Related commands: docs, local requests")]
pub(crate) struct ApiArgs {
    /// The HTTP method
    #[arg(value_parser = method)]
    pub(crate) method: Method,
    /// The path from the origin on, with its query
    pub(crate) path: String,
    /// A field of the JSON body; true, false, null, numbers, lists and objects are taken as JSON, as they are written
    #[arg(short = 'f', long = "field", value_name = "KEY=VALUE", value_parser = super::profile::assignment, conflicts_with = "input")]
    pub(crate) body_fields: Vec<(String, String)>,
    /// A file with the JSON body; - is the standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// Ask for the pages behind the first, too, and write what is in their lists (GET only)
    #[arg(long, conflicts_with_all = ["body_fields", "input"])]
    pub(crate) paginate: bool,
}

fn method(text: &str) -> Result<Method, String> {
    let method: Method = text.to_ascii_uppercase().parse().map_err(|_| "is not an HTTP method".to_owned())?;
    let is_known = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(&method);
    if is_known { Ok(method) } else { Err("must be one of GET, POST, PUT, PATCH, DELETE".to_owned()) }
}
