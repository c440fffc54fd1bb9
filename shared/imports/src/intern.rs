use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Assigns an index from 0 to each distinct text and stores the texts contiguously: no allocation per text.
#[derive(Default)]
pub(crate) struct Interner {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Interner {
    /// The index of `text`, if it has one.
    pub(crate) fn find(&self, text: &[u8]) -> Option<u32> {
        let hash = self.hasher.hash_one(text);
        self.table.find(hash, |number| self.get(*number) == text).copied()
    }

    /// The index of `text`, a new one if necessary.
    pub(crate) fn intern(&mut self, text: &[u8]) -> u32 {
        if let Some(number) = self.find(text) {
            return number;
        }
        // 4 GiB of distinct texts exceed the size limit of a file.
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
        let Self { bytes, ends, table, hasher } = self;
        let hash = |number: &u32| hasher.hash_one(slice(bytes, ends, *number));
        table.insert_unique(hasher.hash_one(text), number, hash);
        number
    }

    /// The text of an index.
    pub(crate) fn get(&self, number: u32) -> &[u8] {
        slice(&self.bytes, &self.ends, number)
    }
}

fn slice<'a>(bytes: &'a [u8], ends: &[usize], number: u32) -> &'a [u8] {
    let index = usize::try_from(number).unwrap_or(usize::MAX);
    let from = index.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    let to = ends.get(index).copied().unwrap_or(from);
    bytes.get(from..to).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_has_one_number() {
        let mut interner = Interner::default();
        for round in 0..2 {
            for number in 0_u32..1000 {
                assert_eq!(interner.intern(format!("text {number}").as_bytes()), number, "round {round}");
            }
        }
        assert_eq!(interner.get(7), b"text 7");
        assert_eq!(interner.find(b"text 7"), Some(7));
        assert_eq!(interner.find(b"text"), None);
    }
}
