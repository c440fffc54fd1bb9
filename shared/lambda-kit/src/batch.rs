//! Batches of SQS messages: each message succeeds or fails on its own.

use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use calendar::{Clock, Moment};
use futures_util::{FutureExt, StreamExt, stream};
use lambda_runtime::{Context, LambdaEvent};
use serde::de::DeserializeOwned;
use tracing::Instrument as _;

use crate::failure::{Failure, log};
use crate::{Severity, SystemClock, about_import};

/// As long as the function with the most time has on AWS.
const TIME_WITHOUT_DEADLINE: Duration = Duration::from_mins(5);

/// How fast a batch is walked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// How many messages are handled at once, at least 1.
    pub at_once: usize,
    /// The time a message needs at most: with less left, it goes back to the queue unhandled.
    pub time_each: Duration,
}

impl Pace {
    /// One message after the other.
    pub const fn one_by_one(time_each: Duration) -> Self {
        Self { at_once: 1, time_each }
    }
}

/// A message that is none of ours. It does not quote the message.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("the message cannot be read (line {line}, column {column})")]
pub struct MessageError {
    /// In which line.
    pub line: usize,
    /// At which column of it.
    pub column: usize,
}

impl Failure for MessageError {}

/// Reads a message's JSON body.
pub fn read<T: DeserializeOwned>(message: &SqsMessage) -> Result<T, MessageError> {
    serde_json::from_str(message.body.as_deref().unwrap_or_default())
        .map_err(|error| MessageError { line: error.line(), column: error.column() })
}

/// Reads a message about an import and adds the import's id to the following log lines.
pub fn read_about<T: DeserializeOwned, I: Display>(
    message: &SqsMessage,
    import: impl FnOnce(&T) -> I,
) -> Result<T, MessageError> {
    let read = read(message)?;
    about_import(import(&read));
    Ok(read)
}

/// When a message was first sent: the same at each delivery.
pub fn sent_at(message: &SqsMessage) -> Moment {
    let sent_ms: Option<i64> = message.attributes.get("SentTimestamp").and_then(|it| it.parse().ok());
    let sent_at = sent_ms.and_then(|it| Moment::instant(it.saturating_mul(1000)).ok());
    sent_at.unwrap_or_else(|| SystemClock.now())
}

/// The end of an invocation, at its beginning.
///
/// `cargo lambda watch` gives a deadline in 1970; then the invocation has [`TIME_WITHOUT_DEADLINE`].
pub fn deadline(context: &Context) -> Moment {
    deadline_at(context.deadline, SystemClock.now())
}

/// Whether an invocation has more than `time` left, at each call.
pub fn has_time(context: &Context, time: Duration) -> impl Fn() -> bool + use<> {
    let deadline = deadline(context);
    move || deadline.since(SystemClock.now()) > time
}

fn deadline_at(deadline_ms: u64, now: Moment) -> Moment {
    let at = i64::try_from(deadline_ms).unwrap_or(i64::MAX).saturating_mul(1000);
    let at = Moment::instant(at).ok().filter(|it| *it > now);
    at.unwrap_or_else(|| now.plus(TIME_WITHOUT_DEADLINE))
}

/// Passes each message to `handle` and returns the failed ones, so that only those are redelivered.
///
/// A message fails by an error, which is logged, by a panic, or because too little time is left to begin with it.
/// Nothing is left running when this returns.
pub async fn each<T, E: Failure>(
    event: LambdaEvent<SqsEvent>,
    pace: Pace,
    handle: impl AsyncFn(SqsMessage) -> Result<T, E>,
) -> SqsBatchResponse {
    let deadline = deadline(&event.context);
    walk(event.payload.records, pace, || deadline.since(SystemClock.now()), handle).await
}

async fn walk<T, E: Failure>(
    messages: Vec<SqsMessage>,
    pace: Pace,
    time_left: impl Fn() -> Duration,
    handle: impl AsyncFn(SqsMessage) -> Result<T, E>,
) -> SqsBatchResponse {
    let (handle, time_left) = (&handle, &time_left);
    let outcomes = stream::iter(messages)
        // Boxed: rustc's depth limit does not bear an SDK future in a closure in a stream.
        .map(|message| Box::pin(one(message, pace.time_each, time_left, handle)))
        .buffer_unordered(pace.at_once.max(1));
    let failed: Vec<Option<String>> = outcomes.collect().await;
    let mut response = SqsBatchResponse::default();
    response.set_failures(failed.into_iter().flatten());
    response
}

/// Handles one message; its id if it failed. An empty id makes Lambda take the whole batch as failed, which is
/// right for a message without one.
async fn one<T, E: Failure>(
    message: SqsMessage,
    time_each: Duration,
    time_left: &impl Fn() -> Duration,
    handle: &impl AsyncFn(SqsMessage) -> Result<T, E>,
) -> Option<String> {
    let id = message.message_id.clone().unwrap_or_default();
    let span = tracing::info_span!("message", message.id = id, import.id = tracing::field::Empty);
    in_span(id, message, time_each, time_left, handle).instrument(span).await
}

async fn in_span<T, E: Failure>(
    id: String,
    message: SqsMessage,
    time_each: Duration,
    time_left: &impl Fn() -> Duration,
    handle: &impl AsyncFn(SqsMessage) -> Result<T, E>,
) -> Option<String> {
    if time_left() < time_each {
        tracing::warn!("too little time is left for a message; it comes again");
        return Some(id);
    }
    match AssertUnwindSafe(async { handle(message).await }).catch_unwind().await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => {
            let text = match error.severity() {
                Severity::Warn => "a message was not handled; it comes again",
                Severity::Error => "a message failed; it comes again",
            };
            log(&error, text);
            Some(id)
        }
        Err(_) => {
            tracing::error!("the handler of a message panicked; it comes again");
            Some(id)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no")]
    struct No;
    impl Failure for No {}

    const PACE: Pace = Pace { at_once: 3, time_each: Duration::from_secs(1) };

    fn messages(bodies: &[&str]) -> Vec<SqsMessage> {
        let message = |(at, body): (usize, &&str)| {
            let mut message = SqsMessage::default();
            message.message_id = Some(at.to_string());
            message.body = Some((*body).to_owned());
            message
        };
        bodies.iter().enumerate().map(message).collect()
    }

    async fn handle(message: SqsMessage) -> Result<(), No> {
        tokio::task::yield_now().await;
        match message.body.as_deref() {
            Some("no") => Err(No),
            Some("panic") => panic!("on purpose"),
            _ => Ok(()),
        }
    }

    fn failures(response: SqsBatchResponse) -> Vec<String> {
        let mut ids: Vec<_> = response.batch_item_failures.into_iter().map(|it| it.item_identifier).collect();
        ids.sort();
        ids
    }

    #[tokio::test]
    async fn each_message_fails_on_its_own() {
        let of = messages(&["yes", "no", "panic", "yes", "no"]);
        let response = walk(of, PACE, || Duration::MAX, handle).await;
        assert_eq!(failures(response), ["1", "2", "4"]);
    }

    #[tokio::test]
    async fn what_cannot_be_done_in_time_goes_back() {
        let calls = AtomicUsize::new(0);
        let time_left = || match calls.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Duration::from_secs(1),
            _ => Duration::from_millis(999),
        };
        let pace = Pace::one_by_one(PACE.time_each);
        let response = walk(messages(&["yes"; 4]), pace, time_left, handle).await;
        assert_eq!(failures(response), ["2", "3"]);
    }

    #[tokio::test]
    async fn no_more_than_allowed_are_handled_at_once() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let handle = async |_: SqsMessage| {
            most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            running.fetch_sub(1, Ordering::Relaxed);
            Ok::<_, No>(())
        };
        walk(messages(&["yes"; 9]), PACE, || Duration::MAX, handle).await;
        assert_eq!(most.into_inner(), 3);
    }

    #[test]
    fn a_deadline_in_1970_is_none() {
        let now: Moment = "2026-03-02T12:00:00Z".parse().unwrap();
        let in_a_second = u64::try_from(now.micros() / 1000 + 1000).unwrap();
        assert_eq!(deadline_at(in_a_second, now).since(now), Duration::from_secs(1));
        assert_eq!(deadline_at(600_000, now).since(now), TIME_WITHOUT_DEADLINE);
    }

    #[test]
    fn a_message_that_cannot_be_read_is_not_quoted() {
        let [message] = messages(&["{\"a\": secret}"]).try_into().unwrap();
        let error = read::<serde_json::Value>(&message).unwrap_err();
        assert_eq!(error.to_string(), "the message cannot be read (line 1, column 7)");
        let [message] = messages(&["[1,2]"]).try_into().unwrap();
        assert_eq!(read::<Vec<u8>>(&message).unwrap(), [1, 2]);
    }
}
