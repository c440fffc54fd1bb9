//! The next step for any recorded progress.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use calendar::Moment;
use feeds::{Counted, Feed, FeedFormat, MAX_WAITING_BYTES, Next, PageBatch, PageRecord, Progress, UnreadableSum};
use imports::ImportId;

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

fn begun() -> Progress {
    Progress::new(Feed::Sepa, at("2026-11-21T10:00:00Z"))
}

fn page(number: u32) -> PageRecord {
    PageRecord {
        format: FeedFormat::Millrace,
        damaged: 0,
        number,
        cursor: number.to_string(),
        next: (number + 1).to_string(),
        key: PageRecord::key(Feed::Sepa, number, "00"),
        declared: Counted::default(),
        unreadable_sums: Vec::new(),
        received: Counted::default(),
        requests: 1,
        repeated: 0,
        replaced: None,
    }
}

#[test]
fn a_poll_fetches_gathers_reviews_proves_and_ends() {
    let progress = begun();
    assert_eq!(progress.next(), Next::Fetch);
    let progress = progress.taken(&page(0), 10, true);
    assert_eq!((progress.next(), progress.cursor.as_str(), progress.pages), (Next::Fetch, "1", 1));
    let full = progress.taken(&page(1), MAX_WAITING_BYTES - 10, true);
    assert_eq!((full.next(), full.gathered().next()), (Next::Gather(0..2), Next::Fetch), "enough for an import");
    assert_eq!(progress.taken(&page(1), MAX_WAITING_BYTES - 11, true).next(), Next::Fetch);
    let progress = progress.taken(&page(1), 10, false);
    assert_eq!((progress.next(), progress.waiting_bytes), (Next::Gather(0..2), 20));
    let progress = progress.gathered();
    assert_eq!((progress.next(), progress.waiting_bytes, progress.imports), (Next::Review(0), 0, 1));
    let progress = progress.reviewed_to(1);
    assert_eq!(progress.next(), Next::Review(1));
    let progress = progress.reviewed([]);
    assert_eq!(progress.next(), Next::Prove);
    let progress = progress.proven(progress.poll);
    assert_eq!(progress.next(), Next::Rest);
    assert_eq!(begun().ended().next(), Next::Review(0), "nothing was there");
}

#[test]
fn an_import_has_at_most_128_mebibytes_of_rows() {
    assert_eq!(MAX_WAITING_BYTES, 134_217_728);
}

#[test]
fn a_page_has_the_rows_and_the_sums_that_it_declares_unless_its_format_declares_none() {
    let counted = |rows| Counted { rows, ..Counted::default() };
    let sum = UnreadableSum { currency: "eur".to_owned(), amount: "1".to_owned(), reason: "unknown".to_owned() };
    for (declared, sums, as_declared) in [(2, vec![], true), (3, vec![], false), (2, vec![sum], false)] {
        let of = |format| PageRecord {
            format,
            declared: counted(declared),
            unreadable_sums: sums.clone(),
            received: counted(2),
            ..page(0)
        };
        assert_eq!(of(FeedFormat::Millrace).is_as_declared(), as_declared, "{declared} rows, {sums:?}");
        assert!(of(FeedFormat::Cdm).is_as_declared(), "{declared} rows, {sums:?}");
    }
}

#[test]
fn gatherings_are_gathered_again_one_after_the_other_each_once() {
    let progress = begun().ended().replaced(&page(4), 2).replaced(&page(5), 2).reviewed([1, 2]);
    assert_eq!((progress.next(), progress.again.as_slice()), (Next::GatherAgain(1), [1, 2].as_slice()));
    let progress = progress.gathered_again(1);
    assert_eq!(progress.next(), Next::GatherAgain(2));
    assert_eq!(progress.gathered_again(2).next(), Next::Prove);
}

#[test]
fn a_replaced_page_moves_the_cursor_only_if_it_is_the_last() {
    let progress = begun().taken(&page(0), 1, true).taken(&page(1), 1, false);
    let elsewhere = |number| PageRecord { next: "9".to_owned(), ..page(number) };
    let first = progress.replaced(&elsewhere(0), 0);
    assert_eq!((first.cursor.as_str(), first.reviewed_to), ("2", 1));
    let last = progress.replaced(&elsewhere(1), 0);
    assert_eq!((last.cursor.as_str(), last.reviewed_to), ("9", 2));
}

#[test]
fn a_later_poll_begins_where_the_last_one_stood() {
    let ended = begun().taken(&page(0), 1, false).gathered().reviewed_to(1).reviewed([0]);
    for poll in ["2026-11-21T10:00:00Z", "2026-11-21T09:00:00Z"] {
        assert_eq!((ended.begun(at(poll)), ended.retried(at(poll))), (None, None), "{poll}");
    }
    let later = at("2026-11-22T10:00:00Z");
    assert_eq!(ended.turned(5), Progress { turn: 5, ..ended.clone() });
    let poll = ended.turned(5).begun(later).unwrap();
    assert_eq!((poll.poll, poll.turn, poll.next(), poll.cursor.as_str()), (later, 0, Next::Fetch, "1"));
    assert_eq!((poll.pages_before, poll.reviewed_to, poll.retry), (1, 0, false));
    assert_eq!(poll.ended().next(), Next::Review(0));
    assert_eq!(poll.ended().reviewed([]).next(), Next::GatherAgain(0), "what was not gathered again is still to be");

    let retry = ended.retried(later).unwrap();
    assert_eq!((retry.retry, retry.next()), (true, Next::Review(0)), "there is nothing to fetch");
    let halfway = begun().taken(&page(0), 1, true).retried(later).unwrap();
    assert_eq!((halfway.retry, halfway.next()), (true, Next::Fetch), "the last poll had not come to the end");
    let after = retry.begun(at("2026-11-23T10:00:00Z")).unwrap();
    assert!(!after.retry);
}

#[test]
fn answers_are_looked_for_from_where_a_poll_of_an_hour_ago_began() {
    let mut progress = begun();
    let mut ended = |poll: &str| {
        progress = progress.begun(at(poll)).unwrap().taken(&page(0), 1, true).ended();
        progress.answers.from
    };
    assert_eq!(ended("2026-11-22T10:00:00Z"), 0);
    assert_eq!(ended("2026-11-22T10:01:00Z"), 0, "a process of the last poll may still be running");
    assert_eq!(ended("2026-11-22T10:59:59Z"), 0);
    assert_eq!(ended("2026-11-23T10:00:00Z"), 0, "where the first of them began");
    assert_eq!(ended("2026-11-23T10:30:00Z"), 0);
    assert_eq!(ended("2026-11-24T10:00:00Z"), 3);
    assert_eq!(ended("2026-11-25T10:00:00Z"), 5);
    assert_eq!(ended("2026-11-25T11:00:00Z"), 6, "an hour is enough");
}

#[test]
fn keys_of_answers_follow_each_other_by_number() {
    let (plain, cut) =
        (PageRecord::answer_key(Feed::Sepa, 12, "0a", false), PageRecord::answer_key(Feed::Sepa, 12, "0a", true));
    assert_eq!(
        (plain.as_str(), cut.as_str()),
        ("feeds/sepa/answers/00000012-0a.json", "feeds/sepa/answers/00000012-0a-cut.json")
    );
    assert_eq!((PageRecord::is_cut(&plain), PageRecord::is_cut(&cut)), (false, true));
    let before = |number| PageRecord::before_answers(Feed::Sepa, number);
    assert!(before(12) < plain && plain < before(13) && plain.starts_with(&PageRecord::answers_prefix(Feed::Sepa)));
}

#[test]
fn keys_tell_feed_pages_and_attempt() {
    assert_eq!(PageRecord::key(Feed::Swift, 12, "0a"), "feeds/swift/00000012-0a.json");
    assert_eq!(PageBatch::key(Feed::Swift, &(3..12), 0), "imports/swift/pages-00000003-00000012.csv.gz");
    assert_eq!(PageBatch::key(Feed::Swift, &(3..12), 2), "imports/swift/pages-00000003-00000012-again-2.csv.gz");
    let (first, second, third) = (ImportId::of("a", "1"), ImportId::of("b", "1"), ImportId::of("c", "1"));
    let page_batch =
        PageBatch { number: 4, from: 3, to: 12, key: "a".to_owned(), import: first, attempt: 0, earlier: Vec::new() };
    let again = page_batch.again("b".to_owned(), second).again("c".to_owned(), third);
    assert_eq!((again.number, again.pages(), again.key.as_str(), again.attempt), (4, 3..12, "c", 2));
    assert_eq!((again.import, again.earlier), (third, vec![first, second]));
}

#[test]
fn what_the_release_before_has_recorded_is_read() {
    let progress = r#"{"feed":"sepa","poll":"2026-11-21T10:00:00Z","turn":0,"cursor":"1","pages":1,"at_end":true,
        "gathered":1,"waiting_bytes":0,"imports":1,"pages_before":0,"answers":{"from":0,"then_from":0,"moved":null},
        "retry":false,"reviewed_to":0,"revision":7}"#;
    let progress: Progress = serde_json::from_str(progress).unwrap();
    assert_eq!(progress.next(), Next::Review(0));
}
