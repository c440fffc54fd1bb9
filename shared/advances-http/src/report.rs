use advances::{Direction, Outcome, Report, ReportLine, TransactionId};
use banking::AccountNumber;
use calendar::Date;
use http_client::HttpAnswer;
use money::Currency;
use serde::Deserialize;

use crate::answers::{BadAnswer, read, reason, success};
use crate::documents::{NO_REPORT, ProblemDocument, positive};

const NOT_FOUND: u16 = 404;

/// `GET /reports/{date}`.
#[derive(Deserialize)]
struct ReportDocument {
    day: Date,
    complete: bool,
    final_as_of: Date,
    lines: Vec<LineDocument>,
}

#[derive(Deserialize)]
struct LineDocument {
    transaction: TransactionId,
    reference: Option<Box<str>>,
    direction: Direction,
    source: AccountNumber,
    destination: AccountNumber,
    amount: String,
    currency: Currency,
    accepted_on: Date,
    outcome: OutcomeName,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeName {
    Success,
    Fail,
}

/// The report of a day; `None` only if the processor says that it is not available.
pub(crate) fn of_day(day: Date, ours: &AccountNumber, answer: HttpAnswer) -> Result<Option<Report>, BadAnswer> {
    if answer.status.as_u16() == NOT_FOUND {
        let is_documented = answer.body.is_ok_and(|body| read(&body).is_ok_and(says_not_available));
        return if is_documented { Ok(None) } else { Err(BadAnswer::Status(NOT_FOUND)) };
    }
    let document: ReportDocument = read(&success(answer)?)?;
    if document.day != day {
        return Err(BadAnswer::Undocumented("it is the report of another day".to_owned()));
    }
    let lines = (1_u32..).zip(document.lines).map(|(number, line)| {
        let wrong = |what| BadAnswer::Undocumented(format!("line {number} of the report: {what}"));
        line.read(ours).map_err(wrong)
    });
    let lines = lines.collect::<Result<_, _>>()?;
    Ok(Some(Report { day, complete: document.complete, final_as_of: document.final_as_of, lines }))
}

#[allow(clippy::needless_pass_by_value, reason = "for is_ok_and")]
fn says_not_available(problem: ProblemDocument) -> bool {
    problem.r#type == NO_REPORT
}

impl LineDocument {
    fn read(self, ours: &AccountNumber) -> Result<ReportLine, &'static str> {
        let (account, other) = match self.direction {
            Direction::Credit => (self.destination, self.source),
            Direction::Debit => (self.source, self.destination),
        };
        if other != *ours {
            return Err("it is not about our account");
        }
        let outcome = match self.outcome {
            OutcomeName::Success => Outcome::Success,
            OutcomeName::Fail => Outcome::Fail { reason: reason(self.reason.as_deref()) },
        };
        Ok(ReportLine {
            transaction: self.transaction,
            reference: self.reference,
            direction: self.direction,
            account,
            amount: positive(&self.amount, self.currency)
                .ok_or("the amount is not a positive amount of its currency")?,
            accepted_on: self.accepted_on,
            outcome,
        })
    }
}
