//! `feed`: simulates the feeds of a bank.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use feeds::FeedFormat;
use feeds_sandbox::{Access, Chances, Faults, Plan, SandboxFeed, Transport, cdm_router, guarded, router};
use serde_json::json;
use tokio::net::TcpListener;

use crate::Verdict;
use crate::arguments::ServeFeedArgs;
use crate::output::Output;

/// Serves until interrupted, only to this machine.
pub(crate) async fn serve(output: &Output, args: &ServeFeedArgs) -> Result<Verdict> {
    let routes = routes(args)?;
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port))).await;
    let listener = listener.with_context(|| format!("port {} of 127.0.0.1; choose another with --port", args.port))?;
    let address = format!("http://{}", listener.local_addr()?);
    output.answer(
        || json!({ "address": address }),
        || {
            format!(
                "{address}/ping, /company_info, /exchange_rates, /sepa, /swift, /faults\n{}",
                example(&address, args)
            )
        },
    )?;
    axum::serve(listener, routes).await?;
    Ok(Verdict::Ok)
}

/// An example request to copy.
fn example(address: &str, args: &ServeFeedArgs) -> String {
    let token = match (&args.bearer, &args.client_id) {
        (Some(_), _) => "-H \"Authorization: Bearer $TOKEN\" ",
        (None, Some(id)) => {
            return format!("curl -u '{id}:…' -d grant_type=client_credentials {address}/token");
        }
        (None, None) => "",
    };
    let query = if args.format.declares() { "?cursor=" } else { "" };
    format!("curl {token}'{address}/sepa{query}'")
}

fn routes(args: &ServeFeedArgs) -> Result<Router> {
    let feed = feed(args)?;
    let routes = match args.format {
        FeedFormat::Millrace => router(feed),
        FeedFormat::Cdm => cdm_router(feed),
    };
    let client = args.client_id.clone().zip(args.client_secret.clone());
    let access = match (args.bearer.clone(), client) {
        (Some(token), _) => Access::Bearer(token),
        (None, Some((id, secret))) => Access::Client { id, secret, life: Duration::from_secs(args.token_seconds) },
        (None, None) => Access::Open,
    };
    Ok(guarded(routes, access, args.made.seed))
}

fn feed(args: &ServeFeedArgs) -> Result<SandboxFeed> {
    let chances = Chances {
        crash: args.crash,
        cut: args.cut,
        truncate: args.truncate,
        hang: args.hang,
        slow: args.slow,
        repeat_pages: args.repeat_pages,
        repeat_rows: args.repeat_rows,
    };
    let faults = Faults {
        seed: args.made.seed,
        chances: chances.checked()?,
        hang: Duration::from_secs(args.hang_seconds),
        slow: Duration::from_secs(args.slow_seconds),
        transport: Transport::Connection,
    };
    Ok(SandboxFeed::new(Plan::new(args.made.seed, args.made.size), faults))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;
    use crate::arguments::{Arguments, Command, FeedCommand};

    fn args(flags: &[&str]) -> ServeFeedArgs {
        let words = ["millrace", "feed", "serve"].iter().chain(flags);
        let Command::Feed(FeedCommand::Serve(args)) = Arguments::parse_from(words).command else {
            panic!("not feed serve");
        };
        args
    }

    /// The received bytes until the connection ends.
    async fn answer(flags: &[&str], path: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = tokio::spawn(axum::serve(listener, routes(&args(flags)).unwrap()).into_future());
        let mut connection = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let _ = connection.read_to_end(&mut bytes).await;
        served.abort();
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn an_answer_comes_whole_unless_the_connection_is_cut() {
        let whole = answer(&[], "/sepa").await;
        assert!(whole.starts_with("HTTP/1.1 200 OK\r\n"), "{whole}");
        assert!(whole.contains("content-length: ") && whole.ends_with("}]}"), "{whole}");
        let cut = answer(&["--cut", "100%"], "/sepa").await;
        assert!(cut.contains("transfer-encoding: chunked") && cut.contains("\"transfers\":["), "{cut}");
        assert!(!cut.ends_with("0\r\n\r\n"), "the last chunk never comes: {cut}");
        assert!(answer(&["--crash", "100%"], "/sepa").await.starts_with("HTTP/1.1 500"));
        assert!(answer(&["--crash", "100%"], "/ping").await.ends_with("{\"ok\":true}"));
    }

    #[tokio::test]
    async fn a_feed_that_requires_credentials_says_so() {
        let refused = answer(&["--bearer", "t"], "/sepa").await;
        assert!(refused.starts_with("HTTP/1.1 401") && refused.contains("www-authenticate: Bearer"), "{refused}");
        assert!(answer(&["--client-id", "a", "--client-secret", "b"], "/sepa").await.starts_with("HTTP/1.1 401"));
        assert!(answer(&["--bearer", "t"], "/ping").await.starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn the_format_of_the_original_assignment_declares_nothing() {
        let page = answer(&["--format", "cdm"], "/sepa").await;
        assert!(page.contains("{\"sepa_transactions\":\"[{\\\"id\\\":") && !page.contains("cursor"), "{page}");
        assert!(answer(&["--format", "cdm"], "/ping").await.ends_with("{\"message\":\"pong\"}"));
    }

    #[test]
    fn more_failures_than_requests_are_refused() {
        assert!(feed(&args(&["--crash", "50%", "--hang", "50%"])).is_ok());
        let refused = feed(&args(&["--crash", "50%", "--hang", "50.1%"])).err().unwrap().to_string();
        assert_eq!(refused, "the rates of failing requests add up to more than 100%");
    }
}
