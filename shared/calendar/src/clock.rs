use crate::Moment;

/// The port to the clock: for leases and for detecting stalled work, never for business time, which is an argument.
pub trait Clock {
    /// The time now.
    fn now(&self) -> Moment;
}

/// A clock that can also wait, for work that has an agreed time slot.
pub trait Timer: Clock {
    /// Waits until `at`; returns immediately if `at` has passed.
    fn wait_until(&self, at: Moment) -> impl Future<Output = ()>;
}
