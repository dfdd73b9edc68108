use std::{fmt::Write as _, fs, io::Write as _, path::Path};

use anyhow::{Context as _, Result};
use clap::{Arg, ArgAction, Command, CommandFactory as _};
use serde::Serialize;

use crate::{
    args::{Args, DocsForm},
    exit::Failure,
    out, stdout,
};

/// What is known of a command.
#[derive(Serialize)]
struct Described {
    command: String,
    about: String,
    arguments: Vec<Argument>,
    options: Vec<Argument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<String>,
    commands: Vec<Described>,
}

#[derive(Serialize)]
struct Argument {
    name: String,
    about: String,
    required: bool,
    repeatable: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
}

/// Prints the documentation, made from what the parser knows.
pub(super) fn run(form: DocsForm, folder: Option<&Path>) -> Result<()> {
    let mut command = Args::command();
    let text = match (form, folder) {
        (DocsForm::Man, Some(folder)) if out::is_standard_output(folder) => return Err(out::several_files().into()),
        (DocsForm::Man, Some(folder)) => return pages(command, folder),
        (_, Some(_)) => return Err(Failure::usage("--out goes with --form man only").into()),
        (_, None) => {
            command.build();
            let described = describe(&command, "tursoctl", true);
            if form == DocsForm::Json { serde_json::to_string_pretty(&described)? + "\n" } else { markdown(&described) }
        }
    };
    let mut out = stdout::lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// A page for each command, named as `man` looks for it: `tursoctl-db-create.1`.
fn pages(command: Command, folder: &Path) -> Result<()> {
    let unwritable = || format!("cannot write to {}", folder.display());
    fs::create_dir_all(folder).with_context(unwritable)?;
    clap_mangen::generate_to(command, folder).with_context(unwritable)
}

fn describe(command: &Command, path: &str, is_root: bool) -> Described {
    let shown = command.get_arguments().filter(|arg| {
        let is_builtin = matches!(arg.get_id().as_str(), "help" | "version");
        !arg.is_hide_set() && !is_builtin && (is_root || !arg.is_global_set())
    });
    let (arguments, options) = shown.partition::<Vec<_>, _>(|arg| arg.is_positional());
    let commands = command.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help");
    Described {
        command: path.to_owned(),
        about: command.get_about().map(ToString::to_string).unwrap_or_default(),
        arguments: arguments.into_iter().map(argument).collect(),
        options: options.into_iter().map(argument).collect(),
        more: command.get_after_help().map(ToString::to_string),
        commands: commands.map(|command| describe(command, &format!("{path} {}", command.get_name()), false)).collect(),
    }
}

fn argument(arg: &Arg) -> Argument {
    let is_flag = !arg.get_action().takes_values();
    let mut name = String::new();
    if let Some(short) = arg.get_short() {
        let _ = write!(name, "-{short}, ");
    }
    if let Some(long) = arg.get_long() {
        let _ = write!(name, "--{long} ");
    }
    if !is_flag {
        let values = arg.get_value_names().unwrap_or_default().join(" ");
        let _ = write!(name, "{values}");
    }
    let values = if is_flag || arg.is_hide_possible_values_set() { Vec::new() } else { arg.get_possible_values() };
    Argument {
        name: name.trim().to_owned(),
        about: arg.get_help().map(ToString::to_string).unwrap_or_default(),
        required: arg.is_required_set(),
        repeatable: matches!(arg.get_action(), ArgAction::Append),
        values: values.iter().filter(|value| !value.is_hide_set()).map(|value| value.get_name().to_owned()).collect(),
        default: (!is_flag)
            .then(|| arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(","))
            .filter(|default| !default.is_empty()),
    }
}

fn markdown(root: &Described) -> String {
    let mut text = format!(
        "# tursoctl\n\n{}\n\nThis page is made by `tursoctl docs`; `just cli-docs` writes it anew.\n\n## Options of every command\n",
        root.about
    );
    push_arguments(&mut text, &root.options);
    if let Some(more) = &root.more {
        push_preformatted(&mut text, more);
    }
    root.commands.iter().for_each(|command| push_command(&mut text, command));
    text
}

fn push_command(text: &mut String, command: &Described) {
    let is_leaf = command.commands.is_empty();
    let level = if command.command.matches(' ').count() == 1 { "##" } else { "###" };
    let usage: Vec<_> = std::iter::once(command.command.clone()).chain(command.arguments.iter().map(usage)).collect();
    let _ = write!(text, "\n{level} {}\n\n{}\n", usage.join(" "), command.about);
    if is_leaf {
        push_arguments(text, &command.arguments);
        push_arguments(text, &command.options);
    }
    if let Some(more) = &command.more {
        push_preformatted(text, more);
    }
    command.commands.iter().for_each(|command| push_command(text, command));
}

fn usage(argument: &Argument) -> String {
    let name = if argument.repeatable { format!("{}…", argument.name) } else { argument.name.clone() };
    if argument.required { name } else { format!("[{name}]") }
}

fn push_arguments(text: &mut String, arguments: &[Argument]) {
    if !arguments.is_empty() {
        text.push('\n');
    }
    for argument in arguments {
        let _ = write!(text, "- `{}`: {}", argument.name, argument.about);
        if !argument.values.is_empty() {
            let _ = write!(text, "; one of `{}`", argument.values.join("`, `"));
        }
        if let Some(default) = &argument.default {
            let _ = write!(text, "; `{default}` by default");
        }
        text.push('\n');
    }
}

fn push_preformatted(text: &mut String, more: &str) {
    let _ = write!(text, "\n```text\n{}\n```\n", more.trim_end());
}
