use customers::{CustomerId, MailChoice, MailChoices, RegisterError, shard_of};
use dynamodb::{Condition, Key, text, text_of};

use crate::DynamoDbRegister;
use crate::items::{broken, failed};

const WANTED: &str = "wanted";
const UNWANTED: &str = "unwanted";

impl MailChoices for DynamoDbRegister {
    async fn choose_mails(&self, customer: CustomerId, choice: MailChoice) -> Result<(), RegisterError> {
        let choice = match choice {
            MailChoice::Wanted => WANTED,
            MailChoice::Unwanted => UNWANTED,
        };
        let item = key(customer).with([("choice", text(choice))]);
        self.table.put_if(item, Condition::Any).await.map(drop).map_err(failed)
    }

    async fn mail_choice(&self, customer: CustomerId) -> Result<MailChoice, RegisterError> {
        let Some(item) = self.table.get(&key(customer)).await.map_err(failed)? else { return Ok(MailChoice::Wanted) };
        match text_of(&item, "choice").map_err(failed)? {
            WANTED => Ok(MailChoice::Wanted),
            UNWANTED => Ok(MailChoice::Unwanted),
            _ => Err(broken("an unknown choice")),
        }
    }
}

fn key(customer: CustomerId) -> Key {
    let id = customer.to_string();
    Key::new(format!("M#{:02}", shard_of(&id)), id)
}
