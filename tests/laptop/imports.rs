//! A bank file becomes books and a mail.

use crate::api::Api;
use crate::command::{file, mails_to, millrace, stack};

const FOUR: &str = "Id,Date,Transaction\n0,7/15,+60.5\n1,7/28,-10.3\n2,8/2,-20.46\n3,8/13,+10\n";

#[test]
fn the_four_rows_make_the_mail_of_the_product_page() {
    if stack().is_none() {
        return;
    }
    let path = file("four.csv", FOUR);
    let import = [
        "import",
        &path,
        "--account",
        "4713",
        "--year",
        "2026",
        "--email",
        "four@example.com",
        "--name",
        "Zoë Ångström",
        "--wait",
    ];
    let (code, report) = millrace(&import);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["state"], "done");
    let rows = serde_json::json!({ "read": 4, "taken": 4, "rejected": 0, "rejects_left_out": 0 });
    assert_eq!(report["rows"], rows);
    assert_eq!(
        report["entries"],
        serde_json::json!({ "made": 4, "posted": 4, "duplicates": 0, "not_posted": 0, "dirty": 0 })
    );
    let customers = millrace(&["customers"]).1.to_string();
    assert!(customers.contains("Zoë Ångström"), "a name of any letters arrives: {customers}");
    let [mail] = mails_to("four@example.com").try_into().expect("one mail");
    for figure in ["39.74", "35.25", "-15.38", "60.50", "-10.30", "10.00", "-20.46"] {
        assert!(mail.contains(figure), "{figure} is not in the mail");
    }

    let (code, again) = millrace(&import);
    assert_eq!((code, &again["state"]), (0, &"done".into()), "{again}");
    assert_eq!(again["repeats"], report["id"]);
    assert_eq!(
        again["entries"],
        serde_json::json!({ "made": 4, "posted": 0, "duplicates": 4, "not_posted": 0, "dirty": 0 })
    );
    assert_eq!(mails_to("four@example.com").len(), 1, "no second mail");
}

#[test]
fn a_receiver_opts_out_with_the_link_in_the_mail_and_gets_no_more() {
    let Some(endpoint) = stack() else { return };
    let import = |name: &str, text: &str| {
        let path = file(name, text);
        let account = ["--account", "OPTOUT1", "--year", "2026", "--email", "enough@example.com", "--name", "Enough"];
        millrace(&[&["import", &path][..], &account, &["--wait"]].concat())
    };
    let (code, report) = import("enough.csv", FOUR);
    assert_eq!((code, &report["mails"]["sent"]), (0, &1.into()), "{report}");
    let [mail] = mails_to("enough@example.com").try_into().expect("one mail");
    let mail = mail.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
    assert!(mail.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{mail}");
    let (_, link) = mail.split_once("List-Unsubscribe:").expect("a link");
    let (link, _) = link.split_once('>').unwrap();
    let (_, token) = link.split_once("/unsubscribe?token=").expect("a token");
    let api = Api::new(&endpoint);
    let target = format!("/unsubscribe?token={token}");
    assert_eq!(api.ask("POST", &format!("{target}0"), None).0, 400, "not signed");
    let (status, page) = api.ask("GET", &target, None);
    assert_eq!(status, 200, "{page}");
    let (code, report) = import("more.csv", "Id,Date,Transaction\n9,9/1,+1\n");
    assert_eq!((code, &report["mails"]["sent"]), (0, &1.into()), "opening the link changes nothing: {report}");

    assert_eq!(api.ask("POST", &target, None).0, 200);
    let (code, report) = import("most.csv", "Id,Date,Transaction\n10,9/2,+1\n");
    assert_eq!((code, &report["mails"]["sent"], &report["mails"]["opted_out"]), (0, &0.into(), &1.into()), "{report}");
    assert_eq!(mails_to("enough@example.com").len(), 2);
}

#[test]
fn a_file_without_accepted_rows_and_an_undeclared_source_are_reported_and_exit_with_1() {
    if stack().is_none() {
        return;
    }
    let path = file("comma.csv", "Id;Date;Transaction\n0;15.07.2026;60,5\n");
    let (code, report) = millrace(&["import", &path, "--account", "NOBODY1", "--wait"]);
    assert_eq!((code, &report["state"]), (1, &"rejected".into()), "{report}");
    assert_eq!(report["warnings"].as_array().unwrap().len(), 2, "{report}");
    assert!(!millrace(&["accounts"]).1.to_string().contains("NOBODY1"), "nobody is registered");

    let path = file("t.csv", "id,payer,beneficiary,amount,currency,timestamp\n1,4713,X,1,EUR,2026-01-02\n");
    let (code, report) = millrace(&["import", &path, "--wait"]);
    assert_eq!((code, &report["state"]), (1, &"refused".into()));
    assert!(report["reason"].as_str().unwrap().contains("millrace source add"), "{report}");
    assert_eq!(millrace(&["source", "add", "chaps"]), (0, serde_json::json!({ "source": "chaps" })));
    let (code, report) = millrace(&["import", &path, "--source", "chaps", "--wait"]);
    assert_eq!(code, i32::from(report["state"] != "done"), "{report}");
}

#[test]
fn an_unreadable_row_is_reported_with_its_line_and_an_unknown_header_refuses_the_file() {
    if stack().is_none() {
        return;
    }
    let path = file("bad-row.csv", "Id,Date,Transaction\n0,7/15,60.555\n1,7/16,-3\n");
    let (code, report) = millrace(&["import", &path, "--account", "4712", "--wait"]);
    assert_eq!(code, 0);
    assert_eq!(report["rejects"][0]["line"], 2);
    assert_eq!(report["rows"]["rejected"], 1);
    let path = file("unknown.csv", "a,b,c\n1,2,3\n");
    let (code, said) = millrace(&["import", &path, "--wait"]);
    let said = said.as_str().unwrap();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("nothing was uploaded") && said.contains("Known headers: holders"), "{said}");
}

#[test]
fn a_profile_reads_a_bank_and_overlapping_files_change_nothing() {
    if stack().is_none() {
        return;
    }
    let header = "\"trans_id\";\"account_id\";\"date\";\"type\";\"operation\";\"amount\";\"balance\";\"k_symbol\";\"bank\";\"account\"\r\n";
    let row = |id: usize| {
        let sign = if id.is_multiple_of(3) { "VYDAJ" } else { "PRIJEM" };
        format!("{id};{};9303{:02};\"{sign}\";\"VKLAD\";{}.50;1.00;\"\";;\r\n", 90_000 + id % 40, 1 + id % 28, id)
    };
    let rows: Vec<String> = (1..=600).map(row).collect();
    let write = |name: &str, rows: &[String]| file(name, &format!("{header}{}", rows.concat()));
    let path = file("cut.asc", &format!("{header}{}601;90001;930331;\"PRIJE", rows.concat()));
    let (code, report) = millrace(&["import", &path, "--profile", "berka", "--wait"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["entries"]["posted"], 600);
    assert_eq!(report["accounts"], 40);
    assert_eq!(report["rejects"][0]["line"], 602);
    let balance = || millrace(&["balance", "90001"]).1;
    let before = balance();
    for (name, part) in [("first.asc", &rows[..400]), ("second.asc", &rows[200..])] {
        let (code, report) = millrace(&["import", &write(name, part), "--profile", "berka", "--wait"]);
        assert_eq!((code, &report["entries"]["posted"]), (0, &0.into()), "{report}");
    }
    assert_eq!(balance(), before);
    let (code, audit) = millrace(&["audit"]);
    assert_eq!(code, 0, "{audit}");
}

#[test]
fn a_statement_of_camt_053_is_checked_against_its_balances_and_adds_nothing_twice() {
    if stack().is_none() {
        return;
    }
    let balance = |code: &str, amount: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT\
             </CdtDbtInd></Bal>"
        )
    };
    let entry = |id: &str, amount: &str| {
        format!(
            "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>\
             2026-07-15</Dt></BookgDt><AcctSvcrRef>{id}</AcctSvcrRef></Ntry>"
        )
    };
    let text = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Id>S1</Id><Acct><Id>\
         <Othr><Id>CAMT1</Id></Othr></Id></Acct>{}{}{}{}</Stmt></BkToCstmrStmt></Document>",
        balance("OPBD", "10.00"),
        balance("CLBD", "30.00"),
        entry("R1", "8.85"),
        entry("R2", "1.00"),
    );
    let path = file("july.xml", &text);
    let (code, report) = millrace(&["import", &path, "--wait"]);
    assert_eq!((code, &report["entries"]["posted"]), (0, &2.into()), "{report}");
    let warning = report["warnings"][0]["what"].as_str().unwrap();
    assert!(warning.contains("19.85 EUR") && warning.contains("30.00 EUR"), "{warning}");
    let (code, report) = millrace(&["import", &path, "--wait"]);
    assert_eq!((code, &report["entries"]["duplicates"]), (0, &2.into()), "{report}");
}
