use std::collections::HashSet;

use customers::{Account, Registration};

/// The number of accounts of a customer in one transaction.
pub(crate) const MAX_ACCOUNTS: usize = 40;
/// The maximum number of items in a transaction: one for a profile, two for an account with its link.
const MAX_ITEMS: usize = 90;

/// A registration or a part of it that fits into one transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    /// The customer and the accounts.
    pub(crate) registration: Registration,
    /// Whether this part writes the profile; one part of each customer does.
    pub(crate) with_profile: bool,
}

/// Groups of registrations that can be written concurrently: each customer and each account is in only one of them.
#[derive(Default)]
pub(crate) struct Round {
    /// Parts that fit into one transaction each.
    pub(crate) groups: Vec<Vec<Part>>,
    /// Parts with a repeated customer or account, for a later round.
    pub(crate) later: Vec<Registration>,
}

impl Round {
    pub(crate) fn of(registrations: Vec<Registration>) -> Self {
        let (mut customers, mut accounts) = (HashSet::new(), HashSet::new());
        let mut round = Self::default();
        let mut items = MAX_ITEMS;
        for Registration { customer, accounts: all } in registrations {
            if !customers.insert(customer.id) {
                round.later.push(Registration { customer, accounts: all });
                continue;
            }
            let (now, again): (Vec<Account>, _) = all.into_iter().partition(|it| accounts.insert(it.number.clone()));
            for part in parts(Registration { customer: customer.clone(), accounts: now }) {
                let more = part.items();
                if items.saturating_add(more) > MAX_ITEMS {
                    round.groups.push(Vec::new());
                    items = 0;
                }
                items = items.saturating_add(more);
                round.groups.last_mut().into_iter().for_each(|group| group.push(part.clone()));
            }
            if !again.is_empty() {
                round.later.push(Registration { customer, accounts: again });
            }
        }
        round
    }
}

impl Part {
    fn items(&self) -> usize {
        self.registration.accounts.len().saturating_mul(2).saturating_add(1)
    }
}

fn parts(registration: Registration) -> Vec<Part> {
    let Registration { customer, accounts } = registration;
    let first = accounts.chunks(MAX_ACCOUNTS).next().unwrap_or_default();
    let rest = accounts.chunks(MAX_ACCOUNTS).skip(1);
    let part = |accounts: &[Account], with_profile| Part {
        registration: Registration { customer: customer.clone(), accounts: accounts.to_vec() },
        with_profile,
    };
    std::iter::once(part(first, true)).chain(rest.map(|some| part(some, false))).collect()
}

#[cfg(test)]
mod tests {
    use customers::{Customer, CustomerId, CustomerKind};

    use super::*;

    fn registration(name: &str, numbers: &[&str]) -> Registration {
        let id = CustomerId::of_company(name);
        let customer = Customer {
            id,
            kind: CustomerKind::Company,
            name: None,
            born_on: None,
            email: None,
            owner: None,
            address: None,
            first_email: None,
        };
        let account = |it: &&str| Account { number: it.parse().unwrap(), customer: id, r#type: None };
        Registration { customer, accounts: numbers.iter().map(account).collect() }
    }

    #[test]
    fn a_group_fits_a_transaction_and_nothing_is_lost() {
        let many: Vec<String> = (0..130).map(|it| format!("M{it}")).collect();
        let many = registration("many", &many.iter().map(String::as_str).collect::<Vec<_>>());
        let few = (0..100).map(|it| registration(&format!("c{it}"), &[&format!("C{it}")]));
        let round = Round::of(few.chain([many]).collect());
        assert_eq!(round.later, []);
        let parts: Vec<&Part> = round.groups.iter().flatten().collect();
        assert_eq!(parts.iter().filter(|it| it.with_profile).count(), 101);
        assert_eq!(parts.iter().map(|it| it.registration.accounts.len()).sum::<usize>(), 230);
        for group in &round.groups {
            assert!(!group.is_empty());
            assert!(group.iter().map(Part::items).sum::<usize>() <= MAX_ITEMS);
        }
    }

    #[test]
    fn who_or_what_is_named_again_comes_later() {
        let round = Round::of(vec![
            registration("ada", &["A", "A"]),
            registration("bob", &["A", "B"]),
            registration("ada", &["C"]),
        ]);
        let now: Vec<_> = round.groups.into_iter().flatten().map(|it| it.registration).collect();
        assert_eq!(now, [registration("ada", &["A"]), registration("bob", &["B"])]);
        let later = [registration("ada", &["A"]), registration("bob", &["A"]), registration("ada", &["C"])];
        assert_eq!(round.later, later);
    }
}
