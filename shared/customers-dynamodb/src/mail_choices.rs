use calendar::Moment;
use customers::{ChosenMails, CustomerId, MailChoice, MailChoiceCopies, MailChoices, RegisterError, SHARDS, shard_of};
use dynamodb::{Condition, Item, Key, Query, sortable, text, text_of};

use crate::DynamoDbRegister;
use crate::items::{broken, failed};

const WANTED: &str = "wanted";
const UNWANTED: &str = "unwanted";

impl MailChoices for DynamoDbRegister {
    async fn choose_mails(&self, customer: CustomerId, choice: MailChoice, now: Moment) -> Result<(), RegisterError> {
        let item = item(&ChosenMails { customer, at: now, choice });
        self.table.put(item, Condition::Any).await.map(drop).map_err(failed)
    }

    async fn mail_choice(&self, customer: CustomerId) -> Result<MailChoice, RegisterError> {
        let Some(item) = self.table.get(&key(customer)).await.map_err(failed)? else { return Ok(MailChoice::Wanted) };
        choice(&item)
    }
}

impl MailChoiceCopies for DynamoDbRegister {
    async fn mail_choices(&self) -> Result<Vec<ChosenMails>, RegisterError> {
        let mut all = Vec::new();
        for shard in 0..SHARDS {
            let items = self.table.all(Query::partition(partition(shard))).await.map_err(failed)?;
            all.extend(items.iter().map(chosen).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(all)
    }

    async fn copy_mail_choices(&self, chosen: &[ChosenMails]) -> Result<u64, RegisterError> {
        let puts = chosen.iter().map(|it| (item(it), Condition::Below("at", text(sortable(it.at)))));
        self.table.put_all(puts.collect()).await.map_err(failed)
    }
}

fn partition(shard: u8) -> String {
    format!("M#{shard:02}")
}

fn key(customer: CustomerId) -> Key {
    let id = customer.to_string();
    Key::new(partition(shard_of(&id)), id)
}

fn item(chosen: &ChosenMails) -> Item {
    let choice = match chosen.choice {
        MailChoice::Wanted => WANTED,
        MailChoice::Unwanted => UNWANTED,
    };
    key(chosen.customer).with([("choice", text(choice)), ("at", text(sortable(chosen.at)))])
}

fn choice(item: &Item) -> Result<MailChoice, RegisterError> {
    match text_of(item, "choice").map_err(failed)? {
        WANTED => Ok(MailChoice::Wanted),
        UNWANTED => Ok(MailChoice::Unwanted),
        _ => Err(broken("an unknown choice")),
    }
}

fn chosen(item: &Item) -> Result<ChosenMails, RegisterError> {
    let customer = text_of(item, "sk").map_err(failed)?.parse().map_err(broken)?;
    // Choices that were recorded before their time was: older than any other.
    let at = text_of(item, "at").map_or_else(|_| Moment::instant(0), str::parse).map_err(broken)?;
    Ok(ChosenMails { customer, at, choice: choice(item)? })
}
