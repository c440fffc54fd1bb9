//! What happens to a call, as a function of the faults, of the earlier calls and of the time.

use std::time::Duration;

use calendar::{Date, Moment};
use datamaker::{Noise, PerMille};
use serde::{Deserialize, Serialize};

use crate::dice::{Stream, dice};
use crate::{Chances, Direction, Faults, Order, Outcome, Transaction};

/// The longest time after which a hanging call is executed, in minutes: the contract has an hour.
const MAX_HANG_MINUTES: u64 = 55;
/// An outcome is known after at most this number of days, unless it is late.
const USUAL_DAYS: u64 = 3;
const LATE_FROM_DAYS: u64 = 7;
const LATE_TO_DAYS: u64 = 60;

/// The calls of one reference, or one call without a reference.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Calls {
    /// The number of calls.
    pub count: u32,
    /// Since the call that was executed or refused last; `None`: no call had an effect.
    pub window: Option<Window>,
    /// All executions, the last one at the end. More than one: duplicates.
    pub executions: Vec<Execution>,
}

/// The time in which a reference is recognised.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Window {
    /// The first call.
    pub opened_at: Moment,
    /// Its order.
    pub order: Order,
    /// The reason of a refusal; `None`: the last execution is of this window.
    pub refused: Option<String>,
}

/// An accepted transaction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Execution {
    /// Its id.
    pub transaction: String,
    /// From when on it is accepted.
    pub accepted_at: Moment,
}

/// What a call does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// The calls including this one.
    pub calls: Calls,
    /// A new transaction, or one that is accepted earlier than before.
    pub transaction: Option<Transaction>,
    /// The answer.
    pub reply: Reply,
}

/// The answer to a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// The transaction is accepted.
    Accepted {
        /// Its id.
        transaction: String,
        /// When.
        accepted_at: Moment,
        /// Whether the answer takes seconds.
        slow: bool,
    },
    /// It is refused for this reason.
    Refused(String),
    /// The reference was used for another order.
    OtherOrder,
    /// 503, and nothing has happened.
    Unavailable,
    /// It has happened, and the answer does not arrive.
    Lost,
    /// There is no answer within the client's time-out.
    Hang,
}

/// A call and what it depends on.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// How the processor fails.
    pub faults: &'a Faults,
    /// The rates of the faults.
    pub chances: &'a Chances,
    /// The reference, or something unique without one.
    pub key: &'a str,
    /// The order.
    pub order: &'a Order,
    /// A reference that is repeated within this time of its first call is not executed again; after it, it is.
    pub dedupe: Duration,
    /// The time.
    pub now: Moment,
}

/// Decides about a call after the earlier ones with its key.
pub fn decide(call: &Call<'_>, earlier: &Calls) -> Decision {
    let mut calls = earlier.clone();
    calls.count = calls.count.saturating_add(1);
    let mut drawn = Drawn::new(call, calls.count);
    let recognised = |it: &&Window| call.now.since(it.opened_at) <= call.dedupe;
    let window = calls.window.as_ref().filter(recognised).cloned();
    let (reply, transaction) = match window {
        _ if drawn.unavailable => (Reply::Unavailable, None),
        Some(window) if window.order != *call.order => (Reply::OtherOrder, None),
        Some(Window { refused: Some(reason), .. }) => (drawn.delivered(Reply::Refused(reason)), None),
        Some(_) => repeated(call, &mut calls, &drawn),
        None => first(call, &mut calls, &mut drawn),
    };
    Decision { calls, transaction, reply }
}

/// The first call of a window: it is executed or refused.
fn first(call: &Call<'_>, calls: &mut Calls, drawn: &mut Drawn) -> (Reply, Option<Transaction>) {
    let refused = (drawn.refused && !drawn.hangs).then(|| "account closed".to_owned());
    calls.window = Some(Window { opened_at: call.now, order: call.order.clone(), refused: refused.clone() });
    if let Some(reason) = refused {
        return (drawn.delivered(Reply::Refused(reason)), None);
    }
    let number = calls.executions.len().saturating_add(1);
    let accepted_at = if drawn.hangs { drawn.later(call.now) } else { call.now };
    let execution = Execution { transaction: format!("tx-{}.{number}", call.key), accepted_at };
    calls.executions.push(execution.clone());
    (drawn.accepted(&execution), Some(executed(call, number, execution)))
}

/// A further call of a window after one that was executed, or hangs: then this one is executed in its place.
fn repeated(call: &Call<'_>, calls: &mut Calls, drawn: &Drawn) -> (Reply, Option<Transaction>) {
    let number = calls.executions.len();
    let Some(execution) = calls.executions.last_mut() else { return (Reply::Unavailable, None) };
    let is_first = execution.accepted_at > call.now && !drawn.hangs;
    if is_first {
        execution.accepted_at = call.now;
    }
    (drawn.accepted(execution), is_first.then(|| executed(call, number, execution.clone())))
}

/// What is drawn for a call.
#[allow(clippy::struct_excessive_bools, reason = "they are independent of each other")]
struct Drawn {
    unavailable: bool,
    refused: bool,
    hangs: bool,
    lost: bool,
    slow: bool,
    more: Noise,
}

impl Drawn {
    fn new(call: &Call<'_>, number: u32) -> Self {
        let chances = call.chances;
        let mut more = dice(call.faults.seed, Stream::Call, call.key, number);
        let mut draw = |rate: PerMille| more.below(PerMille::ALWAYS.value()) < rate.value();
        Self {
            unavailable: draw(chances.unavailable),
            refused: draw(chances.refusal),
            hangs: draw(chances.hang),
            lost: draw(chances.lost_answer),
            slow: draw(chances.slow),
            more,
        }
    }

    fn later(&mut self, now: Moment) -> Moment {
        let minutes = self.more.below(MAX_HANG_MINUTES).saturating_add(1);
        now.plus(Duration::from_mins(minutes))
    }

    fn accepted(&self, execution: &Execution) -> Reply {
        let Execution { transaction, accepted_at } = execution.clone();
        self.delivered(Reply::Accepted { transaction, accepted_at, slow: self.slow })
    }

    fn delivered(&self, reply: Reply) -> Reply {
        if self.hangs {
            Reply::Hang
        } else if self.lost {
            Reply::Lost
        } else {
            reply
        }
    }
}

/// The transaction of an execution: its outcome does not depend on the number of calls that it took.
fn executed(call: &Call<'_>, number: usize, execution: Execution) -> Transaction {
    let Call { faults, chances, order, .. } = *call;
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let mut noise = dice(faults.seed, Stream::Outcome, call.key, number);
    let mut draw = |rate: PerMille| noise.below(PerMille::ALWAYS.value()) < rate.value();
    let (fails, is_late) = (draw(chances.failure), draw(chances.late_outcome));
    let has_no_funds = order.direction == Direction::Debit && faults.without_funds.contains(order.customer());
    let outcome = match order.direction {
        Direction::Debit if fails || has_no_funds => Outcome::Fail { reason: "insufficient funds".to_owned() },
        Direction::Credit if fails => Outcome::Fail { reason: "the bank has returned it".to_owned() },
        _ => Outcome::Success,
    };
    let (from, to) = if is_late { (LATE_FROM_DAYS, LATE_TO_DAYS) } else { (0, USUAL_DAYS) };
    let days = noise.below(to.saturating_sub(from).saturating_add(1)).saturating_add(from);
    let accepted_on = execution.accepted_at.date();
    let reported_on = accepted_on.plus_days(i32::try_from(days).unwrap_or(0)).unwrap_or(Date::MAX);
    let Execution { transaction, accepted_at } = execution;
    Transaction { transaction, order: order.clone(), accepted_at, reported_on, outcome }
}
