//! `source`: the sources of transfers.

use ::imports::{FEED_SOURCES, Sources, is_known_source};
use anyhow::{Result, bail};
use api_documents::Part;
use calendar::Moment;

use crate::Verdict;
use crate::arguments::ListArgs;
use crate::output::Output;

/// Declares a source.
pub(crate) async fn add(output: &Output, sources: &impl Sources, name: &str, now: Moment) -> Result<Verdict> {
    sources.declare(name, now).await?;
    let declared = serde_json::json!({ "source": name });
    output.answer(
        || &declared,
        || format!("{name} is a source: upload its files with `millrace import --source {name} FILE`"),
    )?;
    Ok(Verdict::Ok)
}

/// Lists the sources.
pub(crate) async fn list(output: &Output, sources: &impl Sources, args: &ListArgs) -> Result<Verdict> {
    let declared = sources.declared().await?;
    let mut all: Vec<&str> = FEED_SOURCES.into_iter().chain(declared.iter().map(String::as_str)).collect();
    all.retain(|it| args.finds([*it]));
    let of = all.len();
    all.truncate(output.limit(args));
    output.answer(|| Part::whole(all.iter()), || all.join("\n"))?;
    output.note_left_out(all.len(), of, ("source", "sources"));
    Ok(Verdict::Ok)
}

/// Stops before an upload with a source that the import would refuse.
pub(crate) async fn check(sources: &impl Sources, source: Option<&str>) -> Result<()> {
    let Some(source) = source.filter(|it| !FEED_SOURCES.contains(it)) else { return Ok(()) };
    let declared = sources.declared().await?;
    if !is_known_source(source, &declared) {
        bail!(
            "the source `{source}` is not declared, so nothing was uploaded; `millrace source list` shows the known ones, \
             and `millrace source add {source}` declares it"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ::imports::testing::FakeImports;

    use super::*;

    #[tokio::test]
    async fn a_source_is_declared_before_its_first_upload() {
        let sources = FakeImports::default();
        for known in [None, Some("sepa"), Some("swift")] {
            check(&sources, known).await.unwrap();
        }
        let message = check(&sources, Some("chaps")).await.unwrap_err().to_string();
        assert!(message.contains("nothing was uploaded") && message.contains("millrace source add chaps"), "{message}");
        let now = "2026-11-21T10:00:00Z".parse().unwrap();
        assert_eq!(add(&Output::new(true), &sources, "chaps", now).await.unwrap(), Verdict::Ok);
        check(&sources, Some("chaps")).await.unwrap();
        assert_eq!(list(&Output::new(true), &sources, &ListArgs::default()).await.unwrap(), Verdict::Ok);
    }
}
