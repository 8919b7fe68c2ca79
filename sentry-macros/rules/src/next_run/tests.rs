use super::{of_crontab, of_interval};
use crate::calendar::{DAY, Date};
use crate::crontab::Crontab;

/// Reads `2021-03-28T03:30+02`; the offset is in hours.
fn at(text: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
    let date = Date { year: number(0..4), month: number(5..7) as u8, day: number(8..10) as u8 };
    let offset = if text.len() > 16 { number(17..19) * 3_600 } else { 0 };
    date.to_day() * DAY + number(11..13) * 3_600 + number(14..16) * 60 - offset
}

/// Returns the offset of Riga in 2021: two hours ahead of UTC, three in summer. Clocks changed on 28 March and 31
/// October at 01:00 UTC.
fn riga(time: i64) -> i64 {
    if (at("2021-03-28T01:00")..at("2021-10-31T01:00")).contains(&time) { 3 * 3_600 } else { 2 * 3_600 }
}

fn utc(_: i64) -> i64 {
    0
}

/// Asserts the first runs after a time.
fn runs(crontab: &str, start: &str, zone: &dyn Fn(i64) -> i64, expected: &[&str]) {
    let parsed = Crontab::parse(crontab).unwrap();
    let mut time = at(start);
    for (index, expected) in expected.iter().enumerate() {
        time = of_crontab(&parsed, time, zone).unwrap();
        assert_eq!(time, at(expected), "{crontab}: run {index} after {start}, expected {expected}");
    }
}

#[test]
fn last_days_and_nth_weekdays() {
    let runs = |crontab, expected: &[&str]| runs(crontab, "2020-01-01T00:00", &utc, expected);
    runs("1 1 L * *", &["2020-01-31T01:01", "2020-02-29T01:01", "2020-03-31T01:01"]);
    // 31 May 2020 was a Sunday, 29 February a Saturday.
    runs("1 1 LW 5 *", &["2020-05-29T01:01", "2021-05-31T01:01"]);
    runs("1 1 lw * *", &["2020-01-31T01:01", "2020-02-28T01:01", "2020-03-31T01:01"]);
    runs("1 1 * * 5L", &["2020-01-31T01:01", "2020-02-28T01:01", "2020-03-27T01:01", "2020-04-24T01:01"]);
    runs("1 1 * * 0L", &["2020-01-26T01:01", "2020-02-23T01:01"]);
    runs("1 1 * * 7L", &["2020-01-26T01:01", "2020-02-23T01:01"]);
    runs("1 1 * * 1#2", &["2020-01-13T01:01", "2020-02-10T01:01"]);
    runs("1 1 * * mon#5", &["2020-03-30T01:01", "2020-06-29T01:01"]);
    runs("0 0 * 2 MON#5", &["2044-02-29T00:00", "2072-02-29T00:00"]);
}

#[test]
fn a_star_joins_both_day_fields() {
    let runs = |crontab, expected: &[&str]| runs(crontab, "2020-01-01T00:00", &utc, expected);
    // The first Sunday of the month, then the first Monday.
    runs("1 1 1-7 * */7", &["2020-01-05T01:01", "2020-02-02T01:01", "2020-03-01T01:01"]);
    runs("1 1 */100,1-7 * MON", &["2020-01-06T01:01", "2020-02-03T01:01", "2020-03-02T01:01"]);
    runs("1 1 * * */3", &["2020-01-01T01:01", "2020-01-04T01:01", "2020-01-05T01:01", "2020-01-08T01:01"]);
    // Without a star, a match of either field is enough.
    runs("0 0 13 * FRI", &["2020-01-03T00:00", "2020-01-10T00:00", "2020-01-13T00:00"]);
}

#[test]
fn a_run_is_later_than_the_given_time() {
    let crontab = Crontab::parse("30 * * * *").unwrap();
    let time = at("2024-05-01T12:30");
    assert_eq!(of_crontab(&crontab, time - 1, &utc), Some(time));
    assert_eq!(of_crontab(&crontab, time, &utc), Some(time + 3_600));
    runs("59 23 31 12 *", "2023-12-31T23:59", &utc, &["2024-12-31T23:59"]);
    runs("0 0 29 2 *", "2096-03-01T00:00", &utc, &["2104-02-29T00:00"]);
    runs("0 0 1 1 *", "1969-06-01T00:00", &utc, &["1970-01-01T00:00"]);
    runs("*/45 5/100 * * *", "2024-05-01T05:45", &utc, &["2024-05-02T05:00", "2024-05-02T05:45"]);
}

#[test]
fn the_day_is_that_of_the_zone() {
    let auckland = |_| 12 * 3_600;
    runs("0 8 1 * *", "2024-05-01T00:00", &auckland, &["2024-05-31T20:00"]);
    let honolulu = |_| -10 * 3_600;
    runs("0 20 31 * *", "2024-05-31T12:00", &honolulu, &["2024-06-01T06:00", "2024-08-01T06:00"]);
    runs("*/30 20 * * *", "2024-05-31T12:00", &honolulu, &["2024-06-01T06:00", "2024-06-01T06:30"]);
}

#[test]
fn clocks_are_changed_far_from_utc() {
    // Ten hours behind UTC until the clock was set from 22:00 to 23:00.
    let zone = |time| if time < at("2024-06-01T08:00") { -10 * 3_600 } else { -9 * 3_600 };
    runs(
        "*/30 22-23 * * *",
        "2024-06-01T07:00",
        &zone,
        &["2024-06-01T08:00", "2024-06-01T08:30", "2024-06-02T07:00"],
    );
}

#[test]
fn a_day_that_a_zone_leaves_out_is_a_gap() {
    // Samoa went from 29 to 31 December 2011.
    let samoa = |time| if time < at("2011-12-30T10:00") { -10 * 3_600 } else { 14 * 3_600 };
    let noons = ["2011-12-29T22:00", "2011-12-30T10:00", "2011-12-30T22:00", "2011-12-31T22:00"];
    runs("0 12 * * *", "2011-12-29T12:00", &samoa, &noons);
}

#[test]
fn an_interval_ends_in_a_gap() {
    let riga_since_2000 = |time| if time < at("2000-01-01T00:00") { 0 } else { riga(time) };
    let next = of_interval(1, "day", at("2021-03-27T03:30+02"), &riga_since_2000);
    assert_eq!(next, Some(at("2021-03-28T04:30+03")), "with the offset before the gap");
}

#[test]
fn clocks_set_forward() {
    let runs = |crontab, start, expected: &[&str]| runs(crontab, start, &riga, expected);
    let night = "2021-03-28T01:30+02";
    runs("0 * * * *", night, &["2021-03-28T02:00+02", "2021-03-28T04:00+03"]);
    runs(
        "*/30 * * * *",
        "2021-03-28T02:10+02",
        &["2021-03-28T02:30+02", "2021-03-28T04:00+03", "2021-03-28T04:30+03"],
    );
    runs("0 */2 * * *", night, &["2021-03-28T02:00+02", "2021-03-28T04:00+03", "2021-03-28T06:00+03"]);
    runs("30 */2 * * *", night, &["2021-03-28T02:30+02", "2021-03-28T04:30+03"]);
    runs("* 1-6 * * *", "2021-03-28T02:58+02", &["2021-03-28T02:59+02", "2021-03-28T04:00+03"]);
    // A run at a time that the clock skips happens once, at the end of the gap.
    runs("0 1,2,3,4,5 * * *", night, &["2021-03-28T02:00+02", "2021-03-28T04:00+03", "2021-03-28T05:00+03"]);
    runs("30 1,2,3,4,5 * * *", night, &["2021-03-28T02:30+02", "2021-03-28T04:00+03", "2021-03-28T04:30+03"]);
    runs(
        "15 3 * * *",
        "2021-03-27T00:00+02",
        &["2021-03-27T03:15+02", "2021-03-28T04:00+03", "2021-03-29T03:15+03"],
    );
}

#[test]
fn clocks_set_back() {
    let runs = |crontab, start, expected: &[&str]| runs(crontab, start, &riga, expected);
    let night = "2021-10-31T01:30+03";
    runs(
        "0 * * * *",
        night,
        &["2021-10-31T02:00+03", "2021-10-31T03:00+03", "2021-10-31T03:00+02", "2021-10-31T04:00+02"],
    );
    runs(
        "*/30 * * * *",
        "2021-10-31T03:00+03",
        &["2021-10-31T03:30+03", "2021-10-31T03:00+02", "2021-10-31T03:30+02", "2021-10-31T04:00+02"],
    );
    runs("0 */3 * * *", night, &["2021-10-31T03:00+03", "2021-10-31T03:00+02", "2021-10-31T06:00+02"]);
    runs(
        "* 1-6 * * *",
        "2021-10-31T03:58+03",
        &["2021-10-31T03:59+03", "2021-10-31T03:00+02", "2021-10-31T03:01+02"],
    );
    // Where a local time occurs twice, a job at a fixed time runs only the first time.
    runs("30 1,2,3,4,5 * * *", night, &["2021-10-31T02:30+03", "2021-10-31T03:30+03", "2021-10-31T04:30+02"]);
    runs(
        "15 3 * * *",
        "2021-10-30T00:00+03",
        &["2021-10-30T03:15+03", "2021-10-31T03:15+03", "2021-11-01T03:15+02"],
    );
    // It is already the second 03:10, so the first 03:30 has passed.
    runs("30 3 * * *", "2021-10-31T03:10+02", &["2021-11-01T03:30+02"]);
}

#[test]
fn intervals() {
    let next =
        |value, unit, start: &str, zone: &dyn Fn(i64) -> i64| of_interval(value, unit, at(start), zone);
    assert_eq!(next(2, "hour", "2024-05-01T05:35", &utc), Some(at("2024-05-01T07:35")));
    assert_eq!(of_interval(1, "minute", at("2024-05-01T05:35") + 40, &utc), Some(at("2024-05-01T05:36")));
    assert_eq!(next(1, "month", "2023-01-31T10:00", &utc), Some(at("2023-03-31T10:00")));
    assert_eq!(next(1, "year", "2096-02-29T00:00", &utc), Some(at("2104-02-29T00:00")));
    assert_eq!(next(1, "month", "9999-11-15T10:00", &utc), Some(at("9999-12-15T10:00")));
    assert_eq!(next(1, "month", "9999-12-15T10:00", &utc), None, "after the last year");
    assert_eq!(next(2, "week", "2023-12-25T00:00", &utc), Some(at("2024-01-08T00:00")));
    // A day later is the same local time.
    assert_eq!(next(1, "day", "2021-03-27T12:00+02", &riga), Some(at("2021-03-28T12:00+03")));
    assert_eq!(next(1, "day", "2021-03-27T03:30+02", &riga), Some(at("2021-03-28T04:30+03")));
    assert_eq!(next(20, "minute", "2021-10-31T03:10+02", &riga), Some(at("2021-10-31T03:30+02")));
    for (value, unit) in
        [(0, "day"), (1, "second"), (u64::MAX, "year"), (i64::MAX as u64, "week"), (9_000, "year")]
    {
        assert_eq!(next(value, unit, "2021-01-01T00:00", &utc), None, "{value} {unit}");
    }
}

#[test]
fn times_outside_the_calendar_and_lying_zones_end() {
    let crontab = Crontab::parse("0 0 * * *").unwrap();
    for time in [i64::MIN, i64::MIN + 1, -1_i64 << 40, 1 << 40, i64::MAX - 1, i64::MAX] {
        assert_eq!(of_crontab(&crontab, time, &utc), None, "{time}");
        assert_eq!(of_interval(1, "month", time, &riga), None, "{time}");
    }
    // A time zone whose offset changes with every second.
    let lies = |time: i64| time.rem_euclid(7) * 3_600 + time.rem_euclid(2);
    for crontab in ["0 0 * * *", "* * * * *"] {
        let _ = of_crontab(&Crontab::parse(crontab).unwrap(), 0, &lies);
    }
}
