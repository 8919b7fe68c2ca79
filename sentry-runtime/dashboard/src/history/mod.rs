//! The envelopes that are kept: in the file, if there is one.
