//! Log lines: JSON if Lambda requests it, each with its time and the fields of its spans, the request's id first.

use std::fmt;
use std::str::FromStr as _;

use lambda_runtime::tracing::subscriber::field::RecordFields;
use lambda_runtime::tracing::subscriber::filter::{EnvFilter, LevelFilter};
use lambda_runtime::tracing::subscriber::fmt as lines;
use lambda_runtime::tracing::subscriber::fmt::format::{FormatEvent, FormatFields, JsonFields, Writer};
use lambda_runtime::tracing::subscriber::fmt::time::{FormatTime as _, SystemTime};
use lambda_runtime::tracing::subscriber::fmt::{FmtContext, FormattedFields};
use lambda_runtime::tracing::subscriber::registry::{LookupSpan, Scope};
use serde_json::{Map, Value};
use tracing::{Event, Span, Subscriber};

use crate::Environment;

/// Sends log lines to standard output. Call it once, first.
///
/// They are JSON where `AWS_LAMBDA_LOG_FORMAT` says so: `timestamp`, `level`, what the spans around the line know
/// (`requestId`, `message.id`, `import.id`), and the line's own `fields`. `AWS_LAMBDA_LOG_LEVEL`, or else `RUST_LOG`,
/// says how much is logged.
pub fn init_tracing() {
    let read = Environment::read(|env| {
        let level = env.optional("AWS_LAMBDA_LOG_LEVEL").or_else(|| env.optional("RUST_LOG"));
        (env.optional("AWS_LAMBDA_LOG_FORMAT").unwrap_or_default(), level.unwrap_or_default())
    });
    let (format, level) = read.unwrap_or_default();
    let level = LevelFilter::from_str(&level).unwrap_or(LevelFilter::INFO);
    let filter = EnvFilter::builder().with_default_directive(level.into()).from_env_lossy();
    let logger = lines::Subscriber::builder().with_target(false).with_env_filter(filter).with_writer(std::io::stdout);
    if format.eq_ignore_ascii_case("json") {
        logger.fmt_fields(JsonFields::new()).event_format(JsonLines).init();
    } else {
        logger.init();
    }
}

/// Puts the import that a message is about on all of its log lines from here on, that of its failure too. It means the
/// message's own span: call it before any other span is entered.
pub fn about_import(id: impl fmt::Display) {
    Span::current().record("import.id", tracing::field::display(id));
}

/// One JSON object on each line.
struct JsonLines;

impl<S> FormatEvent<S, JsonFields> for JsonLines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut line = Map::from_iter([
            ("timestamp".to_owned(), Value::from(time)),
            ("level".to_owned(), Value::from(event.metadata().level().as_str())),
        ]);
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            if let Some(known) = span.extensions().get::<FormattedFields<JsonFields>>() {
                line.extend(object(known));
            }
        }
        line.insert("fields".to_owned(), Value::from(fields(context, event)?));
        writeln!(to, "{}", Value::from(line))
    }
}

/// The fields of a line, by the same writer as those of spans.
fn fields<'a, S>(
    context: &FmtContext<'_, S, JsonFields>,
    fields: impl RecordFields,
) -> Result<Map<String, Value>, fmt::Error>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let mut text = String::new();
    context.field_format().format_fields(Writer::new(&mut text), fields)?;
    Ok(object(&text))
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_has_its_time_the_request_and_the_import() {
        let log = Log::default();
        let to = log.clone();
        let logger = lines::Subscriber::builder()
            .with_writer(move || to.clone())
            .fmt_fields(JsonFields::new())
            .event_format(JsonLines)
            .finish();
        tracing::subscriber::with_default(logger, || {
            tracing::info_span!("invoke", requestId = "r-1").in_scope(|| {
                let message = tracing::info_span!("message", message.id = "m-1", import.id = tracing::field::Empty);
                message.in_scope(|| {
                    tracing::info!("before");
                    about_import("i-1");
                    tracing::error!(imports_failed = 1, error = %"a \"quoted\" one", "it failed");
                });
            });
            tracing::warn!("outside");
        });
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [before, failed, outside] = lines.as_slice() else { panic!("{text}") };
        assert!(lines.iter().all(|it| it["timestamp"].as_str().is_some_and(|it| it.ends_with('Z'))), "{text}");
        assert_eq!((&before["requestId"], &before["message.id"]), (&"r-1".into(), &"m-1".into()), "{text}");
        assert!(before.get("import.id").is_none() && outside.get("requestId").is_none(), "{text}");
        assert_eq!((&failed["requestId"], &failed["import.id"]), (&"r-1".into(), &"i-1".into()), "{text}");
        // What the metric filters of the template look at.
        assert_eq!(failed["fields"]["imports_failed"], 1);
        assert_eq!(failed["fields"]["message"], "it failed");
        assert_eq!((&failed["level"], &outside["level"]), (&"ERROR".into(), &"WARN".into()));
    }
}
