use super::{Crontab, CrontabError, WORDS, check};
use crate::calendar::Date;

#[test]
fn accepts_what_crontab_has() {
    for crontab in [
        "* * * * *",
        "0 3 * * *",
        "*/5 * * * *",
        "0,15,30,45 9-17 * * 1-5",
        "5/15 0-23/2 1,15 JAN-MAR,DEC SUN,7",
        "59 23 31 12 7",
        "0 0 29 2 *",
        "0 0 30 2,3 *",
        "* * L * *",
        "* * LW * *",
        "* * L,15 * *",
        "* * L/2 * *",
        "* * LW/2 * *",
        "* * * * 5L",
        "* * * * 1#2",
        "* * * * MON#2",
        "* * * * 1,2,3#1",
        "*/60 */100 */1000 */99999999999999999999999 *",
        "* * * * */8",
    ] {
        assert_eq!(check(crontab).as_deref(), Ok(crontab));
    }
}

#[test]
fn makes_it_canonical() {
    assert_eq!(check("  0   3\t* jan sat ").as_deref(), Ok("0 3 * JAN SAT"));
    for (word, fields) in WORDS {
        assert_eq!(check(word).as_deref(), Ok(fields));
        assert_eq!(check(fields).as_deref(), Ok(fields));
    }
    assert_eq!(check("@Daily").as_deref(), Ok("0 0 * * *"));
}

#[test]
fn counts_fields() {
    for (crontab, expected) in [("", 0), ("* * * *", 4), ("0 0 * * * *", 6), ("0 0 * * * * 2024", 7)] {
        assert!(
            matches!(check(crontab), Err(CrontabError::FieldCount { count, .. }) if count == expected),
            "{crontab}"
        );
    }
    assert!(check("0 0 * * * *").unwrap_err().to_string().ends_with("leave out seconds and years"));
}

#[test]
fn names_the_field_and_its_range() {
    for (crontab, name, value, min, max) in [
        ("60 * * * *", "minute", "60", 0, 59),
        ("* 24 * * *", "hour", "24", 0, 23),
        ("* * 0 * *", "day of month", "0", 1, 31),
        ("* * * 13 *", "month", "13", 1, 12),
        ("* * * * 8", "day of week", "8", 0, 7),
        ("* * * * MONDAY", "day of week", "MONDAY", 0, 7),
        ("JAN * * * *", "minute", "JAN", 0, 59),
        ("1,,2 * * * *", "minute", "", 0, 59),
        ("+5 * * * *", "minute", "+5", 0, 59),
        ("-5 * * * *", "minute", "-5", 0, 59),
        ("5- * * * *", "minute", "5-", 0, 59),
        ("999 * * * *", "minute", "999", 0, 59),
        ("0 L * * *", "hour", "L", 0, 23),
        ("0 0 LL * *", "day of month", "LL", 1, 31),
        ("0 0 LWX * *", "day of month", "LWX", 1, 31),
        ("0 0 15W * *", "day of month", "15W", 1, 31),
        ("0 0 L-3 * *", "day of month", "L-3", 1, 31),
        ("0 0 * * L", "day of week", "L", 0, 7),
        ("0 0 * * MONL", "day of week", "MONL", 0, 7),
        ("0 0 * * 8L", "day of week", "8L", 0, 7),
        ("0 0 * * 5L-6", "day of week", "5L-6", 0, 7),
        ("0 0 * * 5L#1", "day of week", "5L#1", 0, 7),
        ("0 0 * * 1#0", "day of week", "1#0", 0, 7),
        ("0 0 * * 1#6", "day of week", "1#6", 0, 7),
        ("0 0 * * 1##1", "day of week", "1##1", 0, 7),
        ("0 0 * * 2#", "day of week", "2#", 0, 7),
        ("0 0 * * #2", "day of week", "#2", 0, 7),
        ("0 0 1#2 * *", "day of month", "1#2", 1, 31),
        ("/2 * * * *", "minute", "/2", 0, 59),
        ("\u{b9} * * * *", "minute", "\u{b9}", 0, 59),
        ("** * * * *", "minute", "**", 0, 59),
    ] {
        match check(crontab) {
            Err(CrontabError::Value { field, value: found, min: low, max: high, .. }) => {
                assert_eq!((field, found.as_str(), low, high), (name, value, min, max), "{crontab}");
            }
            other => panic!("{crontab}: {other:?}"),
        }
    }
}

#[test]
fn checks_ranges_and_steps() {
    assert!(matches!(check("* 22-4 * * *"), Err(CrontabError::Backwards { .. })));
    for crontab in [
        "*/0 * * * *",
        "*/00 * * * *",
        "*/x * * * *",
        "*/ * * * *",
        "*/5/5 * * * *",
        "* * L/0 * *",
        "* * * * 5/-1",
    ] {
        assert!(matches!(check(crontab), Err(CrontabError::Step { .. })), "{crontab}");
    }
}

#[test]
fn days_that_no_month_has() {
    for crontab in ["0 0 30 2 *", "0 0 31 2 1", "0 0 31 4,6,9,11 *", "0 0 30-31 FEB *"] {
        assert!(matches!(check(crontab), Err(CrontabError::NeverRuns { .. })), "{crontab}");
    }
    for crontab in ["0 0 31 2,3 *", "0 0 31 3,MAR *", "0 0 30 2/1 *"] {
        assert!(check(crontab).is_ok(), "{crontab}");
    }
    assert!(check("0 0 L 2 *").is_ok());
    // The first of a month is never its fourth Monday.
    assert!(matches!(check("1 1 */100 * MON#4"), Err(CrontabError::NeverMeets { .. })));
    assert!(check("0 0 * 2 MON#5").is_ok(), "every 28 years");
}

#[test]
fn texts_show_the_value_as_it_was_written() {
    for (crontab, shown) in [
        ("0 0 * foo *", "`foo`"),
        ("0 0 * * fri-mon", "`fri-mon`"),
        ("0 0 * * mon/x", "`/x`"),
        ("0 0 31 apr *", "month apr"),
        ("@Dayly", "`@Dayly`"),
    ] {
        let text = check(crontab).unwrap_err().to_string();
        assert!(text.contains(shown), "{crontab}: {text}");
    }
}

#[test]
fn texts_say_what_to_do() {
    assert_eq!(
        check("0 25 * * *").unwrap_err().to_string(),
        "the hour field holds `25`; it takes 0 to 23, `*`, lists, ranges and steps"
    );
    assert_eq!(
        check("0 0 * FOO *").unwrap_err().to_string(),
        "the month field holds `FOO`; it takes 1 to 12 or JAN to DEC, `*`, lists, ranges and steps"
    );
    assert!(check("@dayly").unwrap_err().to_string().contains("did you mean `@daily`?"));
    assert!(check("@reboot").unwrap_err().to_string().contains("`@hourly`"));
}

#[test]
fn a_single_value_with_a_step_is_a_start() {
    for crontab in ["5/15 * * * *", "5-5/15 * * * *", "5,20,35,50 * * * *"] {
        let minutes: Vec<i64> = Crontab::parse(crontab).unwrap().times().take(5).collect();
        assert_eq!(minutes, [5, 20, 35, 50, 65], "{crontab}");
    }
}

#[test]
fn a_day_is_searched_until_the_end_of_a_year() {
    let first_of_may = Crontab::parse("0 0 1 5 *").unwrap();
    let day = |year, month, day| Date { year, month, day }.to_day();
    assert_eq!(first_of_may.next_day(day(2021, 4, 1), 2021), Some(day(2021, 5, 1)));
    assert_eq!(first_of_may.next_day(day(2021, 3, 31), 2021), Some(day(2021, 5, 1)));
    assert_eq!(first_of_may.next_day(day(2021, 5, 2), 2021), None);
    assert_eq!(first_of_may.next_day(day(2021, 5, 2), 2022), Some(day(2022, 5, 1)));
}
