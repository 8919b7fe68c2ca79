//! Arguments of other crates' attributes, such as `skip(password)` of `tracing::instrument`, and what to write instead.

/// Returns what to write instead of an argument that the attribute does not have.
pub(super) fn instead_of(attribute: &str, name: &str) -> Option<String> {
    let is_span = attribute == "span";
    let advice = match name {
        "fields" | "properties" | "data" | "tags" if is_span => {
            "attributes are written `attributes(order.id = order.id)`"
        }
        "skip_all" => "no arguments are recorded unless `args(…)` names them; remove it",
        "skip" => "no arguments are recorded unless the attribute names them; remove it",
        "follows_from" if is_span => {
            "add a link in the body instead: `sentry::get_active_span()` returns the span, which has `add_link`"
        }
        "target" if is_span => "a span has no target; its operation is written `op = \"db.query\"`",
        "description" | "short_name" if is_span => {
            "the name of a span is its function's path, such as `Cart::checkout`, unless `name = \"checkout\"` sets another"
        }
        "operation" | "kind" if is_span => "the operation of a span is written `op = \"db.query\"`",
        "enter_on_poll" => {
            "the span of an `async fn` is always active while its future is polled, and only then; remove it"
        }
        "cron" | "crontab" if attribute == "monitor" => "a crontab is written `schedule = \"0 3 * * *\"`",
        "interval" if attribute == "monitor" => "an interval is written `every = \"10 minutes\"`",
        "name" if attribute == "monitor" => {
            "a monitor is named by its slug, as in `#[monitor(\"nightly-report\")]`"
        }
        "err" => "a returned `Err` is always reported; remove it",
        "ret" if attribute == "server_action" => "the returned value is recorded with `record_response`",
        _ => return None,
    };
    Some(format!("`#[{attribute}]` has no argument `{name}`: {advice}"))
}

/// Returns what to write instead of `name(…)`, if the attribute has the argument as a flag.
pub(super) fn instead_of_list(attribute: &str, name: &str, contents: &str) -> Option<String> {
    let advice = match name {
        "skip" => {
            "arguments are not recorded unless `args(…)` names them, so there is nothing to skip; remove `skip(…)`. `skip` \
             alone leaves the whole function out of an annotated block"
        }
        "err" if contents.contains("level") => {
            "the level is an argument of its own, as in `err, level = \"warning\"`"
        }
        "err" => "how an error is shown follows from its type; write `err` alone",
        "ret" => "how a value is shown follows from its type; write `ret` alone",
        _ => return None,
    };
    Some(format!("`{name}` of `#[{attribute}]` takes no list: {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_other_crates_have_advice() {
        for (name, expected) in [
            ("fields", "`attributes(order.id = order.id)`"),
            ("properties", "`attributes(order.id = order.id)`"),
            ("data", "`attributes(order.id = order.id)`"),
            ("tags", "`attributes(order.id = order.id)`"),
            ("follows_from", "which has `add_link`"),
            ("target", "a span has no target"),
            ("description", "`name = \"checkout\"`"),
            ("short_name", "`name = \"checkout\"`"),
            ("operation", "`op = \"db.query\"`"),
            ("kind", "`op = \"db.query\"`"),
        ] {
            let message = instead_of("span", name).unwrap();
            assert!(message.starts_with(&format!("`#[span]` has no argument `{name}`: ")), "{message}");
            assert!(message.contains(expected), "{message}");
            // They would be wrong for an attribute that has no such argument of its own.
            assert_eq!(instead_of("monitor", name), None, "{name}");
        }
        for attribute in ["span", "server_action", "monitor"] {
            for (name, expected) in [
                ("skip_all", "no arguments are recorded unless `args(…)` names them"),
                ("skip", "no arguments are recorded unless the attribute names them"),
                ("enter_on_poll", "always active while its future is polled"),
                ("err", "a returned `Err` is always reported"),
            ] {
                let message = instead_of(attribute, name).unwrap();
                assert!(message.contains(attribute) && message.contains(expected), "{message}");
            }
            assert_eq!(instead_of(attribute, "colour"), None);
        }
        for (name, expected) in [
            ("cron", "`schedule = \"0 3 * * *\"`"),
            ("crontab", "`schedule = \"0 3 * * *\"`"),
            ("interval", "`every = \"10 minutes\"`"),
            ("name", "`#[monitor(\"nightly-report\")]`"),
        ] {
            assert!(instead_of("monitor", name).unwrap().contains(expected), "{name}");
            assert_eq!(instead_of("server_action", name), None, "{name}");
        }
        assert!(instead_of("server_action", "ret").unwrap().contains("`record_response`"));
        assert_eq!(instead_of("monitor", "ret"), None);
    }

    #[test]
    fn lists_where_a_flag_belongs_have_advice() {
        for (name, contents, expected) in [
            ("skip", "password", "there is nothing to skip; remove `skip(…)`"),
            ("err", "level = \"warn\"", "`err, level = \"warning\"`"),
            ("err", "Debug", "write `err` alone"),
            ("ret", "level = \"info\"", "write `ret` alone"),
        ] {
            let message = instead_of_list("span", name, contents).unwrap();
            assert!(message.starts_with(&format!("`{name}` of `#[span]` takes no list: ")), "{message}");
            assert!(message.contains(expected), "{message}");
        }
        assert_eq!(instead_of_list("span", "attributes", "level = 1"), None);
    }
}
