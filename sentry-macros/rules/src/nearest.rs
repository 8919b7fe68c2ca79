//! Suggestions ("did you mean …?"): the known word closest to a misspelt one.

/// Returns the entry of `known` that is closest to `word`, or `None` if none is close.
///
/// The distance is the number of letters to insert, delete, replace or swap with a neighbour; letter case is ignored. An
/// entry is close if its distance is at most a third of the word's length, or 1. If none is, the first entry that
/// contains the word is returned.
///
/// ```
/// assert_eq!(sentry_rules::nearest("nmae", ["name", "op"]), Some("name"));
/// assert_eq!(sentry_rules::nearest("zebra", ["name", "op"]), None);
/// ```
pub fn nearest<'known>(word: &str, known: impl IntoIterator<Item = &'known str>) -> Option<&'known str> {
    let known: Vec<&str> = known.into_iter().collect();
    let word = word.to_lowercase();
    let length = word.chars().count();
    let limit = (length / 3).max(1);
    known
        .iter()
        .copied()
        // Each letter that one has more than the other is an edit. Without this check, a long text that a program was
        // given would be compared letter by letter with every candidate.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= limit && distance < candidate.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
        .or_else(|| {
            let holds = |candidate: &&&str| candidate.to_lowercase().contains(&word);
            known.iter().find(holds).copied().filter(|_| length >= MIN_PART)
        })
}

/// Returns whether two words differ in one letter that is inserted, deleted, replaced or swapped with its neighbour.
///
/// ```
/// assert!(sentry_rules::is_one_edit("trace", "traces"));
/// assert!(!sentry_rules::is_one_edit("trace", "trace"));
/// ```
#[must_use]
pub fn is_one_edit(left: &str, right: &str) -> bool {
    left.len().abs_diff(right.len()) <= 1 && distance(left, right) == 1
}

/// The minimum length of a word to search for in others; shorter words are part of too many.
const MIN_PART: usize = 4;

/// Optimal string alignment distance, with three rows instead of the whole matrix.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut row = vec![0; right.len() + 1];
    for i in 1..=left.len() {
        row[0] = i;
        for j in 1..=right.len() {
            let replaced = last[j - 1] + usize::from(left[i - 1] != right[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        std::mem::swap(&mut before_last, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn counts_edits() {
        assert_eq!(distance("", ""), 0);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("name", "name"), 0);
        assert_eq!(distance("nmae", "name"), 1);
        assert_eq!(distance("nam", "name"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        // Neighbours are swapped anywhere in the word, and only neighbours that are the same letters.
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("abcde", "abced"), 1);
        assert_eq!(distance("abcdef", "badcfe"), 3);
        assert_eq!(distance("abcd", "abdx"), 2);
        assert_eq!(distance("ca", "abc"), 3);
    }

    #[test]
    fn prefers_the_closest() {
        let known = ["schedule", "timezone", "every", "err", "ret"];
        assert_eq!(nearest("shedule", known), Some("schedule"));
        assert_eq!(nearest("time_zone", known), Some("timezone"));
        assert_eq!(nearest("er", known), Some("err"));
        assert_eq!(nearest("warn", ["info", "warning"]), Some("warning"));
        assert_eq!(nearest("rat", ["traces_sample_rate"]), None);
    }

    #[test]
    fn a_third_of_the_letters_may_differ() {
        for (word, close, far) in [
            ("every", "everx", "evexx"),
            ("minute", "minuxx", "minxxx"),
            ("timezones", "timezoxxx", "timezxxxx"),
        ] {
            assert_eq!(nearest(word, [far, close]), Some(close), "{word}");
            assert_eq!(nearest(word, [far]), None, "{word}");
        }
    }

    #[test]
    fn says_nothing_when_nothing_is_close() {
        assert_eq!(nearest("x", ["a", "b"]), None);
        assert_eq!(nearest("something", ["err", "ret"]), None);
        assert_eq!(nearest("", ["a"]), None);
    }

    #[test]
    fn long_words_take_no_longer_than_to_read_them() {
        let known: Vec<String> = (0..600).map(|number| format!("Continent/City_{number}")).collect();
        let word = "Continent/City_".repeat(100_000);
        let start = std::time::Instant::now();
        assert_eq!(nearest(&word, known.iter().map(String::as_str)), None);
        // Letter by letter it would take minutes; a busy machine takes some seconds.
        assert!(start.elapsed() < std::time::Duration::from_secs(60), "{:?}", start.elapsed());
    }

    #[test]
    fn ignores_case() {
        assert_eq!(nearest("NAME", ["name"]), Some("name"));
    }
}
