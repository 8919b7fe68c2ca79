//! Routes of web handlers, such as `/users/{id}`, and HTTP methods.
//!
//! A route groups requests, so it has placeholders and not values: no query string, no space. Every framework's syntax for
//! placeholders is accepted: `{id}`, `:id`, `<id>` and `[id]`.

use std::fmt;

/// The maximum length of a route, in characters. Longer transaction names are truncated.
pub const MAX_LENGTH: usize = 200;

/// An invalid route or method. The message names the text, the rule and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteError {
    /// The route is empty.
    Empty,
    /// The route does not start with a slash.
    NoSlash {
        /// The route as written.
        route: String,
    },
    /// The route starts with a method.
    Method {
        /// The method.
        method: String,
        /// The path after the method.
        path: String,
    },
    /// The route contains a query string or a fragment.
    Query {
        /// The route as written.
        route: String,
        /// The path in front of the query string.
        path: String,
    },
    /// The route contains whitespace or a control character.
    Space {
        /// The route as written.
        route: String,
    },
    /// The route has more than [`MAX_LENGTH`] characters.
    TooLong {
        /// The number of characters.
        length: usize,
    },
    /// The method contains something other than letters and `-`.
    NoMethod {
        /// The method as written.
        method: String,
    },
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the route is empty; write it as `/users/{id}`, or `/` for the root"),
            Self::NoSlash { route } => {
                write!(f, "the route `{route}` does not start with a slash; write `/{route}`")
            }
            Self::Method { method, path } => {
                write!(f, "the route starts with a method; write `{path}` and `method = \"{method}\"`")
            }
            Self::Query { route, path } => write!(
                f,
                "the route `{route}` has a query string or a fragment, which differ from request to request; \
                 write `{path}`"
            ),
            Self::Space { route } => {
                write!(
                    f,
                    "the route {route:?} contains a space or a line break; write `{{name}}` for a part that varies"
                )
            }
            Self::TooLong { length } => {
                write!(
                    f,
                    "the route has {length} characters, but Sentry keeps at most {MAX_LENGTH}; shorten it"
                )
            }
            Self::NoMethod { method } => {
                write!(f, "`{method}` is not an HTTP method; use one such as `GET` or `POST`")
            }
        }
    }
}

impl std::error::Error for RouteError {}

/// Checks a route.
///
/// # Errors
/// Returns the first rule that `route` breaks.
pub fn check(route: &str) -> Result<(), RouteError> {
    if route.is_empty() {
        return Err(RouteError::Empty);
    }
    if let Some((method, path)) = route.split_once(' ')
        && check_method(method).is_ok()
        && path.starts_with('/')
    {
        return Err(RouteError::Method { method: method.to_ascii_uppercase(), path: path.to_owned() });
    }
    if route.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return Err(RouteError::Space { route: route.to_owned() });
    }
    if !route.starts_with('/') {
        return Err(RouteError::NoSlash { route: route.to_owned() });
    }
    // `{id?}` and `[[...slug]]` are placeholders; a question mark outside of brackets starts a query.
    let mut depth = 0_u32;
    for (at, character) in route.char_indices() {
        match character {
            '{' | '[' | '<' | '(' => depth += 1,
            '}' | ']' | '>' | ')' => depth = depth.saturating_sub(1),
            '?' | '#' if depth == 0 => {
                return Err(RouteError::Query { route: route.to_owned(), path: route[..at].to_owned() });
            }
            _ => {}
        }
    }
    let length = route.chars().count();
    if length > MAX_LENGTH {
        return Err(RouteError::TooLong { length });
    }
    Ok(())
}

/// Checks an HTTP method, in upper or lower case.
///
/// # Errors
/// Returns an error if the method is empty or contains something other than letters and `-`.
pub fn check_method(method: &str) -> Result<(), RouteError> {
    let good = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-';
    if method.is_empty() || !method.bytes().all(good) {
        return Err(RouteError::NoMethod { method: method.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{RouteError, check, check_method};

    #[test]
    fn takes_the_routes_of_every_framework() {
        for route in [
            "/",
            "/users/{id}",
            "/users/:id",
            "/files/*path",
            "/<id>",
            "/[[...slug]]",
            "/a/{id?}",
            "/(group)/b",
        ] {
            assert_eq!(check(route), Ok(()), "{route}");
        }
    }

    #[test]
    fn says_what_is_wrong_and_what_to_write() {
        for (route, told) in [
            ("", "`/users/{id}`"),
            ("users", "write `/users`"),
            ("get /users", "write `/users` and `method = \"GET\"`"),
            ("/users?page=1", "write `/users`"),
            ("/users#top", "write `/users`"),
            ("/{id}?page=1", "write `/{id}`"),
            ("/[id]?page=1", "write `/[id]`"),
            ("/<id>#top", "write `/<id>`"),
            ("/(group)/a?page=1", "write `/(group)/a`"),
            ("/two words", "`{name}`"),
        ] {
            let text = check(route).unwrap_err().to_string();
            assert!(text.contains(told), "{route}: {text}");
        }
        assert_eq!(check(&format!("/{}", "a".repeat(199))), Ok(()));
        assert!(matches!(check(&format!("/{}", "a".repeat(200))), Err(RouteError::TooLong { length: 201 })));
    }

    #[test]
    fn methods_are_words() {
        for method in ["GET", "get", "M-SEARCH", "PROPFIND"] {
            assert_eq!(check_method(method), Ok(()), "{method}");
        }
        for method in ["", "GET ", "/users", "GET,POST"] {
            assert!(check_method(method).is_err(), "{method}");
        }
    }
}
