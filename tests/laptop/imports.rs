//! A bank file becomes books and a mail.

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
fn a_row_that_cannot_be_read_is_told_with_its_line_and_an_unknown_header_refuses_the_file() {
    if stack().is_none() {
        return;
    }
    let path = file("bad-row.csv", "Id,Date,Transaction\n0,7/15,60.555\n1,7/16,-3\n");
    let (code, report) = millrace(&["import", &path, "--account", "4712", "--wait"]);
    assert_eq!(code, 0);
    assert_eq!(report["rejects"][0]["line"], 2);
    assert_eq!(report["rows"]["rejected"], 1);
    let path = file("unknown.csv", "a,b,c\n1,2,3\n");
    let (code, report) = millrace(&["import", &path, "--wait"]);
    assert_eq!((code, &report["state"]), (1, &"refused".into()));
    assert!(report["reason"].as_str().unwrap().contains("Known are: holders"), "{report}");
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
