//! What a seed decides: who runs next, which calls fail, how time passes.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use customers::RegisterError;
use feeds::FetchError;
use imports::PortError;
use ledger::BooksError;
use mail::outbox::{RequestSummariesError, SummariesError};

/// A task of the schedule.
pub(crate) type TaskId = u64;

/// The decisions of one seed. The same seed decides the same.
#[derive(Debug)]
pub struct Schedule(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    random: fastrand::Rng,
    /// How many calls of a thousand fail.
    failures_per_mille: u64,
    /// Who runs now.
    running: TaskId,
    /// Tasks in which a call failed or was cut off.
    struck: BTreeSet<TaskId>,
}

impl Schedule {
    /// The decisions of `seed`.
    pub fn new(seed: u64, failures_per_mille: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        Self(Mutex::new(Inner { random, failures_per_mille, running: 0, struck: BTreeSet::new() }))
    }

    fn with<T>(&self, decide: impl FnOnce(&mut Inner) -> T) -> T {
        decide(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A number below `end`, which is above 0.
    pub fn below(&self, end: usize) -> usize {
        self.with(|it| it.random.usize(..end))
    }

    /// True in so many of a thousand cases.
    pub fn chance(&self, per_mille: u64) -> bool {
        self.with(|it| it.random.u64(..1000) < per_mille)
    }

    /// From now on `task` runs.
    pub fn runs(&self, task: TaskId) {
        self.with(|it| it.running = task);
    }

    /// Whether something went wrong in `task` that it could not see or help: then a mail may go out twice.
    pub fn was_struck(&self, task: TaskId) -> bool {
        self.with(|it| it.struck.contains(&task))
    }

    /// `task` is cut off.
    pub fn strike(&self, task: TaskId) {
        self.with(|it| it.struck.insert(task));
    }

    /// From now on so many calls of a thousand fail; none: processes do not end early either.
    pub fn set_failures(&self, per_mille: u64) {
        self.with(|it| it.failures_per_mille = per_mille);
    }

    /// Whether calls fail.
    pub fn is_calm(&self) -> bool {
        self.with(|it| it.failures_per_mille == 0)
    }

    /// Whether the call that is made now fails.
    pub fn call_fails(&self) -> bool {
        self.with(|it| {
            let fails = it.random.u64(..1000) < it.failures_per_mille;
            if fails {
                it.struck.insert(it.running);
            }
            fails
        })
    }

    /// Whether an index does not show an item yet.
    pub fn index_lags(&self) -> bool {
        self.with(|it| it.failures_per_mille > 0 && it.random.u64(..4) == 0)
    }
}

/// An error that goes away by itself: the port was throttled or could not be reached.
pub(crate) trait Transient {
    /// Such an error.
    fn transient() -> Self;
}

macro_rules! transient {
    ($($error:ty: $make:expr;)*) => {
        $(impl Transient for $error {
            fn transient() -> Self {
                $make
            }
        })*
    };
}

transient! {
    PortError: Self::Unavailable("a port of the world", "throttled".into());
    RegisterError: Self::Unavailable("throttled".into());
    BooksError: Self::Unavailable("throttled".into());
    SummariesError: Self::Unavailable("throttled".into());
    RequestSummariesError: Self("throttled".into());
    FetchError: Self::Failing("throttled".to_owned());
}

/// The result of a future that waits for nothing outside this process.
pub fn finish<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// Yields to other tasks once.
pub(crate) fn yield_now() -> impl Future<Output = ()> + Send {
    YieldNow(false)
}

struct YieldNow(bool);

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
