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
    /// The most values by place that one of them takes.
    pub(super) places: usize,
    names: Vec<String>,
}

impl Demand {
    /// Nothing where a script reads others, or cannot be read to its end: where it breaks off is told when it is run.
    pub(super) fn of(script: impl BufRead) -> Option<Self> {
        let mut demand = Self::default();
        let mut script = ScriptReader::new(script);
        while let Some(item) = script.next().ok()? {
            match item {
                Item::Statement(source) => demand.add(Asked::by(&source.text)),
                Item::Command(source) if source.text.starts_with(".read") => return None,
                Item::Command(_) => {}
            }
        }
        Some(demand)
    }

    fn add(&mut self, asked: Asked) {
        self.statements += 1;
        self.places = self.places.max(asked.places);
        for name in asked.names {
            if !self.names.contains(&name) {
                self.names.push(name);
            }
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|written| Asked::is_named(written, name))
    }

    /// What there is instead.
    pub(super) fn told(&self) -> String {
        match &*self.names {
            [] => "the statements have no parameters with names".to_owned(),
            names => format!("there are {}", listed(names)),
        }
    }
}
