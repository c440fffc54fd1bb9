//! `advance`: requests and changes advances, and closes breaks.

use ::advances::ports::{AdvanceList, Advances, Breaks, PaymentQueue};
use ::advances::{Advance, AdvanceId, Break, NewAdvance, Requested, Saved, Status, Terms, change, request, story};
use ::customers::Customers;
use anyhow::{Context as _, Result, bail, ensure};
use banking::AccountNumber;
use calendar::{Clock as _, Moment};
use money::Money;
use serde::Serialize;
use serde_json::json;

use crate::Verdict;
use crate::advances::clock;
use crate::arguments::AdvanceCommand;
use crate::output::Output;
use crate::stack::Stack;
use crate::table::{Column, table};

/// Runs `advance …`.
pub(crate) async fn run(output: &Output, stack: &Stack, command: AdvanceCommand) -> Result<Verdict> {
    let store = stack.advances()?;
    let now = clock(stack).await?.now();
    match command {
        AdvanceCommand::Request { account, amount, currency, key, by } => {
            let amount = Money::parse(&amount, currency).context("the amount cannot be read")?;
            let id = AdvanceId::of_request(&format!("millrace {}", by.by), &key);
            let new = new_advance(&stack.register()?, id, account, amount).await?;
            create(output, &store, &stack.payments()?, &new, now).await
        }
        AdvanceCommand::Show { id } => show(output, &store, &id).await,
        AdvanceCommand::List { customer, state, limit } => {
            let customer = customer.map(|it| it.to_string());
            list(output, &store, customer.as_deref(), state, limit).await
        }
        AdvanceCommand::Breaks { close: Some(id), reason: Some(reason), by, .. } => {
            close(output, &store, &id, &by.by, &reason, now).await
        }
        AdvanceCommand::Breaks { limit, .. } => {
            let open = Breaks::list(&store, None, Some(false), None, limit).await?;
            breaks(output, &open.items)
        }
        AdvanceCommand::Approve { id, instalment, by } => approve(output, &store, &id, instalment, &by.by, now).await,
        AdvanceCommand::Cancel { id, reason, by } => cancel(output, &store, &id, &by.by, &reason, now).await,
    }
}

/// An advance in the list.
#[derive(Serialize)]
struct Line {
    id: AdvanceId,
    customer: Box<str>,
    amount: Money,
    state: &'static str,
    requested_on: calendar::Date,
    paid: Money,
    due_later: Money,
    in_progress: Money,
    refused: Money,
}

impl From<&Advance> for Line {
    fn from(advance: &Advance) -> Self {
        let figures = advance.figures();
        Self {
            id: advance.id().clone(),
            customer: advance.customer().into(),
            amount: advance.amount(),
            state: advance.status().name(),
            requested_on: advance.requested_on(),
            paid: figures.paid,
            due_later: figures.due_later,
            in_progress: figures.in_progress,
            refused: figures.refused,
        }
    }
}

async fn new_advance<R: Customers>(
    register: &R,
    id: AdvanceId,
    account: AccountNumber,
    amount: Money,
) -> Result<NewAdvance> {
    let terms = Terms::weekly(amount.currency());
    terms.check(amount)?;
    let holder = register.account(&account).await?.context("the account is not in the register")?.customer;
    Ok(NewAdvance { id, customer: holder.to_string().into(), account, amount, terms })
}

async fn create<A: Advances, Q: PaymentQueue>(
    output: &Output,
    store: &A,
    payments: &Q,
    new: &NewAdvance,
    now: Moment,
) -> Result<Verdict> {
    let advance = match request(store, new, now).await? {
        Requested::New(advance) | Requested::Earlier(advance) => advance,
        Requested::Other => bail!("the key belongs to a request of another account or amount; use a new key"),
        Requested::Running => bail!("a request with this key is running; repeat the command"),
    };
    payments.send(&advance.requests()).await?;
    output.answer(
        || Line::from(&advance),
        || format!("advance {} of {} is requested", advance.id(), advance.amount().grouped_with_currency()),
    )?;
    Ok(Verdict::Ok)
}

async fn show<A: Advances>(output: &Output, store: &A, id: &AdvanceId) -> Result<Verdict> {
    let facts = store.load(id).await?;
    ensure!(!facts.is_empty(), "there is no advance {id}");
    let text = story(&facts)?;
    output.answer(|| &facts, || text)?;
    Ok(Verdict::Ok)
}

async fn list<A: Advances + AdvanceList>(
    output: &Output,
    store: &A,
    customer: Option<&str>,
    state: Option<Status>,
    limit: usize,
) -> Result<Verdict> {
    let page = store.list(customer, state, None, limit).await?;
    let mut lines = Vec::with_capacity(page.items.len());
    for id in &page.items {
        lines.push(Line::from(&Advance::fold(&store.load(id).await?)?));
    }
    output.answer(
        || &lines,
        || {
            let columns = [
                Column::id("Advance"),
                Column::text("State"),
                Column::text("Requested").optional(2),
                Column::number("Amount"),
                Column::number("Paid"),
                Column::number("Due later"),
                Column::number("In progress").optional(1),
                Column::number("Not collected").optional(3),
            ];
            let rows = lines.iter().map(|it| {
                let amounts = [it.amount, it.paid, it.due_later, it.in_progress, it.refused];
                let texts = [it.id.to_string(), it.state.replace('_', " "), it.requested_on.to_string()];
                texts.into_iter().chain(amounts.map(Money::grouped_with_currency)).collect()
            });
            table(&columns, rows)
        },
    )?;
    Ok(Verdict::Ok)
}

fn breaks(output: &Output, open: &[Break]) -> Result<Verdict> {
    output.answer(
        || open,
        || {
            if open.is_empty() {
                return "there are no open breaks".to_owned();
            }
            let columns = [
                Column::id("Break"),
                Column::text("Opened"),
                Column::text("Kind"),
                Column::id("Transaction").optional(1),
                Column::text("Explanation"),
            ];
            let rows = open.iter().map(|it| {
                let kind = it.kind.name().replace('_', " ");
                vec![
                    it.id.to_string(),
                    it.opened_on.to_string(),
                    kind,
                    it.transaction.to_string(),
                    it.explanation.to_string(),
                ]
            });
            table(&columns, rows)
        },
    )?;
    Ok(if open.is_empty() { Verdict::Ok } else { Verdict::Problems })
}

async fn close<B: Breaks>(
    output: &Output,
    store: &B,
    id: &str,
    by: &str,
    reason: &str,
    now: Moment,
) -> Result<Verdict> {
    let found = store.load(id).await?.with_context(|| format!("there is no break {id}"))?;
    let closed = found.close(now, by, reason).context("the break is closed already, or the reason is empty")?;
    if store.close(&closed).await? == Saved::Conflict {
        bail!("somebody else has closed the break");
    }
    output.answer(|| &closed, || format!("break {id} is closed"))?;
    Ok(Verdict::Ok)
}

async fn approve<A: Advances>(
    output: &Output,
    store: &A,
    id: &AdvanceId,
    instalment: u32,
    by: &str,
    now: Moment,
) -> Result<Verdict> {
    let mut is_approved = false;
    let decide = |advance: &Advance| {
        let fact = advance.approve_refund(instalment, by, now);
        is_approved = fact.is_some();
        Ok(fact.into_iter().collect())
    };
    change(store, id, decide).await?.with_context(|| format!("there is no advance {id}"))?;
    ensure!(is_approved, "no refund of instalment {instalment} waits for an approval");
    output.answer(
        || json!({ "advance": id, "instalment": instalment }),
        || format!("the refund of instalment {instalment} is approved; the next run pays it"),
    )?;
    Ok(Verdict::Ok)
}

async fn cancel<A: Advances>(
    output: &Output,
    store: &A,
    id: &AdvanceId,
    by: &str,
    reason: &str,
    now: Moment,
) -> Result<Verdict> {
    let cancelled = change(store, id, |it| Ok(it.cancel(by, reason, now).into_iter().collect())).await?;
    let advance = cancelled.with_context(|| format!("there is no advance {id}"))?;
    ensure!(advance.status() == Status::Cancelled, "its credit is sent, so it cannot be cancelled any more");
    output.answer(|| Line::from(&advance), || format!("advance {id} is cancelled"))?;
    Ok(Verdict::Ok)
}
