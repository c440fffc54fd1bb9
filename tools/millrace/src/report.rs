//! The text report of an import.

use ::imports::{
    BatchCounts, Batches, FullAccount, Import, ImportReport, Kind, MailCounts, Reject, ReportSums, Warning,
};
use anyhow::Result;
use api_documents::import_report;
use mail::outbox::Summaries;

use crate::Verdict;
use crate::table::{Column, NOTHING, count, harmless, table};

/// The report of an import so far.
pub(crate) async fn of<B: Batches, S: Summaries>(batches: &B, summaries: &S, import: &Import) -> Result<ImportReport> {
    let posted = batches.finished(import.id).await?;
    let mails = summaries.count_by_state(&import.id.to_string()).await?;
    Ok(import_report(import, &posted, mails))
}

/// Whether the file is in the books, at least in part, through this or an earlier import.
pub(crate) fn verdict(report: &ImportReport) -> Verdict {
    match report.state.as_str() {
        "rejected" | "refused" | "failed" => Verdict::Problems,
        _ if report.entries.not_posted > 0 => Verdict::Problems,
        _ => Verdict::Ok,
    }
}

/// The report as tables.
pub(crate) fn text(report: &ImportReport) -> String {
    let mut parts = vec![headline(report)];
    if report.kind.is_some() {
        parts.push(counts(report));
    }
    if !report.sums.is_empty() {
        parts.push(sums(&report.sums) + turnover_note(report.kind));
    }
    if !report.warnings.is_empty() {
        parts.push(warnings(&report.warnings));
    }
    if !report.full_accounts.is_empty() {
        parts.push(full_accounts(&report.full_accounts));
    }
    if !report.rejects.is_empty() {
        parts.push(rejects(&report.rejects, report.rows.rejected, report.rows.rejects_left_out));
    }
    parts.join("\n")
}

fn headline(report: &ImportReport) -> String {
    let what = match &report.reason {
        Some(reason) => format!("{}: {}", report.state, harmless(reason)),
        None => report.state.clone(),
    };
    let repeats = report.repeats.map(|first| format!(", repeats import {first}")).unwrap_or_default();
    format!("{}: {what}\nimport {}{repeats}", harmless(&report.file), report.id)
}

fn counts(report: &ImportReport) -> String {
    let kind = report.kind.map_or(NOTHING, Kind::name);
    let source = report.source.as_deref().filter(|it| *it != kind);
    let kind = source.map_or_else(|| kind.to_owned(), |source| format!("{kind}, source {source}"));
    let mut rows = vec![
        vec!["Kind".to_owned(), kind],
        vec!["Rows read".to_owned(), count(report.rows.read)],
        vec!["  taken".to_owned(), count(report.rows.taken)],
        vec!["  rejected".to_owned(), count(report.rows.rejected)],
        vec!["Customers named".to_owned(), count(report.customers)],
    ];
    if !matches!(report.kind, Some(Kind::Rates | Kind::Customers)) {
        rows.extend([
            vec!["Accounts".to_owned(), count(report.accounts)],
            vec!["Entries made".to_owned(), count(report.entries.made)],
            vec!["  new in the books".to_owned(), count(report.entries.posted)],
            vec!["  duplicates".to_owned(), count(report.entries.duplicates)],
        ]);
        if report.entries.not_posted > 0 {
            rows.push(vec!["  not posted".to_owned(), count(report.entries.not_posted)]);
        }
        rows.extend([vec!["Batches posted".to_owned(), batches(report.batches)]]);
        let mails = mails(&report.mails);
        rows.extend(mails.into_iter().map(|(what, number)| vec![what.to_owned(), count(number)]));
    }
    table(&[Column::text("Report"), Column::number("")], rows)
}

fn full_accounts(accounts: &[FullAccount]) -> String {
    let rows = accounts.iter().map(|it| {
        let reason = harmless(&it.reason).clone();
        vec![it.account.as_str().to_owned(), count(it.entries), reason]
    });
    table(&[Column::id("Account"), Column::number("Not posted"), Column::text("Because")], rows)
}

fn batches(batches: BatchCounts) -> String {
    format!("{} of {}", count(batches.posted), count(batches.of))
}

/// Only non-zero counts, and always the number of sent mails.
fn mails(mails: &MailCounts) -> Vec<(&'static str, u64)> {
    let all = [
        ("Mails sent", mails.sent),
        ("  wanted", mails.wanted),
        ("  being sent", mails.sending),
        ("  without an address", mails.no_address),
        ("  opted out", mails.opted_out),
        ("  refused", mails.refused),
        ("  without an answer", mails.unknown),
        ("  failed", mails.failed),
        ("  suppressed", mails.suppressed),
        ("  bounced", mails.bounced),
        ("  complained", mails.complained),
    ];
    let (sent, rest) = all.split_at(1);
    let rest = rest.iter().filter(|(_, number)| *number > 0);
    sent.iter().chain(rest).copied().collect()
}

fn sums(sums: &[ReportSums]) -> String {
    let columns = [
        Column::text("Currency"),
        Column::number("Credits"),
        Column::number("Debits"),
        Column::number("Net").optional(1),
        Column::number("Turnover").optional(2),
        Column::number("New turnover"),
    ];
    let rows = sums.iter().map(|sum| {
        let net = sum.credits.try_add(sum.debits);
        vec![
            sum.credits.currency().to_string(),
            sum.credits.grouped(),
            sum.debits.grouped(),
            net.map_or_else(|_| NOTHING.to_owned(), money::Money::grouped),
            sum.turnover.grouped(),
            sum.new_turnover.grouped(),
        ]
    });
    table(&columns, rows)
}

/// What turnover means for this kind of file.
fn turnover_note(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Transfers) => "\nturnover counts both sides of a transfer",
        _ => "",
    }
}

fn warnings(warnings: &[Warning]) -> String {
    let rows = warnings.iter().map(|it| vec![it.what.clone(), count(it.rows)]);
    table(&[Column::text("Warning"), Column::number("Rows")], rows)
}

fn rejects(rejects: &[Reject], of: u64, left_out: u64) -> String {
    let columns = [Column::number("Line"), Column::text("Not taken because"), Column::text("Row")];
    let rows = rejects.iter().map(|it| vec![it.line.to_string(), it.reason.clone(), it.row.clone()]);
    let table = table(&columns, rows);
    if u64::try_from(rejects.len()).is_ok_and(|shown| shown < of) {
        let shown = count(u64::try_from(rejects.len()).unwrap_or(u64::MAX));
        let listed = match left_out {
            0 => "all".to_owned(),
            _ => format!("the first {}", count(of.saturating_sub(left_out))),
        };
        format!("{table}\nthe first {shown} of {} rejects; the API's /imports/…/rejects has {listed}", count(of))
    } else {
        table
    }
}

#[cfg(test)]
mod tests {
    use ::imports::ImportId;
    use money::{Currency, Money};
    use serde_json::json;

    use super::*;

    fn report(change: impl FnOnce(&mut ImportReport)) -> ImportReport {
        let zeros =
            json!({"wanted": 0, "sending": 0, "sent": 1, "refused": 0, "no_address": 1, "unknown": 0, "failed": 0});
        let mut report: ImportReport = serde_json::from_value(json!({
            "id": "00000000000000000000000000000001", "file": "july.csv", "state": "done", "kind": "account",
            "source": "account", "received_at": "2026-11-21T10:00:00Z",
            "rows": {"read": 49104, "taken": 49102, "rejected": 2},
            "entries": {"made": 49102, "posted": 49100, "duplicates": 2},
            "accounts": 2, "customers": 0, "sums": [], "warnings": [], "rejects": [],
            "batches": {"posted": 1, "of": 1}, "mails": zeros,
        }))
        .unwrap();
        change(&mut report);
        report
    }

    #[test]
    fn a_report_contains_all_sections() {
        let report = report(|it| {
            it.sums = vec![ReportSums {
                credits: Money::new(7050, Currency::EUR),
                debits: Money::new(-3076, Currency::EUR),
                turnover: Money::new(10126, Currency::EUR),
                new_turnover: Money::new(9096, Currency::EUR),
            }];
            it.warnings = vec![Warning { what: "the check digits of an IBAN are wrong".to_owned(), rows: 3 }];
            it.rejects = vec![Reject {
                line: 5,
                reason: "the amount has more decimals than EUR".to_owned(),
                row: "3,8/13,60.555".to_owned(),
            }];
        });
        insta::assert_snapshot!(text(&report), @"
        july.csv: done
        import 00000000000000000000000000000001
        ┌──────────────────────┬─────────┐
        │ Report               ┆         │
        ╞══════════════════════╪═════════╡
        │ Kind                 ┆ account │
        │ Rows read            ┆  49,104 │
        │   taken              ┆  49,102 │
        │   rejected           ┆       2 │
        │ Customers named      ┆       0 │
        │ Accounts             ┆       2 │
        │ Entries made         ┆  49,102 │
        │   new in the books   ┆  49,100 │
        │   duplicates         ┆       2 │
        │ Batches posted       ┆  1 of 1 │
        │ Mails sent           ┆       1 │
        │   without an address ┆       1 │
        └──────────────────────┴─────────┘
        ┌──────────┬─────────┬────────┬───────┬──────────┬──────────────┐
        │ Currency ┆ Credits ┆ Debits ┆   Net ┆ Turnover ┆ New turnover │
        ╞══════════╪═════════╪════════╪═══════╪══════════╪══════════════╡
        │ EUR      ┆   70.50 ┆ -30.76 ┆ 39.74 ┆   101.26 ┆        90.96 │
        └──────────┴─────────┴────────┴───────┴──────────┴──────────────┘
        ┌───────────────────────────────────────┬──────┐
        │ Warning                               ┆ Rows │
        ╞═══════════════════════════════════════╪══════╡
        │ the check digits of an IBAN are wrong ┆    3 │
        └───────────────────────────────────────┴──────┘
        ┌──────┬───────────────────────────────────────┬───────────────┐
        │ Line ┆ Not taken because                     ┆ Row           │
        ╞══════╪═══════════════════════════════════════╪═══════════════╡
        │    5 ┆ the amount has more decimals than EUR ┆ 3,8/13,60.555 │
        └──────┴───────────────────────────────────────┴───────────────┘
        the first 1 of 2 rejects; the API's /imports/…/rejects has all
        ");
        assert_eq!(verdict(&report), Verdict::Ok);
    }

    #[test]
    fn turnover_of_transfers_says_that_it_counts_both_sides() {
        let note = "\nturnover counts both sides of a transfer";
        assert_eq!(turnover_note(Some(Kind::Transfers)), note);
        for kind in [None, Some(Kind::Account), Some(Kind::Holders)] {
            assert_eq!(turnover_note(kind), "");
        }
    }

    #[test]
    fn a_repeat_says_what_it_repeats() {
        let first = ImportId::of("imports/june.csv", "v1");
        let again = report(|it| it.repeats = Some(first));
        let text = text(&again);
        let head = format!("july.csv: done\nimport {}, repeats import {first}\n", again.id);
        assert!(text.starts_with(&head) && text.contains("duplicates"), "{text}");
        assert_eq!(verdict(&again), Verdict::Ok);
    }

    #[test]
    fn rejects_that_are_listed_nowhere_are_counted() {
        let report = report(|it| {
            it.rows.rejected = 300_000;
            it.rows.rejects_left_out = 200_000;
            it.rejects = vec![Reject { line: 5, reason: "not an amount".to_owned(), row: "a,b".to_owned() }];
        });
        let text = text(&report);
        let expected = "the first 1 of 300,000 rejects; the API's /imports/…/rejects has the first 100,000";
        assert!(text.ends_with(expected), "{text}");
    }

    #[test]
    fn a_rejected_row_has_a_reason() {
        for state in ["rejected", "refused", "failed"] {
            let report = report(|it| {
                it.kind = None;
                it.state = state.to_owned();
                it.reason = Some("the file is\u{1b} empty".to_owned());
            });
            let text = text(&report);
            assert!(text.contains(&format!("july.csv: {state}: the file is· empty")), "{text}");
            assert_eq!(verdict(&report), Verdict::Problems);
        }
    }
}
