use crate::Moment;

/// The port to the clock: for leases and for telling what stands still, never for business time, which is an
/// argument.
pub trait Clock {
    /// The time now.
    fn now(&self) -> Moment;
}

/// A clock that can also wait, for work that has an agreed time slot.
pub trait Timer: Clock {
    /// Returns once it is `at`; immediately if it is later already.
    fn wait_until(&self, at: Moment) -> impl Future<Output = ()>;
}
