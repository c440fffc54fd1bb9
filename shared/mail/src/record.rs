use std::fmt;
use std::time::Duration;

use calendar::Moment;
use serde::{Deserialize, Serialize};

use crate::events::{Feedback, MailEvent};
use crate::mailer::Sent;
use crate::{Envelope, Mail, RenderMailError, Summary, SummaryKey, render};

/// The maximum number of attempts to send one text: a second attempt only if the first got no response (reliability
/// rule 15).
pub const MAX_ATTEMPTS: u8 = 2;

/// The complete content of a mail, stored before it is sent, so that a repeat has the same bytes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct Intent {
    /// Sender, receiver, reference and date.
    pub envelope: Envelope,
    /// Its content.
    pub summary: Summary,
}

impl Intent {
    /// The rendered mail; deterministic.
    pub fn mail(&self) -> Result<Mail, RenderMailError> {
        render(&self.summary, &self.envelope)
    }
}

/// The record of one summary mail.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct SummaryMail {
    /// Its key.
    pub key: SummaryKey,
    /// Its state.
    pub state: MailState,
}

/// The states of a summary mail. All except the first two are final, unless the provider reports an event or an
/// operator intervenes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MailState {
    /// It will be sent; no attempt was made.
    Wanted {
        /// Since when.
        since: Moment,
        /// Not before this time, if only this mail is on hold.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Moment>,
    },
    /// An attempt is about to start or has started, and the result is not recorded yet.
    Sending {
        /// The number of the attempt, from 1 to [`MAX_ATTEMPTS`].
        attempt: u8,
        /// When this attempt began; the lease starts here.
        since: Moment,
        /// What is sent.
        intent: Box<Intent>,
    },
    /// The provider accepted it.
    Sent {
        /// When this was recorded.
        at: Moment,
        /// The provider's message id.
        #[serde(rename = "carrier_id")]
        provider_id: String,
    },
    /// The provider refused it permanently.
    Refused {
        /// When this was recorded.
        at: Moment,
        /// The provider's message.
        reason: String,
    },
    /// The account has no valid mail address.
    NoAddress {
        /// When this was detected.
        at: Moment,
    },
    /// Its address is suppressed: an earlier mail bounced, or its owner complained.
    Suppressed {
        /// When this was detected.
        at: Moment,
    },
    /// The provider accepted it and could not deliver it.
    Bounced {
        /// When this was recorded.
        at: Moment,
        /// When the provider accepted it.
        sent_at: Moment,
        /// Whether the failure is permanent.
        hard: bool,
    },
    /// The provider delivered it, and the receiver marked it as spam.
    Complained {
        /// When this was recorded.
        at: Moment,
        /// When the provider accepted it.
        sent_at: Moment,
    },
    /// The account's holder has opted out.
    OptedOut {
        /// When this was detected.
        at: Moment,
    },
    /// All attempts ended without a response: the holder may have received zero, one or two identical mails.
    Unknown {
        /// When it became final.
        at: Moment,
        /// The failure.
        reason: String,
    },
    /// It failed before any attempt.
    Failed {
        /// When.
        at: Moment,
        /// Why.
        reason: String,
    },
}

/// The next step after a delivery of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Create the summary, save [`SummaryMail::sending`] (or [`SummaryMail::no_address`]), then send.
    Prepare,
    /// The first attempt got no response in time. Save this record, then send its intent again.
    SendAgain(SummaryMail),
    /// Both attempts got no response. Save this record; it is final.
    GiveUp(SummaryMail),
    /// Another delivery may be in progress; retry after this time.
    WaitFor(Duration),
    /// It is on hold. The sweeper requests it again.
    KeptBack,
    /// Nothing to do.
    Done,
}

/// An invalid transition: a defect of the caller, or a save that was not conditional.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("a summary mail that is {from} cannot become {to}")]
pub struct TransitionError {
    from: &'static str,
    to: &'static str,
}

impl SummaryMail {
    /// A mail to send.
    pub fn wanted(key: SummaryKey, now: Moment) -> Self {
        Self { key, state: MailState::Wanted { since: now, retry_at: None } }
    }

    /// The next step of a delivery `now`. `lease` must be longer than an attempt, from saving the record to the last
    /// moment at which its call can reach the provider.
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

    /// The intent of the first attempt: save it before sending the mail.
    pub fn sending(&self, intent: Intent, now: Moment) -> Result<Self, TransitionError> {
        self.only_wanted("sending")?;
        Ok(self.with(MailState::Sending { attempt: 1, since: now, intent: Box::new(intent) }))
    }

    /// The account has no address or an invalid one.
    pub fn no_address(&self, now: Moment) -> Result<Self, TransitionError> {
        self.only_wanted("without an address")?;
        Ok(self.with(MailState::NoAddress { at: now }))
    }

    /// The account's holder has opted out of mails.
    pub fn opted_out(&self, now: Moment) -> Result<Self, TransitionError> {
        self.only_wanted("opted out")?;
        Ok(self.with(MailState::OptedOut { at: now }))
    }

    /// Applies the result of an attempt. Without a response to the first attempt the record does not change: the next
    /// delivery after the lease repeats it.
    pub fn on_answer(&self, answer: Sent, now: Moment) -> Result<Self, TransitionError> {
        let attempt = self.attempt("answered")?;
        Ok(match answer {
            Sent::Taken { provider_id } => self.with(MailState::Sent { at: now, provider_id }),
            // A refused repeat says nothing about the first attempt, which may have been accepted.
            Sent::Refused { reason } if attempt == 1 => self.with(MailState::Refused { at: now, reason }),
            Sent::Refused { reason } | Sent::Unknown { reason } if attempt >= MAX_ATTEMPTS => {
                self.with(MailState::Unknown { at: now, reason })
            }
            Sent::Refused { .. } | Sent::Unknown { .. } => self.clone(),
        })
    }

    /// The provider certainly did not accept the mail but may do so later: the attempt does not count. With `retry_at`,
    /// the next attempt is not before that time.
    pub fn on_not_taken(&self, now: Moment, retry_at: Option<Moment>) -> Result<Self, TransitionError> {
        let attempt = self.attempt("not taken")?;
        Ok(self.with(match &self.state {
            MailState::Sending { intent, .. } if attempt > 1 => {
                MailState::Sending { attempt: attempt.saturating_sub(1), since: now, intent: intent.clone() }
            }
            _ => MailState::Wanted { since: now, retry_at },
        }))
    }

    /// The address is suppressed.
    pub fn suppressed(&self, now: Moment) -> Result<Self, TransitionError> {
        self.only_wanted("suppressed")?;
        Ok(self.with(MailState::Suppressed { at: now }))
    }

    /// Applies an event of the provider; `None` if it changes nothing. An event also implies that the provider accepted
    /// the mail: a record that is not [`MailState::Sent`] yet becomes so first; then call this again.
    pub fn on_event(&self, event: &MailEvent, now: Moment) -> Option<Self> {
        match &self.state {
            MailState::Wanted { .. } | MailState::Sending { .. } | MailState::Unknown { .. } => {
                let provider_id = event.provider_id.clone();
                Some(self.with(MailState::Sent { at: event.sent_at, provider_id }))
            }
            MailState::Sent { at: sent_at, .. } => Some(self.with(match event.feedback {
                Feedback::HardBounce => MailState::Bounced { at: now, sent_at: *sent_at, hard: true },
                Feedback::SoftBounce => MailState::Bounced { at: now, sent_at: *sent_at, hard: false },
                Feedback::Complaint => MailState::Complained { at: now, sent_at: *sent_at },
                Feedback::Rejected => {
                    MailState::Refused { at: now, reason: "rejected after it was accepted".to_owned() }
                }
            })),
            _ => None,
        }
    }

    /// Resets a failed or refused summary to wanted, for an operator. One in state [`MailState::Unknown`] may have been
    /// sent, so this requires `even_unknown`.
    pub fn retried(&self, even_unknown: bool, now: Moment) -> Option<Self> {
        match self.state {
            MailState::Failed { .. } | MailState::Refused { .. } => {}
            MailState::Unknown { .. } if even_unknown => {}
            _ => return None,
        }
        Some(Self::wanted(self.key.clone(), now))
    }

    /// Marks the summary as failed: its request is in a dead-letter queue, or the summary cannot be rendered. A final
    /// state does not change.
    pub fn give_up(&self, reason: &str, now: Moment) -> Self {
        let reason = reason.to_owned();
        match self.state {
            MailState::Wanted { .. } => self.with(MailState::Failed { at: now, reason }),
            MailState::Sending { .. } => self.with(MailState::Unknown { at: now, reason }),
            _ => self.clone(),
        }
    }

    /// After a restore from a backup it is unknown whether the mail was sent after the backup, so it is not sent again
    /// (reliability rule 14). A final state does not change.
    pub fn after_restore(&self, now: Moment) -> Self {
        if self.is_final() {
            return self.clone();
        }
        let reason = format!("its record was restored from a backup; it was {} then", self.state.name());
        self.with(MailState::Unknown { at: now, reason })
    }

    /// The intent, while it is being sent.
    pub fn intent(&self) -> Option<&Intent> {
        match &self.state {
            MailState::Sending { intent, .. } => Some(intent),
            _ => None,
        }
    }

    /// When it became open, for the sweeper; `None` if it is final.
    pub fn open_since(&self) -> Option<Moment> {
        match &self.state {
            MailState::Wanted { since, retry_at } => Some(retry_at.unwrap_or(*since)),
            MailState::Sending { since, .. } => Some(*since),
            _ => None,
        }
    }

    /// Whether its state is final.
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

    /// When it entered this state.
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

    /// The reason of this state, if one is recorded.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused { reason, .. } | Self::Unknown { reason, .. } | Self::Failed { reason, .. } => Some(reason),
            Self::Bounced { hard: true, .. } => Some("the address permanently refuses mails"),
            Self::Bounced { hard: false, .. } => Some("a temporary delivery failure"),
            _ => None,
        }
    }
}

impl fmt::Debug for MailState {
    /// Without the content and the provider's message, which may quote an address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sending { attempt, since, .. } => write!(f, "sending({attempt}, since {since})"),
            other => f.write_str(other.name()),
        }
    }
}
