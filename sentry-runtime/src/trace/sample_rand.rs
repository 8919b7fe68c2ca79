//! The random number of a trace's sampling decisions, in millionths.
//!
//! [Spec, "Propagated Random Value"](https://develop.sentry.dev/sdk/foundations/trace-propagation/)

use crate::protocol::DynamicSamplingContext;

/// The number 1 in millionths.
pub(crate) const ONE: u32 = 1_000_000;

/// A random number that was drawn for a trace, in case its context has none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DrawnNumber {
    pub(crate) millionths: u32,
    /// The incoming sampling decision.
    pub(crate) sampled: Option<bool>,
}

impl DrawnNumber {
    /// Returns the random number of an incoming context. If it has none, a number that agrees with the incoming decision
    /// becomes its random number: all later services have to decide by the same one. An empty context remains empty: the
    /// server does not accept one without a trace id.
    pub(crate) fn settle(self, dsc: &mut DynamicSamplingContext) -> u32 {
        read(dsc.get("sample_rand")).unwrap_or_else(|| {
            let made = self.agreeing(dsc.get("sample_rate"));
            if !dsc.is_empty() {
                dsc.set_written("sample_rand", |text| write(text, made));
            }
            made
        })
    }

    /// Returns a random number that is consistent with the incoming decision at this rate.
    fn agreeing(self, rate: Option<&str>) -> u32 {
        let rate = rate.and_then(Fraction::read).map(Fraction::end);
        match (self.sampled, rate) {
            (Some(true), Some(rate)) if rate > 0 => self.millionths % rate,
            (Some(false), Some(rate)) if rate < ONE => rate + self.millionths % (ONE - rate),
            _ => self.millionths,
        }
    }
}

/// Returns the random number of a context, if it is valid.
pub(crate) fn read(text: Option<&str>) -> Option<u32> {
    let rand = Fraction::read(text?)?;
    // More than six digits are cut: whether the number is below a rate with six digits remains the same.
    (rand.millionths < ONE).then_some(rand.millionths)
}

/// A number from 0 to 1 as a decimal number says it: no binary fraction is exactly `0.1`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fraction {
    /// The number in millionths, rounded down.
    millionths: u32,
    /// Whether the number is greater than that.
    is_more: bool,
}

impl Fraction {
    /// Reads a decimal number, in any notation of JSON. Returns `None` if it is not one from 0 to 1.
    fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0.").map(str::as_bytes).unwrap_or_default();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return text.parse().ok().and_then(Self::of);
        }
        let digit = |at: usize| digits.get(at).map_or(0, |digit| u32::from(digit - b'0'));
        let millionths = (0..6).fold(0, |read, at| read * 10 + digit(at));
        Some(Self { millionths, is_more: digits.iter().skip(6).any(|digit| *digit != b'0') })
    }

    /// Returns the shortest decimal number that is read as this binary fraction. `None` if it is not from 0 to 1.
    fn of(number: f64) -> Option<Self> {
        if !(0.0..=1.0).contains(&number) {
            return None;
        }
        let nearest = rounded(number);
        Some(match f64::from(nearest) / f64::from(ONE) {
            same if same == number => Self { millionths: nearest, is_more: false },
            more if more > number => Self { millionths: nearest - 1, is_more: true },
            _ => Self { millionths: nearest, is_more: true },
        })
    }

    /// Returns the number of millionths that are less than this number.
    fn end(self) -> u32 {
        self.millionths + u32::from(self.is_more)
    }
}

/// Returns the number of random numbers, in millionths, that are less than a probability.
pub(crate) fn less_than(probability: f64) -> u32 {
    Fraction::of(probability).map_or(0, Fraction::end)
}

/// Returns a number from 0 to 1 in millionths, rounded to the nearest.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
pub(super) fn rounded(number: f64) -> u32 {
    (number * f64::from(ONE)).round() as u32
}

/// Writes a number below 1 as contexts contain the random number: with six digits after the decimal point.
pub(crate) fn write(text: &mut String, millionths: u32) {
    text.push_str("0.");
    let units = [100_000, 10_000, 1000, 100, 10, 1];
    text.extend(units.map(|unit| char::from(b'0' + (millionths / unit % 10) as u8)));
}

/// Writes a rate as its `Display` does, which takes ten times as long for the usual rates of few digits.
pub(crate) fn write_rate(text: &mut String, rate: f32) {
    let millionths = rounded(rate.into());
    #[expect(clippy::cast_possible_truncation, reason = "the nearest is asked for")]
    let nearest = (f64::from(millionths) / f64::from(ONE)) as f32;
    let is_short = nearest.to_bits() == rate.to_bits();
    match millionths {
        0 if is_short => text.push('0'),
        ONE if is_short => text.push('1'),
        1..ONE if is_short => {
            write(text, millionths);
            // Six digits tell all of these numbers apart, so the shortest text is this one without its last zeros.
            while text.ends_with('0') {
                text.pop();
            }
        }
        _ => text.push_str(&rate.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::sampling::threshold;

    #[test]
    fn the_digits_of_a_random_number_are_read_exactly() {
        let mut text = String::new();
        for millionths in 0..ONE {
            text.clear();
            write(&mut text, millionths);
            assert_eq!((read(Some(&text)), text.len()), (Some(millionths), 8));
        }
    }

    #[test]
    fn rates_are_written_with_the_fewest_digits() {
        let exact = (0..=ONE).map(|rate| (f64::from(rate) / f64::from(ONE)) as f32);
        let odd = [-0.0, 1e-7, 0.123_456_78, 1.0 / 3.0, 0.999_999_9, 2.5, f32::NAN, f32::INFINITY, -0.5];
        let between = exact.clone().step_by(97).flat_map(|rate| [rate.next_down(), rate.next_up()]);
        for rate in exact.chain(odd).chain(between) {
            let mut text = String::new();
            write_rate(&mut text, rate);
            assert_eq!(text, rate.to_string());
        }
    }

    #[test]
    fn a_random_number_is_cut_after_six_digits() {
        for (text, read_as) in [
            ("0", Some(0)),
            ("0.5", Some(500_000)),
            ("0.51072", Some(510_720)),
            ("0.5107200", Some(510_720)),
            ("0.5107199999999999999999", Some(510_719)),
            ("0.99999999999999999999", Some(999_999)),
            ("5.1072e-1", Some(510_720)),
            ("5.4e-7", Some(0)),
            (".25", Some(250_000)),
            ("1", None),
            ("1.0", None),
            ("-0.5", None),
            ("0.5x", None),
            ("0.", Some(0)),
            ("NaN", None),
            ("", None),
        ] {
            assert_eq!(read(Some(text)), read_as, "{text}");
        }
        assert_eq!(read(None), None);
    }

    /// The condition of the specification, for the texts that other services read.
    #[test]
    fn a_rate_samples_the_random_numbers_that_are_less_than_its_digits() {
        let rates = (0..=ONE).step_by(7).map(|rate| (f64::from(rate) / f64::from(ONE)) as f32);
        for rate in rates.chain([1e-7, 1e-6, 0.510_72, 0.123_456_78, 1.0 / 3.0, 0.999_999_9, 1.0]) {
            let written = rate.to_string();
            assert_eq!(threshold(rate), Fraction::read(&written).unwrap().end(), "{written}");
        }
        assert_eq!((threshold(-1.0), threshold(f32::NAN)), (0, 0));
    }

    #[test]
    fn a_made_random_number_agrees_with_the_digits_of_the_rate() {
        for (rate, end) in [("0.510720", 510_720), ("0.0000001", 1), ("1e-7", 1), ("0.5107201", 510_721)] {
            for millionths in [0, 1, end - 1, end, 999_999] {
                let drawn = |sampled| DrawnNumber { millionths, sampled: Some(sampled) };
                assert!(drawn(true).agreeing(Some(rate)) < end, "{rate}");
                assert!((end..ONE).contains(&drawn(false).agreeing(Some(rate))), "{rate}");
            }
        }
    }
}
