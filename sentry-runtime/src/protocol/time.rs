//! Times in the protocol: seconds since the Unix epoch with microseconds, or RFC 3339 in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serializer};

use super::json::write_pairs;

/// The end of the year 9999. Later dates cannot be written, and no correct clock shows them.
const LATEST: Duration = Duration::from_secs(253_402_300_799);

/// Returns the time since the Unix epoch, limited to the range that can be sent.
pub(crate) fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).min(LATEST)
}

/// Returns the seconds since the Unix epoch; 0 for times before 1970.
pub(crate) fn seconds(time: SystemTime) -> f64 {
    let since = since_epoch(time);
    // Microseconds are what the server keeps; more digits would only cost bytes.
    #[expect(clippy::cast_precision_loss, reason = "microseconds since 1970 fit 53 bits until the year 2255")]
    let seconds = since.as_micros() as f64 / 1e6;
    seconds
}

/// `serialize_with` for a `SystemTime` that is sent as a number of seconds.
pub(crate) fn as_seconds<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(seconds(*time))
}

/// `deserialize_with` for the output of [`as_seconds`]. Numbers beyond the times that can be sent become the nearest one.
pub(crate) fn from_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    // Rounded: the nearest float of a number of microseconds may be smaller.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    let micros = (seconds * 1e6).round() as u64;
    Ok(UNIX_EPOCH + Duration::from_micros(micros).min(LATEST))
}

/// `serialize_with` and `deserialize_with` for a time that may be missing.
pub(crate) mod optional {
    use std::time::SystemTime;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{from_seconds, seconds};

    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(
        time: &Option<SystemTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.serialize_f64(seconds(*time)),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        #[derive(Deserialize)]
        struct Seconds(#[serde(deserialize_with = "from_seconds")] SystemTime);

        Ok(Option::<Seconds>::deserialize(deserializer)?.map(|Seconds(time)| time))
    }
}

/// `serialize_with` and `deserialize_with` for a time that is written as RFC 3339 and may be missing.
pub(crate) mod optional_rfc3339 {
    use std::time::SystemTime;

    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(
        time: &Option<SystemTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.serialize_str(&super::rfc3339(*time)),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        super::parse_rfc3339(&text).map(Some).ok_or_else(|| {
            de::Error::custom(format_args!(
                "`{text}` is not a time in UTC such as `2026-11-21T05:34:08.000Z`"
            ))
        })
    }
}

/// Reads the output of [`rfc3339`], with any number of digits for the fraction.
fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let number = |text: &str| text.parse::<u64>().ok();
    let mut date = date.splitn(3, '-').map(number);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut clock = time.splitn(3, ':');
    let (hour, minute) = (number(clock.next()?)?, number(clock.next()?)?);
    let second = clock.next()?.parse::<f64>().ok()?;
    let in_range = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !in_range || hour > 23 || minute > 59 || !(0.0..61.0).contains(&second) {
        return None;
    }
    // Years are counted from March here too, see `civil_date`.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    let whole = Duration::from_secs(days * 86_400 + hour * 3600 + minute * 60);
    UNIX_EPOCH.checked_add(whole + Duration::try_from_secs_f64(second).ok()?)
}

/// A time as RFC 3339 in UTC with milliseconds.
pub(crate) type DateText = [u8; 24];

/// Returns the time as RFC 3339 in UTC with milliseconds.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    String::from_utf8_lossy(&date_text(time)).into_owned()
}

/// Returns the text of [`rfc3339`], the format of the header `sent_at`.
pub(crate) fn date_text(time: SystemTime) -> DateText {
    let since = since_epoch(time);
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = civil_date(days);
    let mut text = *b"0000-00-00T00:00:00.0000";
    write_pairs(&mut text[..4], year);
    let pairs = [(5, month), (8, day), (11, second / 3600), (14, second / 60 % 60), (17, second % 60)];
    for (at, number) in pairs {
        write_pairs(&mut text[at..at + 2], number);
    }
    // Four digits, of which the last is replaced.
    write_pairs(&mut text[20..], u64::from(since.subsec_millis()) * 10);
    text[23] = b'Z';
    text
}

/// Returns the Gregorian date of a day counted from 1970-01-01.
fn civil_date(days: u64) -> (u64, u64, u64) {
    // Years are counted from March, so that the leap day is the last of its year.
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_gregorian() {
        let at = |seconds| rfc3339(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        let late = UNIX_EPOCH + Duration::from_millis(86_399_987);
        assert_eq!(rfc3339(late), "1970-01-01T23:59:59.987Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00.000Z");
        assert_eq!(at(1_795_239_248), "2026-11-21T05:34:08.000Z");
        assert_eq!(at(4_107_542_399), "2100-02-28T23:59:59.000Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00.000Z");
    }

    #[test]
    fn dates_are_read_as_they_are_written() {
        for seconds in [0, 951_782_400, 951_868_800, 1_795_239_248, 4_107_542_399, 4_107_542_400] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(parse_rfc3339(&rfc3339(time)), Some(time));
        }
        assert_eq!(parse_rfc3339("1970-01-01T00:00:01.5Z"), Some(UNIX_EPOCH + Duration::from_millis(1_500)));
        for bad in [
            "",
            "Z",
            "T",
            "1969-01-01T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T00:00:NaNZ",
            "2026-01-01T00:00:00",
        ] {
            assert_eq!(parse_rfc3339(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_clock_far_in_the_future_shows_the_last_date_there_is() {
        let far = UNIX_EPOCH + Duration::from_secs(1 << 50);
        assert_eq!(rfc3339(far), "9999-12-31T23:59:59.000Z");
        assert_eq!(seconds(far), 253_402_300_799.0);
    }

    #[test]
    fn a_clock_before_1970_is_zero() {
        let before = UNIX_EPOCH - Duration::from_secs(10);
        assert_eq!(seconds(before), 0.0);
        assert_eq!(rfc3339(before), "1970-01-01T00:00:00.000Z");
    }
}
