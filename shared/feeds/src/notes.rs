//! Notes about the limits of a proof.

use crate::{Counted, Feed, PageProof, PageRecord};

/// For a bank that declares nothing: what a proof cannot compare, and what it compares instead.
pub(crate) fn comparisons(feed: Feed, pages: PageProof) -> Vec<String> {
    let PageProof { undeclared, damaged, .. } = pages;
    if undeclared == 0 {
        return Vec::new();
    }
    let mut notes = vec![
        "the bank declares neither rows nor sums in this format: compared were rows received = read = taken + \
         rejected, and entries made = posted + duplicates"
            .to_owned(),
    ];
    notes.push(match feed {
        Feed::Sepa | Feed::Swift => {
            "the bank keeps the cursor: an answer that was lost on its way does not come again \
                                     and leaves no trace here, and repeated pages are among the duplicates"
                .to_owned()
        }
        Feed::CompanyInfo => "the balance of a company has no date, no currency and no account, so it is not compared \
                              with the books"
            .to_owned(),
        Feed::ExchangeRates => "the rates have no date, so they apply to the day of their import".to_owned(),
    });
    if damaged > 0 {
        notes.push(format!(
            "{damaged} answers ended in the middle or could not be read: rows are missing unless the bank has sent \
             them again; the answers are kept in the bucket under feeds/{feed}/"
        ));
    }
    notes
}

/// The note for an operator about a page with withdrawn rows; `None` if the bank has withdrawn no row of it.
pub(crate) fn correction(page: &PageRecord) -> Option<String> {
    let replaced = page.replaced.as_ref().filter(|it| it.withdrawn > 0)?;
    Some(format!(
        "page {} (cursor `{}`): the bank has withdrawn {} rows after they were taken; taken first: {}; corrected: {}. \
         The withdrawn rows stay in the books, and where only the amount differs both versions are dirty, in no clean \
         balance. Compare {} with {} and import what the clean balances lack in a file of your own, under new ids",
        page.number,
        page.cursor,
        replaced.withdrawn,
        described(&replaced.received),
        described(&page.received),
        replaced.key,
        page.key,
    ))
}

fn described(counted: &Counted) -> String {
    let sums = counted.sums.iter().map(ToString::to_string);
    std::iter::once(format!("{} rows", counted.rows)).chain(sums).collect::<Vec<_>>().join(", ")
}
