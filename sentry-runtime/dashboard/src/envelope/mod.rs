//! Tolerant reading of raw envelopes: headers, items, bounded decompression.
