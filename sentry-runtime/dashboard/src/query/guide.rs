//! The guide to the API, for people and for agents.

/// The answer to `GET /api`.
pub(crate) const TEXT: &str = include_str!("guide.txt");
