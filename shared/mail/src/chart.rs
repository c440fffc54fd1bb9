//! The chart of incoming and outgoing money in each of the last twelve months, as a PNG.
//!
//! All geometry is in whole pixels at twice the displayed resolution. The background is transparent and the colours
//! have medium brightness, so that the chart is readable on light and dark pages.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use calendar::Month;
use money::{Money, group_thousands};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;

use crate::CurrencySummary;

/// The displayed width, in CSS pixels.
pub(crate) const SHOWN_WIDTH: u32 = 360;

const MONTHS: usize = 12;
const WIDTH: i128 = 720;
const LEFT: i128 = 84;
const TOP: i128 = 16;
const PLOT_HEIGHT: i128 = 300;
const BELOW: i128 = 72;
const MAX_BAND: i128 = 180;
const MAX_BAR: i128 = 56;
const MAX_STEPS: i128 = 5;

const CREDIT: &str = "#2a8c96";
const DEBIT: &str = "#c77b43";
const INK: &str = "#74858c";

static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(include_bytes!("../assets/Inter-Regular.subset.ttf").to_vec());
    fonts.load_font_data(include_bytes!("../assets/Inter-SemiBold.subset.ttf").to_vec());
    Arc::new(fonts)
});

/// The chart of one currency; `None` without transactions in its months.
pub(crate) fn png(section: &CurrencySummary) -> Result<Option<Vec<u8>>, Box<dyn Error + Send + Sync>> {
    svg(section).map(|svg| rasterise(&svg)).transpose()
}

/// The first and the last displayed month; `None` without months.
pub(crate) fn span(section: &CurrencySummary) -> Option<(Month, Month)> {
    let last = section.months.iter().map(|line| line.month).max()?;
    let first = section.months.iter().map(|line| line.month).min()?;
    let twelve_back = i32::try_from(MONTHS).ok()?.saturating_sub(1);
    let earliest = Month::from_ordinal(last.ordinal().saturating_sub(twelve_back)).unwrap_or(first);
    Some((first.max(earliest), last))
}

/// Renders an SVG, one pixel for each unit.
pub(crate) fn rasterise(svg: &str) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    let options = usvg::Options { fontdb: Arc::clone(&FONTS), font_family: "Inter".to_owned(), ..Default::default() };
    let tree = usvg::Tree::from_str(svg, &options)?;
    let size = tree.size().to_int_size();
    let mut pixmap = Pixmap::new(size.width(), size.height()).ok_or("the image has no area")?;
    resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
    Ok(pixmap.encode_png()?)
}

struct Bar {
    month: Month,
    incoming: i128,
    outgoing: i128,
}

fn bars(section: &CurrencySummary) -> Vec<Bar> {
    let Some((first, last)) = span(section) else {
        return Vec::new();
    };
    let bar = |ordinal| {
        let month = Month::from_ordinal(ordinal).ok()?;
        let mut bar = Bar { month, incoming: 0, outgoing: 0 };
        for line in section.months.iter().filter(|line| line.month == month) {
            bar.incoming = bar.incoming.saturating_add(line.credits.minor().max(0));
            bar.outgoing = bar.outgoing.saturating_sub(line.debits.minor().min(0));
        }
        Some(bar)
    };
    (first.ordinal()..=last.ordinal()).filter_map(bar).collect()
}

/// The axis: whole steps above and below zero, each of `step` minor units.
struct Scale {
    step: i128,
    above: i128,
    below: i128,
}

impl Scale {
    /// The finest of the steps 1, 2, 5, 10, 20 … minor units that needs no more than [`MAX_STEPS`].
    fn of(bars: &[Bar]) -> Option<Self> {
        let max_in = bars.iter().map(|bar| bar.incoming).max()?;
        let max_out = bars.iter().map(|bar| bar.outgoing).max()?;
        if max_in == 0 && max_out == 0 {
            return None;
        }
        let mut decade = 1_i128;
        loop {
            for factor in [1, 2, 5] {
                let step = decade.checked_mul(factor)?;
                let (above, below) = (steps(max_in, step)?, steps(max_out, step)?);
                if above.checked_add(below)? <= MAX_STEPS {
                    return Some(Self { step, above, below });
                }
            }
            decade = decade.checked_mul(10)?;
        }
    }

    /// The height of one step in pixels, which determines the height of the plot.
    fn step_pixels(&self) -> i128 {
        PLOT_HEIGHT.checked_div(self.above.saturating_add(self.below)).unwrap_or(PLOT_HEIGHT)
    }

    /// The height of an amount in pixels; at least two for a non-zero amount, so that small months are visible.
    fn pixels(&self, minor: i128) -> Option<i128> {
        let pixels = minor.checked_mul(self.step_pixels())?.checked_div(self.step)?;
        Some(if minor > 0 { pixels.max(2) } else { 0 })
    }

    fn zero(&self) -> i128 {
        TOP.saturating_add(self.above.saturating_mul(self.step_pixels()))
    }

    fn bottom(&self) -> i128 {
        self.zero().saturating_add(self.below.saturating_mul(self.step_pixels()))
    }
}

fn steps(amount: i128, step: i128) -> Option<i128> {
    amount.checked_add(step.checked_sub(1)?)?.checked_div(step)
}

fn svg(section: &CurrencySummary) -> Option<String> {
    let bars = bars(section);
    let scale = Scale::of(&bars)?;
    let count = i128::try_from(bars.len()).ok()?;
    let plot = WIDTH.checked_sub(LEFT)?;
    let band = plot.checked_div(count)?.min(MAX_BAND);
    let start = plot.checked_sub(band.checked_mul(count)?)?.checked_div(2)?.checked_add(LEFT)?;
    let width = band.checked_mul(55)?.checked_div(100)?.min(MAX_BAR);
    let height = scale.bottom().checked_add(BELOW)?;

    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="Inter" font-size="23" fill="{INK}">"#
    );
    draw_grid(&mut svg, &scale, section.balance)?;
    for (at, bar) in (0_i128..).zip(&bars) {
        let left = start.checked_add(band.checked_mul(at)?)?;
        let middle = left.checked_add(band.checked_div(2)?)?;
        let x = middle.checked_sub(width.checked_div(2)?)?;
        let (up, down) = (scale.pixels(bar.incoming)?, scale.pixels(bar.outgoing)?);
        draw_bar(&mut svg, CREDIT, [x, scale.zero().checked_sub(up)?, width, up]);
        draw_bar(&mut svg, DEBIT, [x, scale.zero(), width, down]);
        draw_month(&mut svg, bar.month, middle, scale.bottom(), at == 0);
    }
    let zero = scale.zero();
    let _ = write!(svg, r#"<path d="M{LEFT} {zero}H{WIDTH}" stroke="{INK}" stroke-width="2"/></svg>"#);
    Some(svg)
}

fn draw_grid(svg: &mut String, scale: &Scale, unit: Money) -> Option<()> {
    let label_right = LEFT.checked_sub(16)?;
    for at in scale.below.checked_neg()?..=scale.above {
        let y = scale.zero().checked_sub(at.checked_mul(scale.step_pixels())?)?;
        let baseline = y.checked_add(8)?;
        let label = short_amount(Money::new(scale.step.checked_mul(at)?, unit.currency()));
        let _ = write!(
            svg,
            r#"<path d="M{LEFT} {y}H{WIDTH}" stroke="{INK}" stroke-opacity=".22" stroke-width="2"/><text x="{label_right}" y="{baseline}" text-anchor="end" font-size="21">{label}</text>"#
        );
    }
    Some(())
}

fn draw_bar(svg: &mut String, colour: &str, [x, y, width, height]: [i128; 4]) {
    if height > 0 {
        let _ = write!(svg, r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="3" fill="{colour}"/>"#);
    }
}

/// The label below the bars of a month; the first month and each January also show the year.
fn draw_month(svg: &mut String, month: Month, middle: i128, bottom: i128, first: bool) {
    let (month_line, year_line) = (bottom.saturating_add(34), bottom.saturating_add(64));
    let name = month.name().get(..3).unwrap_or_default();
    let _ = write!(svg, r#"<text x="{middle}" y="{month_line}" text-anchor="middle">{name}</text>"#);
    if first || month.number() == 1 {
        let year = month.year();
        let _ =
            write!(svg, r#"<text x="{middle}" y="{year_line}" text-anchor="middle" font-weight="600">{year}</text>"#);
    }
}

/// A round amount as an axis shows it: `50`, `−0.5`, `20k`, `1.5M`.
fn short_amount(amount: Money) -> String {
    let decimals = amount.currency().decimals();
    let size = amount.minor().unsigned_abs();
    let at_least = |power: u32| 10_u128.checked_pow(decimals.saturating_add(power)).is_some_and(|it| size >= it);
    let (power, unit) = match () {
        () if at_least(12) => (12, "T"),
        () if at_least(9) => (9, "B"),
        () if at_least(6) => (6, "M"),
        () if at_least(4) => (3, "k"),
        () => (0, ""),
    };
    let sign = if amount.minor() < 0 { "−" } else { "" };
    let places = usize::try_from(decimals.saturating_add(power)).unwrap_or(0);
    let digits = format!("{size:0>width$}", width = places.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    let whole = group_thousands(whole);
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole}{unit}"),
        fraction => format!("{sign}{whole}.{fraction}{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use money::Currency;

    use super::*;
    use crate::MonthLine;

    fn section(months: &[(&str, i128, i128)]) -> CurrencySummary {
        let eur = |minor: i128| Money::new(minor, Currency::EUR);
        let line = |(month, credits, debits): &(&str, i128, i128)| MonthLine {
            month: month.parse().unwrap(),
            transactions: 1,
            average_credit: None,
            average_debit: None,
            credits: eur(*credits),
            debits: eur(*debits),
        };
        CurrencySummary {
            balance: eur(0),
            months: months.iter().map(line).collect(),
            average_credit: None,
            average_debit: None,
            not_included: None,
        }
    }

    #[test]
    fn the_axis_has_few_round_steps() {
        for (max_in, max_out, step, above, below) in [
            (6050, 2046, 5000, 2, 1),
            (6050, 0, 2000, 4, 0),
            (0, 1, 1, 0, 1),
            (100_000_000, 100_000_000, 50_000_000, 2, 2),
            (5, 0, 1, 5, 0),
        ] {
            let scale = Scale::of(&bars(&section(&[("2026-07", max_in, -max_out)]))).unwrap();
            assert_eq!((scale.step, scale.above, scale.below), (step, above, below), "{max_in} {max_out}");
        }
    }

    #[test]
    fn axis_labels_are_short() {
        for (minor, code, label) in [
            (0, "EUR", "0"),
            (5000, "EUR", "50"),
            (-50, "EUR", "−0.5"),
            (999_900, "EUR", "9,999"),
            (200_000_000_000_000_000_i128, "EUR", "2,000T"),
            (2_000_000, "EUR", "20k"),
            (150_000_000, "EUR", "1.5M"),
            (-500_000_000_000_i128, "EUR", "−5B"),
            (200, "JPY", "200"),
            (1, "KWD", "0.001"),
        ] {
            assert_eq!(short_amount(Money::new(minor, code.parse().unwrap())), label);
        }
    }

    #[test]
    fn the_last_twelve_months_are_shown_with_their_gaps() {
        let section = section(&[("2024-01", 1, 0), ("2025-02", 5, -3), ("2026-01", 7, 0)]);
        let shown: Vec<_> =
            bars(&section).iter().map(|bar| (bar.month.to_string(), bar.incoming, bar.outgoing)).collect();
        assert_eq!(shown.len(), MONTHS);
        assert_eq!(shown.first(), Some(&("2025-02".to_owned(), 5, 3)));
        assert_eq!(shown.get(1), Some(&("2025-03".to_owned(), 0, 0)));
        assert_eq!(shown.last(), Some(&("2026-01".to_owned(), 7, 0)));
    }

    #[test]
    fn there_is_a_chart_only_where_money_moved() {
        assert!(png(&section(&[])).unwrap().is_none());
        assert!(png(&section(&[("2026-07", 0, 0)])).unwrap().is_none());
        assert!(png(&section(&[("2026-07", 1, 0)])).unwrap().is_some());
        assert!(png(&section(&[("2199-12", i128::MAX, i128::MIN)])).unwrap().is_none());
    }

    /// The value of an attribute of the element with the attributes that `text` begins with.
    fn attribute<'a>(text: &'a str, name: &str) -> &'a str {
        text.split_once(&format!(" {name}=\"")).unwrap().1.split_once('"').unwrap().0
    }

    /// Each bar: its colour, left, top, width and height.
    fn rectangles(svg: &str) -> Vec<String> {
        let rectangle = |it: &str| ["fill", "x", "y", "width", "height"].map(|name| attribute(it, name)).join(" ");
        svg.split("<rect").skip(1).map(rectangle).collect()
    }

    /// Each text: where it is and what it says.
    fn texts(svg: &str) -> Vec<String> {
        let text = |it: &str| {
            let said = it.split_once('>').unwrap().1.split_once('<').unwrap().0;
            format!("{} {} {said}", attribute(it, "x"), attribute(it, "y"))
        };
        svg.split("<text").skip(1).map(text).collect()
    }

    #[test]
    fn the_bars_of_the_product_page_are_as_high_as_its_amounts() {
        // Three steps of 50 euros and 100 pixels each, zero at 216: so 60.50 euros are 121 pixels up to 95.
        let section = section(&[("2026-07", 6050, -1030), ("2026-08", 1000, -2046)]);
        let svg = svg(&section).unwrap();
        assert_eq!(
            rectangles(&svg),
            ["#2a8c96 284 95 56 121", "#c77b43 284 216 56 20", "#2a8c96 464 196 56 20", "#c77b43 464 216 56 40"]
        );
        let labels = ["68 324 −50", "68 224 0", "68 124 50", "68 24 100"];
        let months = ["312 350 Jul", "312 380 2026", "492 350 Aug"];
        assert_eq!(texts(&svg), [labels.as_slice(), &months].concat());
        let image = png(&section).unwrap().unwrap();
        assert_eq!(image[..8], *b"\x89PNG\r\n\x1a\n");
        assert_eq!((&image[16..20], &image[20..24]), (&720_u32.to_be_bytes()[..], &388_u32.to_be_bytes()[..]));
    }

    #[test]
    fn a_small_month_is_seen_and_one_without_money_has_no_bar() {
        let svg = svg(&section(&[("2026-01", 1_000_000, 0), ("2026-03", 1, 0)])).unwrap();
        let heights: Vec<_> = rectangles(&svg).iter().map(|it| it.rsplit(' ').next().unwrap().to_owned()).collect();
        assert_eq!(heights, ["300", "2"]);
    }

    #[test]
    fn the_year_is_below_the_first_month_and_each_january() {
        let svg = svg(&section(&[("2025-11", 1, 0), ("2026-02", 1, 0)])).unwrap();
        let said: Vec<_> = texts(&svg).iter().map(|it| it.rsplit(' ').next().unwrap().to_owned()).collect();
        assert_eq!(said, ["0", "0.01", "Nov", "2025", "Dec", "Jan", "2026", "Feb"]);
    }

    #[test]
    fn labels_have_units_up_to_millions_of_millions() {
        for (minor, label) in [
            (999_999, "9,999.99"),
            (1_000_000, "10k"),
            (99_999_900, "999.999k"),
            (100_000_000, "1M"),
            (100_000_000_000_i128, "1B"),
            (-150_000_000_000_000, "−1.5T"),
        ] {
            assert_eq!(short_amount(Money::new(minor, Currency::EUR)), label);
        }
    }

    #[test]
    fn text_is_drawn_and_in_our_font_where_none_is_named() {
        let drawn = |text: &str| {
            rasterise(&format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">{text}</svg>"#))
                .unwrap()
        };
        let named = drawn(r#"<text y="16" font-family="Inter">12</text>"#);
        assert_ne!(named, drawn(""));
        assert_eq!(named, drawn(r#"<text y="16">12</text>"#));
    }
}
