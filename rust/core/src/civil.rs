//! Calendar dates and New York time, as far as market state needs them: no I/O and no time zone database.
//!
//! Daylight saving follows the US rules in force since 2007 (second Sunday of March to first Sunday of November) and
//! those of 1987-2006 before (first Sunday of April to last Sunday of October).

/// Nanoseconds in a second.
pub const NS_PER_SECOND: i64 = 1_000_000_000;
/// Nanoseconds in a day.
pub const NS_PER_DAY: i64 = 86_400 * NS_PER_SECOND;
const NS_PER_HOUR: i64 = 3_600 * NS_PER_SECOND;

/// Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant's algorithm).
pub const fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (month as i32 + 9) % 12;
    let doy = (153 * mp + 2) / 5 + day as i32 - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// The (year, month, day) of a day since 1970-01-01.
pub const fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let z = days as i64 + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    let year = yoe + era * 400 + if month <= 2 { 1 } else { 0 };
    (year as i32, month, day)
}

/// Whether the date exists.
pub const fn is_date(year: i32, month: u32, day: u32) -> bool {
    if month < 1 || month > 12 || day < 1 {
        return false;
    }
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    day <= last
}

/// Days since the epoch of `YYYYMMDD`, or `None` if the text is no date.
pub fn parse_yyyymmdd(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    if bytes.len() != 8 || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |range: &[u8]| range.iter().fold(0_u32, |n, b| n * 10 + u32::from(b - b'0'));
    let (year, month, day) = (number(&bytes[..4]) as i32, number(&bytes[4..6]), number(&bytes[6..]));
    is_date(year, month, day).then(|| days_from_civil(year, month, day))
}

/// `YYYYMMDD` of a day since the epoch.
pub fn format_yyyymmdd(days: i32) -> String {
    let (year, month, day) = civil_from_days(days);
    format!("{year:04}{month:02}{day:02}")
}

/// The `nth` (1-based) Sunday of a month, as days since the epoch.
fn nth_sunday(year: i32, month: u32, nth: i32) -> i32 {
    let first = days_from_civil(year, month, 1);
    // 1970-01-01 was a Thursday: day 3 was the first Sunday.
    let to_sunday = (3 - first).rem_euclid(7);
    first + to_sunday + 7 * (nth - 1)
}

/// First and last-plus-one day of daylight saving time in `year`, as days since the epoch.
fn daylight_saving_days(year: i32) -> (i32, i32) {
    if year >= 2007 {
        (nth_sunday(year, 3, 2), nth_sunday(year, 11, 1))
    } else {
        (nth_sunday(year, 4, 1), nth_sunday(year, 11, 1) - 7)
    }
}

/// The UTC instant of an hour of a day. Saturates past the year 2262, where 64 bits of nanoseconds end.
fn at_hour(days: i32, hour: i64) -> i64 {
    i64::from(days).saturating_mul(NS_PER_DAY).saturating_add(hour * NS_PER_HOUR)
}

/// New York's offset from UTC in nanoseconds (negative) at a UTC instant.
pub fn new_york_offset_ns(ts_ns: i64) -> i64 {
    let standard = -5 * NS_PER_HOUR;
    let local_day = ts_ns.saturating_add(standard).div_euclid(NS_PER_DAY) as i32;
    let (year, _, _) = civil_from_days(local_day);
    let (start, end) = daylight_saving_days(year);
    // Clocks change at 2:00 local: 7:00 UTC in spring (standard time), 6:00 UTC in autumn (daylight time).
    let (start_ns, end_ns) = (at_hour(start, 7), at_hour(end, 6));
    if ts_ns >= start_ns && ts_ns < end_ns {
        -4 * NS_PER_HOUR
    } else {
        standard
    }
}

/// The New York calendar day of an instant, as days since the epoch.
pub fn new_york_day(ts_ns: i64) -> i32 {
    ts_ns.saturating_add(new_york_offset_ns(ts_ns)).div_euclid(NS_PER_DAY) as i32
}

/// The UTC instants at which the New York calendar day of an instant starts and ends.
pub fn new_york_day_bounds(ts_ns: i64) -> (i64, i64) {
    let day = new_york_day(ts_ns);
    (new_york_midnight_ns(day), new_york_midnight_ns(day + 1))
}

fn new_york_midnight_ns(days: i32) -> i64 {
    let (year, _, _) = civil_from_days(days);
    let (start, end) = daylight_saving_days(year);
    // Clocks change at 2:00, so the days of change still begin with the old offset.
    let hour = if days > start && days <= end { 4 } else { 5 };
    at_hour(days, hour)
}

/// 16:00 New York on a day since the epoch, as UTC nanoseconds.
pub fn new_york_close_ns(days: i32) -> i64 {
    let (year, _, _) = civil_from_days(days);
    let (start, end) = daylight_saving_days(year);
    let hour = if days >= start && days < end { 20 } else { 21 };
    at_hour(days, hour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days() {
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(2000, 3, 1), 11_017);
        assert_eq!(civil_from_days(-1), (1969, 12, 31));
        assert_eq!(parse_yyyymmdd("20240229"), Some(days_from_civil(2024, 2, 29)));
        assert_eq!(parse_yyyymmdd("20230229"), None);
        assert_eq!(parse_yyyymmdd("2023-2-9"), None);
    }

    #[test]
    fn new_york_changes_clocks_on_time() {
        // 2026-03-08 07:00 UTC and 2026-11-01 06:00 UTC.
        let spring = i64::from(days_from_civil(2026, 3, 8)) * NS_PER_DAY + 7 * NS_PER_HOUR;
        let autumn = i64::from(days_from_civil(2026, 11, 1)) * NS_PER_DAY + 6 * NS_PER_HOUR;
        assert_eq!(new_york_offset_ns(spring - 1), -5 * NS_PER_HOUR);
        assert_eq!(new_york_offset_ns(spring), -4 * NS_PER_HOUR);
        assert_eq!(new_york_offset_ns(autumn - 1), -4 * NS_PER_HOUR);
        assert_eq!(new_york_offset_ns(autumn), -5 * NS_PER_HOUR);
        // 2005-04-03 and 2005-10-30 under the older rule.
        assert_eq!(daylight_saving_days(2005), (days_from_civil(2005, 4, 3), days_from_civil(2005, 10, 30)));
    }

    #[test]
    fn close_is_sixteen_hundred_in_new_york() {
        for (days, hour) in [(days_from_civil(2023, 9, 15), 20), (days_from_civil(2023, 12, 15), 21)] {
            let ts = new_york_close_ns(days);
            assert_eq!(ts, i64::from(days) * NS_PER_DAY + hour * NS_PER_HOUR);
            assert_eq!((ts + new_york_offset_ns(ts)).rem_euclid(NS_PER_DAY), 16 * NS_PER_HOUR);
        }
    }

    proptest! {
        #[test]
        fn dates_round_trip(days in -1_000_000_i32..1_000_000) {
            let (year, month, day) = civil_from_days(days);
            prop_assert!(is_date(year, month, day));
            prop_assert_eq!(days_from_civil(year, month, day), days);
        }

        #[test]
        fn new_york_accepts_any_instant(ts in any::<i64>(), days in any::<i32>()) {
            let offset = new_york_offset_ns(ts);
            prop_assert!(offset == -4 * NS_PER_HOUR || offset == -5 * NS_PER_HOUR);
            let (start, end) = new_york_day_bounds(ts);
            prop_assert!(start <= ts && (ts < end || end == i64::MAX));
            new_york_close_ns(days.clamp(-200_000_000, 200_000_000));
        }
    }
}
