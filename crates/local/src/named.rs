//! Values that are told by their names.

use turso_cloud_contract::InvalidInput;

/// The value of this name. Where there is none, the refusal names all there are.
pub(crate) fn find<T: Copy, const N: usize>(
    what: &'static str,
    all: [T; N],
    name_of: fn(T) -> &'static str,
    name: &str,
) -> Result<T, InvalidInput> {
    all.into_iter().find(|value| name_of(*value) == name).ok_or_else(|| {
        let names = all.map(name_of).join(", ");
        InvalidInput::new(what, name, format!("must be one of {names}"))
    })
}
