use imports::e_tag_of;

/// How to request a version.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wanted {
    /// By version ID.
    pub(crate) version_id: Option<String>,
    /// By ETag.
    pub(crate) if_match: Option<String>,
}

pub(crate) fn wanted(version: Option<&str>) -> Wanted {
    let Some(version) = version else {
        return Wanted::default();
    };
    match e_tag_of(version) {
        Some(e_tag) => Wanted { if_match: Some(format!("\"{e_tag}\"")), ..Wanted::default() },
        None => Wanted { version_id: Some(version.to_owned()), ..Wanted::default() },
    }
}

#[cfg(test)]
mod tests {
    use imports::object_version as of;

    use super::*;

    #[test]
    fn an_object_without_a_version_is_requested_by_its_etag() {
        assert_eq!(of(Some("v1"), Some("\"e\"")).as_deref(), Some("v1"));
        let version = of(None, Some("\"e\""));
        assert_eq!(version.as_deref(), Some("etag:e"));
        for none in ["", "null"] {
            assert_eq!(of(Some(none), Some("e")).as_deref(), Some("etag:e"), "an event's ETag has no quotes");
        }
        assert_eq!(of(None, None), None);
        assert_eq!(wanted(version.as_deref()).if_match.as_deref(), Some("\"e\""));
        assert_eq!(wanted(Some("v1")).version_id.as_deref(), Some("v1"));
        assert_eq!(wanted(None), Wanted::default());
    }
}
