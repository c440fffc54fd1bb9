use advances::ports::{Advances, Append, Appended, IndexItem, PortError};
use advances::{AdvanceId, Claim, Direction, Fact, Reference};
use calendar::Date;
use dynamodb::{Condition, Document, Item, Key, Query, Transacted, Write, sortable, text, text_of};

use crate::{BY_LISTING, DynamoDbAdvances, LISTED_AT, broken, failed};

pub(crate) const INDEX: &str = "INDEX";
const DOCUMENT: Document<Fact> = Document::version(1);

impl Advances for DynamoDbAdvances {
    async fn load(&self, id: &AdvanceId) -> Result<Vec<Fact>, PortError> {
        let query = Query::partition(partition(id)).begins_with("FACT#");
        let items = self.table.all(query).await.map_err(failed)?;
        let facts = (0_u64..).zip(&items).map(|(number, item)| {
            if Key::of(item).map_err(failed)? != fact_key(id, number) {
                return Err(broken(format!("fact {number} of advance {id} is missing")));
            }
            DOCUMENT.read(item).map_err(failed)
        });
        facts.collect()
    }

    async fn append(&self, append: &Append) -> Result<Appended, PortError> {
        let claims = append.claims.take.iter().map(|(claim, payment)| {
            let holder = Reference { advance: append.advance.clone(), payment: *payment };
            Write::Put(claim_key(claim).with([("payment", text(holder.to_string()))]), Condition::Absent)
        });
        let mut writes = Vec::new();
        for (number, fact) in (append.expected..).zip(&append.facts) {
            let document = DOCUMENT.of(fact).map_err(failed)?;
            writes.push(Write::Put(fact_key(&append.advance, number).with([document]), Condition::Absent));
        }
        let claimed_from = writes.len();
        writes.extend(claims);
        writes.extend(append.claims.release.iter().map(|claim| Write::Delete(claim_key(claim))));
        writes.push(Write::Put(index_item(&append.advance, &append.index), Condition::Any));
        match self.table.transact(writes).await.map_err(failed)? {
            Transacted::Done => Ok(Appended::Stored),
            Transacted::Failed(parts) => {
                let held = parts.first().and_then(|first| first.checked_sub(claimed_from));
                let held = held.and_then(|index| append.claims.take.get(index));
                Ok(held.map_or(Appended::Conflict, |(claim, _)| Appended::Held(claim.clone())))
            }
        }
    }

    async fn holder(&self, claim: &Claim) -> Result<Option<Reference>, PortError> {
        let item = self.table.get(&claim_key(claim)).await.map_err(failed)?;
        let holder = item.map(|it| text_of(&it, "payment").map_err(failed)?.parse::<Reference>().map_err(broken));
        holder.transpose()
    }
}

fn partition(id: &AdvanceId) -> String {
    format!("ADV#{id}")
}

/// The id of an advance from the partition of its items.
pub(crate) fn id_of(item: &Item) -> Result<AdvanceId, PortError> {
    let pk = text_of(item, "pk").map_err(failed)?;
    pk.strip_prefix("ADV#").unwrap_or_default().parse::<AdvanceId>().map_err(broken)
}

/// Facts sort by their numbers.
fn fact_key(id: &AdvanceId, number: u64) -> Key {
    Key::new(partition(id), format!("FACT#{number:010}"))
}

pub(crate) fn index_key(id: &AdvanceId) -> Key {
    Key::new(partition(id), INDEX)
}

fn claim_key(claim: &Claim) -> Key {
    match claim {
        Claim::Transaction(transaction) => Key::new(format!("TX#{transaction}"), "TX"),
        Claim::Slot(slot) => {
            let direction = match slot.direction {
                Direction::Credit => "credit",
                Direction::Debit => "debit",
            };
            let (account, currency) = (slot.account.as_str(), slot.amount.currency());
            Key::new(format!("SLOT#{account}#{direction}#{}#{currency}", slot.amount.amount()), "SLOT")
        }
    }
}

fn index_item(id: &AdvanceId, index: &IndexItem) -> Item {
    let mut item = index_key(id).with([
        (BY_LISTING.1, text(format!("advance/{}", index.status))),
        (LISTED_AT, text(format!("{}#{id}", sortable(index.requested_at)))),
        ("customer", text(&*index.customer)),
    ]);
    item.extend(index.next_work.into_iter().flat_map(work));
    item
}

/// The attributes of the sparse index of work.
fn work(next: Date) -> [(String, dynamodb::Value); 2] {
    [("work".to_owned(), text("1")), ("next_work".to_owned(), text(next.to_string()))]
}
