//! `restore`: restores the tables to a point in time and prepares them for the stack.

use std::time::Duration;

use ::customers::MailChoiceCopies;
use anyhow::{Context as _, Result, bail, ensure};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::DateTime;
use aws_sdk_dynamodb::types::{PointInTimeRecoverySpecification, TableStatus};
use calendar::Moment;
use customers_dynamodb::DynamoDbRegister;
use mail::events::SuppressionCopies;
use mail::outbox::{Saved, Summaries};
use mail_dynamodb::DynamoDbSummaries;
use serde::Serialize;
use serde_json::json;

use crate::Verdict;
use crate::advances::restore as advances;
use crate::arguments::RestoreCommand;
use crate::output::Output;
use crate::stack::Stack;

/// The outputs with the names of the tables, and the suffixes of the restored tables.
const TABLES: [(&str, &str); 6] = [
    ("CustomersTable", "customers"),
    ("LedgerTable", "ledger"),
    ("ImportsTable", "imports"),
    ("FeedsTable", "feeds"),
    ("MailsTable", "mails"),
    ("AdvancesTable", "advances"),
];
/// The maximum number of checks for a restored table; a restore takes from 20 minutes to several hours.
const PAUSE: Duration = Duration::from_secs(5);
const MAX_LOOKS: u32 = 12 * 60 * 6;
/// A mail on hold is open from a future time, at most this far ahead.
const KEPT_BACK: Duration = Duration::from_hours(24);

/// Runs `restore …`.
pub(crate) async fn run(output: &Output, stack: &Stack, command: RestoreCommand, now: Moment) -> Result<Verdict> {
    match command {
        RestoreCommand::Tables { at, prefix } => {
            ensure!(at.is_instant() && at < now, "give a time in the past, as in 2026-11-21T10:00:00Z");
            tables(output, stack, at, &prefix).await
        }
        RestoreCommand::Advances { at } => {
            ensure!(at.is_instant() && at < now, "give the time of the backup, as in 2026-11-21T10:00:00Z");
            let restored = advances::restore(&stack.advances()?, at, now).await?;
            output.answer(|| &restored, || restored.text())?;
            Ok(if restored.is_settled() { Verdict::Ok } else { Verdict::Problems })
        }
        RestoreCommand::Mails { previous } => {
            ensure!(
                stack.output("Paused")? == "true",
                "the stack is running; deploy it with Paused=true first, or mails that it sends now are marked as unknown"
            );
            let restored = mails(&previous_tables(stack, previous.as_deref())?, &adopted_tables(stack)?, now).await?;
            output.answer(|| &restored, || restored.text())?;
            Ok(Verdict::Ok)
        }
    }
}

/// The tables with choices and suppressed addresses.
struct Tables<R, S> {
    register: R,
    summaries: S,
}

/// The result of `restore mails`.
#[derive(Serialize, PartialEq, Eq, Debug)]
struct RestoredMails {
    unknown: u64,
    mail_choices: u64,
    suppressed: u64,
}

impl RestoredMails {
    fn text(&self) -> String {
        let Self { unknown, mail_choices, suppressed } = self;
        format!(
            "{unknown} mails that were not final are unknown now; nothing sends them again\n{mail_choices} choices about \
             mails and {suppressed} suppressed addresses are copied from the previous tables"
        )
    }
}

fn adopted_tables(stack: &Stack) -> Result<Tables<DynamoDbRegister, DynamoDbSummaries>> {
    Ok(Tables { register: stack.register()?, summaries: stack.summaries()? })
}

/// The tables before the restore: the stack's own, or those of an earlier restore.
fn previous_tables(stack: &Stack, prefix: Option<&str>) -> Result<Tables<DynamoDbRegister, DynamoDbSummaries>> {
    let name = |output, suffix| match prefix {
        Some(prefix) => Ok(format!("{prefix}-{suffix}")),
        None => stack.output(output).map(str::to_owned),
    };
    let (customers, mails) = (name("OwnCustomersTable", "customers")?, name("OwnMailsTable", "mails")?);
    ensure!(
        customers != stack.output("CustomersTable")? && mails != stack.output("MailsTable")?,
        "the stack still uses {customers} and {mails}; deploy it with RestoredTables=<prefix> first"
    );
    Ok(Tables {
        register: DynamoDbRegister::new(stack.dynamodb(), customers),
        summaries: DynamoDbSummaries::new(stack.dynamodb(), mails),
    })
}

/// Prepares the adopted tables for sending: no mail is sent twice, and none to a receiver who wants no more.
async fn mails<R, S>(previous: &Tables<R, S>, adopted: &Tables<R, S>, now: Moment) -> Result<RestoredMails>
where
    R: MailChoiceCopies,
    S: Summaries + SuppressionCopies,
{
    let choices = previous.register.mail_choices().await?;
    let suppressed = previous.summaries.suppressions().await?;
    Ok(RestoredMails {
        unknown: settle(&adopted.summaries, now).await?,
        mail_choices: adopted.register.copy_mail_choices(&choices).await?,
        suppressed: adopted.summaries.copy_suppressions(&suppressed).await?,
    })
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
    output.answer(
        || json!({ "tables": restored, "parameter": format!("RestoredTables={prefix}") }),
        || format!("now deploy with RestoredTables={prefix} and Paused=true, then `millrace restore mails`"),
    )?;
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
    for open in summaries.open_since(now.plus(KEPT_BACK), usize::MAX).await? {
        // The index lags: the mail may be final by now.
        let Some((record, version)) = summaries.load(&open).await? else { continue };
        let unknown = record.after_restore(now);
        if unknown != record {
            if summaries.save(&unknown, version).await? == Saved::Conflict {
                bail!("a mail changed meanwhile: the stack still sends mails. Deploy with Paused=true and wait");
            }
            settled = settled.saturating_add(1);
        }
    }
    Ok(settled)
}

#[cfg(test)]
mod tests {
    use ::customers::testing::FakeRegister;
    use ::customers::{CustomerId, MailChoice, MailChoices as _};
    use mail::events::{Suppression, Suppressions as _};
    use mail::testing::FakeSummaries;
    use mail::{EmailAddress, SummaryKey, SummaryMail};

    use super::*;

    #[tokio::test]
    async fn who_opted_out_or_is_suppressed_since_the_backup_gets_no_mail() {
        let at = |hour: u8| -> Moment { format!("2026-11-21T{hour}:00:00Z").parse().unwrap() };
        let tables = || Tables { register: FakeRegister::default(), summaries: FakeSummaries::default() };
        let (previous, adopted) = (tables(), tables());
        let [before, since, after] = ["a", "b", "c"].map(CustomerId::of_company);
        let [bounced, complained] = ["ada@example.com", "bob@example.com"].map(|it| EmailAddress::parse(it).unwrap());
        for tables in [&previous, &adopted] {
            tables.register.choose_mails(before, MailChoice::Unwanted, at(10)).await.unwrap();
            tables.register.choose_mails(since, MailChoice::Wanted, at(10)).await.unwrap();
            tables.summaries.suppress(&bounced, Suppression::Bounce, at(10)).await.unwrap();
        }
        previous.register.choose_mails(since, MailChoice::Unwanted, at(12)).await.unwrap();
        previous.register.choose_mails(after, MailChoice::Wanted, at(12)).await.unwrap();
        previous.summaries.suppress(&complained, Suppression::Complaint, at(12)).await.unwrap();
        // Through the adopted table, before the command runs.
        adopted.register.choose_mails(after, MailChoice::Unwanted, at(14)).await.unwrap();

        for (mail_choices, suppressed) in [(1, 1), (0, 0)] {
            let restored = mails(&previous, &adopted, at(15)).await.unwrap();
            assert_eq!(restored, RestoredMails { unknown: 0, mail_choices, suppressed });
            for customer in [before, since, after] {
                assert_eq!(adopted.register.mail_choice(customer).await.unwrap(), MailChoice::Unwanted);
            }
            assert_eq!(adopted.summaries.suppression(&bounced).await.unwrap(), Some(Suppression::Bounce));
            assert_eq!(adopted.summaries.suppression(&complained).await.unwrap(), Some(Suppression::Complaint));
        }
    }

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

    #[tokio::test]
    async fn each_open_mail_is_read_once() {
        let now: Moment = "2026-11-21T10:00:00Z".parse().unwrap();
        let summaries = FakeSummaries::default();
        let accounts: Vec<banking::AccountNumber> = (0..2500).map(|it| it.to_string().parse().unwrap()).collect();
        summaries.want("i", &accounts, now).await.unwrap();
        assert_eq!(settle(&summaries, now).await.unwrap(), 2500);
        assert_eq!(summaries.listed(), 2500);
    }
}
