mod pages;

use anyhow::{Context as _, Result};
use http::Method;
use serde_json::{Map, Value};

use super::input;
use crate::{args::ApiArgs, context::Context, exit::Failure, stdin::LONGEST_BODY};

/// Sends a request as it is given, and prints the answer as it comes.
pub(super) async fn run(cx: &Context, args: &ApiArgs) -> Result<()> {
    if args.paginate {
        if args.method != Method::GET {
            return Err(Failure::usage(format!("--paginate goes with GET, not with {}", args.method)).into());
        }
        return pages::run(cx, &args.path).await;
    }
    let mut request = cx.client()?.request(args.method.clone(), args.path.clone());
    if let Some(body) = body(args)? {
        request = request.json(body);
    }
    let answer = request.await;
    if cx.out().truth().is_lost() {
        // What would be answered is not known, not even whether it would be a refusal.
        return Ok(());
    }
    let answer = answer?;
    cx.out().bytes(answer.body())?;
    if answer.body().is_empty() || answer.body().ends_with(b"\n") { Ok(()) } else { cx.out().bytes(b"\n") }
}

fn body(args: &ApiArgs) -> Result<Option<String>> {
    if let Some(file) = &args.input {
        let text = input::read(file, LONGEST_BODY)?;
        let json: Value = serde_json::from_str(&text)
            .with_context(|| Failure::usage(format!("{} does not hold JSON", file.display())))?;
        return Ok(Some(json.to_string()));
    }
    if args.body_fields.is_empty() {
        return Ok(None);
    }
    let field = |(key, value): &(String, String)| {
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.clone()));
        (key.clone(), value)
    };
    Ok(Some(Value::Object(args.body_fields.iter().map(field).collect::<Map<_, _>>()).to_string()))
}
