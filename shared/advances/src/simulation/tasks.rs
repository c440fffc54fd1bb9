use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::clock::Chance;

/// A task of the simulation.
pub(crate) type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Runs the tasks until each has ended or has stopped: at every pause one of them continues, chosen by chance.
/// A stopped task is dropped where it paused.
pub(crate) fn interleave(mut tasks: Vec<Task<'_>>, chance: &Chance, crash: u32) {
    let mut context = Context::from_waker(Waker::noop());
    while !tasks.is_empty() {
        let index = chance.below(tasks.len());
        let has_ended = chance.happens(crash)
            || tasks.get_mut(index).is_none_or(|task| task.as_mut().poll(&mut context).is_ready());
        if has_ended {
            drop(tasks.swap_remove(index));
        }
    }
}

/// Lets other tasks continue once.
pub(crate) async fn pause() {
    let mut has_paused = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut has_paused, true) { Poll::Ready(()) } else { Poll::Pending })
        .await;
}
