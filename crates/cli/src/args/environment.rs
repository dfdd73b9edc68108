//! Flags that the environment can stand for. Settings, which a profile can hold too, have their variables in `config`.

use std::{env, ffi::OsString};

use clap::ValueEnum as _;

use super::{GlobalArgs, Switch, global::ColorChoice};
use crate::exit::Failure;

impl GlobalArgs {
    /// The same with what the environment says where no flag does.
    pub(crate) fn with_environment(self) -> Result<Self, Failure> {
        self.with_variables(|name| env::var_os(name))
    }

    fn with_variables(mut self, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Failure> {
        let text = |name: &str| match variable(name).filter(|value| !value.is_empty()).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(text)),
            Some(Err(_)) => Err(Failure::usage(format!("environment variable {name}: it is not UTF-8"))),
        };
        let switch = |name: &str| text(name)?.map_or(Ok(false), |value| is_on(name, &value));
        for (flag, name) in [
            (&mut self.yes, "TURSOCTL_YES"),
            (&mut self.no_input, "TURSOCTL_NO_INPUT"),
            (&mut self.dry_run, "TURSOCTL_DRY_RUN"),
            (&mut self.trace_http, "TURSOCTL_TRACE_HTTP"),
        ] {
            *flag = *flag || switch(name)?;
        }
        // A flag for the opposite comes before a variable.
        if !self.quiet && self.verbose == 0 {
            self.quiet = switch("TURSOCTL_QUIET")?;
            self.verbose = text("TURSOCTL_VERBOSE")?.map_or(Ok(0), |value| level("TURSOCTL_VERBOSE", &value))?;
        }
        if self.quiet && self.verbose > 0 {
            return Err(Failure::usage("TURSOCTL_QUIET and TURSOCTL_VERBOSE are the opposite of each other"));
        }
        if self.fields.is_empty()
            && let Some(fields) = text("TURSOCTL_FIELDS")?
        {
            self.fields = fields.split(',').map(str::to_owned).collect();
        }
        if self.color.is_none()
            && let Some(color) = text("TURSOCTL_COLOR")?
        {
            let choice = ColorChoice::from_str(&color, true);
            self.color = Some(choice.map_err(|_| unfit("TURSOCTL_COLOR", &color, "auto, always or never"))?);
        }
        Ok(self)
    }
}

fn is_on(name: &str, value: &str) -> Result<bool, Failure> {
    let switch = Switch::from_str(value, true).map(Switch::is_on);
    switch.map_err(|_| unfit(name, value, "on or off, true or false, yes or no, 1 or 0"))
}

/// How often `--verbose` is given: a number, or whether it is at all.
fn level(name: &str, value: &str) -> Result<u8, Failure> {
    value.parse().or_else(|_| is_on(name, value).map(u8::from))
}

fn unfit(name: &str, value: &str, rule: &str) -> Failure {
    let shown: String = value.chars().take(40).collect();
    Failure::usage(format!("environment variable {name}: {shown:?} is not valid: it must be {rule}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(flags: GlobalArgs, variables: &[(&str, &str)]) -> Result<GlobalArgs, String> {
        let variable = |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| value.into());
        flags.with_variables(variable).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_variable_stands_for_its_flag() {
        let none = with(GlobalArgs::default(), &[("TURSOCTL_YES", ""), ("TURSOCTL_DRY_RUN", "0")]).unwrap();
        assert!(!none.yes && !none.dry_run && !none.quiet && none.verbose == 0);
        for (name, read) in [
            ("TURSOCTL_YES", (|args| args.yes) as fn(&GlobalArgs) -> bool),
            ("TURSOCTL_NO_INPUT", |args| args.no_input),
            ("TURSOCTL_DRY_RUN", |args| args.dry_run),
            ("TURSOCTL_TRACE_HTTP", |args| args.trace_http),
            ("TURSOCTL_QUIET", |args| args.quiet),
            ("TURSOCTL_VERBOSE", |args| args.verbose == 1),
        ] {
            for on in ["1", "true", "Yes", "ON"] {
                assert!(read(&with(GlobalArgs::default(), &[(name, on)]).unwrap()), "{name}={on}");
            }
            assert!(!read(&with(GlobalArgs::default(), &[(name, "off")]).unwrap()), "{name}=off");
            let refused = with(GlobalArgs::default(), &[(name, "flase")]).unwrap_err();
            assert!(refused.contains(name) && refused.contains("\"flase\""), "{refused}");
        }
        let args = with(GlobalArgs::default(), &[("TURSOCTL_FIELDS", "a,b"), ("TURSOCTL_COLOR", "never")]).unwrap();
        assert_eq!((args.fields, args.color), (vec!["a".to_owned(), "b".to_owned()], Some(ColorChoice::Never)));
        assert!(with(GlobalArgs::default(), &[("TURSOCTL_COLOR", "blue")]).is_err());
    }

    #[test]
    fn a_flag_comes_before_a_variable() {
        let flags = GlobalArgs { verbose: 2, fields: vec!["c".to_owned()], ..GlobalArgs::default() };
        let args = with(flags, &[("TURSOCTL_QUIET", "1"), ("TURSOCTL_FIELDS", "a")]).unwrap();
        assert!(!args.quiet && args.verbose == 2 && args.fields == ["c"]);
        assert!(with(GlobalArgs::default(), &[("TURSOCTL_QUIET", "1"), ("TURSOCTL_VERBOSE", "2")]).is_err());
    }
}
