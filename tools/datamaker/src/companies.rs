//! Companies and their accounts.

use crate::iban;
use crate::noise::Noise;

const KIND: u64 = 1;
const FIRST: [&str; 16] = [
    "Alder", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Harbor", "Iris", "Juniper", "Kestrel", "Larch",
    "Meadow", "North", "Orchard", "Pine",
];
const SECOND: [&str; 12] = [
    "Logistics",
    "Foods",
    "Textiles",
    "Machines",
    "Energy",
    "Pharma",
    "Paper",
    "Steel",
    "Optics",
    "Tools",
    "Marine",
    "Glass",
];
const OWNERS: [&str; 10] = [
    "Ada Almeida",
    "Bruno Brandt",
    "Chiara Costa",
    "Dario Duval",
    "Elif Eriksen",
    "Farid Fischer",
    "Greta Greco",
    "Hugo Haas",
    "Ines Ivanov",
    "Jonas Jansen",
];
const STREETS: [&str; 6] = ["Mill Lane", "Rue du Port", "Hauptstrasse", "Via Roma", "Calle Mayor", "Kanaalweg"];

/// A company.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Company {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: &'static str,
    /// Its address.
    pub address: String,
    /// Its mail address.
    pub email: String,
    /// Its accounts, by index.
    pub(crate) accounts: std::ops::Range<usize>,
}

/// All companies, and the IBANs of all their accounts.
pub(crate) struct Companies {
    pub(crate) all: Vec<Company>,
    pub(crate) ibans: Vec<String>,
}

impl Companies {
    /// The first `count` companies: each has one to four accounts.
    pub(crate) fn new(seed: u64, count: u64) -> Self {
        let mut companies = Self { all: Vec::new(), ibans: Vec::new() };
        for number in 0..count {
            let mut noise = Noise::new(seed, KIND, number);
            let from = companies.ibans.len();
            for _ in 0..=noise.below(4) {
                companies.ibans.push(iban::in_the_euro_area(&mut noise));
            }
            let mut word = |of: &[&'static str]| noise.one_of(of).copied().unwrap_or_default();
            let (first, second, owner, street) = (word(&FIRST), word(&SECOND), word(&OWNERS), word(&STREETS));
            companies.all.push(Company {
                id: format!("C{number:06}"),
                name: format!("{first} {second} {number}"),
                owner,
                address: format!("{street} {}", 1 + noise.below(200)),
                email: format!("treasury@c{number}.example"),
                accounts: from..companies.ibans.len(),
            });
        }
        companies
    }
}
