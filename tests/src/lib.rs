//! Placeholder of the room; filled by the next commit.
