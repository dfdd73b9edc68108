use std::fmt::Display;

use crate::{Call, Client, Error, ErrorKind};

/// The one of this name in a listing, for what the service lists and does not give out alone. `what` names it in an error.
pub(super) fn one_of<T, N>(
    client: &Client,
    list: Call<Vec<T>>,
    name: Result<N, Error>,
    what: &'static str,
    has_name: fn(&T, &N) -> bool,
) -> Call<T>
where
    T: Send + 'static,
    N: Display + Send + 'static,
{
    Call::new(client, move |cx| async move {
        let name = name?;
        let found = list.run_in(cx).await?.into_iter().find(|listed| has_name(listed, &name));
        found.ok_or_else(|| Error::new(ErrorKind::NotFound).with_detail(format!("there is no {what} {name}")))
    })
}
