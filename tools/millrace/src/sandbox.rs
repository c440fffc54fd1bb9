//! `sandbox`: the clock and the payment processor of a stack on which no real money moves.

mod compare;
mod play;

use std::time::Duration;

use advances_sandbox::Faults;
use anyhow::{Context as _, Result, bail};
use calendar::{Clock as _, Moment};
use http_client::{CallLimits, Connections, HttpAnswer, HttpClient};
use lambda_kit::SystemClock;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Verdict;
use crate::advances::clock;
use crate::arguments::{FaultsArgs, SandboxCommand};
use crate::output::Output;
use crate::stack::Stack;

const LIMITS: CallLimits = CallLimits {
    time_out: Duration::from_secs(30),
    max_body_bytes: 256 * 1024 * 1024,
    connections: Connections::Reused,
};

/// Runs `sandbox …`.
pub(crate) async fn run(output: &Output, stack: &Stack, command: SandboxCommand) -> Result<Verdict> {
    let (processor, store) = (SandboxProcessor::of(stack)?, stack.advances()?);
    match command {
        SandboxCommand::Clock { set: None } => show_clock(output, processor.clock().await?),
        SandboxCommand::Clock { set: Some(to) } => {
            set_clocks(&processor, stack, to).await?;
            show_clock(output, to)
        }
        SandboxCommand::Faults(args) => faults(output, &processor, args).await,
        SandboxCommand::Play(args) => play::run(output, stack, &processor, &args).await,
        SandboxCommand::Ledger => compare::run(output, &processor, &store).await,
    }
}

fn show_clock(output: &Output, at: Moment) -> Result<Verdict> {
    output.answer(|| json!({ "at": at }), || at.to_string())?;
    Ok(Verdict::Ok)
}

async fn faults(output: &Output, processor: &SandboxProcessor, args: FaultsArgs) -> Result<Verdict> {
    let FaultsArgs { seed, chances, without_funds } = args;
    let faults = Faults { seed, chances, without_funds };
    faults.rates()?;
    let _: Value = processor.post("/faults", &faults).await?;
    output.answer(|| &faults, || "the processor fails like this from now on".to_owned())?;
    Ok(Verdict::Ok)
}

/// Sets the processor's clock, then that of the advances, so that no payment reaches the processor from its future.
async fn set_clocks(processor: &SandboxProcessor, stack: &Stack, to: Moment) -> Result<()> {
    let now = clock(stack).await?.now();
    if to < now {
        bail!("the clock is at {now} and cannot be set back");
    }
    let _: ClockDocument = processor.post("/clock", &ClockDocument { at: to }).await?;
    if clock(stack).await?.set(&stack.advances()?, to).await? == advances::Saved::Conflict {
        bail!("somebody else has set the clock");
    }
    Ok(())
}

#[derive(Serialize, Deserialize)]
struct ClockDocument {
    at: Moment,
}

/// The processor of the sandbox, at the address that the stack calls.
struct SandboxProcessor {
    http: HttpClient,
    address: String,
}

impl SandboxProcessor {
    fn of(stack: &Stack) -> Result<Self> {
        let address = stack.output("ProcessorUrl")?.to_owned();
        if !stack.has_sandbox_processor() {
            bail!("the stack's payment processor, `{address}`, is not the sandbox's: nothing can be played there");
        }
        let http = HttpClient::new(&address, LIMITS)?;
        Ok(Self { http, address })
    }

    async fn clock(&self) -> Result<Moment> {
        Ok(self.get::<ClockDocument>("/clock").await?.at)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.read(self.http.get(path).await?)
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, document: &impl Serialize) -> Result<T> {
        self.read(self.http.post(path, serde_json::to_string(document)?).await?)
    }

    fn read<T: DeserializeOwned>(&self, answer: HttpAnswer) -> Result<T> {
        let body = answer.body?;
        if !answer.status.is_success() {
            bail!("{} answered {}: {}", self.address, answer.status, String::from_utf8_lossy(&body));
        }
        serde_json::from_slice(&body).with_context(|| format!("reading the answer of {}", self.address))
    }
}

/// The machine's clock is needed only for time-outs.
fn elapsed(since: Moment) -> Duration {
    SystemClock.now().since(since)
}
