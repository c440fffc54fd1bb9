//! The sources of transfers. The source is a part of an entry's identity, so the same transfers under a misspelt source
//! would be posted twice: operators declare each source before its first file.

/// The sources that need no declaration: those of the bank's feeds.
pub const FEED_SOURCES: [&str; 2] = ["sepa", "swift"];

/// Folders below `imports/` that are not sources.
const OTHER_FOLDERS: [&str; 2] = ["accounts", "profiles"];

/// Whether `text` may be the name of a source: lower case letters, digits and hyphens, at most 40.
pub fn is_source_name(text: &str) -> bool {
    is_plain_name(text) && !OTHER_FOLDERS.contains(&text)
}

/// Whether a source is one of the bank's feeds or in `declared`.
pub fn is_known_source(source: &str, declared: &[String]) -> bool {
    FEED_SOURCES.contains(&source) || declared.iter().any(|it| it == source)
}

/// A name that is allowed in a key.
pub(crate) fn is_plain_name(text: &str) -> bool {
    let plain = text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
    plain && !text.is_empty() && text.len() <= 40
}

/// All known sources, for messages.
pub(crate) fn known_sources(declared: &[String]) -> String {
    let declared = declared.iter().map(String::as_str);
    FEED_SOURCES.into_iter().chain(declared).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_a_plain_name_that_is_no_other_folder() {
        let longest = "x".repeat(40);
        for name in ["sepa", "sepa-eu", "2nd-bank", &longest] {
            assert!(is_source_name(name), "{name}");
        }
        let longer = "x".repeat(41);
        for name in ["", "SEPA", "sepa_eu", "sepa/eu", "sépa", "accounts", "profiles", &longer] {
            assert!(!is_source_name(name), "{name}");
        }
    }

    #[test]
    fn the_sources_of_feeds_are_known_and_others_are_declared() {
        let declared = ["sepa-eu".to_owned()];
        let known = |source: &str| is_known_source(source, &declared);
        assert!(known("sepa") && known("swift") && known("sepa-eu"));
        assert!(!known("sepa-us"));
        assert_eq!(known_sources(&declared), "sepa, swift, sepa-eu");
    }
}
