//! `restore`: restores the tables to a point in time and prepares them for the stack.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::DateTime;
use aws_sdk_dynamodb::types::{PointInTimeRecoverySpecification, TableStatus};
use calendar::Moment;
use mail::SummaryKey;
use mail::outbox::{Saved, Summaries};
use serde_json::json;

use crate::Verdict;
use crate::arguments::RestoreCommand;
use crate::output::Output;
use crate::stack::Stack;

/// The outputs with the names of the tables, and the suffixes of the restored tables.
const TABLES: [(&str, &str); 5] = [
    ("CustomersTable", "customers"),
    ("LedgerTable", "ledger"),
    ("ImportsTable", "imports"),
    ("FeedsTable", "feeds"),
    ("MailsTable", "mails"),
];
/// The maximum number of checks for a restored table; a restore takes from 20 minutes to several hours.
const PAUSE: Duration = Duration::from_secs(5);
const MAX_LOOKS: u32 = 12 * 60 * 6;
/// A mail on hold is open from a future time, at most this far ahead.
const KEPT_BACK: Duration = Duration::from_hours(24);
/// The page size when listing open mails.
const PAGE: usize = 1000;

/// Runs `restore …`.
pub(crate) async fn run(output: &Output, stack: &Stack, command: RestoreCommand, now: Moment) -> Result<Verdict> {
    match command {
        RestoreCommand::Tables { at, prefix } => {
            ensure!(at.is_instant() && at < now, "give a time in the past, as in 2026-11-21T10:00:00Z");
            tables(output, stack, at, &prefix).await
        }
        RestoreCommand::Mails => {
            ensure!(
                stack.output("Paused")? == "true",
                "the stack is running; deploy it with Paused=true first, or mails that it sends now are marked as unknown"
            );
            let settled = settle(&stack.summaries()?, now).await?;
            let text = || format!("{settled} mails that were not final are unknown now; nothing sends them again");
            output.answer(&json!({ "unknown": settled }), text)?;
            Ok(Verdict::Ok)
        }
    }
}

/// Restores all tables to one point in time and protects them like the stack's tables.
async fn tables(output: &Output, stack: &Stack, at: Moment, prefix: &str) -> Result<Verdict> {
    let dynamodb = stack.dynamodb();
    let restored = TABLES.map(|(_, name)| format!("{prefix}-{name}"));
    for ((name, _), target) in TABLES.iter().zip(&restored) {
        let source = stack.output(name)?;
        let args = dynamodb.restore_table_to_point_in_time().source_table_name(source).target_table_name(target);
        let args = args.restore_date_time(DateTime::from_secs(at.micros().div_euclid(1_000_000)));
        args.send().await.with_context(|| format!("restoring {source} as {target}"))?;
        output.note(&format!("{source} is being restored as {target}"));
    }
    for table in &restored {
        wait(&dynamodb, table).await?;
        protect(&dynamodb, table).await.with_context(|| format!("protecting {table}"))?;
        output.note(&format!("{table} is ready, with point-in-time recovery and deletion protection"));
    }
    output.answer(&json!({ "tables": restored, "parameter": format!("RestoredTables={prefix}") }), || {
        format!("now deploy with RestoredTables={prefix} and Paused=true, then `millrace restore mails`")
    })?;
    Ok(Verdict::Ok)
}

async fn wait(dynamodb: &Client, table: &str) -> Result<()> {
    for _ in 0..MAX_LOOKS {
        let described = dynamodb.describe_table().table_name(table).send().await;
        let described = described.with_context(|| format!("looking at {table}"))?;
        if described.table().and_then(|it| it.table_status()) == Some(&TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    bail!("{table} is still not ready; check it in the console and protect it manually")
}

async fn protect(dynamodb: &Client, table: &str) -> Result<()> {
    let recovery = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build()?;
    let args = dynamodb.update_continuous_backups().table_name(table);
    args.point_in_time_recovery_specification(recovery).send().await?;
    dynamodb.update_table().table_name(table).deletion_protection_enabled(true).send().await?;
    Ok(())
}

/// Marks each mail as unknown that was not final in the backup: it may have been sent afterwards.
async fn settle<S: Summaries>(summaries: &S, now: Moment) -> Result<u64> {
    let mut settled = 0_u64;
    // The index lags: it may still contain mails that are final by now.
    let mut seen: BTreeSet<SummaryKey> = BTreeSet::new();
    loop {
        let open = summaries.open_since(now.plus(KEPT_BACK), PAGE.saturating_add(seen.len())).await?;
        let new: Vec<SummaryKey> = open.into_iter().map(|it| it.key).filter(|it| !seen.contains(it)).collect();
        if new.is_empty() {
            return Ok(settled);
        }
        for key in new {
            let Some((record, version)) = summaries.load(&key).await? else { continue };
            let unknown = record.after_restore(now);
            if unknown != record {
                if summaries.save(&unknown, version).await? == Saved::Conflict {
                    bail!("a mail changed meanwhile: the stack still sends mails. Deploy with Paused=true and wait");
                }
                settled = settled.saturating_add(1);
            }
            seen.insert(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use mail::SummaryMail;
    use mail::testing::FakeSummaries;

    use super::*;

    #[tokio::test]
    async fn mails_that_are_not_final_become_unknown_once() {
        let now: Moment = "2026-11-21T10:00:00Z".parse().unwrap();
        let summaries = FakeSummaries::default();
        let accounts: Vec<banking::AccountNumber> = ["1", "2", "3"].map(|it| it.parse().unwrap()).into();
        summaries.want("i", &accounts, now).await.unwrap();
        let key = |at: usize| SummaryKey { account: accounts[at].clone(), import: "i".to_owned() };
        let without = SummaryMail::wanted(key(0), now).no_address(now).unwrap();
        let (_, version) = summaries.load(&key(0)).await.unwrap().unwrap();
        summaries.save(&without, version).await.unwrap();

        assert_eq!(settle(&summaries, now).await.unwrap(), 2);
        let states: Vec<&str> = summaries.records().iter().map(|it| it.state.name()).collect();
        assert_eq!(states, ["no_address", "unknown", "unknown"]);
        assert_eq!(settle(&summaries, now).await.unwrap(), 0);
    }
}
