//! The functions of advances interleaved by a seed: runs and payments at once, several of each, calls that fail, processes
//! that end between two calls, days without a run, reports that are late, and messages that arrive again.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use advances::ports::{PaymentRequest, RunRequest};
use advances::{Gate, change_gate};
use calendar::{Date, Moment};

use crate::lending::{Lender, first_day};
use crate::schedule::{Schedule, TaskId};
use crate::{Faults, finish};

/// The days with faults, and the calm ones after them until everything is paid back.
const FAULTY_DAYS: i32 = 30;
const CALM_DAYS: i32 = 50;
/// The maximum number of concurrent deliveries.
const MAX_RUNNING: usize = 6;
/// A day of more steps never ends.
const MAX_STEPS: u64 = 40_000;
/// The time of a step: a day has thousands.
const STEP: Duration = Duration::from_secs(2);

type Handling<'w> = Pin<Box<dyn Future<Output = bool> + 'w>>;

#[derive(Clone)]
enum Message {
    Run(RunRequest),
    Payment(PaymentRequest),
}

struct Running<'w> {
    id: TaskId,
    message: Message,
    handling: Handling<'w>,
}

impl Lender {
    /// A lender with days that a seed decides; after them everything is at its end.
    pub fn of_seed(seed: u64) -> Self {
        let failures = [1, 10, 40].get(usize::try_from(seed % 3).unwrap_or(0)).copied().unwrap_or(0);
        let lender = Self::new(Faults::scheduled(Schedule::new(seed, 0)));
        lender.schedule().set_failures(failures);
        let mut unpublished = Vec::new();
        let mut missed = false;
        for number in 0..FAULTY_DAYS.saturating_add(CALM_DAYS) {
            if number == FAULTY_DAYS {
                lender.schedule().set_failures(0);
            }
            let date = first_day().plus_days(number).unwrap_or(Date::MAX);
            let is_calm = number >= FAULTY_DAYS;
            // The clock jumps over the days without a run.
            missed = !is_calm && lender.schedule().chance(if missed { 300 } else { 100 });
            if !missed {
                lender.day(date);
            }
            unpublished.push(date);
            if is_calm || !lender.schedule().chance(200) {
                std::mem::take(&mut unpublished).into_iter().for_each(|day| lender.publish(day));
            }
            lender.evening();
        }
        lender
    }

    fn schedule(&self) -> &Schedule {
        self.faults().schedule().unwrap_or_else(|| unreachable!("it was made with a schedule"))
    }

    /// An operator resumes stopped payments.
    fn evening(&self) {
        finish(change_gate(&self.gate, Gate::resume)).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Two runs for `date` at once, and the payments they request, until nothing is left.
    fn day(&self, date: Date) {
        self.now.set(self.now.get().max(Moment::day(date).plus(Duration::from_hours(6))));
        let run = Message::Run(RunRequest::new(date));
        let mut queued = vec![run.clone(), run];
        let mut running: Vec<Running<'_>> = Vec::new();
        let schedule = self.schedule();
        let (mut next_task, mut steps) = (1, 0_u64);
        while !(queued.is_empty() && running.is_empty()) {
            steps = steps.saturating_add(1);
            assert!(steps < MAX_STEPS, "{date} has no end");
            self.now.set(self.now.get().plus(STEP));
            let starts = running.is_empty() || (running.len() < MAX_RUNNING && schedule.chance(300));
            if starts && !queued.is_empty() {
                let message = queued.swap_remove(schedule.below(queued.len()));
                if !schedule.is_calm() && schedule.chance(50) {
                    queued.push(message.clone());
                }
                running.push(Running { id: next_task, handling: self.handling(&message), message });
                next_task = next_task.saturating_add(1);
                continue;
            }
            let at = schedule.below(running.len());
            let Some(task) = running.get_mut(at) else { continue };
            schedule.runs(task.id);
            let polled = task.handling.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let ends = !schedule.is_calm() && schedule.chance(5);
            match polled {
                Poll::Pending if !ends => {}
                Poll::Ready(true) if !ends => drop(running.swap_remove(at)),
                // It has failed, or its process has ended: the message is delivered again.
                _ => queued.push(running.swap_remove(at).message),
            }
            let requests = self.payments.take().into_iter().map(Message::Payment);
            queued.extend(requests.chain(self.run_requests.take().into_iter().map(Message::Run)));
            self.check();
        }
    }

    fn handling<'w>(&'w self, message: &Message) -> Handling<'w> {
        match message.clone() {
            Message::Run(run) => {
                // Some invocations have no time for more than a page.
                let has_time = !self.schedule().chance(200);
                Box::pin(async move { self.run_debits().handle(run, || has_time).await.is_ok() })
            }
            Message::Payment(payment) => Box::pin(async move { self.collect_debit().handle(payment).await.is_ok() }),
        }
    }
}
