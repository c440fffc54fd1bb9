//! `up`, `down` and `reset`: the local stack that a person works with.

use std::time::Instant;

use anyhow::Result;
use clap::Args;

use crate::compile;
use crate::deploy::{self, Outputs};
use crate::instance::Instance;
use crate::paths::Root;
use crate::progress::{self, Step};
use crate::python::Environment;

const PORT: u16 = 4566;
const MAIL_PORT: u16 = 2525;

/// Where to listen on 127.0.0.1.
#[derive(Args)]
pub(crate) struct Ports {
    /// Port of MiniStack [default: that of the stack already running, else 4566]
    #[arg(long)]
    port: Option<u16>,
    /// Port of the mail sink [default: as above, else 2525]
    #[arg(long)]
    mail_port: Option<u16>,
}

/// Brings the local stack to the state of the working copy, and says where everything is.
pub(crate) fn run(root: &Root, ports: &Ports) -> Result<()> {
    let started = Instant::now();
    let (instance, outputs) = bring_up(root, ports, deploy::FEED_FORMAT)?;
    println!("\nMillrace is up ({}).", progress::seconds(started.elapsed()));
    show(&instance, &outputs);
    println!("  stop it      cargo xtask down");
    Ok(())
}

/// Does what is left to do until the stack runs what is in the working copy.
pub(crate) fn bring_up(root: &Root, ports: &Ports, feed_format: &str) -> Result<(Instance, Outputs)> {
    let _lock = root.lock()?;
    let running = Instance::started(root).filter(Instance::is_running);
    let environment = Environment::local(root);
    let is_ready = environment.is_ready();
    // A running instance cannot keep an environment that is about to be recreated.
    let running = running.filter(|_| is_ready);
    if !is_ready && let Some(mut old) = Instance::started(root) {
        old.stop()?;
    }
    environment.ensure()?;
    compile::run(root)?;
    let instance = ensure_running(root, ports, running)?;
    let outputs = deploy::run(root, &instance, feed_format)?;
    Ok((instance, outputs))
}

fn ensure_running(root: &Root, ports: &Ports, running: Option<Instance>) -> Result<Instance> {
    if let Some(instance) = running {
        let stays = |requested: Option<u16>, port: u16| requested.is_none_or(|requested| requested == port);
        if stays(ports.port, instance.port) && stays(ports.mail_port, instance.mail_port) {
            println!("  ✓ MiniStack: already running on port {}", instance.port);
            return Ok(instance);
        }
    }
    // If it moves, or only one of the two processes is left, unspecified ports stay as they were.
    let mut used = (PORT, MAIL_PORT);
    if let Some(mut left) = Instance::started(root)
        && left.stop()?
    {
        used = (left.port, left.mail_port);
    }
    let step = Step::start("MiniStack and mail sink");
    let mut instance = Instance::shared(root, ports.port.unwrap_or(used.0), ports.mail_port.unwrap_or(used.1));
    instance.start(root)?;
    step.done(&format!("ports {} and {} of 127.0.0.1", instance.port, instance.mail_port));
    Ok(instance)
}

/// The addresses a person needs.
pub(crate) fn show(instance: &Instance, outputs: &Outputs) {
    let output = |name: &str| outputs.get(name).map_or("?", String::as_str);
    println!("  API          {}", deploy::api(instance, outputs));
    println!("  files        s3://{}/imports/", output("FilesBucket"));
    println!("  AWS          AWS_ENDPOINT_URL={}, region {}", instance.endpoint(), deploy::REGION);
    println!("  sign in as   {} / {}", deploy::OPERATOR, deploy::PASSWORD);
    println!("  mails        {}", instance.mails().display());
    println!("  logs         cargo xtask logs split-import --follow");
}

/// Stops what was started.
pub(crate) fn down(root: &Root) -> Result<()> {
    let _lock = root.lock()?;
    let started = Instant::now();
    let stopped = match Instance::started(root) {
        Some(mut instance) => instance.stop()?,
        None => false,
    };
    let result = if stopped { "stopped, its data is gone" } else { "was not running" };
    progress::done("Local stack", result, started);
    Ok(())
}

/// Empties the stack and deploys what is in the working copy.
pub(crate) fn reset(root: &Root) -> Result<()> {
    let _lock = root.lock()?;
    let instance = Instance::running(root)?;
    compile::run(root)?;
    let step = Step::start("Data");
    instance.empty()?;
    step.done("emptied");
    let outputs = deploy::run(root, &instance, deploy::FEED_FORMAT)?;
    show(&instance, &outputs);
    Ok(())
}
