//! Finds columns by their names and values.

use crate::suggest::sample::Sample;
use crate::suggest::words::plain;

/// The columns of a sample, each used at most once.
pub(super) struct Columns<'a> {
    pub(super) sample: &'a Sample,
    /// The names as [`plain`].
    names: Vec<String>,
    used: Vec<bool>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(sample: &'a Sample) -> Self {
        let names: Vec<String> = sample.names.iter().map(|it| plain(it)).collect();
        Self { sample, used: vec![false; names.len()], names }
    }

    /// The unused columns with a name.
    pub(super) fn unused(&self) -> impl Iterator<Item = usize> {
        let columns = self.used.iter().zip(&self.names).enumerate();
        columns.filter(|(_, (used, name))| !**used && !name.is_empty()).map(|(at, _)| at)
    }

    /// The first unused column with one of these names that `fits`: an equal name first, then a name with these words
    /// in it; each time in the order of `words`.
    pub(super) fn find(&self, words: &[&str], fits: impl Fn(usize) -> bool) -> Option<usize> {
        let named = |is_named: &dyn Fn(&str, &str) -> bool| {
            let found = |word: &&str| self.unused().find(|at| is_named(self.name(*at), word) && fits(*at));
            words.iter().find_map(found)
        };
        named(&|name, word| name == word).or_else(|| named(&has_words))
    }

    /// All unused columns with one of these words in their names, in the order of the file.
    pub(super) fn all(&self, words: &[&str]) -> Vec<usize> {
        self.unused().filter(|at| words.iter().any(|word| has_words(self.name(*at), word))).collect()
    }

    /// Uses a column, if it is one.
    pub(super) fn take(&mut self, column: Option<usize>) -> Option<usize> {
        if let Some(used) = column.and_then(|at| self.used.get_mut(at)) {
            *used = true;
        }
        column
    }

    fn name(&self, at: usize) -> &str {
        self.names.get(at).map_or("", String::as_str)
    }
}

/// Whether `name` contains the words of `part`, next to each other.
fn has_words(name: &str, part: &str) -> bool {
    format!(" {name} ").contains(&format!(" {part} "))
}
