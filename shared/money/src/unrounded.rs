use std::cmp::Reverse;

/// An amount in minor units of one currency before its one rounding: exact, so that sums of them lose nothing.
///
/// It consists of whole minor units and a remainder in units of 10⁻³⁰, which is exact for a rate of 28 decimals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Unrounded {
    /// The largest whole number of minor units that is not above the amount.
    whole: i128,
    /// The remainder above it, in fractions of a minor unit; below [`ONE`].
    rest: u128,
}

/// One minor unit in parts.
pub(crate) const ONE: u128 = 10_u128.pow(30);

impl Unrounded {
    /// A whole number of minor units.
    pub fn minor(minor: i128) -> Self {
        Self { whole: minor, rest: 0 }
    }

    /// The sum; `None` if it overflows.
    pub fn try_add(self, other: Self) -> Option<Self> {
        let rest = self.rest.checked_add(other.rest)?;
        let carry = i128::try_from(rest.checked_div(ONE)?).ok()?;
        let whole = self.whole.checked_add(other.whole)?.checked_add(carry)?;
        Some(Self { whole, rest: rest.checked_rem(ONE)? })
    }

    /// Minor units, rounded half to even; `None` if they overflow.
    pub fn rounded(self) -> Option<i128> {
        let up = match self.rest.cmp(&ONE.div_euclid(2)) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => self.whole.rem_euclid(2) == 1,
        };
        self.whole.checked_add(i128::from(up))
    }

    /// Rounds the lines of a column to minor units so that they add up to the rounded sum of `column`. Each line is
    /// rounded down; the missing minor units go to the lines with the largest remainders, one each (largest remainder
    /// method). So a line differs by less than a minor unit, and a whole line does not change.
    pub fn rounded_to_total(column: &[Self]) -> Option<Vec<i128>> {
        let sum = column.iter().try_fold(Self::default(), |sum, it| sum.try_add(*it))?;
        let down = column.iter().try_fold(0_i128, |sum, it| sum.checked_add(it.whole))?;
        let missing = usize::try_from(sum.rounded()?.checked_sub(down)?).ok()?;
        let mut lines: Vec<(i128, u128)> = column.iter().map(|it| (it.whole, it.rest)).collect();
        let mut by_rest: Vec<_> = lines.iter_mut().collect();
        by_rest.sort_by_key(|(_, rest)| Reverse(*rest));
        for (line, _) in by_rest.into_iter().take(missing) {
            *line = line.checked_add(1)?;
        }
        Some(lines.into_iter().map(|(line, _)| line).collect())
    }

    /// `minor` times (`whole` + `rest` / [`ONE`]), with `rest` below one; `None` if it overflows.
    pub(crate) fn product(minor: i128, whole: u128, rest: u128) -> Option<Self> {
        // Multiplies byte by byte, the highest first: no product then needs more than 128 bits.
        let mut product = (0_u128, 0_u128);
        for byte in minor.unsigned_abs().to_be_bytes() {
            let parts = product.1.checked_mul(256)?.checked_add(rest.checked_mul(byte.into())?)?;
            let carried = whole.checked_mul(byte.into())?.checked_add(parts.checked_div(ONE)?)?;
            product = (product.0.checked_mul(256)?.checked_add(carried)?, parts.checked_rem(ONE)?);
        }
        let amount = Self { whole: i128::try_from(product.0).ok()?, rest: product.1 };
        if minor < 0 { amount.negated() } else { Some(amount) }
    }

    /// The amount with the other sign; `None` if it overflows.
    pub fn negated(self) -> Option<Self> {
        if self.rest == 0 {
            return Some(Self::minor(self.whole.checked_neg()?));
        }
        Some(Self { whole: self.whole.checked_add(1)?.checked_neg()?, rest: ONE.checked_sub(self.rest)? })
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `tenths` of a minor unit.
    fn tenths(tenths: i128) -> Unrounded {
        Unrounded::product(tenths, 0, ONE / 10).unwrap()
    }

    #[test]
    fn halves_round_to_even() {
        for (amount, rounded) in [(4, 0), (5, 0), (6, 1), (15, 2), (25, 2), (-5, 0), (-15, -2), (-25, -2), (-26, -3)] {
            assert_eq!(tenths(amount).rounded(), Some(rounded), "{amount}");
        }
    }

    #[test]
    fn a_column_adds_up_to_its_rounded_sum() {
        for (column, lines) in [
            (vec![4, 4, 4], vec![1, 0, 0]),
            (vec![6, 6, 6], vec![1, 1, 0]),
            (vec![100, 4, 6], vec![10, 0, 1]),
            (vec![-100, -4, -4], vec![-10, 0, -1]),
            (vec![-5, 5], vec![0, 0]),
            (vec![], vec![]),
        ] {
            let column: Vec<_> = column.into_iter().map(tenths).collect();
            assert_eq!(Unrounded::rounded_to_total(&column), Some(lines), "{column:?}");
        }
    }

    #[test]
    fn what_is_too_large_is_none() {
        let most = Unrounded::minor(i128::MAX);
        assert_eq!(most.try_add(Unrounded::minor(1)), None);
        assert_eq!(most.try_add(tenths(5)).unwrap().rounded(), None);
        assert_eq!(Unrounded::product(i128::MAX, 1, 0), Some(most));
        assert_eq!(Unrounded::product(i128::MAX, 2, 0), None);
        assert_eq!(Unrounded::product(-1, u128::MAX, 0), None);
    }

    proptest! {
        #[test]
        fn rounded_lines_add_up_and_differ_by_less_than_one(column in prop::collection::vec(-99_999_i128..99_999, 0..9)) {
            let exact: Vec<_> = column.iter().map(|it| tenths(*it)).collect();
            let lines = Unrounded::rounded_to_total(&exact).unwrap();
            let sum: i128 = column.iter().sum();
            prop_assert_eq!(lines.iter().sum::<i128>(), tenths(sum).rounded().unwrap());
            for (line, exact) in lines.iter().zip(&column) {
                prop_assert!((line * 10 - exact).abs() < 10, "{} for {}", line, exact);
                prop_assert!(exact % 10 != 0 || line * 10 == *exact);
            }
        }

        #[test]
        fn a_product_is_the_sum_of_its_parts(one in any::<i64>(), other in any::<i64>(), rest in 0..ONE) {
            let product = |minor: i128| Unrounded::product(minor, 7, rest).unwrap();
            let sum = product(one.into()).try_add(product(other.into()));
            prop_assert_eq!(sum, Some(product(i128::from(one) + i128::from(other))));
        }
    }
}
