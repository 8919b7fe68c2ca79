//! The attachments of an event, within the size limit.
//!
//! An attachment that is too large would cost the whole event: the queue, the server or a proxy refuses the envelope.
//! So it is left out and its bytes are counted as lost; the event is sent without it.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/attachments/)

use std::sync::Arc;

use crate::base::diagnostics;
use crate::client::Client;
use crate::protocol::{Attachment, DataCategory, DiscardReason, EnvelopeItem};

/// Returns the items of an event's attachments. `max_attachment_size` limits their total size.
pub(crate) fn items(client: &Client, attachments: &[Arc<Attachment>]) -> Vec<EnvelopeItem> {
    let mut left = client.options().max_attachment_size;
    let mut items = Vec::with_capacity(attachments.len());
    for attachment in attachments {
        let bytes = attachment.buffer.len();
        if bytes <= left {
            left -= bytes;
            items.push(EnvelopeItem::from(Attachment::clone(attachment)));
        } else {
            diagnostics::debug(format_args!(
                "attachment `{}` is left out: its {bytes} bytes would exceed the event's limit; raise \
                 max_attachment_size to send it",
                attachment.filename
            ));
            client.ledger().lost(DiscardReason::Invalid, DataCategory::Attachment, bytes as u64);
        }
    }
    items
}
