//! Where settings come from: a flag, the environment, the profile, or the default.

mod credentials;
mod files;
mod keys;
mod profile;
mod settings;

pub(crate) use files::{Config, ConfigFolder, state_folder, state_variable};
pub(crate) use keys::{KEYS, Key, key, parse_duration};
pub(crate) use settings::{Setting, Settings, Source, no_such_profile};
