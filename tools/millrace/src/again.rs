//! `imports again`: uploads the file of an import once more, as a new import.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use ::imports::{Files, ImportList, Imports, Upload};
use anyhow::{Context as _, Result};

use crate::Verdict;
use crate::imports::id_of;
use crate::output::Output;
use crate::pending_upload::PendingUpload;
use crate::table::harmless;
use crate::upload::Bucket;
use crate::wait;

/// The size of a part that is read from the bucket.
const PART_BYTES: u64 = 8 * 1024 * 1024;

/// Uploads the file of an import under the same key with the same instructions. It is read as a new import: rows that are
/// in the books are duplicates, others are posted.
pub(crate) async fn run<I: Imports + ImportList, F: Files>(
    output: &Output,
    imports: &I,
    bucket: &Bucket<F>,
    text: &str,
) -> Result<Verdict> {
    let import = wait::find(imports, id_of(imports, text).await?).await?;
    let name = harmless(import.file_name());
    let upload = bucket.files.describe(&import.key, Some(&import.object_version)).await?;
    let gone = || format!("{name} is no longer in the bucket; import the file with `millrace import`");
    let upload = upload.with_context(gone)?;
    let path = std::env::temp_dir().join(format!("millrace-{}", import.id));
    let again = async {
        copy(&bucket.files, &upload, &path).await.with_context(gone)?;
        let Upload { key, metadata, size_bytes, .. } = upload.clone();
        bucket.take(&PendingUpload { path: path.clone(), size_bytes, key, metadata }).await
    };
    let again = again.await;
    // If it stays, the system removes it.
    let _ = std::fs::remove_file(&path);
    let id = again?;
    output.answer(
        || serde_json::json!({ "import": id, "repeats": import.id }),
        || format!("{name}: uploaded again\nimport {id}"),
    )?;
    output.note(&format!("`millrace imports {id}` shows its report"));
    Ok(Verdict::Ok)
}

/// Copies an object into a file, part by part.
async fn copy<F: Files>(files: &F, upload: &Upload, path: &Path) -> Result<()> {
    let mut file = File::create(path).with_context(|| format!("writing {}", path.display()))?;
    let mut from = 0;
    while from < upload.size_bytes {
        let to = from.saturating_add(PART_BYTES).min(upload.size_bytes);
        let part = files.read(&upload.key, Some(&upload.version), from..to).await?.context("the object has gone")?;
        file.write_all(&part)?;
        from = to;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeMap;

    use ::imports::testing::FakeFiles;

    use super::*;

    #[tokio::test]
    async fn an_object_is_copied_whole() {
        let files = FakeFiles::default();
        let bytes: Vec<u8> = (0..PART_BYTES + 5).map(|it| u8::try_from(it % 251).unwrap()).collect();
        let upload = Upload {
            key: "imports/july.csv".to_owned(),
            version: "v1".to_owned(),
            size_bytes: PART_BYTES + 5,
            uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
            metadata: BTreeMap::new(),
        };
        files.upload(upload.clone(), &bytes);
        let path = std::env::temp_dir().join(format!("millrace-again-{}", std::process::id()));
        copy(&files, &upload, &path).await.unwrap();
        assert!(std::fs::read(&path).unwrap() == bytes);
        std::fs::remove_file(&path).unwrap();
        let gone = Upload { version: "v0".to_owned(), ..upload };
        assert!(copy(&files, &gone, &path).await.is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
