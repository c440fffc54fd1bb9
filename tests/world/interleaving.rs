//! Handlers interleaved: each delivery is a task, and at every call of a port a seeded schedule selects the next task.
//!
//! Messages arrive again, late and in any order; calls fail before or after their effect; processes end between any
//! two calls. After the faults stop, everything comes to its end, and [`run_seed`] compares it with a quiet run.

use std::collections::{BTreeMap, BTreeSet};
use std::task::{Context, Waker};

use calendar::Moment;
use feeds::{Feed, FeedLog, PollFeed};
use imports::{ImportId, Imports, SplitFile, State};
use mail::SummaryKey;
use mail::outbox::{Summaries, SummaryRequest};

use crate::schedule::{Schedule, TaskId};
use crate::{Faults, Handling, Message, Workload, World, finish};

/// The maximum number of concurrent deliveries.
const MAX_RUNNING: usize = 8;
/// After so many steps nothing fails any more.
const FAULTY_STEPS: u64 = 1_500;
/// A run of more steps never ends.
const MAX_STEPS: u64 = 400_000;
/// How often a message is received before it is a dead letter, as in the template.
const MAX_RECEIVES: u32 = 5;
/// After how many steps it is looked at what must hold at any time.
const CHECK_EVERY: u64 = 8;
/// More messages than this never poll at once: one for each feed and poll, and those that are received twice.
const MAX_POLLS: usize = 24;
/// How often the sweeper runs, in seconds.
const SWEEP_SECONDS: i64 = 300;

/// What a seed did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Ran {
    /// The number of scheduling decisions.
    pub steps: u64,
    /// Messages delivered.
    pub deliveries: u64,
    /// Processes that ended between two calls.
    pub crashes: u64,
    /// Messages that were given up.
    pub dead_letters: u64,
    /// A hash of all decisions: the same for the same seed.
    pub trace: u64,
}

impl Ran {
    /// What two seeds did together.
    pub fn and(self, other: Self) -> Self {
        Self {
            steps: self.steps + other.steps,
            deliveries: self.deliveries + other.deliveries,
            crashes: self.crashes + other.crashes,
            dead_letters: self.dead_letters + other.dead_letters,
            trace: self.trace ^ other.trace,
        }
    }
}

/// A message on its queue.
struct Queued {
    message: Message,
    /// When it can be received.
    visible_at: i64,
    receives: u32,
}

/// A running delivery.
struct Running<'w> {
    id: TaskId,
    handling: Handling<'w>,
    message: Message,
    receives: u32,
    /// When its function times out.
    ends_at: i64,
    /// Another delivery of the same message is on the queue, or there need not be one.
    is_copy: bool,
}

struct Interleaving<'w> {
    world: &'w World,
    schedule: &'w Schedule,
    queued: Vec<Queued>,
    running: Vec<Running<'w>>,
    ran: Ran,
    next_task: TaskId,
    next_sweep: i64,
    /// Mails with an interrupted delivery or a lost response: they may have been sent twice.
    excused: BTreeSet<String>,
    /// Imports that were seen to be done.
    done: BTreeSet<ImportId>,
    /// The poll and the pages taken of each feed, as last seen.
    progress: BTreeMap<Feed, (Moment, u32)>,
}

/// Runs the workload of `seed`, interleaved and with faults, and compares it with a quiet run.
///
/// # Errors
///
/// What is wrong at the end.
pub fn run_seed(seed: u64) -> Result<Ran, String> {
    let workload = Workload::of(seed);
    let quiet = workload.quiet();
    let failures = [1, 5, 20, 60].get(usize::try_from(seed % 4).unwrap_or(0)).copied().unwrap_or(0);
    let mut world = World::with(Faults::scheduled(Schedule::new(seed, 0)));
    workload.prepare(&mut world);
    let Some(schedule) = world.faults.schedule() else { return Err("the world has no schedule".to_owned()) };
    schedule.set_failures(failures);
    let mut interleaving = Interleaving {
        world: &world,
        schedule,
        queued: Vec::new(),
        running: Vec::new(),
        ran: Ran::default(),
        next_task: 1,
        next_sweep: 0,
        excused: BTreeSet::new(),
        done: BTreeSet::new(),
        progress: BTreeMap::new(),
    };
    workload.start(&world).into_iter().for_each(|message| interleaving.send(message, 0));
    interleaving.run()?;
    if workload.has_feeds() {
        // The schedule's next poll finds whatever was left; an operator retries what was given up.
        interleaving.wait(86_400);
        let retry = interleaving.ran.dead_letters > 0;
        interleaving.send(Message::Poll(PollFeed { retry, ..PollFeed::all() }, world.now.get()), 0);
        interleaving.run()?;
        crate::verify::feeds_are_proven(&world)?;
    }
    let (ran, excused) = (interleaving.ran, interleaving.excused);
    crate::verify::check(&world, &quiet, &excused).map(|()| ran).map_err(|wrong| format!("{wrong}\n  after {ran:?}"))
}

impl<'w> Interleaving<'w> {
    fn now(&self) -> i64 {
        self.world.now.get().micros()
    }

    fn send(&mut self, message: Message, after_seconds: u32) {
        let visible_at = self.now() + i64::from(after_seconds) * 1_000_000;
        self.queued.push(Queued { message, visible_at, receives: 0 });
    }

    /// Everything to its end: faults first, then without; what failed is retried, as an operator would.
    fn run(&mut self) -> Result<(), String> {
        loop {
            self.drain()?;
            if self.world.is_open() {
                self.wait(3_600);
                self.send(Message::Sweep, 0);
            } else if !self.schedule.is_calm() {
                self.schedule.set_failures(0);
            } else if !self.retry_failed() {
                return Ok(());
            }
        }
    }

    fn drain(&mut self) -> Result<(), String> {
        while !(self.queued.is_empty() && self.running.is_empty()) {
            self.ran.steps += 1;
            if self.ran.steps == FAULTY_STEPS {
                self.schedule.set_failures(0);
            }
            if self.ran.steps > MAX_STEPS {
                return Err(format!(
                    "it never ends: {:?}",
                    self.queued.iter().map(|it| &it.message).collect::<Vec<_>>()
                ));
            }
            self.step();
            for (message, after_seconds) in self.world.sent() {
                self.send(message, after_seconds);
            }
            if self.ran.steps.is_multiple_of(CHECK_EVERY) {
                self.check()?;
            }
        }
        Ok(())
    }

    /// What must hold at any time: an import that is done stays done, and polls do not become ever more.
    fn check(&mut self) -> Result<(), String> {
        let imports = self.world.listed();
        for import in imports {
            if import.state == State::Done {
                self.done.insert(import.id);
            } else if self.done.contains(&import.id) {
                return Err(format!("{} was done and is {:?}", import.key, import.state));
            }
        }
        for feed in Feed::ALL {
            let Ok(Some(progress)) = finish(self.world.feed_log.progress(feed)) else { continue };
            let progress = (progress.poll, progress.pages);
            let before = self.progress.insert(feed, progress);
            if before.is_some_and(|(poll, pages)| progress.0 < poll || progress.1 < pages) {
                return Err(format!("{feed} was at {before:?} and is at {progress:?}"));
            }
        }
        let polls = self.queued.iter().filter(|it| matches!(it.message, Message::Poll(..))).count();
        if polls > MAX_POLLS { Err(format!("{polls} messages poll four feeds")) } else { Ok(()) }
    }

    fn step(&mut self) {
        self.pass_time();
        let now = self.now();
        let visible: Vec<usize> =
            self.queued.iter().enumerate().filter(|(_, it)| it.visible_at <= now).map(|(at, _)| at).collect();
        let may_start = !visible.is_empty() && self.running.len() < MAX_RUNNING;
        let starts = may_start && (self.running.is_empty() || self.schedule.chance(300));
        let started = starts.then(|| visible.get(self.schedule.below(visible.len()))).flatten();
        if let Some(at) = started {
            self.start(*at);
        } else if !self.running.is_empty() {
            self.advance_task(self.schedule.below(self.running.len()));
        } else if let Some(first) = self.queued.iter().map(|it| it.visible_at).min() {
            self.wait((first - now) / 1_000_000 + 1);
        }
    }

    /// Advances the time, mostly a little; ends functions that run too long before anything else happens.
    fn pass_time(&mut self) {
        let millis = match self.schedule.below(200) {
            0 => 20_000 + self.schedule.below(30_000),
            1..10 => self.schedule.below(2_000),
            _ => self.schedule.below(20),
        };
        self.world.advance(i64::try_from(millis).unwrap_or(0) * 1000);
        let now = self.now();
        while let Some(at) = self.running.iter().position(|it| it.ends_at <= now) {
            self.cut_off(at);
        }
        if now >= self.next_sweep && !self.schedule.is_calm() {
            self.next_sweep = now + SWEEP_SECONDS * 1_000_000;
            self.send(Message::Sweep, 0);
        }
    }

    fn wait(&mut self, seconds: i64) {
        self.world.advance(seconds * 1_000_000);
    }

    /// Receives a message. Now and then it is received twice at once.
    fn start(&mut self, at: usize) {
        let queued = self.queued.swap_remove(at);
        let is_copy = !self.schedule.is_calm() && self.schedule.chance(60);
        if is_copy {
            self.queued.push(Queued { message: queued.message.clone(), ..queued });
        }
        self.ran.deliveries += 1;
        let id = self.next_task;
        self.next_task += 1;
        self.running.push(Running {
            id,
            handling: self.world.handle(queued.message.clone()),
            ends_at: self.now() + timeout_seconds(&queued.message) * 1_000_000,
            message: queued.message,
            receives: queued.receives,
            is_copy,
        });
    }

    fn advance_task(&mut self, at: usize) {
        if !self.schedule.is_calm() && self.schedule.chance(2) {
            self.ran.crashes += 1;
            return self.cut_off(at);
        }
        let Some(task) = self.running.get_mut(at) else { return };
        self.schedule.runs(task.id);
        self.ran.trace = self.ran.trace.wrapping_mul(0x0100_0000_01b3) ^ task.id;
        match task.handling.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Pending => {}
            std::task::Poll::Ready(acknowledged) => {
                let task = self.running.swap_remove(at);
                self.ended(task, acknowledged);
            }
        }
    }

    /// The process ends at any point.
    fn cut_off(&mut self, at: usize) {
        let task = self.running.swap_remove(at);
        self.schedule.strike(task.id);
        self.ended(task, false);
    }

    fn ended(&mut self, task: Running<'w>, acknowledged: bool) {
        let Running { id, message, receives, is_copy, handling, .. } = task;
        drop(handling);
        if let Message::Mail(request) = &message
            && self.schedule.was_struck(id)
        {
            self.excused.insert(SummaryKey::reference(&request.key()).as_str().to_owned());
        }
        let again_later = acknowledged && !self.schedule.is_calm() && self.schedule.chance(30);
        if (acknowledged && !again_later) || is_copy || message == Message::Sweep {
            return;
        }
        let receives = if acknowledged { receives } else { receives + 1 };
        // An event of a mail has no other record: an operator moves it back from its dead letters.
        if receives >= MAX_RECEIVES && !matches!(message, Message::DeadLetter(_) | Message::MailEvent(_)) {
            self.ran.dead_letters += 1;
            self.send(Message::DeadLetter(Box::new(message)), 0);
            return;
        }
        let visible_at = self.now() + (1 + i64::try_from(self.schedule.below(360)).unwrap_or(0)) * 1_000_000;
        self.queued.push(Queued { message, visible_at, receives });
    }

    /// Retries failed imports and mails; whether there was anything to do.
    fn retry_failed(&mut self) -> bool {
        let imports = self.retry_imports();
        let mails = self.retry_mails();
        imports || mails
    }

    fn retry_mails(&mut self) -> bool {
        let failed = self.world.summaries.records().into_iter().filter(|it| it.retried(false, it.state.at()).is_some());
        let failed: Vec<SummaryKey> = failed.map(|it| it.key).collect();
        for key in &failed {
            let Ok(Some((record, version))) = finish(self.world.summaries.load(key)) else { continue };
            if let Some(retried) = record.retried(false, self.world.now.get()) {
                let _ = finish(self.world.summaries.save(&retried, version));
                self.send(Message::Mail(SummaryRequest::new(&key.import, key.account.clone())), 0);
            }
        }
        !failed.is_empty()
    }

    fn retry_imports(&mut self) -> bool {
        let imports = self.world.listed();
        let failed: Vec<_> = imports.into_iter().filter(|it| matches!(it.state, State::Failed { .. })).collect();
        let mut any = false;
        for import in failed {
            let Ok(retried) = import.retried(self.world.now.get()) else { continue };
            if finish(self.world.imports.save(&retried)).is_ok() {
                let version = Some(retried.object_version.clone());
                self.send(Message::Split(SplitFile { key: retried.key.clone(), version }), 0);
                any = true;
            }
        }
        any
    }
}

/// How long a function may run, in seconds, as in the template.
fn timeout_seconds(message: &Message) -> i64 {
    match message {
        Message::Split(_) => 300,
        Message::Post(_) | Message::Sweep => 60,
        Message::Mail(_) | Message::MailEvent(_) | Message::DeadLetter(_) => 30,
        Message::Poll(..) => 180,
    }
}
