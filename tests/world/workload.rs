//! What users upload in a seed: files that overlap, repeat each other and meet in the same accounts and months.

use feeds::{Feed, PollFeed};
use serde_json::{Value, json};

use crate::{Message, Outcome, World};

const ALDER: &str = "DE89370400440532013000";
const BIRCH: &str = "AT611904300234573201";
const ABROAD: &str = "GB82WEST12345698765432";

const CUSTOMERS: &str = "id,name,owner,address,email,ibans\n\
    C1,Alder,Ann,Lane 1,alder@example.com,DE89370400440532013000\n\
    C2,Birch,Bea,Lane 2,bounce@example.com,AT611904300234573201\n";
const HOLDERS: &str = "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction\n\
    1,Ada,Lovelace,1915-12-10,ada@example.com,giro,a,2026-01-15T10:00:00Z,+60.5\n\
    2,Bob,Byron,1988-01-22,,giro,b,2026-02-13T10:00:00Z,+7\n\
    3,Cy,Young,1967-03-29,bounce@example.com,giro,c,2026-02-13T10:00:00Z,+9\n\
    4,Di,Zorn,1967-03-29,complaint@example.com,giro,d,2026-02-13T10:00:00Z,+9\n";

/// One file.
#[derive(Clone, PartialEq, Eq, Debug)]
struct File {
    key: String,
    version: String,
    text: String,
}

/// What is uploaded in a seed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Workload {
    files: Vec<File>,
    /// The transfers of the feeds, where they are polled.
    feed: Option<Vec<Value>>,
}

impl Workload {
    /// The files of `seed`.
    pub fn of(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed ^ 0x6d69_6c6c);
        let pool = transfers(&mut random);
        let holders = File { key: "imports/holders.csv".to_owned(), version: "1".to_owned(), text: HOLDERS.to_owned() };
        let mut files = vec![holders];
        for number in 0..random.usize(2..5) {
            let file = match random.u8(..10) {
                0..6 => transfer_file(number, &pool, &mut random),
                6..9 => account_file(number, &mut random),
                _ => repeated(number, &files, &mut random),
            };
            files.push(file);
        }
        if random.u8(..8) == 0 {
            files.push(File {
                key: "imports/unknown.csv".to_owned(),
                version: "1".to_owned(),
                text: "a,b\n1,2\n".to_owned(),
            });
        }
        let feed = (random.u8(..3) == 0).then(|| feed(&mut random));
        Self { files, feed }
    }

    /// Whether feeds are polled.
    pub fn has_feeds(&self) -> bool {
        self.feed.is_some()
    }

    /// What the same files come to, one after the other, where nothing fails.
    pub fn quiet(&self) -> Outcome {
        let mut world = World::new(Vec::new());
        self.prepare(&mut world);
        for file in &self.files {
            world.upload(&file.key, &file.version, &file.text);
            world.run();
        }
        if self.has_feeds() {
            world.poll();
            world.run();
        }
        world.outcome()
    }

    /// Registers the companies, before the rest.
    pub fn prepare(&self, world: &mut World) {
        world.upload("imports/customers.csv", "1", CUSTOMERS);
        world.run();
        if let Some(transfers) = &self.feed {
            let company = |id: &str, iban: &str| json!({"id": id, "name": id, "owner": "O", "address": "A 1", "email": "a@b.example", "ibans": [iban]});
            world.server.add(Feed::CompanyInfo, [company("C1", ALDER), company("C2", BIRCH)]);
            world.server.add(Feed::Sepa, transfers.iter().cloned());
        }
    }

    /// Uploads all files at once, and returns what S3 says of them.
    pub fn start(&self, world: &World) -> Vec<Message> {
        let mut messages: Vec<Message> =
            self.files.iter().map(|file| world.put(&file.key, &file.version, &file.text)).collect();
        if self.has_feeds() {
            // Two polls that were requested almost simultaneously.
            for _ in 0..2 {
                messages.push(Message::Poll(PollFeed::all(), world.now.get()));
                world.advance(1_000_000);
            }
        }
        messages
    }
}

/// Transfers that the files of a seed share. The ids are long, so that a month soon outgrows the totals.
fn transfers(random: &mut fastrand::Rng) -> Vec<String> {
    let rows = if random.bool() { random.usize(150..400) } else { random.usize(3..40) };
    let mut pool = Vec::with_capacity(rows);
    for _ in 0..rows {
        let id: String = std::iter::repeat_with(|| random.alphanumeric()).take(48).collect();
        let (payer, beneficiary) = match random.u8(..6) {
            0 => (ABROAD, ALDER),
            1 => (BIRCH, ABROAD),
            2 => (BIRCH, ALDER),
            _ => (ALDER, BIRCH),
        };
        let (month, day) = (if random.u8(..5) == 0 { random.u8(1..3) } else { 3 }, random.u8(1..29));
        let row = |cents: u32| {
            format!(
                "{id},{payer},{beneficiary},{}.{:02},EUR,2026-{month:02}-{day:02}T10:00:00Z\n",
                cents / 100,
                cents % 100
            )
        };
        pool.push(row(random.u32(1..1_000_000)));
        if random.u8(..20) == 0 {
            pool.push(row(random.u32(1..1_000_000)));
        }
    }
    pool
}

fn transfer_file(number: usize, pool: &[String], random: &mut fastrand::Rng) -> File {
    let from = random.usize(..pool.len());
    let to = (from + random.usize(1..=pool.len())).min(pool.len());
    let rows = pool.get(from..to).unwrap_or_default().concat();
    let text = format!("id,payer,beneficiary,amount,currency,timestamp\n{rows}");
    File { key: format!("imports/sepa/{number}.csv"), version: "1".to_owned(), text }
}

/// Rows without ids, equal ones among them.
fn account_file(number: usize, random: &mut fastrand::Rng) -> File {
    let account = random.u8(1..5);
    let mut text = "Id,Date,Transaction\n".to_owned();
    for _ in 0..random.usize(1..12) {
        text += &format!(",2026-0{}-0{},{}\n", random.u8(1..4), random.u8(1..4), random.u8(1..4));
    }
    File { key: format!("imports/accounts/{account}/{number}.csv"), version: "1".to_owned(), text }
}

/// Transfers of a feed, some of them repeated.
fn feed(random: &mut fastrand::Rng) -> Vec<Value> {
    let mut rows = Vec::new();
    for number in 0..random.usize(1..20) {
        let (payer, beneficiary) = if random.bool() { (ALDER, BIRCH) } else { (ABROAD, ALDER) };
        let row = json!({
            "id": format!("F{number}"), "payer_iban": payer, "beneficiary_iban": beneficiary,
            "amount": format!("{}.00", random.u8(1..99)), "time": format!("2026-03-{:02}T10:00:00Z", random.u8(1..29)),
        });
        rows.push(row.clone());
        if random.u8(..5) == 0 {
            rows.push(row);
        }
    }
    rows
}

/// The content of an earlier file under another name, or uploaded again under its own.
fn repeated(number: usize, files: &[File], random: &mut fastrand::Rng) -> File {
    let Some(file) = files.get(random.usize(..files.len())).cloned() else { return account_file(number, random) };
    if random.bool() {
        return File { version: format!("{}-{number}", file.version), ..file };
    }
    let folder = file.key.rsplit_once('/').map_or("imports", |(folder, _)| folder);
    File { key: format!("{folder}/again-{number}.csv"), ..file }
}
