//! Operations of generative AI, whose names begin with `gen_ai.`.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/modules/ai-agents/)

/// The prefix of such operations.
pub(crate) const PREFIX: &str = "gen_ai.";

/// Returns whether an operation is one of generative AI.
pub(crate) const fn is_gen_ai(op: &str) -> bool {
    let (op, prefix) = (op.as_bytes(), PREFIX.as_bytes());
    if op.len() <= prefix.len() {
        return false;
    }
    let mut at = 0;
    while at < prefix.len() {
        if op[at] != prefix[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_gen_ai;

    #[test]
    fn only_operations_of_the_module_count() {
        for op in ["gen_ai.chat", "gen_ai.x"] {
            assert!(is_gen_ai(op), "{op}");
        }
        for op in ["", "gen_ai", "gen_ai.", "gen_aichat", "ai.chat", "function"] {
            assert!(!is_gen_ai(op), "{op}");
        }
    }
}
