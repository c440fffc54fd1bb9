//! `mails`: lists summary mails and sends them again.

use ::imports::{ImportId, ImportList};
use anyhow::Result;
use api_documents::Part;
use banking::AccountNumber;
use calendar::Moment;
use mail::events::Suppressions;
use mail::gate::{self, SendGate};
use mail::outbox::{Saved, Summaries, SummaryList, SummaryRequests};
use mail::{EmailAddress, SummaryMail};
use serde::Serialize;

use crate::Verdict;
use crate::arguments::{MailsArgs, MailsCommand};
use crate::imports::{id_of, to_the_minute};
use crate::output::Output;
use crate::stack::Stack;
use crate::subject;
use crate::table::{Column, NOTHING, count, table};

/// Without `--import`, the list contains final mails of this many imports.
const MAX_IMPORTS: usize = 100;

/// A mail in the list.
#[derive(Serialize)]
struct Line {
    import: String,
    account: AccountNumber,
    state: &'static str,
    at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The listed mails, and what the list leaves out.
#[derive(Default)]
struct Listed {
    mails: Vec<SummaryMail>,
    /// The limit is reached.
    more: bool,
    /// There are imports that were not read.
    older_imports: bool,
}

/// The result of a retry.
#[derive(Serialize, PartialEq, Eq, Debug)]
struct Retried {
    import: ImportId,
    /// Mails that became wanted again.
    #[serde(rename = "retried")]
    mails: usize,
    /// Mails that changed meanwhile; check them again.
    changed: usize,
}

pub(crate) async fn run(output: &Output, stack: &Stack, args: MailsArgs, now: Moment) -> Result<Verdict> {
    let summaries = stack.summaries()?;
    match args.command {
        None => {
            let imports = stack.imports()?;
            let import = match &args.import {
                Some(text) => Some(id_of(&imports, text).await?),
                None => None,
            };
            let limit = output.limit(&args.list);
            // A search reads all mails of these imports.
            let read = if args.list.search.is_none() { limit } else { usize::MAX };
            let mut listed = listed(&summaries, &imports, import, args.state.as_deref(), read).await?;
            listed.mails.retain(|it| args.list.finds([it.key.account.as_str()].into_iter().chain(it.state.reason())));
            listed.truncate(limit);
            list(output, &summaries, &listed, now).await
        }
        Some(MailsCommand::Retry { import, account, unknown }) => {
            let import = id_of(&stack.imports()?, &import).await?;
            let account = match &account {
                Some(text) => Some(subject::account(&stack.register()?, text).await?),
                None => None,
            };
            let retried = retry(&summaries, &stack.summary_requests()?, import, account.as_ref(), unknown, now).await?;
            output.answer(|| &retried, || text(&retried))?;
            Ok(Verdict::Ok)
        }
        Some(MailsCommand::Pause) => {
            gate::change(&summaries, |gate| gate.pause("an operator paused them".to_owned(), now)).await?;
            output.note("no mails are sent until `millrace mails resume`; they wait");
            Ok(Verdict::Ok)
        }
        Some(MailsCommand::Resume) => {
            gate::change(&summaries, |gate| gate.resume(now)).await?;
            output.note(
                "mails are sent again; the next run of the sweeper, within five minutes, requests those that wait",
            );
            Ok(Verdict::Ok)
        }
        Some(MailsCommand::Allow { address }) => allow(output, &summaries, &address).await,
    }
}

/// The requested mails: of one import, the open ones, or those of the newest imports. So the cost follows the length of
/// the list, not the number of all mails.
async fn listed<S: SummaryList, I: ImportList>(
    summaries: &S,
    imports: &I,
    import: Option<ImportId>,
    state: Option<&str>,
    limit: usize,
) -> Result<Listed> {
    let mut listed = Listed::default();
    match (import, state) {
        (Some(import), _) => listed.mails = summaries.of_import(&import.to_string(), state, limit).await?,
        (None, Some("wanted" | "sending")) => listed.mails = summaries.open(state, limit).await?,
        (None, _) => {
            let newest = imports.recent(None, MAX_IMPORTS).await?;
            for import in &newest.imports {
                let id = import.as_ref().map_or_else(|it| it.id, |it| it.id);
                let left = limit.saturating_sub(listed.mails.len());
                listed.mails.extend(summaries.of_import(&id.to_string(), state, left).await?);
                if listed.mails.len() >= limit {
                    break;
                }
            }
            listed.older_imports = newest.next.is_some();
        }
    }
    listed.more = listed.mails.len() >= limit;
    Ok(listed)
}

async fn list<S: SendGate>(output: &Output, summaries: &S, listed: &Listed, now: Moment) -> Result<Verdict> {
    let lines: Vec<Line> = listed.mails.iter().map(line).collect();
    output.answer(|| Part::whole(&lines), || render_text(&lines))?;
    if let Some(note) = listed.note() {
        output.note(&note);
    }
    if let Some(closed) = summaries.load_gate().await?.0.closed(now) {
        output.note(&format!("no mails are sent now; they are {closed}"));
    }
    Ok(Verdict::Ok)
}

impl Listed {
    fn truncate(&mut self, limit: usize) {
        self.more |= self.mails.len() > limit;
        self.mails.truncate(limit);
    }

    /// What the list leaves out.
    fn note(&self) -> Option<String> {
        if self.more {
            return Some(format!("{} mails; more with --limit", count(u64::try_from(self.mails.len()).ok()?)));
        }
        let older = "only mails of the newest {} imports; --import shows those of an older one";
        self.older_imports.then(|| older.replace("{}", &MAX_IMPORTS.to_string()))
    }
}

async fn retry<S: Summaries + SummaryList, Q: SummaryRequests>(
    summaries: &S,
    requests: &Q,
    import: ImportId,
    account: Option<&AccountNumber>,
    unknown: bool,
    now: Moment,
) -> Result<Retried> {
    let name = import.to_string();
    let mails = summaries.of_import(&name, None, usize::MAX).await?;
    let (mut accounts, mut changed) = (Vec::new(), 0_usize);
    for found in mails.into_iter().filter(|it| account.is_none_or(|account| it.key.account == *account)) {
        if found.retried(unknown, now).is_none() {
            continue;
        }
        let loaded = summaries.load(&found.key).await?;
        let retried = loaded.and_then(|(record, version)| Some((record.retried(unknown, now)?, version)));
        match retried {
            Some((retried, version)) if summaries.save(&retried, version).await? != Saved::Conflict => {
                accounts.push(found.key.account);
            }
            _ => changed = changed.saturating_add(1),
        }
    }
    // If this fails, the sweeper requests them a quarter of an hour later.
    requests.request(&name, &accounts).await?;
    Ok(Retried { import, mails: accounts.len(), changed })
}

async fn allow<S: Suppressions>(output: &Output, summaries: &S, address: &EmailAddress) -> Result<Verdict> {
    let was_suppressed = summaries.allow(address).await?;
    output.note(if was_suppressed {
        "the address gets mails again, starting with the next summary"
    } else {
        "the address was not suppressed"
    });
    Ok(Verdict::Ok)
}

fn line(mail: &SummaryMail) -> Line {
    Line {
        import: mail.key.import.clone(),
        account: mail.key.account.clone(),
        state: mail.state.name(),
        at: mail.state.at(),
        reason: mail.state.reason().map(str::to_owned),
    }
}

fn render_text(lines: &[Line]) -> String {
    if lines.is_empty() {
        return "there are no such mails".to_owned();
    }
    let columns = [
        Column::id("Import"),
        Column::id("Account"),
        Column::text("State"),
        Column::text("Since").optional(2),
        Column::text("Reason").optional(1),
    ];
    let rows = lines.iter().map(|it| {
        vec![
            it.import.clone(),
            it.account.as_str().to_owned(),
            it.state.to_owned(),
            to_the_minute(&it.at.to_string()),
            it.reason.clone().unwrap_or_else(|| NOTHING.to_owned()),
        ]
    });
    table(&columns, rows)
}

fn text(retried: &Retried) -> String {
    let number = |it: usize| count(u64::try_from(it).unwrap_or(u64::MAX));
    let changed = match retried.changed {
        0 => String::new(),
        changed => format!("; {} have just changed", number(changed)),
    };
    format!("mails that are sent again: {}{changed}", number(retried.mails))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use ::imports::testing::FakeImports;
    use ::imports::{Import, Imports as _, Upload};
    use mail::testing::{FakeSummaries, FakeSummaryRequests, ready};
    use mail::{Envelope, Intent, MailState, Summary, SummaryKey};

    use super::*;

    fn now() -> Moment {
        "2026-08-14T10:00:00Z".parse().unwrap()
    }

    fn import() -> ImportId {
        ImportId::of("imports/july.csv", "v1")
    }

    /// One mail for each account, in the state of the account's name.
    fn mails() -> FakeSummaries {
        let summaries = FakeSummaries::default();
        let accounts: Vec<AccountNumber> =
            ["WANTED", "FAILED", "UNKNOWN", "REFUSED"].map(|it| it.parse().unwrap()).into();
        ready(summaries.want(&import().to_string(), &accounts, now())).unwrap();
        for account in accounts {
            let key = SummaryKey { account, import: import().to_string() };
            let (wanted, version) = ready(summaries.load(&key)).unwrap().unwrap();
            let address = EmailAddress::parse("ada@example.com").unwrap();
            let envelope = Envelope {
                from: address.clone(),
                to: address,
                reference: key.reference(),
                sent_on: now(),
                contact: None,
                unsubscribe_url: None,
            };
            let summary = Summary {
                holder: None,
                account: key.account.clone(),
                as_of: now().date(),
                last_entry: None,
                currencies: Vec::new(),
            };
            let sending = wanted.sending(Intent { envelope, summary }, now()).unwrap();
            let state = match key.account.as_str() {
                "FAILED" => MailState::Failed { at: now(), reason: "a dead letter".to_owned() },
                "REFUSED" => MailState::Refused { at: now(), reason: "MessageRejected".to_owned() },
                "UNKNOWN" => sending.give_up("no answer in time", now()).state,
                _ => continue,
            };
            ready(summaries.save(&SummaryMail { key, state }, version)).unwrap();
        }
        summaries
    }

    fn retried(account: Option<&str>, unknown: bool) -> (Vec<String>, usize) {
        let (summaries, requests) = (mails(), FakeSummaryRequests::default());
        let account = account.map(|it| it.parse().unwrap());
        let retried = ready(retry(&summaries, &requests, import(), account.as_ref(), unknown, now())).unwrap();
        let requested = requests.take().into_iter().map(|it| it.account.as_str().to_owned()).collect();
        let wanted = ready(summaries.open(Some("wanted"), 100)).unwrap().len();
        assert_eq!(wanted.checked_sub(1), Some(retried.mails), "and the one that was wanted already");
        (requested, retried.mails)
    }

    #[test]
    fn what_failed_or_was_refused_is_sent_again_and_what_is_unknown_only_on_demand() {
        let accounts = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        assert_eq!(retried(None, false), (accounts(&["FAILED", "REFUSED"]), 2));
        assert_eq!(retried(None, true), (accounts(&["FAILED", "REFUSED", "UNKNOWN"]), 3));
        assert_eq!(retried(Some("REFUSED"), true), (accounts(&["REFUSED"]), 1));
        assert_eq!(retried(Some("WANTED"), true), (accounts(&[]), 0));
    }

    /// 150 imports, the newest first, each with two wanted mails.
    fn many_imports() -> (FakeSummaries, FakeImports, Vec<ImportId>) {
        let (summaries, imports) = (FakeSummaries::default(), FakeImports::default());
        let accounts: Vec<AccountNumber> = ["1", "2"].map(|it| it.parse().unwrap()).into();
        let ids = (0..150_u64).map(|age| {
            let received_at = now().minus(Duration::from_secs(age));
            let upload = Upload {
                key: format!("imports/{age}.csv"),
                version: "v1".to_owned(),
                size_bytes: 1,
                uploaded_at: received_at,
                metadata: BTreeMap::new(),
            };
            let import = ready(imports.receive(&Import::received(&upload))).unwrap();
            ready(summaries.want(&import.id.to_string(), &accounts, received_at)).unwrap();
            import.id
        });
        let ids = ids.collect();
        (summaries, imports, ids)
    }

    #[test]
    fn a_list_reads_the_newest_imports_until_it_is_full() {
        let (summaries, imports, ids) = many_imports();
        let list = |import, state, limit| ready(listed(&summaries, &imports, import, state, limit)).unwrap();
        let of = |listed: &Listed| listed.mails.iter().map(|it| it.key.import.clone()).collect::<Vec<_>>();
        let full = list(None, None, 3);
        assert_eq!(of(&full), [ids[0], ids[0], ids[1]].map(|it| it.to_string()));
        assert_eq!(full.note().as_deref(), Some("3 mails; more with --limit"));
        assert_eq!(summaries.imports_listed(), 2);

        let none = list(None, Some("failed"), 3);
        let note = "only mails of the newest 100 imports; --import shows those of an older one";
        assert_eq!((none.mails.len(), none.note().as_deref()), (0, Some(note)));
        assert_eq!(summaries.imports_listed(), 102);

        let oldest = list(Some(ids[149]), None, 3);
        assert_eq!((of(&oldest), oldest.note()), (vec![ids[149].to_string(); 2], None));
        let open = list(None, Some("wanted"), 2);
        assert_eq!(of(&open), of(&oldest), "open mails are listed from the oldest, whatever their import");
        assert_eq!(summaries.imports_listed(), 103);
    }

    #[test]
    fn a_mail_is_a_line_with_its_reason() {
        let mails = ready(mails().of_import(&import().to_string(), Some("unknown"), 100)).unwrap();
        insta::assert_snapshot!(render_text(&mails.iter().map(line).collect::<Vec<_>>()), @r"
        ┌──────────────────────────────────┬─────────┬─────────┬──────────────────┬───────────────────┐
        │ Import                           ┆ Account ┆ State   ┆ Since            ┆ Reason            │
        ╞══════════════════════════════════╪═════════╪═════════╪══════════════════╪═══════════════════╡
        │ c7217626ded7747c7590defef3ae6b90 ┆ UNKNOWN ┆ unknown ┆ 2026-08-14 10:00 ┆ no answer in time │
        └──────────────────────────────────┴─────────┴─────────┴──────────────────┴───────────────────┘
        ");
        assert_eq!(render_text(&[]), "there are no such mails");
        let json = serde_json::to_string(&line(&mails[0])).unwrap();
        assert!(json.contains(r#""state":"unknown""#) && !json.contains("ada@"), "{json}");
    }
}
