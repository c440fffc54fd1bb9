use std::collections::HashMap;

use banking::{IbanCheck, MAX_ACCOUNT_BYTES, check_iban, normalise};
use customers::Directory;

use crate::intern::Interner;

/// The accounts a file speaks of, each with a number; known ones are those in the register.
pub(crate) struct Accounts {
    directory: Directory,
    names: Interner,
    /// Other spellings: with spaces, in lower case.
    spellings: HashMap<Box<[u8]>, u32>,
    notes: Vec<Note>,
}

/// What is known of an account.
#[derive(Clone, Copy)]
pub(crate) struct Note {
    pub(crate) registered: bool,
    pub(crate) iban: IbanCheck,
}

impl Accounts {
    pub(crate) fn new(directory: Directory) -> Self {
        Self { directory, names: Interner::default(), spellings: HashMap::new(), notes: Vec::new() }
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The number of the account that `text` names. What is no account number at all is one of its own, with no
    /// country.
    pub(crate) fn number(&mut self, text: &[u8]) -> u32 {
        if let Some(number) = self.names.find(text).or_else(|| self.spellings.get(text).copied()) {
            return number;
        }
        let mut buffer = [0; MAX_ACCOUNT_BYTES];
        let Ok(name) = normalise(text, &mut buffer) else {
            self.notes.push(Note { registered: false, iban: IbanCheck::NoCountry });
            return self.names.intern(text);
        };
        let known = self.names.find(name);
        let number = known.unwrap_or_else(|| self.names.intern(name));
        if known.is_none() {
            let name = std::str::from_utf8(name).unwrap_or_default();
            self.notes.push(Note { registered: self.directory.contains_key(name), iban: check_iban(name) });
        }
        if name != text {
            self.spellings.insert(text.into(), number);
        }
        number
    }

    pub(crate) fn note(&self, number: u32) -> Note {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        self.notes.get(index).copied().unwrap_or(Note { registered: false, iban: IbanCheck::NoCountry })
    }

    /// From now on the account is in the register.
    pub(crate) fn set_registered(&mut self, number: u32) {
        if let Some(note) = usize::try_from(number).ok().and_then(|index| self.notes.get_mut(index)) {
            note.registered = true;
        }
    }

    /// The account's number as text.
    pub(crate) fn name(&self, number: u32) -> &str {
        std::str::from_utf8(self.names.get(number)).unwrap_or_default()
    }
}
