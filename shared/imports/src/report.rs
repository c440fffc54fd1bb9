use calendar::Moment;
use money::Money;
use serde::{Deserialize, Serialize};

use crate::{BatchOutcome, FullAccount, Import, ImportId, Kind, NotPosted, Reject, State, Sums, Warning};

/// The report of an import for the person who uploaded the file: rows read = taken + rejected, and after completion
/// entries = posted + duplicates + not posted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportReport {
    /// Its id.
    pub id: ImportId,
    /// The name of the uploaded file.
    pub file: String,
    /// Its state: [`State::name`].
    pub state: String,
    /// The reason of a rejected, refused or failed import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The first import of the same content; rows that this import repeats are duplicates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<ImportId>,
    /// The kind of the file, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The source of its rows, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When it was uploaded.
    pub received_at: Moment,
    /// Its rows, without the header.
    pub rows: RowCounts,
    /// Its entries.
    pub entries: EntryCounts,
    /// Accounts they are on.
    pub accounts: u64,
    /// Customers and companies that the file names.
    pub customers: u64,
    /// The sums of its entries, and of those that are new in the books, by currency.
    pub sums: Vec<ReportSums>,
    /// Warnings about accepted rows, and hints about rejected ones.
    pub warnings: Vec<Warning>,
    /// The first rejected rows.
    pub rejects: Vec<Reject>,
    /// The first accounts that have no room for their entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub full_accounts: Vec<FullAccount>,
    /// The progress of the posting.
    pub batches: BatchCounts,
    /// The summaries to the holders of the accounts, by state.
    pub mails: MailCounts,
}

/// Rows of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RowCounts {
    /// All of them.
    pub read: u64,
    /// The accepted rows.
    pub taken: u64,
    /// The rejected rows, each with its reason.
    pub rejected: u64,
    /// The number of rejects that exceed the limit of the rejects file.
    #[serde(default)]
    pub rejects_left_out: u64,
}

/// Sums of one currency. A turnover is the sum of amounts without their signs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReportSums {
    /// The sum of the entries above zero.
    pub credits: Money,
    /// The sum of the entries below zero.
    pub debits: Money,
    /// The turnover of the entries.
    pub turnover: Money,
    /// The turnover of the entries that are new in the books so far.
    pub new_turnover: Money,
}

impl ReportSums {
    fn new(made: &Sums, posted: &[(u32, BatchOutcome)]) -> Self {
        let Sums { credits, debits } = *made;
        let currency = credits.currency();
        let sums = posted.iter().flat_map(|(_, outcome)| &outcome.sums).map(|it| it.posted);
        let new_minor =
            sums.filter(|it| it.currency() == currency).fold(0_i128, |sum, it| sum.saturating_add(it.minor()));
        let turnover_minor = credits.minor().saturating_sub(debits.minor());
        let money = |minor| Money::new(minor, currency);
        Self { credits, debits, turnover: money(turnover_minor), new_turnover: money(new_minor) }
    }
}

/// Entries of an import.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct EntryCounts {
    /// From the rows; a transfer gives one entry for each registered account.
    pub made: u64,
    /// New in the books so far.
    pub posted: u64,
    /// Already in the books, so far.
    pub duplicates: u64,
    /// Not posted so far, because their account has no room for them.
    #[serde(default)]
    pub not_posted: u64,
    /// Became dirty so far: batch payments, including rows of earlier imports that belong to them, and invalid IBANs.
    #[serde(default)]
    pub dirty: u64,
}

/// Batches of an import.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BatchCounts {
    /// Those that are in the books.
    pub posted: u64,
    /// All of them.
    pub of: u64,
}

/// Summaries of an import by state, as plain numbers: mail is another domain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MailCounts {
    /// Wanted, nothing sent yet.
    pub wanted: u64,
    /// Being sent.
    pub sending: u64,
    /// Accepted by the provider.
    pub sent: u64,
    /// Refused by the provider.
    pub refused: u64,
    /// Without an address.
    pub no_address: u64,
    /// To holders who have opted out of mails.
    #[serde(default)]
    pub opted_out: u64,
    /// Sent twice without a response.
    pub unknown: u64,
    /// Failed before anything was sent.
    pub failed: u64,
    /// To a suppressed address.
    #[serde(default)]
    pub suppressed: u64,
    /// Accepted by the provider, not delivered.
    #[serde(default)]
    pub bounced: u64,
    /// Delivered; the receiver complained.
    #[serde(default)]
    pub complained: u64,
}

impl ImportReport {
    /// The report of `import` with the outcomes `posted` of its posted batches.
    pub fn new(import: &Import, posted: &[(u32, BatchOutcome)], mails: MailCounts) -> Self {
        let found = import.found.clone().unwrap_or_default();
        let reason = match &import.state {
            State::Rejected { reason } | State::Refused { reason } | State::Failed { reason } => Some(reason.clone()),
            State::Received | State::Splitting | State::Posting | State::Done => None,
        };
        let sum = |count: fn(&BatchOutcome) -> u64| {
            let counts = posted.iter().map(|(_, outcome)| count(outcome));
            counts.fold(0, u64::saturating_add)
        };
        let mut not_posted = NotPosted::default();
        posted.iter().for_each(|(_, outcome)| not_posted.and(&outcome.not_posted));
        Self {
            id: import.id,
            file: import.file_name().to_owned(),
            state: import.state.name().to_owned(),
            reason,
            repeats: import.repeats,
            kind: import.kind,
            source: import.source.clone(),
            received_at: import.received_at,
            rows: RowCounts {
                read: found.rows_read,
                taken: found.rows_taken,
                rejected: found.rows_rejected,
                rejects_left_out: found.rejects_left_out,
            },
            entries: EntryCounts {
                made: found.entries,
                posted: sum(|it| it.posted),
                duplicates: sum(|it| it.duplicates),
                not_posted: not_posted.entries,
                dirty: sum(|it| it.dirty),
            },
            accounts: found.accounts,
            customers: found.customers,
            sums: found.sums.iter().map(|it| ReportSums::new(it, posted)).collect(),
            warnings: warnings(import.kind, found.entries, found.warnings, sum(|it| it.from_another_source)),
            rejects: found.first_rejects,
            full_accounts: not_posted.first,
            batches: BatchCounts {
                posted: u64::try_from(posted.len()).unwrap_or(u64::MAX),
                of: u64::from(found.batches),
            },
            mails,
        }
    }
}

/// The warnings of a file, and one for entries that the books also have from another source: for each transfer, because
/// ids are equal; for rows of statements, which are compared by day and amount, from a tenth of them.
fn warnings(kind: Option<Kind>, entries: u64, of_file: Vec<Warning>, from_another_source: u64) -> Vec<Warning> {
    let is_statement = matches!(kind, Some(Kind::Account | Kind::Holders));
    let (what, least) = if is_statement {
        let what = "another source has an entry of the same account, day and amount in the books; was one statement \
                    uploaded in two formats, or with two profiles?";
        (what, entries.div_ceil(10).max(1))
    } else {
        ("the entry is in the books from another source, too; was one file uploaded under two sources?", 1)
    };
    let twice = Warning { what: what.to_owned(), rows: from_another_source };
    of_file.into_iter().chain((from_another_source >= least).then_some(twice)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::testing::altered;
    use crate::{ImportStats, Upload};

    fn import(state: State) -> Import {
        let received = Import::received(&Upload {
            key: "imports/accounts/4711/july.csv".to_owned(),
            version: "v1".to_owned(),
            size_bytes: 70,
            uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
            metadata: BTreeMap::new(),
        });
        altered(&received, |it| it.state = state)
    }

    #[test]
    fn what_was_posted_adds_up_over_the_batches() {
        let import = altered(&import(State::Done), |it| {
            it.kind = Some(Kind::Account);
            it.found = Some(ImportStats {
                rows_read: 10,
                rows_taken: 9,
                rows_rejected: 1,
                entries: 9,
                batches: 2,
                ..ImportStats::default()
            });
        });
        let outcome = |posted, duplicates| BatchOutcome { posted, duplicates, accounts: 1, ..BatchOutcome::default() };
        let mails = MailCounts { sent: 2, ..MailCounts::default() };
        let report = ImportReport::new(&import, &[(0, outcome(5, 1)), (1, outcome(2, 1))], mails);
        assert_eq!((report.file.as_str(), report.state.as_str()), ("july.csv", "done"));
        assert_eq!(report.rows.read, report.rows.taken + report.rows.rejected);
        assert_eq!((report.entries.posted, report.entries.duplicates), (7, 2));
        assert_eq!(report.entries.made, report.entries.posted + report.entries.duplicates);
        assert_eq!((report.batches, report.mails), (BatchCounts { posted: 2, of: 2 }, mails));
        assert_eq!(report.warnings, []);
        let json = serde_json::to_string(&report).unwrap();
        assert!(!json.contains("reason") && !json.contains("repeats"), "{json}");
        assert_eq!(serde_json::from_str::<ImportReport>(&json).unwrap(), report);
    }

    #[test]
    fn entries_known_from_another_source_give_a_warning() {
        let outcome = BatchOutcome { from_another_source: 3, ..BatchOutcome::default() };
        let outcomes = [(0, outcome.clone()), (1, outcome)];
        let report = ImportReport::new(&import(State::Done), &outcomes, MailCounts::default());
        let what = "the entry is in the books from another source, too; was one file uploaded under two sources?";
        assert_eq!(report.warnings, [Warning { what: what.to_owned(), rows: 6 }]);
    }

    #[test]
    fn a_statement_in_two_formats_gives_a_warning_from_a_tenth_of_its_rows() {
        for (from_another_source, warned) in [(0, false), (2, false), (3, true), (30, true)] {
            let import = altered(&import(State::Done), |it| {
                it.kind = Some(Kind::Holders);
                it.found = Some(ImportStats { entries: 30, ..ImportStats::default() });
            });
            let outcome = BatchOutcome { from_another_source, ..BatchOutcome::default() };
            let report = ImportReport::new(&import, &[(0, outcome)], MailCounts::default());
            let rows: Vec<u64> = report.warnings.iter().map(|it| it.rows).collect();
            let expected = if warned { vec![from_another_source] } else { Vec::new() };
            assert_eq!(rows, expected, "{from_another_source}");
        }
    }

    #[test]
    fn what_has_no_room_is_counted_and_the_first_accounts_are_named() {
        let outcome = |posted, accounts: std::ops::Range<u32>| {
            let mut outcome = BatchOutcome { posted, ..BatchOutcome::default() };
            for number in accounts {
                let account = format!("47{number}").parse().unwrap();
                outcome.not_posted.add(FullAccount { account, entries: 2, reason: "x".to_owned() });
            }
            outcome
        };
        let found = Some(ImportStats { entries: 70, ..ImportStats::default() });
        let import = altered(&import(State::Done), |it| it.found = found);
        let outcomes = [(0, outcome(4, 0..15)), (1, outcome(6, 15..30))];
        assert_eq!(outcomes[1].1.not_posted.accounts, 15);
        let report = ImportReport::new(&import, &outcomes, MailCounts::default());
        assert_eq!((report.entries.posted, report.entries.not_posted), (10, 60));
        assert_eq!(report.entries.made, report.entries.posted + report.entries.not_posted);
        assert_eq!(report.full_accounts.len(), NotPosted::MAX_FIRST);
        assert_eq!(report.full_accounts[19].account, "4719".parse().unwrap());
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<ImportReport>(&json).unwrap(), report);
    }

    #[test]
    fn a_repeat_says_what_it_repeats() {
        let first = ImportId::of("imports/june.csv", "v1");
        let again = altered(&import(State::Done), |it| it.repeats = Some(first));
        let report = ImportReport::new(&again, &[], MailCounts::default());
        assert_eq!((report.state.as_str(), report.repeats), ("done", Some(first)));
    }

    #[test]
    fn a_rejected_row_has_a_reason() {
        let reason = "an unknown header".to_owned();
        let refused = import(State::Refused { reason: reason.clone() });
        let report = ImportReport::new(&refused, &[], MailCounts::default());
        assert_eq!((report.state.as_str(), report.reason), ("refused", Some(reason)));
    }
}
