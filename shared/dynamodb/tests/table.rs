//! Tests the behaviour that the adapters rely on, on the local stack.

use dynamodb::{Client, Condition, Key, Put, Query, Transacted, Write, number, testing, text};
use storage::Version;

fn key(at: usize) -> Key {
    Key::new("P", format!("S#{at:04}"))
}

#[tokio::test]
async fn conditions_answer_and_batches_are_whole() {
    let Some(config) = testing::stack().await else { return };
    let table = testing::create_table(&Client::new(&config), &testing::unique("table"), &[]).await;

    assert_eq!(table.get(&key(0)).await.unwrap(), None);
    let first = key(0).with([("v", number(1))]);
    assert_eq!(table.put(first.clone(), Condition::Absent).await.unwrap(), Put::Stored);
    let other = key(0).with([("v", number(9))]);
    assert_eq!(table.put(other.clone(), Condition::Absent).await.unwrap(), Put::Failed(first.clone()));

    let put = |at: usize, condition| Write::Put(key(at).with([("v", number(2))]), condition);
    let writes = vec![put(1, Condition::Absent), put(0, Condition::version("v", Version(7)))];
    assert_eq!(table.transact(writes).await.unwrap(), Transacted::Failed(vec![1]));
    assert_eq!(table.get(&key(1)).await.unwrap(), None, "all or nothing");
    let check = Write::Check(key(5), Condition::Is("v", number(1)));
    let writes = vec![put(1, Condition::Absent), put(0, Condition::version("v", Version(1))), check];
    assert_eq!(table.transact(writes).await.unwrap(), Transacted::Failed(vec![2]));
    let check = Write::Check(key(5), Condition::Absent);
    let writes = vec![put(1, Condition::Absent), put(0, Condition::version("v", Version(1))), check];
    assert_eq!(table.transact(writes).await.unwrap(), Transacted::Done);
    assert_eq!(table.transact(vec![]).await.unwrap(), Transacted::Done);

    let items: Vec<_> = (0..230).map(|at| key(at).with([("t", text(at.to_string()))])).collect();
    let puts = |condition: Condition| items.iter().map(|it| (it.clone(), condition.clone())).collect::<Vec<_>>();
    assert_eq!(table.put_all(puts(Condition::Any)).await.unwrap(), 230);
    assert_eq!(table.put_all(puts(Condition::Absent)).await.unwrap(), 0);
    let keys: Vec<_> = (0..240).map(key).collect();
    assert_eq!(table.get_all(&keys).await.unwrap().len(), 230);
    assert_eq!(table.get_all(&[]).await.unwrap(), []);

    let all = Query::partition("P").begins_with("S#");
    assert_eq!(table.all(all.clone()).await.unwrap(), items);
    let last = table.first(all.clone().backwards(), 3).await.unwrap();
    assert_eq!(last, [229, 228, 227].map(|at| items[at].clone()));
    let rest = table.all(all.only(&["sk"]).after(key(227).item())).await.unwrap();
    assert_eq!(rest.len(), 2);
    assert_eq!(rest[0].len(), 1);
    let below = Query::partition("P").below("sk", "S#0002");
    assert_eq!(table.all(below).await.unwrap().len(), 2);

    let (keys, next) = table.scan_keys("S#0003", None).await.unwrap();
    assert_eq!((keys, next), (vec![key(3)], None));
}
