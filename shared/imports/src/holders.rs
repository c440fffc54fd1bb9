use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use banking::AccountNumber;
use calendar::Date;
use customers::{Account, Customer, CustomerId, CustomerKind, EmailAddress, Registration};
use hashbrown::DefaultHashBuilder;

use crate::accounts::Accounts;
use crate::format::fields::Fields;
use crate::layout::Layout;
use crate::row_error::{RowError, is_clean};
use crate::{Column, Warning};

/// The holders that a file names with its accounts. The first row of an account determines its holder; rows with another
/// holder are counted. If the register has another one, the registration decides.
#[derive(Default)]
pub(crate) struct Holders {
    /// The account of a file of one account, and the holder that the upload names.
    one: Option<(u32, Registration)>,
    new: HashMap<CustomerId, Registration>,
    /// For each account so far: the hash of the holder's fields, and the holder.
    seen: HashMap<u32, (u64, Option<CustomerId>)>,
    /// All customers that the file names, registered or not, so that a repeated split counts the same.
    named: HashSet<CustomerId>,
    hasher: DefaultHashBuilder,
    others_named: u64,
}

/// An account that a row names for the first time, with the holder of that row.
pub(crate) struct NewlySeen {
    account: u32,
    hash: u64,
    number: AccountNumber,
    r#type: Option<String>,
    /// The file identifies no holders: they are customers by their account, perhaps with a name.
    nameless: bool,
    customer: Customer,
}

const FIELDS: [Column; 4] = [Column::FirstName, Column::LastName, Column::BornOn, Column::Email];

impl Holders {
    /// The holder of a file of one account.
    pub(crate) fn add_one(&mut self, accounts: &mut Accounts, registration: Registration) -> Option<u32> {
        let account = registration.accounts.first()?.number.clone();
        let number = accounts.number(account.as_str().as_bytes());
        accounts.in_register(number);
        accounts.set_registered(number);
        self.named.insert(registration.customer.id);
        self.one = Some((number, registration));
        Some(number)
    }

    /// Reads the holder of a row of `account`, which has been looked up. `None` if an earlier row names the account.
    pub(crate) fn see(
        &mut self,
        accounts: &Accounts,
        account: u32,
        layout: &Layout,
        fields: &Fields,
        row: &[u8],
    ) -> Result<Option<Box<NewlySeen>>, RowError> {
        let column_map = FIELDS.map(|it| layout.column_map.find(it));
        let nameless = column_map.iter().all(Option::is_none);
        let texts = column_map.map(|it| it.map_or(&[][..], |index| fields.get(row, index)));
        let hash = self.hasher.hash_one(texts);
        if let Some((known, holder)) = self.seen.get(&account) {
            if *known != hash && holder.is_some() {
                let other = Some(read_holder(layout, fields, row)?.id) != *holder;
                self.others_named = self.others_named.saturating_add(u64::from(other));
            }
            return Ok(None);
        }
        let number: AccountNumber =
            accounts.name(account).parse().map_err(|error| RowError::row(format!("{error}")))?;
        let customer = if nameless {
            let name = layout.column_map.find(Column::Name).map(|it| fields.get(row, it)).unwrap_or_default();
            let name = std::str::from_utf8(name).ok().filter(|it| !it.is_empty() && is_clean(name)).map(str::to_owned);
            Customer { name, ..nameless_customer(CustomerId::of_account(&number)) }
        } else {
            read_holder(layout, fields, row)?
        };
        let r#type = layout.column_map.find(Column::Type).map(|it| fields.get(row, it)).filter(|it| !it.is_empty());
        let r#type = r#type.map(|it| String::from_utf8_lossy(it).chars().take(40).collect());
        Ok(Some(Box::new(NewlySeen { account, hash, number, r#type, nameless, customer })))
    }

    /// Stores the holder of an accepted row.
    pub(crate) fn keep(&mut self, accounts: &mut Accounts, seen: NewlySeen) {
        let NewlySeen { account, hash, number, r#type, nameless, customer } = seen;
        let registered = accounts.holder(account);
        let holder = if nameless { registered.unwrap_or(customer.id) } else { customer.id };
        self.named.insert(holder);
        self.seen.insert(account, (hash, (!nameless).then_some(holder)));
        if registered == Some(holder) {
            return;
        }
        accounts.set_registered(account);
        let new = self.new.entry(customer.id).or_insert_with(|| Registration { customer, accounts: Vec::new() });
        new.accounts.push(Account { number, customer: holder, r#type });
    }

    /// The number of customers that the file names.
    pub(crate) fn named(&self) -> u64 {
        u64::try_from(self.named.len()).unwrap_or(u64::MAX)
    }

    /// The number of new ones.
    pub(crate) fn new_customers(&self) -> usize {
        self.new.len()
    }

    pub(crate) fn warnings(&self, accounts: &Accounts) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.others_named > 0 {
            let what = "the row names another holder than the first row of its account, which counts".to_owned();
            warnings.push(Warning { what, rows: self.others_named });
        }
        let named = self.one.as_ref().filter(|(_, it)| it.customer.name.is_some() || it.customer.email.is_some());
        if let Some((number, _)) = named.filter(|it| !is_theirs(accounts, it)) {
            let account = accounts.name(*number);
            let what = format!(
                "another customer holds the account, so the name and the mail address of the upload are not used; \
                 `millrace account {account}` shows the holder, and `millrace customer ID --email ADDRESS` sets the address"
            );
            warnings.push(Warning { what, rows: 1 });
        }
        warnings
    }

    /// The registrations, in a stable order.
    pub(crate) fn registrations(&mut self, accounts: &Accounts) -> Vec<Registration> {
        if let Some((_, registration)) = self.one.take().filter(|it| is_theirs(accounts, it)) {
            self.new.insert(registration.customer.id, registration);
        }
        let mut new: Vec<Registration> = std::mem::take(&mut self.new).into_values().collect();
        new.sort_by_key(|it| it.customer.id);
        new
    }
}

/// Whether the register has no other holder of the account of a file: that one remains, and the file does not change
/// them.
fn is_theirs(accounts: &Accounts, (number, registration): &(u32, Registration)) -> bool {
    accounts.holder(*number).is_none_or(|holder| holder == registration.customer.id)
}

fn nameless_customer(id: CustomerId) -> Customer {
    Customer {
        id,
        kind: CustomerKind::Person,
        name: None,
        born_on: None,
        email: None,
        owner: None,
        address: None,
        first_email: None,
    }
}

/// The holder of a file of one account: from the object's metadata, or without a name.
pub(crate) fn holder_of_one(
    account: &AccountNumber,
    name: Option<String>,
    email: Option<EmailAddress>,
) -> Registration {
    let id = CustomerId::of_account(account);
    let customer = Customer { name, email, ..nameless_customer(id) };
    Registration { customer, accounts: vec![Account { number: account.clone(), customer: id, r#type: None }] }
}

fn read_holder(layout: &Layout, fields: &Fields, row: &[u8]) -> Result<Customer, RowError> {
    let text = |column: Column| {
        let Some(index) = layout.column_map.find(column) else {
            return Ok((0, ""));
        };
        let text = fields.get(row, index);
        match std::str::from_utf8(text) {
            Ok(it) if text.len() <= 200 && is_clean(text) => Ok((index, it)),
            _ => Err(RowError::field(index, "not a text: UTF-8 of at most 200 bytes without control characters")),
        }
    };
    let (_, first) = text(Column::FirstName)?;
    let (_, last) = text(Column::LastName)?;
    let (born_at, born) = text(Column::BornOn)?;
    let (email_at, email) = text(Column::Email)?;
    let born_on = match born {
        "" => None,
        // The format of a profile applies to all dates; without a profile it is ISO 8601.
        _ => Some(read_date(layout, born).map_err(|error| RowError::field(born_at, error))?),
    };
    let email = match email {
        "" => None,
        _ => Some(EmailAddress::parse(email).map_err(|error| RowError::field(email_at, error))?),
    };
    let name = [first, last].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
    let id = CustomerId::of_person(first, last, born_on, email.as_ref());
    Ok(Customer { name: (!name.is_empty()).then_some(name), born_on, email, ..nameless_customer(id) })
}

fn read_date(layout: &Layout, text: &str) -> Result<Date, calendar::DateError> {
    match &layout.dates {
        crate::layout::Dates::Format(format) => format.read(text.as_bytes()).map(calendar::Moment::date),
        crate::layout::Dates::Usual { .. } => text.parse(),
    }
}
