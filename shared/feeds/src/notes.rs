//! What a proof cannot say.

use crate::{Feed, PageProof, Proof};

impl Proof {
    /// What could not be compared, and what was compared instead; nothing where the bank declares what it has.
    pub fn notes(&self) -> Vec<String> {
        let PageProof { undeclared, damaged, .. } = self.pages;
        if undeclared == 0 {
            return Vec::new();
        }
        let mut notes = vec![
            "the bank declares neither rows nor sums in this format: compared were rows received = read = taken + \
             rejected, and entries made = posted + duplicates"
                .to_owned(),
        ];
        notes.push(match self.feed {
            Feed::Sepa | Feed::Swift => {
                "the bank keeps the cursor: an answer that was lost on its way does not come again \
                                         and leaves no trace here, and repeated pages are among the duplicates"
                    .to_owned()
            }
            Feed::CompanyInfo => {
                "the balance of a company has no date, no currency and no account, so it is not compared \
                                  with the books"
                    .to_owned()
            }
            Feed::ExchangeRates => {
                "the rates have no date, so they are of the day on which they were imported".to_owned()
            }
        });
        if damaged > 0 {
            notes.push(format!(
                "{damaged} answers ended in the middle or could not be read: rows are missing unless the bank has sent \
                 them again; the answers are kept in the bucket under feeds/{}/",
                self.feed
            ));
        }
        notes
    }
}
