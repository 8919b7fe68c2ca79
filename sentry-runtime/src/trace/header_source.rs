//! Further header sources: requests, collections of pairs, and closures.

use ureq::http;

use super::headers::HeaderSource;

impl<B> HeaderSource for http::Request<B> {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.headers().visit(name, each);
    }

    fn request_method(&self) -> Option<&str> {
        Some(self.method().as_str())
    }
}

impl HeaderSource for http::request::Parts {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.headers.visit(name, each);
    }

    fn request_method(&self) -> Option<&str> {
        Some(self.method.as_str())
    }
}

/// A header source for any collection that is iterated by reference as pairs of name and value, such as actix's
/// `HeaderMap`.
///
/// Attributes accept such a collection directly; functions need this wrapper.
///
/// ```
/// use std::collections::BTreeMap;
///
/// let map = BTreeMap::from([("sentry-trace".to_owned(), b"771a43a4192642f0b136d5159a501700-1234567890abcdef".to_vec())]);
/// sentry::continue_trace(&sentry::HeaderPairs(&map), || ());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct HeaderPairs<T>(pub T);

/// A name with a value: a pair, as a map is iterated, or a reference to a pair, as a list of pairs is.
#[doc(hidden)]
pub trait HeaderPair {
    fn name(&self) -> &str;
    fn value(&self) -> &[u8];
}

impl<K: AsRef<str>, V: AsRef<[u8]>> HeaderPair for (K, V) {
    fn name(&self) -> &str {
        self.0.as_ref()
    }

    fn value(&self) -> &[u8] {
        self.1.as_ref()
    }
}

impl<P: HeaderPair> HeaderPair for &P {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn value(&self) -> &[u8] {
        (**self).value()
    }
}

impl<'a, T: ?Sized, P: HeaderPair> HeaderSource for HeaderPairs<&'a T>
where
    &'a T: IntoIterator<Item = P>,
{
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        for pair in self.0 {
            if pair.name().eq_ignore_ascii_case(name)
                && let Ok(value) = std::str::from_utf8(pair.value())
            {
                each(value);
            }
        }
    }
}

/// A header source for a closure that receives a name in lowercase and returns its value.
///
/// Attributes accept such a closure directly; functions need this wrapper.
///
/// ```
/// let lookup = |name: &str| (name == "sentry-trace").then(|| "771a43a4192642f0b136d5159a501700-1234567890abcdef");
/// sentry::continue_trace(&sentry::HeaderLookup(&lookup), || ());
/// ```
#[derive(Clone, Copy)]
pub struct HeaderLookup<F>(pub F);

impl<F> std::fmt::Debug for HeaderLookup<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeaderLookup").finish_non_exhaustive()
    }
}

impl<F: Fn(&str) -> Option<V>, V: AsRef<str>> HeaderSource for HeaderLookup<F> {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        if let Some(value) = (self.0)(name) {
            each(value.as_ref());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &impl HeaderSource) -> (Vec<String>, Option<&str>) {
        let mut values = Vec::new();
        source.visit("baggage", &mut |value| values.push(value.to_owned()));
        (values, source.request_method())
    }

    #[test]
    fn a_request_has_headers_and_a_method() {
        let request =
            || http::Request::put("/").header("Baggage", "a=1").header("baggage", "b=2").body(()).unwrap();
        let expected = (vec!["a=1".to_owned(), "b=2".to_owned()], Some("PUT"));
        assert_eq!(read(&request()), expected);
        assert_eq!(read(&&request()), expected);
        assert_eq!(read(&request().into_parts().0), expected);
        assert_eq!(read(&Some(request())), expected);
        assert_eq!(read(&None::<http::Request<()>>), (vec![], None));
        assert_eq!(read(request().headers()), (expected.0, None));
    }

    #[test]
    fn pairs_are_compared_without_regard_to_case() {
        let pairs: [(&str, &[u8]); 4] =
            [("Baggage", b"a=1"), ("baggage-2", b"x"), ("baggage", b"\xff"), ("BAGGAGE", b"b=2")];
        assert_eq!(read(&HeaderPairs(&pairs[..])), (vec!["a=1".to_owned(), "b=2".to_owned()], None));
    }

    #[test]
    fn a_closure_is_asked_for_the_name() {
        let lookup = HeaderLookup(|name: &str| (name == "baggage").then_some("a=1"));
        assert_eq!(read(&lookup), (vec!["a=1".to_owned()], None));
        assert_eq!(read(&HeaderLookup(|_: &str| None::<String>)), (vec![], None));
        assert_eq!(format!("{lookup:?}"), "HeaderLookup { .. }");
    }
}
