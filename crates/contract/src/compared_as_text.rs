/// Comparisons of what has an `as_str` with text, from both sides.
macro_rules! compared_as_text {
    ($name:ident, $($text:ty),+) => {
        $(
            impl PartialEq<$text> for $name {
                fn eq(&self, other: &$text) -> bool {
                    self.as_str() == &other[..]
                }
            }

            impl PartialEq<$name> for $text {
                fn eq(&self, other: &$name) -> bool {
                    &self[..] == other.as_str()
                }
            }
        )+
    };
}
pub(crate) use compared_as_text;
