/// Marks a version that is an ETag.
const ETAG: &str = "etag:";

/// The version of an object: the one the bucket keeps, or, in a bucket without versions, its ETag.
pub(crate) fn of(version_id: Option<&str>, e_tag: Option<&str>) -> Option<String> {
    let version = version_id.map(str::to_owned);
    version.or_else(|| e_tag.map(|it| format!("{ETAG}{}", it.trim_matches('"'))))
}

/// How to ask for a version.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wanted {
    /// As one of the bucket's versions.
    pub(crate) version_id: Option<String>,
    /// As the object with this ETag.
    pub(crate) if_match: Option<String>,
}

pub(crate) fn wanted(version: Option<&str>) -> Wanted {
    let Some(version) = version else {
        return Wanted::default();
    };
    match version.strip_prefix(ETAG) {
        Some(e_tag) => Wanted { if_match: Some(format!("\"{e_tag}\"")), ..Wanted::default() },
        None => Wanted { version_id: Some(version.to_owned()), ..Wanted::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_without_a_version_is_asked_for_by_its_etag() {
        assert_eq!(of(Some("v1"), Some("\"e\"")).as_deref(), Some("v1"));
        let version = of(None, Some("\"e\""));
        assert_eq!(version.as_deref(), Some("etag:e"));
        assert_eq!(wanted(version.as_deref()).if_match.as_deref(), Some("\"e\""));
        assert_eq!(wanted(Some("v1")).version_id.as_deref(), Some("v1"));
        assert_eq!(wanted(None), Wanted::default());
    }
}
