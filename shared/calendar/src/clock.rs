use crate::Moment;

/// The port to the clock: for leases and for telling what stands still, never for business time, which is an
/// argument.
pub trait Clock {
    /// The time now.
    fn now(&self) -> Moment;
}
