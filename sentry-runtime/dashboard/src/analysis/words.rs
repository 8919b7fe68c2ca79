//! Crontabs in words: `At 02:30, on Monday`, `Every 5 minutes, from 9 to 17 o'clock`.

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// One part of a field: `*/5`, `7`, `1-5`.
struct Part<'a> {
    /// The first and the last value; `None` is any.
    range: Option<(&'a str, &'a str)>,
    step: Option<&'a str>,
}

fn parts(field: &str) -> Vec<Part<'_>> {
    let part = |text| {
        let (range, step) = match str::split_once(text, '/') {
            Some((range, step)) => (range, Some(step)),
            None => (text, None),
        };
        let range = (range != "*").then(|| range.split_once('-').unwrap_or((range, range)));
        Part { range, step: step.filter(|step| *step != "1") }
    };
    field.split(',').map(part).collect()
}

/// Returns a field that consists of single numbers.
fn numbers(field: &str) -> Option<Vec<u8>> {
    field.split(',').map(|text| text.parse().ok()).collect()
}

/// Returns the words for a crontab in its canonical form. Any other text is returned unchanged.
pub(super) fn of(crontab: &str) -> String {
    let fields: Vec<&str> = crontab.split(' ').collect();
    let [minute, hour, day, month, weekday] = fields[..] else { return crontab.to_owned() };
    let mut words = time(minute, hour);
    let days = match (day, listed(day, &str::to_owned)) {
        ("*", _) => None,
        (_, words) if words.starts_with("every ") => Some(format!("on {words} day of the month")),
        (_, words) => Some(format!("on day {words} of the month")),
    };
    let weekdays = match (weekday, listed(weekday, &weekday_name)) {
        ("*", _) => None,
        (_, words) if words.starts_with("every ") => Some(format!("on {words} day of the week")),
        (_, words) if words.contains(" to ") => Some(words),
        (_, words) => Some(format!("on {words}")),
    };
    // Given both, either will do, unless one of them begins with a star.
    let joint = if day.starts_with('*') || weekday.starts_with('*') { " and " } else { " or " };
    let days: Vec<String> = days.into_iter().chain(weekdays).collect();
    if !days.is_empty() {
        words.push_str(", ");
        words.push_str(&days.join(joint));
    }
    if month != "*" {
        words.push_str(", in ");
        let months = listed(month, &month_name);
        words.push_str(&months);
        if months.starts_with("every ") {
            words.push_str(" month");
        }
    }
    words
}

fn time(minute: &str, hour: &str) -> String {
    let any_hour = hour == "*";
    match (numbers(minute), numbers(hour)) {
        (Some(minutes), Some(hours)) if minutes.len() * hours.len() <= 6 => {
            let times = hours
                .iter()
                .flat_map(|hour| minutes.iter().map(move |minute| format!("{hour:02}:{minute:02}")));
            return format!("At {}", and(times.collect()));
        }
        _ => {}
    }
    let minutes = match parts(minute).as_slice() {
        [Part { range: None, step: None }] => "Every minute".to_owned(),
        [Part { range: None, step: Some(step) }] => format!("Every {step} minutes"),
        _ if minute == "0" && any_hour => return "Every hour".to_owned(),
        _ if any_hour => return format!("Every hour at minute {}", listed(minute, &str::to_owned)),
        _ if minute == "0" => String::new(),
        _ => format!("At minute {}", listed(minute, &str::to_owned)),
    };
    let hours = match parts(hour).as_slice() {
        [Part { range: None, step: None }] => return minutes,
        [Part { range: None, step: Some(step) }] => format!("every {step} hours"),
        [Part { range: Some((first, last)), step: None }] if first != last => {
            format!("from {first} to {last} o'clock")
        }
        _ => format!("at {} o'clock", listed(hour, &str::to_owned)),
    };
    match (minutes.as_str(), hours.strip_prefix("from ")) {
        ("", Some(range)) => format!("Every hour from {range}"),
        ("", None) => hours[..1].to_uppercase() + &hours[1..],
        (_, _) => format!("{minutes}, {hours}"),
    }
}

/// Returns the words for a field: `1, 5 and 9`, `Monday to Friday`, `every 2nd`.
fn listed(field: &str, name: &dyn Fn(&str) -> String) -> String {
    let words = parts(field).into_iter().map(|part| {
        let range = match part.range {
            None => "any".to_owned(),
            Some((first, last)) if first == last && part.step.is_none() => name(first),
            Some((first, last)) if first == last => format!("from {} on", name(first)),
            Some((first, last)) => format!("{} to {}", name(first), name(last)),
        };
        match part.step {
            None => range,
            Some(step) if part.range.is_none() => format!("every {}", ordinal(step)),
            Some(step) => format!("{range} (every {step})"),
        }
    });
    and(words.collect())
}

fn ordinal(number: &str) -> String {
    let ending = match number {
        "2" | "22" => "nd",
        "3" | "23" => "rd",
        "21" | "31" => "st",
        _ => "th",
    };
    format!("{number}{ending}")
}

fn and(mut words: Vec<String>) -> String {
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} and {last}", words.join(", ")) }
}

fn month_name(text: &str) -> String {
    named(text, &MONTHS, 1)
}

fn weekday_name(text: &str) -> String {
    // 7 is Sunday, as 0.
    named(if text == "7" { "0" } else { text }, &DAYS, 0)
}

/// Returns the name for a number or an abbreviation.
fn named(text: &str, names: &[&str], first: usize) -> String {
    let by_number = text.parse::<usize>().ok().and_then(|number| names.get(number.checked_sub(first)?));
    let is_short = |name: &&&str| name.len() >= 3 && name[..3].eq_ignore_ascii_case(text);
    by_number.or_else(|| names.iter().find(is_short)).map_or_else(|| text.to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    #[test]
    fn crontabs_are_put_into_words() {
        for (crontab, words) in [
            ("* * * * *", "Every minute"),
            ("*/5 * * * *", "Every 5 minutes"),
            ("0 * * * *", "Every hour"),
            ("15,45 * * * *", "Every hour at minute 15 and 45"),
            ("0 */6 * * *", "Every 6 hours"),
            ("30 */6 * * *", "At minute 30, every 6 hours"),
            ("30 2 * * *", "At 02:30"),
            ("0 9,12,17 * * *", "At 09:00, 12:00 and 17:00"),
            ("0 9-17 * * *", "Every hour from 9 to 17 o'clock"),
            ("*/5 9-17 * * MON-FRI", "Every 5 minutes, from 9 to 17 o'clock, Monday to Friday"),
            ("0 0 1 * *", "At 00:00, on day 1 of the month"),
            ("0 0 1 1 *", "At 00:00, on day 1 of the month, in January"),
            ("0 0 1,15 JAN-MAR *", "At 00:00, on day 1 and 15 of the month, in January to March"),
            ("0 0 13 * 5", "At 00:00, on day 13 of the month or on Friday"),
            ("0 0 * * 0", "At 00:00, on Sunday"),
            ("0 0 * * 7", "At 00:00, on Sunday"),
            ("0 0 */2 * *", "At 00:00, on every 2nd day of the month"),
            ("0 0 1 */3 *", "At 00:00, on day 1 of the month, in every 3rd month"),
            ("5 4 * * SUN,WED", "At 04:05, on Sunday and Wednesday"),
        ] {
            assert_eq!(super::of(crontab), words, "{crontab}");
        }
    }

    #[test]
    fn every_crontab_has_words() {
        for field in ["*", "*/2", "1", "1-3", "1,3", "1-5/2", "3/2"] {
            for other in ["*", "*/3", "2", "2-4", "2,4-6/2"] {
                for crontab in [format!("{field} {other} * * *"), format!("0 0 {field} {other} {field}")] {
                    assert!(sentry_rules::crontab::check(&crontab).is_ok(), "{crontab}");
                    assert!(!super::of(&crontab).is_empty());
                }
            }
        }
    }
}
