use calendar::Moment;
use imports::{BatchOutcome, Import, ImportId, ImportReport, Kind, UnreadableImport};
use mail::outbox::StateCounts;
use serde::Serialize;
use utoipa::ToSchema;

use super::Money;

/// The lifetime of a link: a minute, by the contract of the port.
const LINK_SECONDS: u32 = 60;

/// One imported file, in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = Import)]
pub struct ImportDocument {
    /// Its id.
    #[schema(value_type = String)]
    id: ImportId,
    /// The file's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// `received`, `splitting`, `posting`, `done`, `rejected` (each row was), `refused` or `failed`; `unreadable` if
    /// its record cannot be read: then only the id and the time are known.
    state: &'static str,
    /// The kind of the file, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// The source of its rows, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// The first import of the same content.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    repeats: Option<ImportId>,
    /// When it was uploaded.
    #[schema(value_type = String, format = DateTime)]
    received_at: Moment,
    /// Its rows, once the file is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<RowCounts>,
}

impl From<&Result<Import, UnreadableImport>> for ImportDocument {
    fn from(import: &Result<Import, UnreadableImport>) -> Self {
        match import {
            Ok(import) => import.into(),
            Err(unreadable) => {
                let UnreadableImport { id, received_at, .. } = *unreadable;
                let (file, kind, source, repeats, rows) = (None, None, None, None, None);
                Self { id, file, state: "unreadable", kind, source, repeats, received_at, rows }
            }
        }
    }
}

impl From<&Import> for ImportDocument {
    fn from(import: &Import) -> Self {
        Self {
            id: import.id,
            file: Some(import.file_name().to_owned()),
            state: import.state.name(),
            kind: import.kind.map(Kind::name),
            source: import.source.clone(),
            repeats: import.repeats,
            received_at: import.received_at,
            rows: import.found.as_ref().map(|found| RowCounts {
                read: found.rows_read,
                taken: found.rows_taken,
                rejected: found.rows_rejected,
                rejects_left_out: found.rejects_left_out,
            }),
        }
    }
}

// The fields equal those of `imports::ImportReport`, which has no schema; a test compares both.
/// The report of an import.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportReport)]
pub struct ImportReportDocument {
    /// Its id.
    #[schema(value_type = String)]
    id: ImportId,
    /// The file's name.
    file: String,
    /// `received`, `splitting`, `posting`, `done`, `rejected` (each row was), `refused` or `failed`.
    state: String,
    /// The reason of a rejected, refused or failed import.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The first import of the same content; rows that this import repeats are duplicates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    repeats: Option<ImportId>,
    /// The kind of the file, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// The source of its rows, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// When it was uploaded.
    #[schema(value_type = String, format = DateTime)]
    received_at: Moment,
    /// Its rows.
    rows: RowCounts,
    /// Its entries.
    entries: EntryCounts,
    /// Accounts they are on.
    accounts: u64,
    /// Customers and companies that the file names.
    customers: u64,
    /// The sums of its entries, and of those that are new in the books, by currency.
    sums: Vec<Sums>,
    /// Warnings about accepted rows, and hints about rejected ones.
    warnings: Vec<Warning>,
    /// The first rejected rows.
    rejects: Vec<Reject>,
    /// The first accounts without room for their entries, which were not posted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    full_accounts: Vec<FullAccount>,
    /// The progress of the posting.
    batches: BatchCounts,
    /// The summaries to the holders of the accounts, by state.
    mails: MailCounts,
}

/// Rows of a file: read = taken + rejected.
#[derive(Serialize, ToSchema)]
struct RowCounts {
    read: u64,
    taken: u64,
    rejected: u64,
    /// The number of rejects that exceed the limit of the rejects file.
    rejects_left_out: u64,
}

/// Entries of an import.
#[derive(Serialize, ToSchema)]
struct EntryCounts {
    made: u64,
    posted: u64,
    duplicates: u64,
    /// Not posted because their account has no room for them.
    not_posted: u64,
    /// Became dirty: batch payments, including rows of earlier imports that belong to them, and invalid IBANs.
    dirty: u64,
}

/// Batches of an import.
#[derive(Serialize, ToSchema)]
struct BatchCounts {
    posted: u64,
    of: u64,
}

/// Summaries by state.
#[derive(Serialize, ToSchema)]
struct MailCounts {
    wanted: u64,
    sending: u64,
    sent: u64,
    refused: u64,
    no_address: u64,
    /// To holders who have opted out of mails.
    opted_out: u64,
    unknown: u64,
    failed: u64,
    /// To a suppressed address, because a mail bounced or its owner complained.
    suppressed: u64,
    /// Sent, and not delivered.
    bounced: u64,
    /// Delivered, and the receiver complained.
    complained: u64,
}

/// Sums of one currency. A turnover is the sum of amounts without their signs.
#[derive(Serialize, ToSchema)]
struct Sums {
    /// The sum of the entries above zero.
    credits: Money,
    /// The sum of the entries below zero.
    debits: Money,
    /// The turnover of the entries.
    turnover: Money,
    /// The turnover of the entries that are new in the books so far.
    new_turnover: Money,
}

/// A warning, and its number of rows.
#[derive(Serialize, ToSchema)]
struct Warning {
    what: String,
    rows: u64,
}

/// A rejected row.
#[derive(Serialize, ToSchema)]
struct Reject {
    /// Its line in the file; the header is line 1.
    line: u64,
    /// Why.
    reason: String,
    /// The row, cut.
    row: String,
}

/// An account that has no room for its entries.
#[derive(Serialize, ToSchema)]
struct FullAccount {
    /// Its number.
    account: String,
    /// How many entries were not posted.
    entries: u64,
    /// The reason, and what to do.
    reason: String,
}

impl From<ImportReport> for ImportReportDocument {
    fn from(report: ImportReport) -> Self {
        let (rows, entries, batches, mails) = (report.rows, report.entries, report.batches, report.mails);
        let sums = report.sums.into_iter().map(|it| Sums {
            credits: it.credits.into(),
            debits: it.debits.into(),
            turnover: it.turnover.into(),
            new_turnover: it.new_turnover.into(),
        });
        let warnings = report.warnings.into_iter().map(|it| Warning { what: it.what, rows: it.rows });
        let rejects = report.rejects.into_iter().map(|it| Reject { line: it.line, reason: it.reason, row: it.row });
        let full_accounts = report.full_accounts.into_iter().map(|it| FullAccount {
            account: it.account.as_str().to_owned(),
            entries: it.entries,
            reason: it.reason,
        });
        Self {
            id: report.id,
            file: report.file,
            state: report.state,
            reason: report.reason,
            repeats: report.repeats,
            kind: report.kind.map(Kind::name),
            source: report.source,
            received_at: report.received_at,
            rows: RowCounts {
                read: rows.read,
                taken: rows.taken,
                rejected: rows.rejected,
                rejects_left_out: rows.rejects_left_out,
            },
            entries: EntryCounts {
                made: entries.made,
                posted: entries.posted,
                duplicates: entries.duplicates,
                not_posted: entries.not_posted,
                dirty: entries.dirty,
            },
            accounts: report.accounts,
            customers: report.customers,
            sums: sums.collect(),
            warnings: warnings.collect(),
            rejects: rejects.collect(),
            full_accounts: full_accounts.collect(),
            batches: BatchCounts { posted: batches.posted, of: batches.of },
            mails: MailCounts {
                wanted: mails.wanted,
                sending: mails.sending,
                sent: mails.sent,
                refused: mails.refused,
                no_address: mails.no_address,
                opted_out: mails.opted_out,
                unknown: mails.unknown,
                failed: mails.failed,
                suppressed: mails.suppressed,
                bounced: mails.bounced,
                complained: mails.complained,
            },
        }
    }
}

/// The report of `import` after the batches of `posted`, with the states of its mails.
pub fn import_report(import: &Import, posted: &[(u32, BatchOutcome)], mails: StateCounts) -> ImportReport {
    let mails = imports::MailCounts {
        wanted: mails.wanted,
        sending: mails.sending,
        sent: mails.sent,
        refused: mails.refused,
        no_address: mails.no_address,
        opted_out: mails.opted_out,
        unknown: mails.unknown,
        failed: mails.failed,
        suppressed: mails.suppressed,
        bounced: mails.bounced,
        complained: mails.complained,
    };
    ImportReport::new(import, posted, mails)
}

/// A short-lived link to a file.
#[derive(Serialize, ToSchema)]
#[schema(as = Link)]
pub struct LinkDocument {
    /// Its address.
    url: String,
    /// The lifetime of the link.
    expires_in_seconds: u32,
}

impl LinkDocument {
    /// The link with this address.
    pub fn new(url: String) -> Self {
        Self { url, expires_in_seconds: LINK_SECONDS }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_the_report() {
        let report = r#"{
            "id": "0123456789abcdef0123456789abcdef", "file": "july.csv", "state": "failed", "reason": "it is late",
            "repeats": "0123456789abcdef0123456789abcdee", "kind": "holders", "source": "holders",
            "received_at": "2026-07-31T10:00:00Z", "rows": {"read": 3, "taken": 2, "rejected": 1, "rejects_left_out": 21},
            "entries": {"made": 4, "posted": 5, "duplicates": 6, "not_posted": 26, "dirty": 20}, "accounts": 7, "customers": 8,
            "sums": [{"credits": {"amount": "1.00", "currency": "EUR"}, "debits": {"amount": "-1.00", "currency": "EUR"},
                      "turnover": {"amount": "2.00", "currency": "EUR"}, "new_turnover": {"amount": "1.00", "currency": "EUR"}}],
            "warnings": [{"what": "a checksum", "rows": 9}],
            "rejects": [{"line": 10, "reason": "no amount", "row": "4,7/15,x"}],
            "full_accounts": [{"account": "4711", "entries": 23, "reason": "it is full"}],
            "batches": {"posted": 11, "of": 12},
            "mails": {
                "wanted": 13, "sending": 14, "sent": 15, "refused": 16, "no_address": 17, "opted_out": 25, "unknown": 18,
                "failed": 19, "suppressed": 22, "bounced": 23, "complained": 24
            }
        }"#;
        let read: ImportReport = serde_json::from_str(report).unwrap();
        let document = serde_json::to_value(ImportReportDocument::from(read.clone())).unwrap();
        assert_eq!(document, serde_json::to_value(&read).unwrap());
        assert_eq!(document, serde_json::from_str::<serde_json::Value>(report).unwrap());
    }

    #[test]
    fn an_import_that_cannot_be_read_is_listed_as_unreadable() {
        let received_at = "2026-07-31T10:00:00Z".parse().unwrap();
        let id = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let source = imports::PortError::Broken("the record of imports", "x".into());
        let document = ImportDocument::from(&Err(UnreadableImport { id, received_at, source }));
        let expected = serde_json::json!({
            "id": "0123456789abcdef0123456789abcdef", "state": "unreadable", "received_at": "2026-07-31T10:00:00Z"
        });
        assert_eq!(serde_json::to_value(document).unwrap(), expected);
    }
}
