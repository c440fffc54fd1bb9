//! `millrace`: the operator's command. It works on one stack, on AWS or on this machine, through the same ports and
//! adapters as the functions.
//!
//! Results go to standard output, as tables or, with `--json`, as one document; progress and errors go to standard
//! error. The exit code is 0 for success and 1 for problems and errors.

mod accounts;
mod advances;
mod again;
mod arguments;
mod audit;
mod balances;
mod books;
mod check;
mod control;
mod counterparties;
mod customers;
mod endpoint;
mod feed;
mod forecast;
mod history;
mod import;
mod imports;
mod interrupt;
mod mails;
mod output;
mod pager;
mod pending_upload;
mod poll;
mod profile;
mod progress_bar;
mod report;
mod restore;
mod sandbox;
mod secret;
mod sign_in;
mod source;
mod srp;
mod stack;
mod subject;
mod table;
mod token;
mod upload;
mod users;
mod wait;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use calendar::Clock as _;
use clap::Parser as _;
use feeds_sandbox::Plan;
use lambda_kit::SystemClock;

use crate::arguments::{
    AdvancesCommand, Arguments, Command, FeedCommand, Global, ImportsArgs, ImportsCommand, KindArg, Mails,
    SourceCommand,
};
use crate::output::Output;
use crate::stack::Stack;

/// The result of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// Success.
    Ok,
    /// The output contains problems: a refused file, a finding.
    Problems,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Arguments { global, command } = Arguments::parse();
    let output = Output::of(&global);
    match run(&output, &global, command).await {
        Ok(Verdict::Ok) => ExitCode::SUCCESS,
        Ok(Verdict::Problems) => ExitCode::FAILURE,
        Err(error) => {
            output.note(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(output: &Output, global: &Global, command: Command) -> Result<Verdict> {
    if let Command::Profile(command) = command {
        return Box::pin(profile::run(output, global, command)).await;
    }
    if let Command::Feed(FeedCommand::Serve(args)) = command {
        return feed::serve(output, &args).await;
    }
    if let Command::Import(args) = command {
        return Box::pin(import::run(output, global, args)).await;
    }
    if let Command::Token(args) = command {
        return Box::pin(token::run(output, global, args)).await;
    }
    if let Command::Advances(AdvancesCommand::Simulate(args)) = command {
        return advances::play(output, &args);
    }
    let stack = Stack::open(output, global).await?;
    match command {
        Command::Import(_) | Command::Profile(_) | Command::Token(_) => Ok(Verdict::Ok),
        Command::Customers(args) => customers::list(output, &stack.register()?, &args).await,
        Command::Customer { customer, mails, email } => {
            let changes = (email, mails.map(Mails::choice));
            customers::show(output, &stack.register()?, &stack.books()?, &customer, changes, SystemClock.now()).await
        }
        Command::Account(args) => accounts::show(output, &stack.register()?, &stack.books()?, &args).await,
        Command::Accounts(args) => accounts::list(output, &stack.register()?, &stack.books()?, &args).await,
        Command::Balance(args) => books::balance(output, &stack.register()?, &stack.books()?, &args).await,
        Command::Balances(args) => {
            balances::show(output, &stack.register()?, &stack.books()?, &stack.imports()?, &args).await
        }
        Command::History(args) => {
            history::run(output, &stack.register()?, &stack.books()?, &stack.imports()?, &args).await
        }
        Command::Countries(args) => {
            counterparties::countries(output, &stack.register()?, &stack.books()?, &stack.imports()?, &args).await
        }
        Command::Counterparties(args) => {
            counterparties::counterparties(output, &stack.register()?, &stack.books()?, &stack.imports()?, &args).await
        }
        Command::Interest(args) => {
            forecast::interest(output, &stack.register()?, &stack.books()?, &stack.imports()?, &args).await
        }
        Command::Forecast(args) => {
            forecast::forecast(output, &stack.register()?, &stack.books()?, &stack.imports()?, &args).await
        }
        Command::Portfolio(args) => {
            balances::portfolio(output, &stack.register()?, &stack.books()?, &stack.imports()?, &args).await
        }
        Command::Entries(args) => books::entries(output, &stack.register()?, &stack.books()?, &args).await,
        Command::Imports(args) => run_imports(output, &stack, args).await,
        Command::Mails(args) => mails::run(output, &stack, args, SystemClock.now()).await,
        Command::Audit { entries } => Box::pin(run_audit(output, &stack, entries)).await,
        Command::Source(command) => run_source(output, &stack, command).await,
        Command::Feed(command) => run_feed(output, &stack, command).await,
        Command::Advances(command) => Box::pin(advances::run(output, &stack, command)).await,
        Command::Advance(command) => Box::pin(advances::run_one(output, &stack, command)).await,
        Command::Sandbox(command) => Box::pin(sandbox::run(output, &stack, command)).await,
        Command::Restore(command) => Box::pin(restore::run(output, &stack, command, SystemClock.now())).await,
        Command::User(command) => Box::pin(users::run(output, &stack, command)).await,
    }
}

async fn run_audit(output: &Output, stack: &Stack, entries: bool) -> Result<Verdict> {
    let (register, books) = (stack.register()?, stack.books()?);
    let (imports, files) = (stack.imports()?, stack.files()?);
    let advances = stack.advances()?;
    audit::run(output, (&register, &books), (&imports, &files), (&advances, SystemClock.now()), entries).await
}

async fn run_imports(output: &Output, stack: &Stack, args: ImportsArgs) -> Result<Verdict> {
    let imports = stack.imports()?;
    match args {
        ImportsArgs { command: Some(ImportsCommand::Retry { import }), .. } => {
            imports::retry(output, &imports, &stack.uploads()?, &import, SystemClock.now()).await
        }
        ImportsArgs { command: Some(ImportsCommand::Again { import }), .. } => {
            again::run(output, &imports, &stack.bucket()?, &import).await
        }
        ImportsArgs { command: Some(ImportsCommand::Repost { import }), .. } => {
            imports::repost(output, (&imports, &stack.files()?), &stack.batches()?, &import).await
        }
        ImportsArgs { import: Some(import), .. } => imports::show(output, &imports, &stack.summaries()?, &import).await,
        ImportsArgs { import: None, kind, list, .. } => {
            imports::list(output, &imports, kind.map(KindArg::kind), &list).await
        }
    }
}

async fn run_source(output: &Output, stack: &Stack, command: SourceCommand) -> Result<Verdict> {
    match command {
        SourceCommand::Add { name } => source::add(output, &stack.imports()?, &name, SystemClock.now()).await,
        SourceCommand::List(args) => source::list(output, &stack.imports()?, &args).await,
    }
}

async fn run_feed(output: &Output, stack: &Stack, command: FeedCommand) -> Result<Verdict> {
    match command {
        FeedCommand::Serve(args) => feed::serve(output, &args).await,
        FeedCommand::Poll { wait, timeout } => {
            let patience = wait.then_some(Duration::from_secs(timeout));
            poll::poll(output, &stack.feed_log()?, &stack.polls()?, SystemClock.now(), patience).await
        }
        FeedCommand::Retry { feed, wait, timeout } => {
            let patience = wait.then_some(Duration::from_secs(timeout));
            poll::retry(output, &stack.feed_log()?, &stack.polls()?, SystemClock.now(), feed, patience).await
        }
        FeedCommand::Proof => poll::proofs(output, &stack.feed_log()?).await,
        FeedCommand::Check(made) => check::run(output, &stack.books()?, Plan::new(made.seed, made.size)).await,
    }
}
