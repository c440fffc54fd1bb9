//! Decides what to do with an import that is not final.

use calendar::Moment;
use imports::{Import, State};

/// The minutes without progress before a retry: longer than any function runs. Each retry without progress doubles this
/// time, so that an import that waits behind others in a queue has eight hours.
const STALLED_AFTER_MINUTES: i64 = 15;
/// The maximum number of retries without progress before an import fails.
const MAX_RETRIES: u32 = 5;

/// What to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Nothing yet.
    Wait,
    /// It has made progress; save that.
    Progressed(Import),
    /// Send its upload to `split-import` again, then save this.
    Retry(Import),
    /// It has made no progress in all retries; save that it has failed.
    Fail(Import),
}

/// The action for `import`; its newest batch was posted at `progress`.
pub(crate) fn next(import: Import, progress: Option<Moment>, now: Moment) -> Next {
    if import.state.is_final() {
        return Next::Wait;
    }
    let progress = progress.filter(|it| *it > import.touched_at);
    let import = match progress {
        Some(touched_at) => Import { touched_at, retries: 0, ..import },
        None => import,
    };
    if import.touched_at >= before(now, import.retries) {
        return if progress.is_some() { Next::Progressed(import) } else { Next::Wait };
    }
    if import.retries >= MAX_RETRIES {
        let reason = format!(
            "it made no progress in {MAX_RETRIES} retries; see the log, then run `millrace imports retry {}` or upload \
             the file again",
            import.id
        );
        return Next::Fail(Import { state: State::Failed { reason }, touched_at: now, ..import });
    }
    Next::Retry(Import { retries: import.retries.saturating_add(1), touched_at: now, ..import })
}

/// An import without progress since this moment is stalled.
pub(crate) fn before(now: Moment, retries: u32) -> Moment {
    let minutes = STALLED_AFTER_MINUTES.saturating_mul(2_i64.saturating_pow(retries));
    Moment::instant(now.micros().saturating_sub(minutes.saturating_mul(60_000_000))).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use imports::Upload;

    use super::*;

    fn at(time: &str) -> Moment {
        format!("2026-11-21T{time}:00Z").parse().unwrap()
    }

    fn import(retries: u32) -> Import {
        let received = Import::received(&Upload {
            key: "imports/a.csv".to_owned(),
            version: "1".to_owned(),
            size_bytes: 1,
            uploaded_at: at("10:00"),
            metadata: BTreeMap::new(),
        });
        Import { state: State::Posting, retries, ..received }
    }

    fn check(retries: u32, progress: Option<&str>, now: &str, expected: &Next) {
        let name = format!("{retries} retries, progress at {progress:?}, now {now}");
        assert_eq!(next(import(retries), progress.map(at), at(now)), *expected, "{name}");
    }

    #[test]
    fn an_import_is_retried_after_a_time_that_doubles() {
        let retry = |retries: u32, now: &str| Next::Retry(Import { retries, touched_at: at(now), ..import(0) });
        for (retries, wait, due) in
            [(0, "10:15", "10:16"), (1, "10:30", "10:31"), (2, "11:00", "11:01"), (4, "14:00", "14:01")]
        {
            check(retries, None, wait, &Next::Wait);
            check(retries, None, due, &retry(retries + 1, due));
        }
    }

    #[test]
    fn progress_resets_the_time_and_the_retries() {
        let progressed = |time: &str| Import { touched_at: at(time), ..import(0) };
        check(3, Some("13:50"), "14:00", &Next::Progressed(progressed("13:50")));
        let retry = Import { retries: 1, touched_at: at("14:00"), ..import(0) };
        check(5, Some("13:44"), "14:00", &Next::Retry(retry));
        check(0, Some("10:00"), "10:15", &Next::Wait);
    }

    #[test]
    fn it_fails_after_the_last_retry_and_names_the_remedy() {
        check(5, None, "18:00", &Next::Wait);
        let Next::Fail(failed) = next(import(5), None, at("18:01")) else { panic!("it has not failed") };
        let State::Failed { reason } = &failed.state else { panic!("{:?}", failed.state) };
        assert!(reason.contains(&format!("millrace imports retry {}", failed.id)), "{reason}");
        assert_eq!(next(failed, None, at("23:00")), Next::Wait, "it is final");
    }
}
