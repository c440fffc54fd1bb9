//! Tests the contract of the register on the local stack.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use calendar::Moment;
use customers::testing::register_contract;
use customers::{Account, Customer, CustomerId, CustomerKind, Customers, Register, Registration};
use customers_dynamodb::DynamoDbRegister;
use dynamodb::{Client, testing};

#[tokio::test]
async fn the_contract_is_kept() {
    let Some(register) = register().await else { return };
    register_contract(&register).await;
}

#[tokio::test]
async fn an_account_named_twice_is_the_first_ones() {
    let Some(register) = register().await else { return };
    let at = |text: &str| text.parse::<Moment>().unwrap();
    let both = [registration("ada", &["1", "1", "2"]), registration("bob", &["2", "3"])];
    for _ in 0..2 {
        let registered = register.register(&both, at("2024-03-01T10:00:00Z")).await.unwrap();
        assert_eq!(registered.held_by_others, ["2".parse().unwrap()]);
    }
    let (_, accounts) = register.customer(CustomerId::of_company("bob")).await.unwrap().unwrap();
    assert_eq!(accounts, both[1].accounts[1..]);
}

#[tokio::test]
async fn imports_at_the_same_time_agree() {
    let Some(register) = register().await else { return };
    let names: Vec<String> = (0..150).map(|it| format!("{it}")).collect();
    let all: Vec<Registration> = names.iter().map(|it| registration(it, &[it])).collect();
    let backwards: Vec<Registration> = all.iter().rev().cloned().collect();
    let as_of = "2024-03-01T10:00:00Z".parse::<Moment>().unwrap();
    let (one, other) = tokio::join!(register.register(&all, as_of), register.register(&backwards, as_of));
    assert_eq!((one.unwrap().held_by_others, other.unwrap().held_by_others), (vec![], vec![]));
    let all: Vec<_> = names.iter().map(|it| it.parse().unwrap()).collect();
    assert_eq!(register.holders(&all).await.unwrap().len(), 150);
}

fn registration(name: &str, numbers: &[&str]) -> Registration {
    let id = CustomerId::of_company(name);
    let customer = Customer {
        id,
        kind: CustomerKind::Company,
        name: Some(name.to_owned()),
        born_on: None,
        email: None,
        owner: None,
        address: None,
        first_email: None,
    };
    let account = |it: &&str| Account { number: it.parse().unwrap(), customer: id, r#type: None };
    Registration { customer, accounts: numbers.iter().map(account).collect() }
}

async fn register() -> Option<DynamoDbRegister> {
    let client = Client::new(&testing::stack().await?);
    let name = testing::unique("customers");
    testing::create_table(&client, &name, &[]).await;
    Some(DynamoDbRegister::new(client, name))
}
