//! The files that travel with an event, as long as they are small enough.
//!
//! A file that is too large would take the event with it: the queue, the server or a proxy refuses the envelope.
//! So it is left out, counted by its bytes, and the event goes without it.
//!
//! Spec: `telemetry/attachments.mdx`.

use std::sync::Arc;

use crate::base::diagnostics;
use crate::client::Client;
use crate::protocol::{Attachment, DataCategory, DiscardReason, EnvelopeItem};

/// The items of an event's attachments. Together they have no more bytes than one may have.
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
                "attachment `{}` is not sent: with its {bytes} bytes the event would carry more than \
                 max_attachment_size",
                attachment.filename
            ));
            client.ledger().lost(DiscardReason::Invalid, DataCategory::Attachment, bytes as u64);
        }
    }
    items
}
