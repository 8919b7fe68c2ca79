//! The limit of the option `keep_per_second`.

use std::time::Instant;

/// The number of transactions that were kept in the current second.
#[derive(Debug, Default)]
pub(super) struct KeptPerSecond {
    began: Option<Instant>,
    count: u32,
}

impl KeptPerSecond {
    /// Returns whether one more may be kept.
    pub(super) fn take(&mut self, most: u32, now: Instant) -> bool {
        if self.began.is_none_or(|began| now.saturating_duration_since(began).as_secs() >= 1) {
            *self = Self { began: Some(now), count: 0 };
        }
        self.count = self.count.saturating_add(1);
        self.count <= most
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn as_many_are_kept_in_a_second_as_the_option_says() {
        let mut kept = KeptPerSecond::default();
        let start = Instant::now();
        let within = |kept: &mut KeptPerSecond, at: u64| kept.take(2, start + Duration::from_millis(at));
        assert_eq!([0, 1, 2, 999].map(|at| within(&mut kept, at)), [true, true, false, false]);
        assert_eq!([1000, 1500, 1999].map(|at| within(&mut kept, at)), [true, true, false]);
        assert!(!KeptPerSecond::default().take(0, start));
    }
}
