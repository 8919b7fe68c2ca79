//! Routes of web handlers, such as `/users/{id}`, and the methods they are called with.
//!
//! A route groups requests, so it names the place of a value and not the value: no query string, no space. How a
//! place is written is the framework's business: `{id}`, `:id`, `<id>` and `[id]` are all taken.

use std::fmt;

/// The longest route, in characters: transaction names are cut there.
pub const MAX_LENGTH: usize = 200;

/// Why a string is no route or no method. The text names the string, the rule and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteError {
    /// The route has no character.
    Empty,
    /// The route does not start with a slash.
    NoSlash {
        /// The route as it was given.
        route: String,
    },
    /// The route starts with a method.
    Method {
        /// The method in front.
        method: String,
        /// What follows it.
        path: String,
    },
    /// The route holds a query string or a fragment.
    Query {
        /// The route as it was given.
        route: String,
        /// What is in front of it.
        path: String,
    },
    /// The route holds a space, a line break or the like.
    Space {
        /// The route as it was given.
        route: String,
    },
    /// The route has more than [`MAX_LENGTH`] characters.
    TooLong {
        /// How many characters it has.
        length: usize,
    },
    /// The method is not made of letters.
    NoMethod {
        /// The method as it was given.
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
/// The first rule that `route` breaks.
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
    // `{id?}` and `[[...slug]]` are places; a question mark outside of brackets begins a query.
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

/// Checks an HTTP method, in any case.
///
/// # Errors
/// A method that is empty or holds something other than letters and `-`.
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
            ("/two words", "`{name}`"),
        ] {
            let text = check(route).unwrap_err().to_string();
            assert!(text.contains(told), "{route}: {text}");
        }
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
