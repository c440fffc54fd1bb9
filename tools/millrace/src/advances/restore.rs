//! `restore advances`: no payment is made twice after a restore from a backup.

use ::advances::ports::{AdvanceList, Advances, Appended, CallGate};
use ::advances::{append, change_gate, load};
use anyhow::{Result, bail};
use calendar::{Date, Moment};
use serde::Serialize;

/// How many advances one page of the list has.
const PAGE: usize = 100;

/// The result of `restore advances`.
#[derive(Serialize, PartialEq, Eq, Debug)]
pub(crate) struct Restored {
    /// Payments that became unknown.
    unknown: u64,
    /// Payments that wait for an unknown one of the same account and amount.
    waiting: u64,
}

impl Restored {
    /// Whether nothing is left to do.
    pub(crate) fn is_settled(&self) -> bool {
        *self == Self { unknown: 0, waiting: 0 }
    }

    pub(crate) fn text(&self) -> String {
        let Self { unknown, waiting } = self;
        let next = if self.is_settled() {
            "no payment is left: `millrace advances resume`"
        } else {
            "run the debits of the missed days, then repeat this command"
        };
        format!("{unknown} payments are unknown now and {waiting} wait for others; calls are stopped\n{next}")
    }
}

/// Stops all calls, and makes each payment unknown that may have been called since `backup`.
pub(crate) async fn restore<A>(store: &A, backup: Moment, now: Moment) -> Result<Restored>
where
    A: Advances + AdvanceList + CallGate,
{
    change_gate(store, |gate| gate.stop(now, "restore", "the table was restored from a backup")).await?;
    let (mut restored, mut cursor) = (Restored { unknown: 0, waiting: 0 }, None);
    loop {
        let page = store.work(Date::MAX, cursor.as_deref(), PAGE).await?;
        for id in &page.items {
            let Some(mut advance) = load(store, id).await? else { continue };
            for payment in advance.calls() {
                let facts = advance.after_restore(payment, backup, now);
                if facts.is_empty() {
                    continue;
                }
                match append(store, &advance, facts).await? {
                    (Appended::Stored, next) => {
                        advance = next;
                        restored.unknown = restored.unknown.saturating_add(1);
                    }
                    (Appended::Held(_), _) => restored.waiting = restored.waiting.saturating_add(1),
                    (Appended::Conflict, _) => bail!("advance {id} changed meanwhile; repeat the command"),
                }
            }
        }
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(restored);
        }
    }
}
