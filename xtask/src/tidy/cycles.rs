//! Cycles between the files of a crate: a file may use its parents, its siblings and what they export, in one direction.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Finding;
use super::source::{Sources, masked};

const CRATES: [&str; 6] = ["customers", "feeds", "imports", "ledger", "mail", "treasury"];

/// The modules of a crate by path (empty: its root), with their code except tests.
type Modules = BTreeMap<Vec<String>, String>;

pub(crate) fn check(sources: &Sources) -> Vec<Finding> {
    let of_crate =
        |name: &'static str| cycles(&modules(sources, name)).into_iter().map(move |it| Finding::new(name, it));
    CRATES.into_iter().flat_map(of_crate).collect()
}

fn modules(sources: &Sources, name: &str) -> Modules {
    let folder = format!("shared/{name}/src/");
    let module = |(path, text): (&str, &str)| {
        let path = path.strip_prefix(&folder)?.strip_suffix(".rs")?.split('/').map(str::to_owned);
        let path = path.filter(|it| it != "lib" && it != "mod").collect();
        let code = masked(text);
        Some((path, code.split("#[cfg(test)]\nmod ").next()?.to_owned()))
    };
    sources.rust().filter_map(module).collect()
}

/// Each cycle once, as a path from its first module.
fn cycles(modules: &Modules) -> Vec<String> {
    let uses = |from: &Vec<String>| {
        let paths = paths(modules.get(from).map_or("", String::as_str));
        let used = paths.into_iter().filter_map(|(path, _)| resolve(modules, &absolute(modules, from, &path)?, 9));
        // A module declares its children, and may export what they contain.
        used.filter(|to| !to.starts_with(from)).collect::<BTreeSet<_>>()
    };
    let uses: BTreeMap<_, _> = modules.keys().map(|it| (it, uses(it))).collect();
    let mut found = BTreeSet::new();
    for first in modules.keys() {
        let mut ways = VecDeque::from([vec![first]]);
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop_front() {
            for next in way.last().and_then(|it| uses.get(*it)).into_iter().flatten() {
                if next == first && way.iter().min() == Some(&first) {
                    let names = way.iter().chain([&first]).map(|it| it.join("::"));
                    found.insert(names.collect::<Vec<_>>().join(" > "));
                } else if seen.insert(next) {
                    ways.push_back(way.iter().copied().chain([next]).collect());
                }
            }
        }
    }
    found.into_iter().collect()
}

/// The module that defines the last part of a path from the crate's root. `exports` limits the re-exports on the way.
fn resolve(modules: &Modules, path: &[String], exports: u8) -> Option<Vec<String>> {
    let module = (0..=path.len()).rev().filter_map(|to| path.get(..to)).find(|it| modules.contains_key(*it))?;
    let code = modules.get(module)?;
    let (name, rest) = path.get(module.len()..)?.split_first().unzip();
    let export = paths(code).into_iter().find(|(path, is_use)| *is_use && path.last() == name);
    match export.and_then(|(path, _)| absolute(modules, module, &path)).filter(|it| *it != path && exports > 0) {
        Some(target) => resolve(modules, &[&target, rest.unwrap_or_default()].concat(), exports.saturating_sub(1)),
        None => Some(module.to_vec()),
    }
}

/// `path` from the crate's root, if it is in this crate.
fn absolute(modules: &Modules, from: &[String], path: &[String]) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([from, rest].concat()),
        "super" => absolute(modules, from.split_last()?.1, &[&["self".to_owned()], rest].concat()),
        _ => Some([from, path].concat()).filter(|it| {
            (0..=it.len()).any(|to| to > from.len() && modules.contains_key(it.get(..to).unwrap_or_default()))
        }),
    }
}

/// The paths in a file, and whether they are in a `use`.
fn paths(code: &str) -> Vec<(Vec<String>, bool)> {
    let mut found = Vec::new();
    for (at, part) in code.split("use ").enumerate() {
        let (tree, code) = if at == 0 { ("", part) } else { part.split_once(';').unwrap_or_default() };
        expand("", tree, &mut found);
        let is_word = |it: char| it.is_alphanumeric() || it == '_' || it == ':';
        let inline = code.split(|it| !is_word(it)).filter(|it| it.starts_with("crate::") || it.starts_with("super::"));
        found.extend(inline.map(|it| (it.split("::").map(str::to_owned).collect(), false)));
    }
    found
}

/// The paths of a `use` after `prefix`.
fn expand(prefix: &str, tree: &str, found: &mut Vec<(Vec<String>, bool)>) {
    let tree = tree.trim();
    match tree.split_once('{') {
        Some((before, inner)) => {
            let (mut depth, prefix) = (0_i32, format!("{prefix}{before}"));
            let inner = inner.trim_end().trim_end_matches('}');
            let parts = inner.split(|it| {
                depth = depth.saturating_add(i32::from(it == '{')).saturating_sub(i32::from(it == '}'));
                it == ',' && depth == 0
            });
            parts.for_each(|it| expand(&prefix, it, found));
        }
        None if tree.is_empty() => {}
        None => {
            let path = format!("{prefix}{}", tree.split(" as ").next().unwrap_or_default());
            found.push((path.split("::").map(|it| it.trim().to_owned()).collect(), true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: [(&str, &str); 4], expected: &[&str]) {
        let files = files.map(|(name, text)| (format!("shared/mail/src/{name}.rs"), text));
        let sources = Sources::of(files.each_ref().map(|(path, text)| (path.as_str(), *text)));
        assert_eq!(cycles(&modules(&sources, "mail")), expected);
    }

    #[test]
    fn a_cycle_is_found_through_exports_and_paths() {
        let lib = ("lib", "mod a;\nmod b;\npub use a::{A, X};\npub use b::c::{C};");
        check([lib, ("a", "use crate::{b::{self, B}, C};"), ("b", ""), ("b/c", "use super::B;")], &[]);
        check([lib, ("a", "use crate::C;"), ("b", ""), ("b/c", "use crate::A;")], &["a > b::c > a"]);
        check(
            [lib, ("a", "use crate::C;"), ("b", "fn b() { crate::a::a() }"), ("b/c", "use super::B;")],
            &["a > b::c > b > a"],
        );
        check(
            [
                lib,
                ("a", "// use crate::C;"),
                ("b", "\n#[cfg(test)]\nmod tests { use crate::A; }"),
                ("b/c", "use crate::A;"),
            ],
            &[],
        );
    }
}
