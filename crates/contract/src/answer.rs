/// Declares what an operation answers: read as the service sends it, made whole by `new`, and open for what it may add.
macro_rules! answer {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)+ }) => {
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        $(#[$meta])*
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)+
        }

        impl $name {
            /// One with these parts, for tests and local clouds.
            #[must_use]
            pub fn new($($field: $type),+) -> Self {
                Self { $($field),+ }
            }
        }
    };
}
pub(crate) use answer;
