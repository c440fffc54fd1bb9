//! Decides what to do with an import that is not final.

use calendar::Moment;
use imports::{Import, NotAllowed};

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
pub(crate) fn next(import: &Import, progress: Option<Moment>, now: Moment) -> Next {
    unless_final(import, progress, now).unwrap_or(Next::Wait)
}

fn unless_final(import: &Import, progress: Option<Moment>, now: Moment) -> Result<Next, NotAllowed> {
    let progressed = progress.filter(|it| *it > import.touched_at).map(|at| import.progressed(at)).transpose()?;
    let import = progressed.as_ref().unwrap_or(import);
    if import.touched_at >= before(now, import.retries) {
        return Ok(progressed.map_or(Next::Wait, Next::Progressed));
    }
    if import.retries >= MAX_RETRIES {
        return import.failed(&format!("it made no progress in {MAX_RETRIES} retries"), now).map(Next::Fail);
    }
    import.tried_again(now).map(Next::Retry)
}

/// An import without progress since this moment is stalled.
pub(crate) fn before(now: Moment, retries: u32) -> Moment {
    let minutes = STALLED_AFTER_MINUTES.saturating_mul(2_i64.saturating_pow(retries));
    Moment::instant(now.micros().saturating_sub(minutes.saturating_mul(60_000_000))).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use imports::testing::altered;
    use imports::{State, Upload};

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
        altered(&received, |it| {
            it.state = State::Posting;
            it.retries = retries;
        })
    }

    fn check(retries: u32, progress: Option<&str>, now: &str, expected: &Next) {
        let name = format!("{retries} retries, progress at {progress:?}, now {now}");
        assert_eq!(next(&import(retries), progress.map(at), at(now)), *expected, "{name}");
    }

    #[test]
    fn an_import_is_retried_after_a_time_that_doubles() {
        let retry = |retries: u32, now: &str| Next::Retry(altered(&import(retries), |it| it.touched_at = at(now)));
        for (retries, wait, due) in
            [(0, "10:15", "10:16"), (1, "10:30", "10:31"), (2, "11:00", "11:01"), (4, "14:00", "14:01")]
        {
            check(retries, None, wait, &Next::Wait);
            check(retries, None, due, &retry(retries + 1, due));
        }
    }

    #[test]
    fn progress_resets_the_time_and_the_retries() {
        let progressed = |time: &str| altered(&import(0), |it| it.touched_at = at(time));
        check(3, Some("13:50"), "14:00", &Next::Progressed(progressed("13:50")));
        let retry = altered(&import(1), |it| it.touched_at = at("14:00"));
        check(5, Some("13:44"), "14:00", &Next::Retry(retry));
        check(0, Some("10:00"), "10:15", &Next::Wait);
    }

    #[test]
    fn it_fails_after_the_last_retry_and_names_the_remedy() {
        check(5, None, "18:00", &Next::Wait);
        let Next::Fail(failed) = next(&import(5), None, at("18:01")) else { panic!("it has not failed") };
        let State::Failed { reason } = &failed.state else { panic!("{:?}", failed.state) };
        assert!(reason.contains(&format!("millrace imports retry {}", failed.id)), "{reason}");
        assert_eq!(next(&failed, None, at("23:00")), Next::Wait, "it is final");
    }
}
