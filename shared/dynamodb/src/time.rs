use calendar::Moment;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A moment as a text that sorts chronologically: `2024-03-01T10:00:00.250000Z`.
pub fn sortable(moment: Moment) -> String {
    let micros = moment.micros();
    let second = micros.div_euclid(MICROS_PER_SECOND).rem_euclid(SECONDS_PER_DAY);
    format!(
        "{}T{:02}:{:02}:{:02}.{:06}Z",
        moment.date(),
        second.div_euclid(3600),
        second.div_euclid(60).rem_euclid(60),
        second.rem_euclid(60),
        micros.rem_euclid(MICROS_PER_SECOND),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_are_in_order_and_read_back() {
        let times = [
            "2024-03-01T09:59:59.999999Z",
            "2024-03-01T10:00:00Z",
            "2024-03-01T10:00:00.25Z",
            "2024-03-01T10:00:01Z",
            "2024-12-31T23:59:59Z",
        ];
        let times = times.map(|it| it.parse::<Moment>().unwrap());
        let texts = times.map(sortable);
        assert!(texts.is_sorted(), "{texts:?}");
        assert_eq!(texts.map(|it| it.parse::<Moment>().unwrap()), times);
    }
}
