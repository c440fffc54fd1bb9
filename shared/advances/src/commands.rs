use banking::AccountNumber;
use calendar::Moment;
use money::Money;

use crate::{Advance, AdvanceId, Event, Fact, Payment, Status, Terms, TermsError};

impl Advance {
    /// The first facts of an advance that a customer requests: the request, and that its credit is due. Store them with
    /// [`create`](crate::create), then request the payment ([`Advance::requests`]); the daily run requests it, too.
    pub fn request(
        id: AdvanceId,
        customer: &str,
        account: AccountNumber,
        amount: Money,
        terms: Terms,
        at: Moment,
    ) -> Result<Vec<Fact>, TermsError> {
        terms.check(amount)?;
        let requested = Event::Requested { advance: id, customer: customer.into(), account, amount, terms };
        let due = Event::Due { payment: Payment::Credit { attempt: 1 } };
        Ok([requested, due].map(|event| Fact { at, event }).to_vec())
    }

    /// The fact of a cancellation; `None` if a call of the credit may have begun, or it is cancelled already.
    pub fn cancel(&self, by: &str, reason: &str, at: Moment) -> Option<Fact> {
        let event = Event::Cancelled { by: by.into(), reason: reason.into() };
        (self.status() == Status::Requested).then_some(Fact { at, event })
    }

    /// The fact that an operator approves the refund of an instalment; `None` if there is none that needs an approval.
    /// The next run makes it due.
    pub fn approve_refund(&self, instalment: u32, by: &str, at: Moment) -> Option<Fact> {
        let needs_approval = self.refund(instalment)?.needs_approval(&self.terms);
        needs_approval.then(|| Fact { at, event: Event::RefundApproved { instalment, by: by.into() } })
    }
}
