//! Percentiles and small histograms.

/// Returns the value below which the share `quantile` of the values lies (nearest rank); `None` without values.
/// Changes the order.
pub(crate) fn quantile(values: &mut [f32], quantile: f64) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let rank = (quantile * values.len() as f64).ceil().max(1.0) as usize - 1;
    let rank = rank.min(values.len() - 1);
    Some(f64::from(*values.select_nth_unstable_by(rank, f32::total_cmp).1))
}

/// Twenty-four equal intervals of time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buckets {
    from: f64,
    width: f64,
}

impl Buckets {
    pub(crate) const COUNT: usize = 24;

    /// Divides the time between two moments.
    pub(crate) fn new(from: f64, to: f64) -> Self {
        Self { from, width: ((to - from) / Self::COUNT as f64).max(1e-3) }
    }

    /// Returns the interval of a moment; moments before and after belong to the first and the last.
    pub(crate) fn of(&self, time: f64) -> usize {
        let at = (time - self.from) / self.width;
        if at > 0.0 { (at as usize).min(Self::COUNT - 1) } else { 0 }
    }
}

/// Returns a number that is readable in JSON: rounded to microseconds, and finite.
pub(crate) fn round(ms: f64) -> f64 {
    if ms.is_finite() { (ms * 1e3).round() / 1e3 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::{Buckets, quantile};

    #[test]
    fn quantiles_are_values_that_occurred() {
        let mut values: Vec<f32> = (1..=100_u8).rev().map(f32::from).collect();
        assert_eq!(quantile(&mut values, 0.5), Some(50.0));
        assert_eq!(quantile(&mut values, 0.95), Some(95.0));
        assert_eq!(quantile(&mut [7.0], 0.95), Some(7.0));
        assert_eq!(quantile(&mut [], 0.5), None);
    }

    #[test]
    fn every_moment_has_an_interval() {
        let buckets = Buckets::new(100.0, 124.0);
        assert_eq!(
            [99.0, 100.0, 100.9, 101.0, 124.0, 1e300].map(|time| buckets.of(time)),
            [0, 0, 0, 1, 23, 23]
        );
        assert_eq!(Buckets::new(5.0, 5.0).of(f64::NAN), 0);
    }
}
