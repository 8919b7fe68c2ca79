//! What the envelopes say, as rows.
