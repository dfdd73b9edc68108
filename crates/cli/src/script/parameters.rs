//! What a statement asks for.

use super::words::written_parameters;

/// What stands before the name of a parameter.
const PREFIXES: [char; 3] = [':', '@', '$'];

/// The parameters of a statement, numbered as SQLite does it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// With what stands before them, in their order.
    pub(crate) names: Vec<String>,
    /// How many values it takes by place. A place may have any number, and SQLite refuses those that are too large.
    pub(crate) places: usize,
}

impl Asked {
    pub(crate) fn by(sql: &str) -> Self {
        let mut asked = Self::default();
        for written in written_parameters(sql) {
            match written.strip_prefix('?').map(str::parse) {
                Some(Ok(place)) => asked.places = asked.places.max(place),
                Some(Err(_)) => asked.places = asked.places.saturating_add(1),
                None if asked.names.contains(&written) => {}
                None => {
                    asked.places = asked.places.saturating_add(1);
                    asked.names.push(written);
                }
            }
        }
        asked
    }

    /// Whether one of them has this name, whatever stands before it.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|written| written.strip_prefix(PREFIXES) == Some(name))
    }

    /// Adds what another statement asks for: its names, and as many values by place as the one that takes most.
    pub(crate) fn join(&mut self, other: Self) {
        self.places = self.places.max(other.places);
        for name in other.names {
            if !self.names.contains(&name) {
                self.names.push(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::Asked;

    /// What SQLite finds. It has no names for places that nothing asks for.
    fn found(sql: &str) -> (usize, Vec<String>) {
        let database = Connection::open_in_memory().unwrap();
        let statement = database.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let count = statement.parameter_count();
        let names = (1..=count).filter_map(|place| statement.parameter_name(place)).map(str::to_owned);
        (count, names.filter(|name| !name.starts_with('?')).collect())
    }

    #[test]
    fn parameters_are_those_that_sqlite_finds() {
        for sql in [
            "SELECT 1",
            "SELECT ?, ?, ?2, ?",
            "SELECT ?3, ?",
            "SELECT :a, @a, $a, :a, :b",
            "SELECT :a, ?, ?1, ?",
            "SELECT ?5, :a, :a, ?",
            "SELECT 1 WHERE 1=:id AND 2=@id2--:no",
            "SELECT ':a', \":b\", `:c`, [:d], x'00' /* :e\n:f */ -- :g\n, :h FROM (SELECT 1 \":b\", 2 \":c\", 3 \":d\")",
            "SELECT 'it''s :a', 1 a$b, 2 \"$c\"",
            "SELECT $a::b, $a::b(c,d), :x(1)+1, $e::",
            "SELECT :1, :ä, @_, $$",
            "SELECT :a||:b, -?, (?)",
            "SELECT '?', '$.a' -> '$.b' -- ?",
        ] {
            let Asked { names, places } = Asked::by(sql);
            assert_eq!((places, names), found(sql), "{sql}");
        }
    }

    #[test]
    fn a_name_is_the_same_whatever_stands_before_it() {
        let asked = Asked::by("SELECT :a, $b");
        assert!(asked.has("a") && asked.has("b"));
        assert!(!asked.has(":a") && !asked.has("A") && !asked.has("c"));
    }
}
