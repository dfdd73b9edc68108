//! What the statements of a script ask for.

use std::io::BufRead;

use crate::{
    many::listed,
    script::{Asked, Item, ScriptReader},
};

/// The parameters of all statements.
#[derive(Debug, Default)]
pub(super) struct Demand {
    pub(super) statements: u64,
    pub(super) asked: Asked,
}

impl Demand {
    /// Nothing where a script reads others, or cannot be read to its end: where it breaks off is told when it is run.
    pub(super) fn of(script: impl BufRead) -> Option<Self> {
        let mut demand = Self::default();
        let mut script = ScriptReader::new(script);
        while let Some(item) = script.next().ok()? {
            match item {
                Item::Statement(source) => {
                    demand.statements += 1;
                    demand.asked.join(Asked::by(&source.text));
                }
                Item::Command(source) if source.text.starts_with(".read") => return None,
                Item::Command(_) => {}
            }
        }
        Some(demand)
    }

    /// What there is instead of a name that nothing has.
    pub(super) fn told(&self) -> String {
        match &*self.asked.names {
            [] => "the statements have no parameters with names".to_owned(),
            names => format!("there are {}", listed(names)),
        }
    }
}
