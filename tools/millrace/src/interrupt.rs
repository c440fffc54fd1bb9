//! Ctrl-C.

use std::io::{self, Write as _};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;

use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;

/// The exit code of a program that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

/// What Ctrl-C does.
enum Action {
    /// Ends the command with this message.
    End(String),
    Nothing,
}

static ACTION: Mutex<Action> = Mutex::new(Action::Nothing);
static HANDLER: Once = Once::new();

/// From now on, Ctrl-C ends the command with `message`.
pub(crate) fn end_with(message: String) {
    set(Action::End(message));
}

/// From now on, Ctrl-C does nothing.
pub(crate) fn ignore() {
    set(Action::Nothing);
}

fn set(action: Action) {
    *ACTION.lock().unwrap_or_else(PoisonError::into_inner) = action;
    HANDLER.call_once(|| {
        // Without a handler, Ctrl-C ends the command without a message.
        let Ok(mut signals) = Signals::new([SIGINT]) else { return };
        thread::spawn(move || signals.forever().for_each(|_| interrupted()));
    });
}

fn interrupted() {
    if let Action::End(message) = &*ACTION.lock().unwrap_or_else(PoisonError::into_inner) {
        // After the progress bar. If standard error is closed, nobody can read the message.
        let _ = writeln!(io::stderr().lock(), "\n{message}");
        std::process::exit(INTERRUPTED);
    }
}
