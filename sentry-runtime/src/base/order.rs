//! Sorting whose machine code exists once.
//!
//! The standard library compiles a sort anew for each type and each comparison: 5 to 9 KB every time. Here the numbers
//! to sort by are sorted together with their places, and the values are then swapped into these places.

use std::time::{SystemTime, UNIX_EPOCH};

/// Sorts values by a number, in ascending order. Values with the same number keep their order.
pub(crate) fn sort_by_number<T>(values: &mut [T], mut number: impl FnMut(&T) -> u64) {
    if values.is_sorted_by_key(&mut number) {
        return;
    }
    let mut places: Vec<(u64, u64)> = values.iter().map(number).zip(0..).collect();
    sort_pairs(&mut places);
    // One cycle of the permutation after the other. A place that is done refers to itself.
    for start in 0..values.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut places[at].1, at as u64) as usize;
            if from == start {
                break;
            }
            values.swap(at, from);
            at = from;
        }
    }
}

/// Sorts pairs of numbers in ascending order.
#[inline(never)]
pub(crate) fn sort_pairs(pairs: &mut [(u64, u64)]) {
    pairs.sort_unstable();
}

/// Returns a number that is ordered as [`f64::total_cmp`] orders.
#[cfg(any(feature = "local", test))]
pub(crate) fn of_float(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// Returns a number that is ordered as times are, from 1970 to 2554.
pub(crate) fn of_time(time: SystemTime) -> u64 {
    let nanoseconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    u64::try_from(nanoseconds).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    proptest! {
        #[test]
        fn the_order_is_that_of_a_stable_sort(numbers in prop::collection::vec(0_u64..40, 0..90)) {
            let mut values: Vec<(u64, usize)> = numbers.into_iter().zip(0..).collect();
            let mut expected = values.clone();
            expected.sort_by_key(|(number, _)| *number);
            sort_by_number(&mut values, |(number, _)| *number);
            prop_assert_eq!(values, expected);
        }

        #[test]
        fn floats_keep_their_total_order(a in any::<f64>(), b in any::<f64>()) {
            prop_assert_eq!(of_float(a).cmp(&of_float(b)), a.total_cmp(&b));
        }
    }

    #[test]
    fn times_before_1970_are_the_earliest() {
        let times = [UNIX_EPOCH - Duration::from_secs(1), UNIX_EPOCH, UNIX_EPOCH + Duration::from_nanos(1)];
        assert_eq!(times.map(of_time), [0, 0, 1]);
    }
}
