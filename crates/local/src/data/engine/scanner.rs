//! Where a statement ends.

/// Reads SQL byte by byte and tells where statements end: at a semicolon that is in no string, no name, no comment and
/// not within the body of a trigger.
#[derive(Clone, Debug, Default)]
pub struct Scanner {
    text: Text,
    within: Within,
    word: Word,
}

/// What a byte did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is between statements: a space, or a part of a comment.
    Between,
    /// The next one tells whether it begins a statement or a comment between statements.
    Undecided,
    /// It belongs to a statement.
    Within,
    /// It is the semicolon that ends one.
    End,
}

/// In what the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Text {
    #[default]
    Plain,
    /// Up to this byte; twice the byte ends it and begins it anew, which comes to the same.
    Quoted(u8),
    /// After one that may begin a comment: `-` or `/`.
    MaybeComment(u8),
    LineComment,
    BlockComment,
    /// After a `*` within a block comment.
    MaybeCommentEnd,
}

/// How far the beginning of a statement, or the end of a trigger, was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Before,
    Explain,
    Create,
    /// No trigger: the next semicolon ends it.
    Ordinary,
    Trigger,
    /// After a semicolon within a trigger.
    TriggerStep,
    /// After `; END` within a trigger.
    TriggerEnd,
}

/// The word that is being read, as far as it matters: none that counts is longer than 9 letters.
#[derive(Clone, Debug, Default)]
struct Word {
    letters: [u8; 9],
    length: usize,
}

impl Scanner {
    /// Whether nothing but spaces and whole comments was read since the last statement.
    #[must_use]
    pub fn is_between(&self) -> bool {
        self.within == Within::Before && self.text == Text::Plain && self.word.length == 0
    }

    /// What the text still needs to be whole, if it ended here; nothing where a semicolon would do.
    #[must_use]
    pub fn missing(&self) -> Option<&'static str> {
        match self.text {
            Text::Quoted(b'\'') => Some("the ' that ends a string"),
            Text::Quoted(b']') => Some("the ] that ends a name"),
            Text::Quoted(b'`') => Some("the ` that ends a name"),
            Text::Quoted(_) => Some("the \" that ends a name"),
            Text::BlockComment | Text::MaybeCommentEnd => Some("the */ that ends a comment"),
            Text::Plain | Text::MaybeComment(_) | Text::LineComment => match self.within {
                Within::Trigger | Within::TriggerStep => Some("the END of a trigger"),
                _ => None,
            },
        }
    }

    /// What ends a statement that was read elsewhere as a whole, as the `sqlite3` shell ends it: the engine keeps a comment that
    /// is still open at its end, in which a semicolon would be lost, and what follows with it.
    #[must_use]
    pub fn ending_of(statement: &str) -> &'static str {
        let mut scanner = Self::default();
        for byte in statement.bytes() {
            scanner.take(byte);
        }
        match scanner.text {
            Text::LineComment => "\n;",
            Text::BlockComment | Text::MaybeCommentEnd => "*/;",
            Text::Plain | Text::MaybeComment(_) | Text::Quoted(_) => ";",
        }
    }

    /// Takes the next byte. Lines have to be given with their ends.
    pub fn take(&mut self, byte: u8) -> Step {
        match self.text {
            Text::Quoted(end) => {
                if byte == end {
                    self.text = Text::Plain;
                }
                Step::Within
            }
            Text::LineComment => {
                if byte == b'\n' {
                    self.text = Text::Plain;
                }
                self.around()
            }
            Text::BlockComment | Text::MaybeCommentEnd => {
                self.text = match byte {
                    b'*' => Text::MaybeCommentEnd,
                    b'/' if self.text == Text::MaybeCommentEnd => Text::Plain,
                    _ => Text::BlockComment,
                };
                self.around()
            }
            Text::MaybeComment(first) => match (first, byte) {
                (b'-', b'-') => {
                    self.text = Text::LineComment;
                    self.around()
                }
                (b'/', b'*') => {
                    self.text = Text::BlockComment;
                    self.around()
                }
                _ => {
                    // What looked like a comment was an operator.
                    self.other();
                    self.text = Text::Plain;
                    self.plain(byte)
                }
            },
            Text::Plain => self.plain(byte),
        }
    }

    fn plain(&mut self, byte: u8) -> Step {
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii() {
            self.word.push(byte);
            return Step::Within;
        }
        self.end_word();
        match byte {
            b'-' | b'/' => {
                self.text = Text::MaybeComment(byte);
                if self.within == Within::Before { Step::Undecided } else { Step::Within }
            }
            b';' => self.semicolon(),
            b' ' | b'\t' | b'\r' | b'\n' | b'\x0c' => self.around(),
            b'\'' | b'"' | b'`' | b'[' => {
                self.other();
                self.text = Text::Quoted(if byte == b'[' { b']' } else { byte });
                Step::Within
            }
            _ => {
                self.other();
                Step::Within
            }
        }
    }

    fn around(&self) -> Step {
        if self.within == Within::Before { Step::Between } else { Step::Within }
    }

    fn semicolon(&mut self) -> Step {
        self.within = match self.within {
            Within::Trigger | Within::TriggerStep => Within::TriggerStep,
            Within::Before => return Step::Between,
            Within::Explain | Within::Create | Within::Ordinary | Within::TriggerEnd => {
                self.within = Within::Before;
                return Step::End;
            }
        };
        Step::Within
    }

    fn end_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        if word.length == 0 {
            return;
        }
        let is = |keyword: &str| word.is(keyword);
        self.within = match self.within {
            Within::Before if is("explain") => Within::Explain,
            Within::Before | Within::Explain if is("create") => Within::Create,
            Within::Explain if is("query") || is("plan") => Within::Explain,
            Within::Create if is("temp") || is("temporary") => Within::Create,
            Within::Create if is("trigger") => Within::Trigger,
            Within::TriggerStep if is("end") => Within::TriggerEnd,
            Within::Trigger | Within::TriggerStep | Within::TriggerEnd => Within::Trigger,
            Within::Before | Within::Explain | Within::Create | Within::Ordinary => Within::Ordinary,
        };
    }

    /// Something that is neither a word nor a space nor a semicolon.
    fn other(&mut self) {
        self.within = match self.within {
            Within::Trigger | Within::TriggerStep | Within::TriggerEnd => Within::Trigger,
            Within::Before | Within::Explain | Within::Create | Within::Ordinary => Within::Ordinary,
        };
    }
}

impl Word {
    fn push(&mut self, byte: u8) {
        if let Some(letter) = self.letters.get_mut(self.length) {
            *letter = byte;
        }
        self.length += 1;
    }

    fn is(&self, keyword: &str) -> bool {
        self.length == keyword.len()
            && self.letters.get(..self.length).is_some_and(|word| word.eq_ignore_ascii_case(keyword.as_bytes()))
    }
}
