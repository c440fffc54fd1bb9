use calendar::Moment;

use crate::{Advance, Event, Fact, Payment, Progress};

impl Advance {
    /// The facts that make `payment` unknown after its table was restored as it was at `backup`: calls that are not stored
    /// may have been made since then, until `now`. None if there is no such doubt (any more).
    ///
    /// The call that may have been first is dated at the backup, so that a processor's window for repeated references
    /// counts from there; the call that may have been last is dated now, so that absence shows nothing too early.
    pub fn after_restore(&self, payment: Payment, backup: Moment, now: Moment) -> Vec<Fact> {
        let Some(order) = self.order(payment).filter(|_| self.ended.is_none()) else { return Vec::new() };
        let calling = |call, at| Fact { at, event: Event::Calling { payment, call, order: order.clone() } };
        let unanswered = |at| {
            let reason = "calls since the backup are not known".into();
            Fact { at, event: Event::Unanswered { payment, reason } }
        };
        let again = |count: u32| [calling(count.saturating_add(1), now), unanswered(now)];
        match self.progress(payment) {
            Some(Progress::Due) => [calling(1, backup), unanswered(backup)].into_iter().chain(again(1)).collect(),
            Some(Progress::Sending(calls)) if calls.last_at <= backup => {
                std::iter::once(unanswered(backup)).chain(again(calls.count)).collect()
            }
            Some(Progress::Unknown(calls)) if calls.last_at <= backup => again(calls.count).to_vec(),
            _ => Vec::new(),
        }
    }
}
