use banking::AccountNumber;
use calendar::Moment;

use crate::{Customer, CustomerId, CustomerKind};

/// A stored profile and its time.
pub type StoredProfile = (Customer, Moment);

/// What follows when a file names another customer as the holder of a registered account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HolderChange {
    /// Nothing: they are the holder, or the file knows no more than the register.
    Unchanged,
    /// They replace a holder who is known by the account only.
    Replaces,
    /// They are the holder with another mail address: this profile replaces the holder's.
    Corrects(Customer),
    /// The account is held by another customer and remains so.
    HeldByAnother,
}

/// Decides about `account`, held by `holder` with the profile `stored`, when a file of the time `as_of` names `new`.
///
/// A holder who is known by the account only, without a mail address, has had no mail and made no choice: a customer
/// with a name replaces them. A person with the same name and birth date is the holder; a later file corrects the mail
/// address.
pub fn holder_change(
    new: &Customer,
    as_of: Moment,
    account: &AccountNumber,
    holder: CustomerId,
    stored: Option<&StoredProfile>,
) -> HolderChange {
    let of_account = CustomerId::of_account(account);
    let names_nobody = new.kind == CustomerKind::Person && new.name.is_none() && new.email.is_none();
    if new.id == holder || new.id == of_account || names_nobody {
        return HolderChange::Unchanged;
    }
    let has_identity = new.kind == CustomerKind::Company || new.name.is_some();
    if holder == of_account && has_identity && stored.is_none_or(|(it, _)| it.email.is_none()) {
        return HolderChange::Replaces;
    }
    let Some((stored, known_at)) = stored.filter(|(it, _)| it.is_same_person(new)) else {
        return HolderChange::HeldByAnother;
    };
    let normalised = |it: &Customer| it.email.as_ref().map(crate::EmailAddress::normalised);
    match &new.email {
        Some(email) if as_of > *known_at && normalised(new) != normalised(stored) => {
            HolderChange::Corrects(stored.with_email(email.clone()))
        }
        _ => HolderChange::Unchanged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EmailAddress;

    fn person(name: &str, born_on: Option<&str>, email: Option<&str>) -> Customer {
        let born_on = born_on.map(|it| it.parse().unwrap());
        let email = email.map(|it| EmailAddress::parse(it).unwrap());
        let id = CustomerId::of_person(name, "", born_on, email.as_ref());
        let name = (!name.is_empty()).then(|| name.to_owned());
        Customer { id, kind: CustomerKind::Person, name, born_on, email, owner: None, address: None, first_email: None }
    }

    #[test]
    fn a_person_with_the_same_name_and_birth_date_is_the_holder() {
        const BORN: Option<&str> = Some("1915-12-10");
        const WRONG: Option<&str> = Some("ada@exmaple.com");
        const RIGHT: Option<&str> = Some("ada@example.com");
        let stored = person("Ada Lovelace", BORN, WRONG);
        let corrected = HolderChange::Corrects(stored.with_email(EmailAddress::parse("ada@example.com").unwrap()));
        for (name, born_on, email, day, expected) in [
            ("Ada Lovelace", BORN, RIGHT, "2026-03-02", corrected.clone()),
            ("ada  LOVELACE", BORN, RIGHT, "2026-03-02", corrected),
            ("Ada Lovelace", BORN, RIGHT, "2026-03-01", HolderChange::Unchanged),
            ("Ada Lovelace", BORN, None, "2026-03-02", HolderChange::Unchanged),
            ("Ada Lovelace", BORN, WRONG, "2026-03-02", HolderChange::Unchanged),
            ("Ada Lovelace", None, RIGHT, "2026-03-02", HolderChange::HeldByAnother),
            ("Ada Byron", BORN, RIGHT, "2026-03-02", HolderChange::HeldByAnother),
            ("", None, None, "2026-03-02", HolderChange::Unchanged),
        ] {
            let stored = (stored.clone(), "2026-03-01".parse().unwrap());
            let account = "4711".parse().unwrap();
            let decided = holder_change(
                &person(name, born_on, email),
                day.parse().unwrap(),
                &account,
                stored.0.id,
                Some(&stored),
            );
            assert_eq!(decided, expected, "{name} {born_on:?} {email:?} {day}");
        }
    }

    #[test]
    fn a_customer_with_a_name_replaces_one_who_is_known_by_the_account_only() {
        let account: AccountNumber = "4711".parse().unwrap();
        let at: Moment = "2026-03-01".parse().unwrap();
        let nameless = |email| Customer { id: CustomerId::of_account(&account), ..person("", None, email) };
        let acme =
            Customer { kind: CustomerKind::Company, id: CustomerId::of_company("acme"), ..person("", None, None) };
        let ada = person("Ada", None, None);
        for (new, stored, expected) in [
            (&acme, nameless(None), HolderChange::Replaces),
            (&ada, nameless(None), HolderChange::Replaces),
            (&ada, Customer { name: Some("Acme AG".to_owned()), ..nameless(None) }, HolderChange::Replaces),
            (&ada, nameless(Some("ada@example.com")), HolderChange::HeldByAnother),
            (&nameless(Some("ada@example.com")), acme.clone(), HolderChange::Unchanged),
            (&ada, acme.clone(), HolderChange::HeldByAnother),
        ] {
            let holder = stored.id;
            assert_eq!(holder_change(new, at, &account, holder, Some(&(stored, at))), expected, "{new:?} {holder:?}");
        }
        assert_eq!(holder_change(&ada, at, &account, CustomerId::of_account(&account), None), HolderChange::Replaces);
    }

    #[test]
    fn each_address_has_its_own_choice_about_mails() {
        let first = person("Ada", None, Some("ada@exmaple.com"));
        let correct = |it: &Customer, email: &str| it.with_email(EmailAddress::parse(email).unwrap());
        let corrected = correct(&first, "ada@example.com");
        assert_eq!(corrected.id, first.id);
        assert_ne!(corrected.mail_choice_id(), first.mail_choice_id());
        let third = correct(&corrected, "ada@example.org");
        assert_ne!(third.mail_choice_id(), corrected.mail_choice_id());
        assert_eq!(correct(&third, "ADA@example.com").mail_choice_id(), corrected.mail_choice_id());
        assert_eq!(
            correct(&third, "ada@exmaple.com").mail_choice_id(),
            first.id,
            "the first one's choice counts again"
        );
        let without = person("Ada", None, None);
        assert_eq!(correct(&without, "ada@example.com").mail_choice_id(), without.id, "nobody had a mail before");
    }
}
