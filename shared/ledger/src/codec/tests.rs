#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use calendar::Moment;
use money::Currency;
use proptest::prelude::*;

use super::*;
use crate::{MAX_MONTHS_AND_CURRENCIES, Mark, Side};

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let at = (0_i64..4_000_000_000, prop::bool::ANY).prop_map(|(second, precise)| {
        let instant = Moment::instant(second * 1_000_000).unwrap();
        if precise { instant } else { Moment::day(instant.date()) }
    });
    let text = || prop::option::of("[0-9]{1,12}|DE89370400440532013000|[a-z ]{0,9}".prop_map(Box::from));
    let side = prop::sample::select(vec![Side::None, Side::Payer, Side::Beneficiary]);
    let mark = prop::sample::select(vec![Mark::Clean, Mark::BatchPayment, Mark::InvalidIban]);
    let currency = prop::sample::select(vec![Currency::EUR, Currency::USD]);
    let entry = (at, text(), text(), text(), side, mark, currency, any::<i64>(), 0_u32..3).prop_map(
        |(at, id, counterparty, text, side, mark, currency, amount_minor, ordinal)| Entry {
            at,
            source: "sepa".into(),
            id,
            ordinal,
            amount_minor,
            currency,
            side,
            counterparty,
            text,
            mark,
        },
    );
    prop::collection::vec(entry, 0..40)
}

proptest! {
    #[test]
    fn entries_read_back_as_they_were(entries in entries()) {
        prop_assert_eq!(decode_entries(&encode_entries(&entries)), Ok(entries));
    }

    #[test]
    fn broken_bytes_are_an_error_and_never_a_panic(entries in entries(), at in 0_usize..400, byte: u8) {
        let mut bytes = encode_entries(&entries);
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = decode_entries(&bytes);
        bytes.truncate(at);
        let _ = decode_entries(&bytes);
    }
}

#[test]
fn an_unknown_version_is_refused() {
    assert_eq!(decode_entries(&[9, 0]), Err(CodecError::UnknownVersion(9)));
    assert!(matches!(decode_entries(&[]), Err(CodecError::Broken(_))));
}

#[test]
fn the_months_and_currencies_an_account_may_have_fit_into_its_totals() {
    // 2^28 entries of the largest amounts in each month: more than any file has room for.
    let count = 1_u64 << 28;
    let sum = i128::from(count) * 1_000_000_000_000_000_000;
    let figures = Figures { count, credits: count, debits: count, in_minor: sum, out_minor: -sum };
    let currencies: Vec<Currency> = (0..1000).filter_map(|it| Currency::from_numeric(it).ok()).collect();
    let mut item = TotalsItem::default();
    for number in 0..MAX_MONTHS_AND_CURRENCIES {
        // Few currencies in each month are the worst case.
        let month = Month::from_ordinal(12 * 1970 + i32::try_from(number / 4).unwrap()).unwrap();
        let split = Split { clean: figures, dirty: figures };
        item.totals.months.entry(month).or_default().insert(currencies[currencies.len() - 1 - number % 4], split);
    }
    let gross = Gross { entries: count, added_minor: sum.unsigned_abs(), dirty_minor: sum.unsigned_abs() };
    let added = Added {
        entries: count * u64::try_from(currencies.len()).unwrap(),
        dirty: count,
        gross: currencies.iter().map(|it| (*it, gross)).collect(),
    };
    // Eight imports in all currencies, and as many more in one currency as the totals remember.
    let (currency, gross) = added.gross.first_key_value().unwrap();
    let plain = Added { entries: count, dirty: count, gross: [(*currency, *gross)].into() };
    let of = |number: u8| if number < 8 { added.clone() } else { plain.clone() };
    item.postings = (0..32).map(|number| (PostingId([number; 16]), of(number))).collect();
    item.open = Some((Month::from_ordinal(12 * 2050).unwrap(), vec![0; 8 * 1024]));
    let bytes = item.encode();
    assert!(bytes.len() < 400_000, "{}", bytes.len());
    assert!(TotalsItem::decode(&bytes) == Ok(item), "it reads back");
}
