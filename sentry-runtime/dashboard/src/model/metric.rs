//! Metrics, as series of sums over short intervals.

use std::collections::HashMap;

use super::text::Text;

/// The series to which a value belongs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) name: Text,
    pub(crate) kind: Text,
    pub(crate) unit: Option<Text>,
    pub(crate) service: Text,
}

/// The values of an interval.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    /// The start of the interval, Unix seconds.
    pub(crate) at: f64,
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) last: f64,
    last_at: f64,
}

impl Point {
    fn new(at: f64, time: f64, value: f64) -> Self {
        Self { at, count: 1, sum: value, min: value, max: value, last: value, last_at: time }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        if other.last_at >= self.last_at {
            self.last = other.last;
            self.last_at = other.last_at;
        }
    }
}

/// A metric of a service.
#[derive(Debug)]
pub(crate) struct Series {
    /// By time.
    pub(crate) points: Vec<Point>,
    /// The length of an interval in seconds; it doubles when there are too many.
    width: f64,
    pub(crate) changed: u64,
}

impl Series {
    const MAX_POINTS: usize = 240;

    fn new() -> Self {
        Self { points: Vec::new(), width: 1.0, changed: 0 }
    }

    fn add(&mut self, time: f64, value: f64) {
        let at = (time / self.width).floor() * self.width;
        let new = Point::new(at, time, value);
        // Values come nearly in order, so the place is near the end.
        let place = self.points.iter().rposition(|point| point.at <= at);
        match place.and_then(|place| self.points.get_mut(place)) {
            Some(point) if point.at == at => point.merge(&new),
            _ => self.points.insert(place.map_or(0, |place| place + 1), new),
        }
        while self.points.len() > Self::MAX_POINTS {
            self.widen();
        }
    }

    fn widen(&mut self) {
        self.width *= 2.0;
        let mut wide: Vec<Point> = Vec::with_capacity(self.points.len());
        for point in &self.points {
            let at = (point.at / self.width).floor() * self.width;
            match wide.last_mut() {
                Some(last) if last.at == at => last.merge(point),
                _ => wide.push(Point { at, ..*point }),
            }
        }
        self.points = wide;
    }
}

/// All metrics.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) series: HashMap<Key, Series>,
}

impl Metrics {
    const MAX_SERIES: usize = 1000;

    /// Takes a value in. Of too many series, the half that changed least recently goes.
    pub(crate) fn add(&mut self, key: Key, time: f64, value: f64, seq: u64) {
        if self.series.len() >= Self::MAX_SERIES && !self.series.contains_key(&key) {
            let mut changed: Vec<u64> = self.series.values().map(|series| series.changed).collect();
            let (_, middle, _) = changed.select_nth_unstable(Self::MAX_SERIES / 2);
            let middle = *middle;
            let mut spare = Self::MAX_SERIES / 2;
            self.series.retain(|_, series| {
                let goes = series.changed <= middle && spare > 0;
                spare -= usize::from(goes);
                !goes
            });
        }
        let series = self.series.entry(key).or_insert_with(Series::new);
        series.changed = seq;
        series.add(time, value);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.series.values().map(|series| 192 + series.points.capacity() * size_of::<Point>()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, Metrics};

    fn key(name: &str) -> Key {
        Key { name: name.into(), kind: "gauge".into(), unit: None, service: "s".into() }
    }

    #[test]
    fn values_of_an_interval_are_one_point_and_intervals_widen() {
        let mut metrics = Metrics::default();
        for second in 0..1000_u32 {
            metrics.add(key("m"), f64::from(second), f64::from(second), 1);
        }
        metrics.add(key("m"), 3.5, 1e6, 2);
        let series = &metrics.series[&key("m")];
        assert!(series.points.len() <= 240);
        assert_eq!(series.points.iter().map(|point| point.count).sum::<u64>(), 1001);
        assert_eq!(series.points[0].max, 1e6);
        assert!(series.points.is_sorted_by(|a, b| a.at < b.at));
    }

    #[test]
    fn the_number_of_series_is_bounded() {
        let mut metrics = Metrics::default();
        for number in 0..5000 {
            metrics.add(key(&number.to_string()), 1.0, 1.0, number);
        }
        assert!(metrics.series.len() <= Metrics::MAX_SERIES);
        assert!(metrics.series.contains_key(&key("4999")));
    }
}
