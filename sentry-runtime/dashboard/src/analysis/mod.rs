//! Conclusions from the rows: groups, critical paths, hints, statistics.
