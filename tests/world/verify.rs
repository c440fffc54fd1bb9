//! What must hold at the end of a run, whatever happened on the way.

use std::collections::{BTreeMap, BTreeSet};

use banking::AccountNumber;
use feeds::Feed;
use imports::{BatchOutcome, Batches, Files, Import, State, read_batch};
use ledger::View;
use mail::tally::{Tallies, Tally};
use mail::{MailState, SummaryKey};
use money::Currency;

use crate::{Outcome, World, finish};

/// The maximum number of mails of one summary: one, and a repeat after a lost response.
const MAX_COPIES: usize = 2;

/// Compares a world with a quiet one. Mails of `excused` references may have gone out twice.
pub(crate) fn check(world: &World, quiet: &Outcome, excused: &BTreeSet<String>) -> Result<(), String> {
    let books = world.books.bytes();
    if books != quiet.books {
        return Err(differences(&books, &quiet.books));
    }
    let findings = world.audit();
    if !findings.is_empty() {
        return Err(format!("the audit finds {findings:?}"));
    }
    let imports = world.listed();
    imports.iter().try_for_each(|import| reported(world, import))?;
    control_totals(world, &imports)?;
    mails(world, &imports, excused)
}

/// The feeds are complete.
pub(crate) fn feeds_are_proven(world: &World) -> Result<(), String> {
    for feed in Feed::ALL {
        let proof = world.proof(feed).ok_or_else(|| format!("{feed} has no proof"))?;
        if !proof.is_complete() {
            return Err(format!("{feed} has gaps: {:?}", proof.gaps));
        }
    }
    Ok(())
}

fn differences<T: PartialEq, K: std::fmt::Debug + Ord>(
    books: &BTreeMap<K, BTreeMap<calendar::Month, T>>,
    quiet: &BTreeMap<K, BTreeMap<calendar::Month, T>>,
) -> String {
    let months = |(account, expected): (&K, &BTreeMap<calendar::Month, T>)| {
        let differs = |month: &&calendar::Month| books.get(account).and_then(|it| it.get(month)) != expected.get(month);
        let months: Vec<String> = expected.keys().filter(differs).map(ToString::to_string).collect();
        (!months.is_empty()).then(|| format!("{account:?}: {}", months.join(", ")))
    };
    format!(
        "the books are not those of a quiet run: {}",
        quiet.iter().filter_map(months).collect::<Vec<_>>().join("; ")
    )
}

/// A finished import accounts for each of its rows and entries.
fn reported(world: &World, import: &Import) -> Result<(), String> {
    let key = &import.key;
    if !import.state.is_final() {
        return Err(format!("{key} is {:?} for ever", import.state));
    }
    let Some(found) = import.found.as_ref().filter(|_| import.state == State::Done) else { return Ok(()) };
    if found.rows_read != found.rows_taken + found.rows_rejected {
        return Err(format!("{key}: rows read, taken and rejected do not add up"));
    }
    let outcomes = finish(world.imports.finished(import.id)).map_err(|error| error.to_string())?;
    let sum = |count: fn(&BatchOutcome) -> u64| outcomes.iter().map(|(_, it)| count(it)).sum::<u64>();
    let (posted, duplicates, not_posted) =
        (sum(|it| it.posted), sum(|it| it.duplicates), sum(|it| it.not_posted.entries));
    if found.entries == posted + duplicates + not_posted {
        Ok(())
    } else {
        Err(format!("{key}: {} entries made, {posted} posted, {duplicates} duplicates", found.entries))
    }
}

/// What all imports report as posted is what is in the books: an entry that was lost, or counted twice, shows here.
fn control_totals(world: &World, imports: &[Import]) -> Result<(), String> {
    let mut reported = (0_u64, BTreeMap::<Currency, i128>::new());
    for import in imports {
        for (_, outcome) in finish(world.imports.finished(import.id)).map_err(|error| error.to_string())? {
            reported.0 += outcome.posted;
            for sums in outcome.sums {
                *reported.1.entry(sums.posted.currency()).or_default() += sums.posted.minor();
            }
        }
    }
    let mut kept = (0_u64, BTreeMap::<Currency, i128>::new());
    for stored_books in world.books.all().values() {
        let totals = stored_books.totals().map_err(|error| error.to_string())?;
        for (currency, figures) in totals.figures(None, View::All) {
            kept.0 += figures.count;
            *kept.1.entry(currency).or_default() += i128::try_from(figures.gross_minor()).unwrap_or(i128::MAX);
        }
    }
    reported.1.retain(|_, minor| *minor != 0);
    kept.1.retain(|_, minor| *minor != 0);
    if reported == kept {
        Ok(())
    } else {
        Err(format!("control totals: imports report {reported:?}, books have {kept:?}"))
    }
}

/// Each summary that an import owes was sent once, or says why not.
fn mails(world: &World, imports: &[Import], excused: &BTreeSet<String>) -> Result<(), String> {
    let mut copies = BTreeMap::<String, Vec<Vec<u8>>>::new();
    let mut receivers = BTreeMap::<String, String>::new();
    for mail in world.mails() {
        receivers.insert(mail.reference.as_str().to_owned(), mail.to.as_str().to_owned());
        copies.entry(mail.reference.as_str().to_owned()).or_default().push(mail.mime);
    }
    let records: BTreeMap<SummaryKey, MailState> =
        world.summaries.records().into_iter().map(|it| (it.key, it.state)).collect();
    for (key, state) in &records {
        let reference = key.reference().as_str().to_owned();
        let sent = copies.remove(&reference).unwrap_or_default();
        let is_excused = excused.contains(&reference);
        let most = if is_excused { MAX_COPIES } else { 1 };
        let fits = match state {
            // Each mail to these addresses comes back, and that is known in the end.
            MailState::Sent { .. } => (1..=most).contains(&sent.len()) && !comes_back(&receivers, &reference),
            MailState::Bounced { .. } | MailState::Complained { .. } => {
                (1..=most).contains(&sent.len()) && comes_back(&receivers, &reference)
            }
            MailState::NoAddress { .. } | MailState::OptedOut { .. } | MailState::Suppressed { .. } => sent.is_empty(),
            MailState::Unknown { .. } => {
                is_excused && sent.len() <= most && (sent.is_empty() || !comes_back(&receivers, &reference))
            }
            _ => false,
        };
        if !fits || sent.iter().any(|it| Some(it) != sent.first()) {
            return Err(format!("{key:?} is {state:?} after {} mails (excused: {is_excused})", sent.len()));
        }
    }
    counts(world)?;
    if let Some(reference) = copies.keys().next() {
        return Err(format!("a mail {reference} that nobody recorded"));
    }
    imports.iter().filter(|it| it.state == State::Done).try_for_each(|import| owed(world, import, &records))
}

fn comes_back(receivers: &BTreeMap<String, String>, reference: &str) -> bool {
    receivers.get(reference).is_some_and(|it| it.starts_with("bounce@") || it.starts_with("complaint@"))
}

/// The counts of the days are the sums of the records.
fn counts(world: &World) -> Result<(), String> {
    let mut expected = Tally::default();
    for record in world.summaries.records() {
        let one = Tally { sent: 1, ..Tally::default() };
        expected = expected.plus(match record.state {
            MailState::Sent { .. } => one,
            MailState::Bounced { .. } => Tally { bounced: 1, ..one },
            MailState::Complained { .. } => Tally { complained: 1, ..one },
            _ => Tally::default(),
        });
    }
    let days = finish(world.summaries.sent_since(calendar::Date::MIN, None)).map_err(|error| error.to_string())?;
    let counted = days.values().fold(Tally::default(), |sum, it| sum.plus(*it));
    if counted == expected { Ok(()) } else { Err(format!("counted {counted:?}, the records have {expected:?}")) }
}

/// Every account of an import that sends summaries has one, but for repeats that bring nothing new and for accounts
/// that are full.
fn owed(world: &World, import: &Import, records: &BTreeMap<SummaryKey, MailState>) -> Result<(), String> {
    if import.repeats.is_some() || !import.found.as_ref().is_some_and(|it| it.summaries && it.entries > 0) {
        return Ok(());
    }
    let entries = finish(world.files.read(&Import::entries_key(import.id), None, 0..u64::MAX));
    let entries = entries.ok().flatten().ok_or_else(|| format!("the batches of {} are gone", import.key))?;
    let outcomes = finish(world.imports.finished(import.id)).map_err(|error| error.to_string())?;
    let full = |account: &AccountNumber| {
        outcomes.iter().flat_map(|(_, it)| &it.not_posted.first).any(|full| full.account == *account)
    };
    for (account, _) in read_batch(&entries).map_err(|error| error.to_string())? {
        if full(&account) {
            continue;
        }
        let key = SummaryKey { account, import: import.id.to_string() };
        if !records.contains_key(&key) {
            return Err(format!("{key:?} of {} has no summary", import.key));
        }
    }
    Ok(())
}
