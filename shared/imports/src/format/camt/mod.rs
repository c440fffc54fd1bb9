//! Bank statements of ISO 20022: camt.053 (`BankToCustomerStatement`), versions 02 to 08. Each booked entry is a row of
//! tab-delimited fields; white space in their texts is one space.

mod balances;
mod entry;
mod xml;

use calendar::Date;
use money::DecimalMark;

use crate::context::ImportContext;
use crate::format::fields::{Dialect, Row, Shape};
use crate::format::rows::Format;
use crate::layout::{ColumnMap, Dates, Layout, Sign};
use crate::{Column, Kind, Refusal, Warning};

use balances::{Balances, Difference};
use entry::{Entry, plain};
use xml::{Node, Xml};

/// The source of the entries; a part of their identity.
const SOURCE: &str = "camt-053";
const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.";
const VERSIONS: [&str; 7] = ["02", "03", "04", "05", "06", "07", "08"];
const STATEMENT: &str = "/Document/BkToCstmrStmt/Stmt";
/// The maximum number of statements with a difference in the report.
const MAX_DIFFERENCES: usize = 20;

const COLUMNS: [(&str, Option<Column>); 10] = [
    ("Ntry", None),
    ("Acct", Some(Column::Account)),
    ("Ownr", Some(Column::Name)),
    ("BookgDt", Some(Column::Date)),
    ("Amt", Some(Column::Amount)),
    ("Ccy", Some(Column::Currency)),
    ("CdtDbtInd", Some(Column::Sign)),
    ("AcctSvcrRef", Some(Column::Id)),
    ("RltdPties", Some(Column::Counterparty)),
    ("RmtInf", Some(Column::Text)),
];

/// A file of statements that is being read.
pub(crate) struct Camt {
    xml: Xml,
    statements: u64,
    statement: Statement,
    entry: Entry,
    row: Vec<u8>,
    warnings: Vec<Warning>,
    differences: usize,
}

/// The statement that is being read.
#[derive(Default)]
struct Statement {
    id: String,
    account: String,
    owner: String,
    entries: u64,
    balances: Balances,
    /// The balance that is being read: its code, amount, currency and sign.
    balance: [String; 4],
}

impl Camt {
    pub(crate) fn new() -> Self {
        Self {
            xml: Xml::new(),
            statements: 0,
            statement: Statement::default(),
            entry: Entry::default(),
            row: Vec::new(),
            warnings: Vec::new(),
            differences: 0,
        }
    }

    /// The namespace of the first element, if it is known.
    fn check_version(&self) -> Result<(), Refusal> {
        let mut names = self.xml.attributes().filter(|(name, _)| name.starts_with("xmlns"));
        let known = |name: &str| name.strip_prefix(NAMESPACE).is_some_and(|it| VERSIONS.contains(&it));
        if self.xml.path() == "/Document" && names.any(|(_, name)| known(name)) {
            return Ok(());
        }
        let names = self.xml.attributes().filter(|(name, _)| name.starts_with("xmlns")).map(|it| it.1);
        let found = names.fold(format!("<{}>", self.xml.path().trim_start_matches('/')), |it, name| it + " " + name);
        Err(Refusal::UnknownXml { found: crate::rejects::cut(found.as_bytes(), 200) })
    }

    fn end_of_statement(&mut self) {
        let Statement { id, account, balances, .. } = std::mem::take(&mut self.statement);
        for Difference { opening, entries, expected, closing, count } in balances.differences() {
            self.differences = self.differences.saturating_add(1);
            if self.differences > MAX_DIFFERENCES {
                continue;
            }
            let what = format!(
                "statement {id} of {account}: the opening balance {opening} and the booked entries of {entries} give \
                 {expected}, but the closing balance is {closing}"
            );
            self.warnings.push(Warning { what, rows: count });
        }
    }
}

impl Format for Camt {
    fn feed(&mut self, piece: &[u8]) {
        self.xml.feed(piece);
    }

    fn end(&mut self) {
        self.xml.end();
    }

    fn layout(&mut self, context: &mut ImportContext, reference: Date) -> Result<Option<Layout>, Refusal> {
        if self.xml.next_node()?.is_none() {
            return Ok(None);
        }
        self.check_version()?;
        let mut column_map = ColumnMap::new(COLUMNS.map(|it| it.0.to_owned()).to_vec());
        for (index, (_, column)) in COLUMNS.iter().enumerate() {
            column.map(|it| column_map.put(it, index));
        }
        Ok(Some(Layout {
            kind: Kind::Holders,
            source: SOURCE.to_owned(),
            dialect: Dialect { delimiter: b'\t', quote: None },
            encoding: None,
            decimal_mark: DecimalMark::Point,
            thousands_mark: None,
            dates: Dates::Usual { year: None, reference },
            currency: context.default_currency,
            sign: Sign::Words { credit: vec!["CRDT".to_owned()], debit: vec!["DBIT".to_owned()] },
            column_map,
        }))
    }

    fn next_row(&mut self) -> Result<Option<Row<'_>>, Refusal> {
        while let Some(node) = self.xml.next_node()? {
            let Some(path) = self.xml.path().strip_prefix(STATEMENT) else { continue };
            match (node, path) {
                (Node::Start, "") => self.statements = self.statements.saturating_add(1),
                (Node::End, "") => self.end_of_statement(),
                (Node::Start, "/Ntry") => {
                    self.statement.entries = self.statement.entries.saturating_add(1);
                    self.entry = Entry::at(self.xml.line());
                }
                (Node::Start, "/Ntry/NtryDtls/TxDtls") => self.entry.begin_transaction(),
                (Node::End, "/Ntry") => {
                    self.statement.end_of_entry(&mut self.entry, &mut self.row);
                    let shape = if self.entry.is_booked() { Shape::Whole } else { Shape::NotBooked };
                    return Ok(Some(Row { line: self.entry.line, bytes: &self.row, shape }));
                }
                (Node::End, path) => match path.strip_prefix("/Ntry/") {
                    Some(path) => self.entry.read(path, &self.xml),
                    None => self.statement.read(path, &self.xml),
                },
                (Node::Start, _) => {}
            }
        }
        if self.xml.is_read() && self.statements == 0 {
            return Err(Refusal::UnknownXml { found: "a camt.053 without a statement (Stmt)".to_owned() });
        }
        Ok(None)
    }

    fn warnings(&mut self) -> Vec<Warning> {
        if let Some(more) = self.differences.checked_sub(MAX_DIFFERENCES).filter(|it| *it > 0) {
            let what = "another statement has a closing balance that differs from its entries".to_owned();
            self.warnings.push(Warning { what, rows: u64::try_from(more).unwrap_or(u64::MAX) });
        }
        std::mem::take(&mut self.warnings)
    }
}

impl Statement {
    /// Reads an element outside of the entries.
    fn read(&mut self, path: &str, xml: &Xml) {
        let value = xml.value();
        let [code, amount, currency, sign] = &mut self.balance;
        match path {
            "/Id" => self.id = plain(value),
            "/Acct/Id/IBAN" | "/Acct/Id/Othr/Id" => self.account = plain(value),
            "/Acct/Ownr/Nm" => self.owner = plain(value),
            "/Bal/Tp/CdOrPrtry/Cd" => value.clone_into(code),
            "/Bal/Amt" => {
                value.clone_into(amount);
                xml.attribute("Ccy").unwrap_or_default().clone_into(currency);
            }
            "/Bal/CdtDbtInd" => value.clone_into(sign),
            "/Bal" => {
                let [code, amount, currency, sign] = std::mem::take(&mut self.balance);
                if let Some((currency, minor)) = entry::signed(&amount, &currency, &sign) {
                    self.balances.balance(&code, currency, minor);
                }
            }
            _ => {}
        }
    }

    fn end_of_entry(&mut self, entry: &mut Entry, row: &mut Vec<u8>) {
        let number = format!("entry {} of {}", self.entries, self.id);
        if let Some((currency, minor)) = entry.signed().filter(|_| entry.is_booked()) {
            self.balances.entry(currency, minor);
        }
        row.clear();
        for (index, field) in [&number, &self.account, &self.owner].into_iter().chain(entry.fields()).enumerate() {
            if index > 0 {
                row.push(b'\t');
            }
            row.extend_from_slice(field.as_bytes());
        }
    }
}
