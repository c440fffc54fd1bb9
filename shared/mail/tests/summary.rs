//! What the mail says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests; clippy.toml allows it only inside of #[test]"
)]

mod samples;

use mail::{LastEntry, NotIncluded, RenderMailError, Summary, render};
use money::{Currency, Money};
use samples::{envelope, five_years, four_rows, section, summary, three_currencies};

/// The HTML as a reader sees it: without style and tags, one line for each cell or paragraph.
fn read(html: &str) -> Vec<String> {
    let body = html.split("<body").nth(1).unwrap();
    let body = body.split_once('>').unwrap().1;
    let mut lines = Vec::new();
    let spaced = body.replace("<span", " <span").replace("<!--[if mso]>", "").replace("<![endif]-->", "");
    for piece in
        spaced.replace("</span>", "").replace("</td>", "\n").replace("</th>", "\n").replace("</div>", "\n").lines()
    {
        let mut text = String::new();
        let mut tag = false;
        for it in piece.chars() {
            match it {
                '<' => tag = true,
                '>' => tag = false,
                _ if !tag => text.push(it),
                _ => {}
            }
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            lines.push(text);
        }
    }
    lines
}

fn follow(lines: &[String], expected: &[&str]) -> bool {
    lines.windows(expected.len()).any(|window| window == expected)
}

#[test]
fn the_four_rows_give_the_figures_of_the_product_page() {
    let mail = render(&four_rows(), &envelope()).unwrap();
    let lines = read(&mail.html);
    for expected in [
        ["Total balance", "39.74 EUR"].as_slice(),
        &["Average credit", "35.25 EUR"],
        &["Average debit", "−15.38 EUR"],
        &["2026"],
        &["In", "70.50 EUR"],
        &["Out", "−30.76 EUR"],
        &["Month", "Number of transactions", "In", "Average credit", "Out", "Average debit"],
        &["July", "2", "60.50", "60.50", "−10.30", "−10.30"],
        &["August", "2", "10.00", "10.00", "−20.46", "−20.46"],
    ] {
        assert!(follow(&lines, expected), "{expected:?} in {lines:#?}");
    }
    assert!(mail.images.iter().all(|it| it.png.starts_with(b"\x89PNG\r\n\x1a\n")), "the logo and the chart");
    insta::assert_snapshot!("four_rows.txt", mail.text);
    insta::assert_snapshot!("four_rows.html", mail.html);
}

#[test]
fn no_credits_or_no_debits_is_a_dash() {
    for (entries, row) in [
        (vec![("2026-07-15", "60.5")], ["July", "1", "60.50", "60.50", "—", "—"]),
        (vec![("2026-07-15", "-60.5")], ["July", "1", "—", "—", "−60.50", "−60.50"]),
        (vec![("2026-07-15", "0")], ["July", "1", "—", "—", "—", "—"]),
    ] {
        let mail = render(&summary(vec![section("EUR", &entries)]), &envelope()).unwrap();
        let lines = read(&mail.html);
        assert!(follow(&lines, &row), "{row:?} in {lines:#?}");
        let labels = ["In", "Average credit", "Out", "Average debit"];
        for (label, shown) in labels.into_iter().zip(&row[2..]) {
            let overall = if *shown == "—" { (*shown).to_owned() } else { format!("{shown} EUR") };
            assert!(follow(&lines, &[label, &overall]), "{label} {overall} in {lines:#?}");
        }
        assert_eq!(mail.text.matches('—').count(), row.iter().filter(|it| **it == "—").count() * 2 + 1);
        assert!(!mail.text.contains("NaN") && !mail.html.contains("NaN"));
    }
}

#[test]
fn each_currency_has_its_own_section() {
    let mail = render(&three_currencies(), &envelope()).unwrap();
    let lines = read(&mail.html);
    for expected in [
        ["Total balance", "849.74 EUR"].as_slice(),
        &["Total balance", "−20,000 JPY"],
        &["Total balance", "1,234,567.125 KWD"],
        &["February", "2", "—", "—", "−20,000", "−10,000"],
    ] {
        assert!(follow(&lines, expected), "{expected:?} in {lines:#?}");
    }
    let cids: Vec<_> = mail.images.iter().map(|image| image.cid.as_str()).collect();
    assert_eq!(cids, ["logo@millrace", "chart-eur@millrace", "chart-jpy@millrace", "chart-kwd@millrace"]);
    for cid in cids {
        assert!(mail.html.contains(&format!("src=\"cid:{cid}\"")), "{cid} is shown");
    }
    insta::assert_snapshot!("three_currencies.txt", mail.text);
}

#[test]
fn a_long_history_shows_every_month_the_newest_year_first() {
    let mail = render(&five_years(), &envelope()).unwrap();
    let lines = read(&mail.html);
    let years: Vec<_> = lines.iter().filter(|line| line.len() == 4 && line.starts_with("202")).collect();
    assert_eq!(years, ["2026", "2025", "2024", "2023", "2022", "2021"]);
    let months = mail.html.matches("<tr><td class=\"l\">").count();
    assert_eq!(months, 59, "one month of sixty has no transactions");
    assert!(mail.html.len() < 100_000, "longer ones are cut off by some readers");
    insta::assert_snapshot!("five_years.txt", mail.text);
}

#[test]
fn the_last_entry_is_named_however_long_ago_it_was() {
    for (last_entry, shown) in [
        (LastEntry::Day("2024-08-13".parse().unwrap()), "Last entry: 13 August 2024"),
        (LastEntry::Month("2024-08".parse().unwrap()), "Last entry: August 2024"),
    ] {
        let mail = render(&Summary { last_entry: Some(last_entry), ..four_rows() }, &envelope()).unwrap();
        assert!(mail.text.contains(&format!("as of 14 August 2026\n{shown}\n")), "{}", mail.text);
        assert!(mail.html.contains(&format!(">{shown}</p>")));
    }
    // A summary that was stored before the last entry was known is still sent.
    let mut stored = serde_json::to_value(four_rows()).unwrap();
    stored.as_object_mut().unwrap().remove("last_entry");
    let mail = render(&serde_json::from_value(stored).unwrap(), &envelope()).unwrap();
    assert!(
        !mail.text.contains("Last entry") && !mail.html.contains("Last entry") && !mail.html.contains("last entry")
    );
}

#[test]
fn dirty_transactions_are_not_included_and_the_mail_says_so() {
    let not_included = |transactions, credits: &str, debits: &str| {
        let money = |it| Money::parse(it, Currency::EUR).unwrap();
        NotIncluded { transactions, credits: money(credits), debits: money(debits) }
    };
    for (dirty, text, html) in [
        (
            not_included(1, "2500", "0"),
            "\nNot included: 1 transaction that failed a check,\n2,500.00 in and 0.00 EUR out.\n",
            ">Not included: 1 transaction that failed a check, 2,500.00 in and 0.00 EUR out.</div>",
        ),
        (
            not_included(1200, "2500", "-1"),
            "\nNot included: 1,200 transactions that failed a check,\n2,500.00 in and -1.00 EUR out.\n",
            ">Not included: 1,200 transactions that failed a check, 2,500.00 in and −1.00 EUR out.</div>",
        ),
    ] {
        let mut summary = four_rows();
        summary.currencies[0].not_included = Some(dirty);
        let mail = render(&summary, &envelope()).unwrap();
        assert!(mail.text.contains(text), "{}", mail.text);
        assert!(mail.html.contains(html), "{}", mail.html);
        assert!(follow(&read(&mail.html), &["Total balance", "39.74 EUR"]), "the figures are those of clean ones");
        let stored = serde_json::to_string(&summary).unwrap();
        assert_eq!(serde_json::from_str::<Summary>(&stored).unwrap(), summary);
        insta::assert_snapshot!(format!("not_included_{}.txt", dirty.transactions), mail.text);
        let dollars = Money::new(0, Currency::USD);
        summary.currencies[0].not_included = Some(NotIncluded { debits: dollars, ..dirty });
        assert!(matches!(render(&summary, &envelope()), Err(RenderMailError::MixedCurrencies(..))));
    }
    let clean = render(&four_rows(), &envelope()).unwrap();
    assert!(!clean.text.contains("Not included") && !clean.html.contains("Not included"));
}

#[test]
fn a_name_is_shown_and_never_run() {
    let mut summary = four_rows();
    summary.holder = Some("<script>alert('x')</script> & \"Söhne\"".to_owned());
    let mail = render(&summary, &envelope()).unwrap();
    assert!(!mail.html.contains("<script"));
    assert!(mail.html.contains("&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62; &#38; &#34;Söhne&#34;, as of"));
    assert!(mail.text.contains("Account summary for <script>alert('x')</script> & \"Söhne\"\n"));
}

#[test]
fn a_mail_can_be_made_without_name_and_without_entries() {
    for holder in [None, Some("\r\n".to_owned())] {
        let mail = render(&Summary { holder, ..summary(vec![]) }, &envelope()).unwrap();
        assert!(
            mail.text.contains("Account summary\nAccount …3000, as of 14 August 2026\n\nThere are no transactions")
        );
        assert!(mail.html.contains("As of 14 August 2026") && mail.html.contains("There are no transactions"));
        assert_eq!(mail.images.len(), 1, "the logo alone");
    }
}

#[test]
fn the_account_is_masked_everywhere() {
    let mail = render(&four_rows(), &envelope()).unwrap();
    let whole = "DE89370400440532013000";
    for part in [&mail.subject, &mail.html, &mail.text, &String::from_utf8(mail.mime.clone()).unwrap()] {
        assert!(!part.contains(whole) && !part.contains("0532013000"), "{part}");
        assert!(part.contains("3000"));
    }
    let printed = format!("{mail:?} {:?} {:?}", four_rows(), envelope());
    for secret in [whole, "Ada", "Lovelace", "ada@example.com", "39.74"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_log_names_the_mail_by_its_reference() {
    let mail = render(&four_rows(), &envelope()).unwrap();
    let reference = envelope().reference;
    for (printed, parts) in [
        (format!("{:?}", envelope()), vec!["Envelope", reference.as_str(), "2026-08-14T06:30:00"]),
        (format!("{mail:?}"), vec!["Mail", reference.as_str(), "mime_bytes"]),
        (format!("{:?}", mail.images[0]), vec!["Image", "logo@millrace", "png_bytes"]),
        (format!("{:?}", four_rows()), vec!["Summary", "3000", "2026-08-14"]),
    ] {
        assert!(parts.iter().all(|part| printed.contains(part)), "{parts:?} in {printed}");
    }
}

#[test]
fn a_section_with_two_currencies_is_refused() {
    let mut summary = three_currencies();
    summary.currencies[0].months[0].debits = money::Money::new(0, money::Currency::USD);
    assert!(matches!(render(&summary, &envelope()), Err(RenderMailError::MixedCurrencies(..))));
}

#[test]
fn a_stored_summary_reads_back() {
    for summary in [four_rows(), three_currencies(), five_years(), summary(vec![])] {
        let stored = serde_json::to_string(&summary).unwrap();
        assert_eq!(serde_json::from_str::<Summary>(&stored).unwrap(), summary);
    }
}
