pub(crate) mod local;
