//! The guide to the API, for people and for agents.

/// What `GET /api` answers.
pub(crate) const TEXT: &str = include_str!("guide.txt");
