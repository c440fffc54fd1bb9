use std::fmt;
use std::time::Duration;

use banking::AccountNumber;
use calendar::Moment;
use serde::{Deserialize, Serialize};

use crate::events::{Feedback, MailEvent};
use crate::mailer::Sent;
use crate::{Envelope, Mail, Reference, RenderMailError, Summary, render};

/// How often one text is handed to the carrier at most: once, and once more where there was no answer
/// (reliability rule 15).
pub const MAX_ATTEMPTS: u8 = 2;

/// Which summary: one account after one import.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct SummaryKey {
    /// The account.
    pub account: AccountNumber,
    /// The import.
    pub import: String,
}

impl SummaryKey {
    /// The reference of the mail, the same each time.
    pub fn reference(&self) -> Reference {
        Reference::of_summary(&self.account, &self.import)
    }
}

/// All that the mail is made of, kept before it is sent: a repeat has the same bytes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct Intent {
    /// From whom, to whom, under which reference and date.
    pub envelope: Envelope,
    /// What it tells.
    pub summary: Summary,
}

impl Intent {
    /// The mail; the same bytes each time.
    pub fn mail(&self) -> Result<Mail, RenderMailError> {
        render(&self.summary, &self.envelope)
    }
}

/// What is known of one summary mail.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct SummaryMail {
    /// Which one.
    pub key: SummaryKey,
    /// What has become of it.
    pub state: MailState,
}

/// The states of a summary mail. All but the first two are final, until the carrier or an operator reports otherwise.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MailState {
    /// It shall be sent; nothing was handed to the carrier.
    Wanted {
        /// Since when.
        since: Moment,
        /// Not before this time, where this mail alone is kept back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Moment>,
    },
    /// It is about to be handed to the carrier, or was, and the answer is not known here.
    Sending {
        /// Which attempt this is, from 1 to [`MAX_ATTEMPTS`].
        attempt: u8,
        /// When this attempt began; the lease counts from here.
        since: Moment,
        /// What is sent.
        intent: Box<Intent>,
    },
    /// The carrier took it.
    Sent {
        /// When that was written down.
        at: Moment,
        /// The carrier's name for it.
        carrier_id: String,
    },
    /// The carrier refused it for good.
    Refused {
        /// When that was written down.
        at: Moment,
        /// In the carrier's words.
        reason: String,
    },
    /// The account has no address a mail can be sent to.
    NoAddress {
        /// When that was found.
        at: Moment,
    },
    /// Its address gets no more mails: an earlier one bounced, or its owner complained.
    Suppressed {
        /// When that was found.
        at: Moment,
    },
    /// The carrier took it, and could not deliver it.
    Bounced {
        /// When that was written down.
        at: Moment,
        /// When the carrier took it.
        sent_at: Moment,
        /// Whether the address does not exist, or refuses for good.
        hard: bool,
    },
    /// The carrier delivered it, and its receiver called it spam.
    Complained {
        /// When that was written down.
        at: Moment,
        /// When the carrier took it.
        sent_at: Moment,
    },
    /// The account's holder wants no mails.
    OptedOut {
        /// When that was found.
        at: Moment,
    },
    /// It was handed over and never answered: the holder may have none, one or two equal mails.
    Unknown {
        /// When it was given up.
        at: Moment,
        /// What happened instead of an answer.
        reason: String,
    },
    /// It was given up before anything was handed to the carrier.
    Failed {
        /// When.
        at: Moment,
        /// Why.
        reason: String,
    },
}

/// What the delivery of a request has to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Make the summary, then save [`SummaryMail::sending`] (or [`SummaryMail::no_address`]), then send.
    Prepare,
    /// There was no answer in time. Save this record, then send its intent once more.
    SendAgain(SummaryMail),
    /// There was no answer twice. Save this record; it is final.
    GiveUp(SummaryMail),
    /// Another delivery may be at it; come back after this time.
    WaitFor(Duration),
    /// It is kept back. The sweeper requests it again.
    KeptBack,
    /// Nothing is left to do.
    Done,
}

/// A step the record cannot take from its state: a defect of the caller, or a save that was not conditional.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("a summary mail that is {from} cannot become {to}")]
pub struct TransitionError {
    from: &'static str,
    to: &'static str,
}

impl SummaryMail {
    /// A mail that shall be sent.
    pub fn wanted(key: SummaryKey, now: Moment) -> Self {
        Self { key, state: MailState::Wanted { since: now, retry_at: None } }
    }

    /// What a delivery of the request does `now`. `lease` must be longer than an attempt can take, from saving the
    /// record to the last moment at which its call can reach the carrier.
    pub fn on_delivery(&self, now: Moment, lease: Duration) -> Next {
        let MailState::Sending { attempt, since, intent } = &self.state else {
            return match self.state {
                MailState::Wanted { retry_at: Some(retry_at), .. } if retry_at > now => Next::KeptBack,
                MailState::Wanted { .. } => Next::Prepare,
                _ => Next::Done,
            };
        };
        let left = lease.saturating_sub(now.since(*since));
        if !left.is_zero() {
            return Next::WaitFor(left);
        }
        if *attempt >= MAX_ATTEMPTS {
            return Next::GiveUp(self.with(MailState::Unknown { at: now, reason: "no answer in time".to_owned() }));
        }
        let attempt = attempt.saturating_add(1);
        Next::SendAgain(self.with(MailState::Sending { attempt, since: now, intent: intent.clone() }))
    }

    /// The intent of the first attempt: save it before the mail is handed to the carrier.
    pub fn sending(&self, intent: Intent, now: Moment) -> Result<Self, TransitionError> {
        self.only_wanted("sending")?;
        Ok(self.with(MailState::Sending { attempt: 1, since: now, intent: Box::new(intent) }))
    }

    /// The account has no address, or one that no mail can be sent to.
    pub fn no_address(&self, now: Moment) -> Result<Self, TransitionError> {
        self.only_wanted("without an address")?;
        Ok(self.with(MailState::NoAddress { at: now }))
    }

    /// The account's holder has opted out of mails.
    pub fn opted_out(&self, now: Moment) -> Result<Self, TransitionError> {
        self.only_wanted("opted out")?;
        Ok(self.with(MailState::OptedOut { at: now }))
    }

    /// What the carrier answered. Without an answer to the first attempt the record stays as it is: the request's
    /// next delivery after the lease repeats it.
    pub fn on_answer(&self, answer: Sent, now: Moment) -> Result<Self, TransitionError> {
        let attempt = self.attempt("answered")?;
        Ok(match answer {
            Sent::Taken { carrier_id } => self.with(MailState::Sent { at: now, carrier_id }),
            // A refused repeat says nothing about the first attempt, which may have been taken.
            Sent::Refused { reason } if attempt == 1 => self.with(MailState::Refused { at: now, reason }),
            Sent::Refused { reason } | Sent::Unknown { reason } if attempt >= MAX_ATTEMPTS => {
                self.with(MailState::Unknown { at: now, reason })
            }
            Sent::Refused { .. } | Sent::Unknown { .. } => self.clone(),
        })
    }

    /// The carrier certainly did not take this attempt's mail, and may later: the attempt does not count. With
    /// `retry_at`, not before then.
    pub fn on_not_taken(&self, now: Moment, retry_at: Option<Moment>) -> Result<Self, TransitionError> {
        let attempt = self.attempt("not taken")?;
        Ok(self.with(match &self.state {
            MailState::Sending { intent, .. } if attempt > 1 => {
                MailState::Sending { attempt: attempt.saturating_sub(1), since: now, intent: intent.clone() }
            }
            _ => MailState::Wanted { since: now, retry_at },
        }))
    }

    /// The address gets no more mails.
    pub fn suppressed(&self, now: Moment) -> Result<Self, TransitionError> {
        self.only_wanted("suppressed")?;
        Ok(self.with(MailState::Suppressed { at: now }))
    }

    /// The next step after a report of the carrier; `None` if it changes nothing. A report also says that the carrier
    /// took the mail: a record that does not say so yet becomes [`MailState::Sent`] first, so ask again then.
    pub fn on_event(&self, event: &MailEvent, now: Moment) -> Option<Self> {
        match &self.state {
            MailState::Wanted { .. } | MailState::Sending { .. } | MailState::Unknown { .. } => {
                let carrier_id = event.carrier_id.clone();
                Some(self.with(MailState::Sent { at: event.sent_at, carrier_id }))
            }
            MailState::Sent { at: sent_at, .. } => Some(self.with(match event.feedback {
                Feedback::HardBounce => MailState::Bounced { at: now, sent_at: *sent_at, hard: true },
                Feedback::SoftBounce => MailState::Bounced { at: now, sent_at: *sent_at, hard: false },
                Feedback::Complaint => MailState::Complained { at: now, sent_at: *sent_at },
                Feedback::Rejected => MailState::Refused { at: now, reason: "rejected after it was taken".to_owned() },
            })),
            _ => None,
        }
    }

    /// The same summary wanted again, for an operator: it has failed or was refused. One that is
    /// [`MailState::Unknown`] may have been sent, so only with `even_unknown`.
    pub fn retried(&self, even_unknown: bool, now: Moment) -> Option<Self> {
        match self.state {
            MailState::Failed { .. } | MailState::Refused { .. } => {}
            MailState::Unknown { .. } if even_unknown => {}
            _ => return None,
        }
        Some(Self::wanted(self.key.clone(), now))
    }

    /// Nobody will try again: its request is in the dead letters, or no mail can be made of the summary. A final
    /// state stays.
    pub fn give_up(&self, reason: &str, now: Moment) -> Self {
        let reason = reason.to_owned();
        match self.state {
            MailState::Wanted { .. } => self.with(MailState::Failed { at: now, reason }),
            MailState::Sending { .. } => self.with(MailState::Unknown { at: now, reason }),
            _ => self.clone(),
        }
    }

    /// After its record was restored from a backup: whether it was sent after the backup, nobody knows, so it is not sent
    /// again (reliability rule 14). A final state stays.
    pub fn after_restore(&self, now: Moment) -> Self {
        if self.is_final() {
            return self.clone();
        }
        let reason = format!("its record was restored from a backup; it was {} then", self.state.name());
        self.with(MailState::Unknown { at: now, reason })
    }

    /// What to send, while it is being sent.
    pub fn intent(&self) -> Option<&Intent> {
        match &self.state {
            MailState::Sending { intent, .. } => Some(intent),
            _ => None,
        }
    }

    /// Since when it is open, for the sweeper; `None` once it is final.
    pub fn open_since(&self) -> Option<Moment> {
        match &self.state {
            MailState::Wanted { since, retry_at } => Some(retry_at.unwrap_or(*since)),
            MailState::Sending { since, .. } => Some(*since),
            _ => None,
        }
    }

    /// Whether nothing more will happen to it.
    pub fn is_final(&self) -> bool {
        self.open_since().is_none()
    }

    fn with(&self, state: MailState) -> Self {
        Self { key: self.key.clone(), state }
    }

    fn only_wanted(&self, to: &'static str) -> Result<(), TransitionError> {
        match self.state {
            MailState::Wanted { .. } => Ok(()),
            _ => Err(TransitionError { from: self.state.name(), to }),
        }
    }

    fn attempt(&self, to: &'static str) -> Result<u8, TransitionError> {
        match self.state {
            MailState::Sending { attempt, .. } => Ok(attempt),
            _ => Err(TransitionError { from: self.state.name(), to }),
        }
    }
}

impl MailState {
    /// Its stable name, as stored, counted and logged.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Wanted { .. } => "wanted",
            Self::Sending { .. } => "sending",
            Self::Sent { .. } => "sent",
            Self::Refused { .. } => "refused",
            Self::NoAddress { .. } => "no_address",
            Self::Suppressed { .. } => "suppressed",
            Self::Bounced { .. } => "bounced",
            Self::Complained { .. } => "complained",
            Self::OptedOut { .. } => "opted_out",
            Self::Unknown { .. } => "unknown",
            Self::Failed { .. } => "failed",
        }
    }

    /// When it came into this state.
    pub fn at(&self) -> Moment {
        match self {
            Self::Wanted { since, .. } | Self::Sending { since, .. } => *since,
            Self::Sent { at, .. }
            | Self::Refused { at, .. }
            | Self::NoAddress { at }
            | Self::OptedOut { at }
            | Self::Suppressed { at }
            | Self::Bounced { at, .. }
            | Self::Complained { at, .. }
            | Self::Unknown { at, .. }
            | Self::Failed { at, .. } => *at,
        }
    }

    /// Why it is in this state, where a reason is recorded.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused { reason, .. } | Self::Unknown { reason, .. } | Self::Failed { reason, .. } => Some(reason),
            Self::Bounced { hard: true, .. } => Some("the address refuses mails for good"),
            Self::Bounced { hard: false, .. } => Some("the mail could not be delivered this time"),
            _ => None,
        }
    }
}

impl fmt::Debug for MailState {
    /// Without what is sent and without the carrier's words, which may quote an address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sending { attempt, since, .. } => write!(f, "sending({attempt}, since {since})"),
            other => f.write_str(other.name()),
        }
    }
}
