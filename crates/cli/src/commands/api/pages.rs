//! A listing that comes in pages, as one list.

use std::collections::HashSet;

use anyhow::{Context as _, Result};
use futures_util::{Stream, TryStreamExt as _, stream};
use http::Method;
use serde::Deserialize;
use serde_json::Value;
use turso_cloud::Client;
use url::form_urlencoded;

use crate::{
    context::Context,
    exit::{Failure, Kind},
    output::Shape,
};

/// Nothing is known of what is in the list.
const ITEM: Shape = Shape { noun: "item", name: "name", columns: &[], wide: &[] };

/// Where a page says that it ends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pagination {
    /// The cursor of the next page.
    next: Option<String>,
    page: Option<u64>,
    total_pages: Option<u64>,
}

pub(super) async fn run(cx: &Context, path: &str) -> Result<()> {
    let client = cx.client()?;
    cx.out().or_json().stream(&ITEM, items(client, path)).await
}

fn items<'c>(client: &'c Client, path: &'c str) -> impl Stream<Item = Result<Value>> + 'c {
    let begin = (Some(path.to_owned()), HashSet::new());
    let pages = stream::try_unfold(begin, move |(page, mut read_before)| async move {
        let Some(page) = page else { return Ok::<_, anyhow::Error>(None) };
        if !read_before.insert(page.clone()) {
            return Err(unfit(&page, "been read before: the pages lead to one another for ever").into());
        }
        let answer = client.request(Method::GET, page.clone()).await?;
        let answer = serde_json::from_slice(answer.body())
            .with_context(|| Failure::new(Kind::Failed, format!("the answer to {page} is no JSON")))?;
        let (items, next) = read(answer, &page)?;
        Ok(Some((stream::iter(items.into_iter().map(Ok)), (next, read_before))))
    });
    pages.try_flatten()
}

/// What is in the list of a page, and the path of the next one.
fn read(answer: Value, path: &str) -> Result<(Vec<Value>, Option<String>), Failure> {
    let unfit = |problem| unfit(path, problem);
    let mut fields = match answer {
        Value::Array(items) => return Ok((items, None)),
        Value::Object(fields) => fields,
        _ => return Err(unfit("no list")),
    };
    let pagination = fields.remove("pagination").and_then(|found| serde_json::from_value(found).ok());
    let next = next(path, &pagination.unwrap_or_default());
    // A list without anything in it may be null.
    let is_only = fields.len() == 1;
    let mut lists = fields.into_iter().filter_map(|(_, value)| match value {
        Value::Array(items) => Some(items),
        Value::Null if is_only => Some(Vec::new()),
        _ => None,
    });
    match (lists.next(), lists.next()) {
        (Some(items), None) => Ok((items, next)),
        (Some(_), Some(_)) => Err(unfit("more than one list")),
        (None, _) => Err(unfit("no list")),
    }
}

fn unfit(path: &str, problem: &str) -> Failure {
    Failure::new(Kind::Failed, format!("the answer to {path} has {problem}")).hint("leave out --paginate")
}

fn next(path: &str, pagination: &Pagination) -> Option<String> {
    match pagination {
        Pagination { next: Some(cursor), .. } if !cursor.is_empty() => Some(with_parameter(path, "cursor", cursor)),
        Pagination { page: Some(page), total_pages: Some(total), .. } if page < total => {
            Some(with_parameter(path, "page", &(page + 1).to_string()))
        }
        _ => None,
    }
}

/// The path with a parameter of its query set.
fn with_parameter(path: &str, name: &str, value: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let others = form_urlencoded::parse(query.as_bytes()).filter(|(other, _)| other != name);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(others).append_pair(name, value).finish();
    format!("{path}?{query}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use turso_cloud::transport::{Body, SendFuture, Transport};

    use super::*;

    #[test]
    fn a_page_leads_to_the_next_one_until_there_is_none() {
        let read = |answer| read(answer, "/v1/x?limit=2&page=1").unwrap();
        let (items, next) = read(json!({"audit_logs": [1, 2], "pagination": {"page": 1, "total_pages": 2}}));
        assert_eq!((items.len(), next.as_deref()), (2, Some("/v1/x?limit=2&page=2")));
        let (_, next) = read(json!({"databases": [], "pagination": {"next": "a b&c"}}));
        assert_eq!(next.as_deref(), Some("/v1/x?limit=2&page=1&cursor=a+b%26c"));
        for last in [
            json!({"databases": [], "pagination": {"next": ""}}),
            json!({"databases": []}),
            json!({"databases": null}),
            json!({"audit_logs": [], "pagination": {"page": 2, "total_pages": 2}}),
            json!([]),
        ] {
            assert_eq!(read(last.clone()).1, None, "{last}");
        }
    }

    /// Answers each cursor with the one behind it in these.
    #[derive(Debug)]
    struct Cursors(&'static [&'static str]);

    impl Transport for Cursors {
        fn send(&self, request: http::Request<Body>) -> SendFuture<'_> {
            let cursor = request.uri().query().and_then(|query| query.strip_prefix("cursor="));
            let place = self.0.iter().position(|known| Some(*known) == cursor).map_or(0, |place| place + 1);
            let page = json!({"items": [place], "pagination": {"next": self.0.get(place)}});
            Box::pin(async move { Ok(http::Response::new(page.to_string().into_bytes().into())) })
        }
    }

    #[tokio::test]
    async fn pages_that_lead_to_one_another_are_told() {
        let read = async |cursors| {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let token = turso_cloud::ApiToken::new("token").unwrap();
            let client = Client::builder(token).layer(move |_| Box::new(Cursors(cursors))).build().unwrap();
            items(&client, "/v1/x").try_collect::<Vec<_>>().await
        };
        assert_eq!(read(&["a", "b"]).await.unwrap(), [0, 1, 2]);
        for circle in [&["a", "a"][..], &["a", "b", "a"]] {
            let problem = read(circle).await.unwrap_err().to_string();
            assert!(problem.contains("/v1/x?cursor=a has been read before"), "{problem}");
        }
    }

    #[test]
    fn what_is_no_page_is_told() {
        for (answer, said) in [
            (json!({"database": {}}), "no list"),
            (json!({"a": [], "b": []}), "more than one list"),
            (json!("text"), "no list"),
        ] {
            let problem = read(answer.clone(), "/v1/x?cursor=x").unwrap_err().to_string();
            assert!(problem.contains(said), "{answer}: {problem}");
        }
    }

    proptest! {
        #[test]
        fn any_cursor_is_read_again_as_it_was(cursor in ".{1,30}", other in "[a-z]{1,5}") {
            prop_assume!(other != "cursor");
            let path = with_parameter(&format!("/v1/x?{other}=1&cursor=old"), "cursor", &cursor);
            let (_, query) = path.split_once('?').unwrap();
            let read: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            prop_assert_eq!(read, [(other, "1".to_owned()), ("cursor".to_owned(), cursor)]);
        }
    }
}
