//! What to do about an import that is not final.

use calendar::Moment;
use imports::{Import, State};

/// After how many minutes without progress an import is retried: longer than any function runs. Each retry that brings
/// no progress doubles them, so that an import that waits behind others in a queue has eight hours.
const STALLED_AFTER_MINUTES: i64 = 15;
/// How often an import is retried without progress before it has failed.
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

/// What to do about `import`, the newest of whose batches was posted at `progress`.
pub(crate) fn next(import: Import, progress: Option<Moment>, now: Moment) -> Next {
    if import.state.is_final() {
        return Next::Wait;
    }
    let progress = progress.filter(|it| *it > import.touched_at);
    let import = match progress {
        Some(touched_at) => Import { touched_at, taken_up: 0, ..import },
        None => import,
    };
    if import.touched_at >= before(now, import.taken_up) {
        return if progress.is_some() { Next::Progressed(import) } else { Next::Wait };
    }
    if import.taken_up >= MAX_RETRIES {
        let reason = format!(
            "it made no progress in {MAX_RETRIES} retries; see the log, then run `millrace imports retry {}` or upload \
             the file again",
            import.id
        );
        return Next::Fail(Import { state: State::Failed { reason }, touched_at: now, ..import });
    }
    Next::Retry(Import { taken_up: import.taken_up.saturating_add(1), touched_at: now, ..import })
}

/// An import that made no progress since before this moment is stalled.
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

    fn import(taken_up: u32) -> Import {
        let received = Import::received(&Upload {
            key: "imports/a.csv".to_owned(),
            version: "1".to_owned(),
            size_bytes: 1,
            uploaded_at: at("10:00"),
            metadata: BTreeMap::new(),
        });
        Import { state: State::Posting, taken_up, ..received }
    }

    fn check(retries: u32, progress: Option<&str>, now: &str, expected: &Next) {
        let name = format!("{retries} retries, progress at {progress:?}, now {now}");
        assert_eq!(next(import(retries), progress.map(at), at(now)), *expected, "{name}");
    }

    #[test]
    fn an_import_is_retried_after_a_time_that_doubles() {
        let retry = |taken_up: u32, now: &str| Next::Retry(Import { taken_up, touched_at: at(now), ..import(0) });
        for (retries, wait, due) in
            [(0, "10:15", "10:16"), (1, "10:30", "10:31"), (2, "11:00", "11:01"), (4, "14:00", "14:01")]
        {
            check(retries, None, wait, &Next::Wait);
            check(retries, None, due, &retry(retries + 1, due));
        }
    }

    #[test]
    fn progress_starts_the_time_and_the_retries_anew() {
        let progressed = |time: &str| Import { touched_at: at(time), ..import(0) };
        check(3, Some("13:50"), "14:00", &Next::Progressed(progressed("13:50")));
        let retry = Import { taken_up: 1, touched_at: at("14:00"), ..import(0) };
        check(5, Some("13:44"), "14:00", &Next::Retry(retry));
        check(0, Some("10:00"), "10:15", &Next::Wait);
    }

    #[test]
    fn it_fails_after_the_last_retry_and_says_what_to_do() {
        check(5, None, "18:00", &Next::Wait);
        let Next::Fail(failed) = next(import(5), None, at("18:01")) else { panic!("it has not failed") };
        let State::Failed { reason } = &failed.state else { panic!("{:?}", failed.state) };
        assert!(reason.contains(&format!("millrace imports retry {}", failed.id)), "{reason}");
        assert_eq!(next(failed, None, at("23:00")), Next::Wait, "it is final");
    }
}
