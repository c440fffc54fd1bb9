//! The names of feeds and formats, and what a port's error or message shows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use feeds::testing::FakeFeedClient;
use feeds::{CutAnswer, Feed, FeedClient, FeedFormat, FetchError, PollFeed};

#[test]
fn each_feed_has_its_name_and_its_path() {
    for (feed, name, path) in [
        (Feed::CompanyInfo, "company-info", "/company_info"),
        (Feed::ExchangeRates, "exchange-rates", "/exchange_rates"),
        (Feed::Sepa, "sepa", "/sepa"),
        (Feed::Swift, "swift", "/swift"),
    ] {
        assert_eq!((feed.name(), feed.to_string().as_str(), feed.path()), (name, name, path));
        assert_eq!(name.parse(), Ok(feed));
        assert_eq!(serde_json::to_value(feed).unwrap(), name, "the same name is stored");
    }
    for text in ["", "SEPA", "sepo", "sepa "] {
        let error = text.parse::<Feed>().unwrap_err();
        assert_eq!(error.to_string(), "not a feed: company-info, exchange-rates, sepa or swift", "{text:?}");
    }
}

#[test]
fn each_format_has_its_name_and_only_one_declares_what_a_page_has() {
    for (format, name, declares) in [(FeedFormat::Millrace, "millrace", true), (FeedFormat::Cdm, "cdm", false)] {
        assert_eq!((format.name(), format.to_string().as_str(), format.declares()), (name, name, declares));
        assert_eq!(name.parse(), Ok(format));
        assert_eq!(serde_json::to_value(format).unwrap(), name, "the same name is stored");
    }
    for text in ["", "CDM", "json"] {
        assert_eq!(text.parse::<FeedFormat>().unwrap_err().to_string(), "not a format of feeds: millrace or cdm");
    }
}

#[test]
fn a_server_declares_its_pages_unless_it_says_otherwise() {
    let server = FakeFeedClient::default();
    assert_eq!((server.format(), server.end_after_silences()), (FeedFormat::Millrace, 3));
}

#[test]
fn only_an_answer_that_would_be_the_same_again_is_final() {
    for (error, is_final) in [
        (FetchError::Failing("status 503".to_owned()), false),
        (FetchError::NoAnswer("connection closed".to_owned()), false),
        (FetchError::Cut(CutAnswer(b"{".to_vec())), false),
        (FetchError::Refused(404), true),
        (FetchError::TooLarge(1), true),
        (FetchError::Credentials("no token".into()), true),
    ] {
        assert_eq!(error.is_final(), is_final, "{error:?}");
    }
}

#[test]
fn a_log_shows_no_row_of_an_answer() {
    assert_eq!(format!("{:?}", CutAnswer(b"canary".to_vec())), "CutAnswer(6 bytes)");
}

#[test]
fn a_message_names_its_waits_and_its_retry_only_if_there_are_some() {
    let all = PollFeed::all();
    assert_eq!(serde_json::to_string(&all).unwrap(), r#"{"v":1,"turn":0}"#);
    for (message, written) in [
        (PollFeed { waits: 2, ..all }, r#"{"v":1,"turn":0,"waits":2}"#),
        (PollFeed { retry: true, ..all }, r#"{"v":1,"turn":0,"retry":true}"#),
    ] {
        assert_eq!(serde_json::to_string(&message).unwrap(), written);
        assert_eq!(serde_json::from_str::<PollFeed>(written).unwrap(), message);
    }
}
