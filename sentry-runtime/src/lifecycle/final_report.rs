//! The report of a client that is closed with `debug`: the numbers of accepted, sent and dropped items.

use crate::base::diagnostics;
use crate::client::Client;
use crate::protocol::DataCategory;

/// Prints the counts of the client.
pub(super) fn print(client: &Client) {
    if !diagnostics::is_debug() {
        return;
    }
    let stats = client.stats();
    let counts = |counts: &[(DataCategory, u64)]| {
        let shown = counts.iter().filter(|(category, _)| is_shown(*category));
        list(shown.map(|(category, quantity)| amount(*quantity, *category)))
    };
    let dropped = stats.dropped.iter().filter(|loss| is_shown(loss.category));
    let options = client.options();
    let has_server = options.dsn.is_some() || options.otlp_endpoint.is_some() || options.transport.is_some();
    diagnostics::debug(format_args!(
        "closed; accepted: {}; {}: {} ({} bytes); dropped: {}",
        counts(&stats.accepted),
        if has_server { "sent" } else { "shown" },
        counts(&stats.sent),
        stats.bytes,
        list(dropped.map(|loss| format!(
            "{} ({})",
            amount(loss.quantity, loss.category),
            loss.reason.as_str()
        ))),
    ));
}

/// Returns a number of items of a category, such as `1 error` or `2 errors`.
fn amount(quantity: u64, category: DataCategory) -> String {
    let plural = if quantity == 1 || category == DataCategory::Feedback { "" } else { "s" };
    format!("{quantity} {}{plural}", category.as_str())
}

/// Returns whether the category counts things that the program captured: not bytes, which have their own item.
fn is_shown(category: DataCategory) -> bool {
    !matches!(category, DataCategory::LogByte | DataCategory::Internal)
}

fn list(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}
