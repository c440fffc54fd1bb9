use std::collections::HashMap;

use banking::{AccountNumber, IbanCheck, MAX_ACCOUNT_BYTES, check_iban, normalise};
use customers::{CustomerId, Directory};

use crate::intern::Interner;

/// The accounts that a file names, each with an index and its registration state.
#[derive(Default)]
pub(crate) struct Accounts {
    names: Interner,
    /// Other spellings: with spaces, in lower case.
    spellings: HashMap<Box<[u8]>, u32>,
    notes: Vec<Note>,
    /// The holders of the registered accounts.
    holders: HashMap<u32, CustomerId>,
    /// The accounts to look up in the register.
    unknown: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Note {
    state: InRegister,
    iban: IbanCheck,
}

/// Whether an account is in the register.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InRegister {
    /// Irrelevant: the account is only a counterparty.
    NotNeeded,
    /// The account must be looked up.
    Unknown,
    No,
    /// The account is registered, or the file registers it.
    Yes,
}

impl Accounts {
    /// The index of the account that `text` names. A text that is not an account number gets its own index, without a
    /// country.
    pub(crate) fn number(&mut self, text: &[u8]) -> u32 {
        if let Some(number) = self.names.find(text).or_else(|| self.spellings.get(text).copied()) {
            return number;
        }
        let mut buffer = [0; MAX_ACCOUNT_BYTES];
        let Ok(name) = normalise(text, &mut buffer) else {
            self.notes.push(Note { state: InRegister::No, iban: IbanCheck::NoCountry });
            return self.names.intern(text);
        };
        let known = self.names.find(name);
        let number = known.unwrap_or_else(|| self.names.intern(name));
        if known.is_none() {
            let iban = check_iban(std::str::from_utf8(name).unwrap_or_default());
            self.notes.push(Note { state: InRegister::NotNeeded, iban });
        }
        if name != text {
            self.spellings.insert(text.into(), number);
        }
        number
    }

    /// Whether the account is in the register; `None` if it must be looked up first.
    pub(crate) fn in_register(&mut self, number: u32) -> Option<bool> {
        let note = self.notes.get_mut(usize::try_from(number).unwrap_or(usize::MAX))?;
        match note.state {
            InRegister::Yes => Some(true),
            InRegister::No => Some(false),
            InRegister::Unknown => None,
            InRegister::NotNeeded => {
                note.state = InRegister::Unknown;
                self.unknown.push(number);
                None
            }
        }
    }

    /// The accounts that must be looked up.
    pub(crate) fn unknown(&self) -> Vec<AccountNumber> {
        self.unknown.iter().filter_map(|it| self.name(*it).parse().ok()).collect()
    }

    /// Records the holders of those accounts; the remaining ones are not in the register.
    pub(crate) fn learn(&mut self, register: &Directory) {
        for number in std::mem::take(&mut self.unknown) {
            let holder = register.get(self.name(number)).copied();
            let Some(note) = usize::try_from(number).ok().and_then(|index| self.notes.get_mut(index)) else { continue };
            match holder {
                Some(holder) => {
                    note.state = InRegister::Yes;
                    self.holders.insert(number, holder);
                }
                None if note.state == InRegister::Unknown => note.state = InRegister::No,
                None => {}
            }
        }
    }

    /// The registered holder of the account.
    pub(crate) fn holder(&self, number: u32) -> Option<CustomerId> {
        self.holders.get(&number).copied()
    }

    /// Whether the account is in the register, or registered by the file.
    pub(crate) fn is_registered(&self, number: u32) -> bool {
        self.note(number).is_some_and(|it| it.state == InRegister::Yes)
    }

    pub(crate) fn iban(&self, number: u32) -> IbanCheck {
        self.note(number).map_or(IbanCheck::NoCountry, |it| it.iban)
    }

    fn note(&self, number: u32) -> Option<&Note> {
        self.notes.get(usize::try_from(number).ok()?)
    }

    /// The file registers the account.
    pub(crate) fn set_registered(&mut self, number: u32) {
        if let Some(note) = usize::try_from(number).ok().and_then(|index| self.notes.get_mut(index)) {
            note.state = InRegister::Yes;
        }
    }

    /// The account's number as text.
    pub(crate) fn name(&self, number: u32) -> &str {
        std::str::from_utf8(self.names.get(number)).unwrap_or_default()
    }
}
