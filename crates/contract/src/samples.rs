/// One answer of each operation in the shape the service documents, by the name of the operation: the file in
/// `tests/golden` that bears its name. An operation without one does not compile.
///
/// ```
/// let answer = turso_cloud_contract::sample("DeleteDatabase").unwrap();
/// assert!(answer.contains(r#""database": "my-db""#));
/// ```
#[must_use]
pub fn sample(operation: &str) -> Option<&'static str> {
    macro_rules! samples {
        ($($operation:ident,)+) => {
            match operation {
                $(stringify!($operation) => Some(include_str!(concat!("../tests/golden/", stringify!($operation), ".json"))),)+
                _ => None,
            }
        };
    }
    crate::for_each_endpoint!(samples)
}
