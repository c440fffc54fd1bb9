//! `millrace`: the operator's command. It speaks to one stack, on AWS or on this machine, through the same ports and
//! adapters as the functions.
//!
//! What a command is asked for goes to standard output, as tables or, with `--json`, as one document; progress and
//! errors go to standard error. It exits with 0 when all is well, with 1 when not.

mod accounts;
mod arguments;
mod audit;
mod balances;
mod books;
mod check;
mod control;
mod customers;
mod feed;
mod history;
mod import;
mod imports;
mod mails;
mod meter;
mod outlook;
mod parcel;
mod partners;
mod place;
mod poll;
mod profile;
mod report;
mod restore;
mod screen;
mod secret;
mod sign_in;
mod source;
mod srp;
mod stack;
mod table;
mod token;
mod upload;
mod users;
mod wait;
mod whose;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use calendar::Clock as _;
use clap::Parser as _;
use feeds_sandbox::Plan;
use lambda_kit::SystemClock;

use crate::arguments::{Arguments, Command, FeedCommand, Global, ImportsCommand, Mails, SourceCommand};
use crate::screen::Screen;
use crate::stack::Stack;

/// What a command found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// What was asked for is there, or done.
    Well,
    /// It was told to the person, and is not well: a refused file, a finding.
    Amiss,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Arguments { global, command } = Arguments::parse();
    let screen = Screen::new(global.json);
    match run(&screen, &global, command).await {
        Ok(Verdict::Well) => ExitCode::SUCCESS,
        Ok(Verdict::Amiss) => ExitCode::FAILURE,
        Err(error) => {
            screen.note(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(screen: &Screen, global: &Global, command: Command) -> Result<Verdict> {
    if let Command::Profile(command) = command {
        return Box::pin(profile::run(screen, global, command)).await;
    }
    if let Command::Feed(FeedCommand::Serve(asked)) = command {
        return feed::serve(screen, &asked).await;
    }
    if let Command::Import(asked) = command {
        return Box::pin(import::run(screen, global, asked)).await;
    }
    if let Command::Token(asked) = command {
        return Box::pin(token::run(screen, global, asked)).await;
    }
    let stack = Stack::open(screen, global).await?;
    match command {
        Command::Import(_) | Command::Profile(_) | Command::Token(_) => Ok(Verdict::Well),
        Command::Customers => customers::list(screen, &stack.register()?).await,
        Command::Customer { id, mails } => {
            let mails = mails.map(Mails::choice);
            customers::show(screen, &stack.register()?, &stack.books()?, id, mails).await
        }
        Command::Accounts => accounts::list(screen, &stack.register()?, &stack.books()?).await,
        Command::Balance(asked) => books::balance(screen, &stack.register()?, &stack.books()?, &asked).await,
        Command::Balances(asked) => {
            balances::show(screen, &stack.register()?, &stack.books()?, &stack.imports()?, &asked).await
        }
        Command::History(asked) => {
            history::run(screen, &stack.register()?, &stack.books()?, &stack.imports()?, &asked).await
        }
        Command::Countries(asked) => partners::countries(screen, &stack.register()?, &stack.books()?, &asked).await,
        Command::Counterparties(asked) => {
            partners::counterparties(screen, &stack.register()?, &stack.books()?, &stack.imports()?, &asked).await
        }
        Command::Interest(asked) => outlook::interest(screen, &stack.register()?, &stack.books()?, &asked).await,
        Command::Forecast(asked) => {
            outlook::forecast(screen, &stack.register()?, &stack.books()?, &stack.imports()?, &asked).await
        }
        Command::Portfolio(asked) => {
            balances::portfolio(screen, &stack.register()?, &stack.books()?, &stack.imports()?, &asked).await
        }
        Command::Entries(asked) => books::entries(screen, &stack.register()?, &stack.books()?, &asked).await,
        Command::Imports { command: Some(ImportsCommand::Retry { id }), .. } => {
            imports::retry(screen, &stack.imports()?, &stack.uploads()?, id, SystemClock.now()).await
        }
        Command::Imports { command: Some(ImportsCommand::Repost { id }), .. } => {
            imports::repost(screen, (&stack.imports()?, &stack.files()?), &stack.batches()?, id).await
        }
        Command::Imports { id: None, limit, .. } => imports::list(screen, &stack.imports()?, limit).await,
        Command::Imports { id: Some(id), .. } => {
            imports::show(screen, &stack.imports()?, &stack.summaries()?, id).await
        }
        Command::Mails(asked) => mails::run(screen, &stack, asked, SystemClock.now()).await,
        Command::Audit { entries } => {
            let (register, books) = (stack.register()?, stack.books()?);
            let (imports, files) = (stack.imports()?, stack.files()?);
            Box::pin(audit::run(screen, (&register, &books), (&imports, &files), entries)).await
        }
        Command::Source(SourceCommand::Add { name }) => {
            source::add(screen, &stack.imports()?, &name, SystemClock.now()).await
        }
        Command::Source(SourceCommand::List) => source::list(screen, &stack.imports()?).await,
        Command::Feed(command) => run_feed(screen, &stack, command).await,
        Command::Restore(command) => Box::pin(restore::run(screen, &stack, command, SystemClock.now())).await,
        Command::User(command) => Box::pin(users::run(screen, &stack, command)).await,
    }
}

async fn run_feed(screen: &Screen, stack: &Stack, command: FeedCommand) -> Result<Verdict> {
    match command {
        FeedCommand::Serve(asked) => feed::serve(screen, &asked).await,
        FeedCommand::Poll { wait, timeout } => {
            let patience = wait.then_some(Duration::from_secs(timeout));
            poll::poll(screen, &stack.feed_log()?, &stack.polls()?, SystemClock.now(), patience).await
        }
        FeedCommand::Retry { feed, wait, timeout } => {
            let patience = wait.then_some(Duration::from_secs(timeout));
            poll::retry(screen, &stack.feed_log()?, &stack.polls()?, SystemClock.now(), feed, patience).await
        }
        FeedCommand::Proof => poll::proofs(screen, &stack.feed_log()?).await,
        FeedCommand::Check(made) => check::run(screen, &stack.books()?, Plan::new(made.seed, made.size)).await,
    }
}
