//! The parameters of a request, and pages of lists.

/// The parameters of a request's URL.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
    pub(crate) now: f64,
}

/// Entries of a page, unless the request says how many.
const LIMIT: usize = 50;
/// The most entries of a page.
const MAX_LIMIT: usize = 1000;

impl Params {
    pub(crate) fn read(query: &str, now: f64) -> Self {
        let pairs = query.split('&').take(64).filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        });
        Self { pairs: pairs.collect(), now }
    }

    /// Returns a parameter that is not empty.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let (_, value) = self.pairs.iter().find(|(of, _)| of == key)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// Returns a moment: Unix seconds, or seconds before now if it is negative.
    fn time(&self, key: &str) -> Option<f64> {
        let time: f64 = self.get(key)?.parse().ok().filter(|time: &f64| time.is_finite())?;
        Some(if time < 0.0 { self.now + time } else { time })
    }

    pub(crate) fn since(&self) -> Option<f64> {
        self.time("since")
    }

    pub(crate) fn until(&self) -> Option<f64> {
        self.time("until")
    }

    /// Returns whether a moment is between `since` and `until`.
    pub(crate) fn is_within(&self, time: f64) -> bool {
        self.since().is_none_or(|since| time >= since) && self.until().is_none_or(|until| time <= until)
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit_or(LIMIT, MAX_LIMIT)
    }

    pub(crate) fn limit_or(&self, usual: usize, most: usize) -> usize {
        self.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usual).min(most)
    }

    pub(crate) fn is_service(&self, service: &str) -> bool {
        self.get("service").is_none_or(|wanted| wanted == service)
    }
}

/// Undoes the encoding of URLs.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        let decoded = hex.filter(|_| byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        at += if decoded.is_some() { 3 } else { 1 };
        out.push(decoded.unwrap_or(if byte == b'+' { b' ' } else { byte }));
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A row of a list: what it is sorted by, what tells equal ones apart, and what it shows.
pub(crate) type Keyed<T> = (f64, u128, T);

/// A part of a list.
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) total: usize,
    pub(crate) next_cursor: Option<String>,
}

/// Takes a page of rows: greatest keys first, from where the last page ended.
pub(crate) fn page<T>(mut rows: Vec<Keyed<T>>, params: &Params) -> Page<T> {
    let total = rows.len();
    if let Some((key, id)) = params.get("cursor").and_then(read_cursor) {
        rows.retain(|(of, other, _)| (of.total_cmp(&key)).then(other.cmp(&id)).is_lt());
    }
    let limit = params.limit();
    let order = |a: &Keyed<T>, b: &Keyed<T>| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1));
    let has_more = rows.len() > limit;
    if has_more && limit > 0 {
        rows.select_nth_unstable_by(limit - 1, order);
    }
    rows.truncate(limit);
    rows.sort_unstable_by(order);
    let last = rows.last().filter(|_| has_more);
    let next_cursor = last.map(|(key, id, _)| format!("{:016x}{id:032x}", key.to_bits()));
    Page { rows: rows.into_iter().map(|(_, _, row)| row).collect(), total, next_cursor }
}

fn read_cursor(cursor: &str) -> Option<(f64, u128)> {
    let (key, id) = cursor.split_at_checked(16)?;
    Some((f64::from_bits(u64::from_str_radix(key, 16).ok()?), u128::from_str_radix(id, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Params, page};

    #[test]
    fn parameters_are_decoded() {
        let params = Params::read("q=a%20b%2Bc+d&service=%C3%A9&limit=2000&since=-60&bad=%zz%", 100.0);
        assert_eq!(params.get("q"), Some("a b+c d"));
        assert_eq!(params.get("service"), Some("é"));
        assert_eq!(params.get("bad"), Some("%zz%"));
        assert_eq!(params.limit(), 1000);
        assert_eq!(params.since(), Some(40.0));
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_overlap() {
        let rows = || (0..10_u32).map(|row| (f64::from(row / 2), u128::from(row), row)).collect::<Vec<_>>();
        let mut cursor = String::new();
        let mut all = Vec::new();
        for _ in 0..5 {
            let page = page(rows(), &Params::read(&format!("limit=3&cursor={cursor}"), 0.0));
            assert_eq!(page.total, 10);
            all.extend(page.rows);
            match page.next_cursor {
                Some(next) => cursor = next,
                None => break,
            }
        }
        assert_eq!(all, (0..10).rev().collect::<Vec<_>>());
        assert_eq!(page(rows(), &Params::read("limit=0", 0.0)).total, 10);
    }
}
