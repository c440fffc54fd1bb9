//! The files of the repository, and a minimal parser of Rust for counting lines.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Folders without files of this project.
const FOREIGN: [&str; 5] = ["target", "node_modules", ".git", ".millrace", ".aws-sam"];
/// The file extensions that are checked.
const KINDS: [&str; 11] = ["rs", "toml", "yaml", "yml", "json", "py", "md", "html", "css", "ts", "tsx"];

/// All texts of the repository by their path from its root, with `/` between the parts.
#[derive(Debug, Default)]
pub(crate) struct Sources(BTreeMap<String, String>);

impl Sources {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut sources = Self::default();
        sources.take(root, "")?;
        Ok(sources)
    }

    #[cfg(test)]
    pub(crate) fn of<const N: usize>(files: [(&str, &str); N]) -> Self {
        Self(files.map(|(path, text)| (path.to_owned(), text.to_owned())).into())
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub(crate) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(path, _)| has_extension(path, "rs"))
    }

    /// The names of the folders under functions/ that are crates.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(|path| path.strip_prefix("functions/")?.strip_suffix("/Cargo.toml"))
    }

    fn take(&mut self, folder: &Path, path: &str) -> Result<()> {
        for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() && !FOREIGN.contains(&name.as_str()) {
                self.take(&entry.path(), &path)?;
            } else if kind.is_file() && KINDS.iter().any(|kind| has_extension(&name, kind)) {
                // Samples may have another encoding; the rules apply only to UTF-8 text.
                if let Ok(text) = fs::read_to_string(entry.path()) {
                    self.0.insert(path, text);
                }
            }
        }
        Ok(())
    }
}

pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|it| it.eq_ignore_ascii_case(extension))
}

/// A function in a Rust file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Counted from 1.
    pub(crate) line: usize,
    /// From the line with its name to the one with its last brace.
    pub(crate) lines: usize,
}

/// The functions of a Rust file that have a body.
pub(crate) fn functions(text: &str) -> Vec<Function> {
    let code = masked(text);
    let mut found = Vec::new();
    for (start, _) in code.match_indices("fn ") {
        let (before, after) = code.split_at(start);
        if before.chars().next_back().is_some_and(is_word) {
            continue;
        }
        let name: String = after.trim_start_matches("fn ").chars().take_while(|it| is_word(*it)).collect();
        if let (false, Some(body)) = (name.is_empty(), block(after)) {
            let line = before.matches('\n').count().saturating_add(1);
            found.push(Function { name, line, lines: body.matches('\n').count().saturating_add(1) });
        }
    }
    found
}

/// The lines of a Rust file that are not in an item marked `#[cfg(test)]`.
pub(crate) fn lines_without_tests(text: &str) -> usize {
    let code = masked(text);
    let mut lines = text.lines().count();
    let mut rest = code.as_str();
    while let Some((_, from)) = rest.split_once("#[cfg(test)]") {
        rest = match block(from) {
            Some(body) => {
                lines = lines.saturating_sub(body.matches('\n').count().saturating_add(1));
                from.strip_prefix(body).unwrap_or_default()
            }
            None => from,
        };
    }
    lines
}

/// The text up to the closing brace of the first block of `code`; `None` if a semicolon comes first.
fn block(code: &str) -> Option<&str> {
    let mut braces = 0_usize;
    let mut others = 0_usize;
    for (at, character) in code.char_indices() {
        match character {
            '(' | '[' => others = others.saturating_add(1),
            ')' | ']' => others = others.saturating_sub(1),
            ';' if braces == 0 && others == 0 => return None,
            '{' => braces = braces.saturating_add(1),
            '}' if braces <= 1 => return code.get(..=at),
            '}' => braces = braces.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The same text with comments, strings and characters replaced by spaces.
pub(crate) fn masked(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_word = code.chars().next_back().is_some_and(is_word);
        let hidden = opaque_bytes(rest, after_word);
        let (token, after) = rest.split_at(hidden.unwrap_or(first.len_utf8()));
        match hidden {
            Some(_) => code.extend(token.chars().map(|it| if it == '\n' { '\n' } else { ' ' })),
            None => code.push_str(token),
        }
        rest = after;
    }
    code
}

/// The length of the comment, string or character at the start of `rest`.
fn opaque_bytes(rest: &str, after_word: bool) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(comment_bytes(rest));
    }
    if let Some(inner) = rest.strip_prefix('\'') {
        return character_bytes(inner);
    }
    if after_word {
        return rest.starts_with('"').then(|| string_bytes(rest, 1));
    }
    let quoted = rest.trim_start_matches(['b', 'c']);
    if let Some(raw) = quoted.strip_prefix('r') {
        let fence: String = raw.chars().take_while(|it| *it == '#').collect();
        if let Some(inner) = raw.strip_prefix(fence.as_str()).and_then(|it| it.strip_prefix('"')) {
            let end = format!("\"{fence}");
            let opening = rest.len().saturating_sub(inner.len());
            return Some(
                inner.find(&end).map_or(rest.len(), |at| opening.saturating_add(at).saturating_add(end.len())),
            );
        }
    }
    let inner = quoted.strip_prefix('"')?;
    Some(string_bytes(rest, rest.len().saturating_sub(inner.len())))
}

/// The length of the string; its opening quote ends after `opening` bytes.
fn string_bytes(rest: &str, opening: usize) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip_while(|(at, _)| *at < opening) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at.saturating_add(1),
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character literal with the content `inner`; `None` for a lifetime.
fn character_bytes(inner: &str) -> Option<usize> {
    let literal = if let Some(escape) = inner.strip_prefix('\\') {
        // The escaped character may itself be a quote.
        let first = escape.chars().next()?.len_utf8();
        let end = escape.get(first..)?.find('\'')?;
        first.saturating_add(end).saturating_add(2)
    } else {
        let first = inner.chars().next()?.len_utf8();
        inner.get(first..)?.starts_with('\'').then(|| first.saturating_add(1))?
    };
    Some(literal.saturating_add(1))
}

fn comment_bytes(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0_usize;
    while let Some(tail) = rest.get(at..).filter(|it| !it.is_empty()) {
        if tail.starts_with("/*") {
            depth = depth.saturating_add(1);
            at = at.saturating_add(2);
        } else if tail.starts_with("*/") {
            depth = depth.saturating_sub(1);
            at = at.saturating_add(2);
            if depth == 0 {
                return at;
            }
        } else {
            at = at.saturating_add(tail.chars().next().map_or(1, char::len_utf8));
        }
    }
    rest.len()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, usize, usize)]) {
        let found = functions(text);
        let found: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.line, it.lines)).collect();
        assert_eq!(found, expected, "in {text}");
    }

    #[test]
    fn functions_are_measured_from_their_name_to_their_last_brace() {
        check("fn a() {}\n", &[("a", 1, 1)]);
        check(
            "\npub(crate) async fn a<'x>(x: &'x [u8; 4]) -> u8 {\n    0\n}\nfn b() {\n}",
            &[("a", 2, 3), ("b", 5, 2)],
        );
        check("trait T {\n fn a(&self);\n fn b(&self) {\n }\n}", &[("b", 3, 2)]);
        check("type F = fn(u8) -> u8;\nfn outer() {\n    fn inner() {\n    }\n}", &[("outer", 2, 4), ("inner", 3, 2)]);
    }

    #[test]
    fn braces_in_text_do_not_count() {
        check("fn a() {\n let _ = \"}\\\"}\";\n}", &[("a", 1, 3)]);
        check("fn a() {\n let _ = r#\"}\"}\"#;\n}", &[("a", 1, 3)]);
        check("fn a() {\n let _ = br\"}\";\n}", &[("a", 1, 3)]);
        check("fn a() {\n let _ = ('}', '\\'', '\\u{7d}', b'}');\n}", &[("a", 1, 3)]);
        check("fn a() {\n // }\n /* } /* } */ } */\n}", &[("a", 1, 4)]);
        check("// fn a() {}\nconst A: &str = \"fn b() {}\";", &[]);
    }

    #[test]
    fn masking_keeps_every_line() {
        let text = "a \"x\ny\" /* 1\n2 */ 'c' // d\n&'static str\n";
        assert_eq!(masked(text).lines().count(), text.lines().count());
        assert!(masked(text).contains("&'static str"));
    }

    #[test]
    fn tests_are_not_behaviour() {
        assert_eq!(lines_without_tests("fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n"), 1);
        assert_eq!(lines_without_tests("fn a() {}\n#[cfg(test)]\nmod tests;\nfn b() {}\n"), 4);
    }
}
