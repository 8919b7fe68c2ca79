//! The response body, which keeps its request open until it is sent.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use pin_project_lite::pin_project;

use crate::error::failure::Failure;
use crate::instrument::instrumented::End;
use crate::integrations::http_server::{BodyEnd, Handling};

pin_project! {
    /// The body of a response. The request's transaction ends with it, as `cancelled` if the body is dropped before its
    /// end.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        // Empty only during the drop, so that the body is dropped inside its context.
        #[pin]
        inner: Option<B>,
        handling: Handling,
        end: BodyEnd,
    }

    impl<B> PinnedDrop for ResponseBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.handling.inside(|_| this.inner.set(None));
            if !std::thread::panicking() {
                this.handling.end(if this.end.is_reached() { End::Done } else { End::Cancelled });
            }
        }
    }
}

/// Returns the length of a body in bytes, if it is known.
pub(super) fn length(body: &impl MessageBody) -> Option<u64> {
    match body.size() {
        BodySize::None => Some(0),
        BodySize::Sized(bytes) => Some(bytes),
        BodySize::Stream => None,
    }
}

impl<B: MessageBody> ResponseBody<B> {
    pub(super) fn new(inner: B, mut handling: Handling, is_head: bool, status: StatusCode) -> Self {
        let length = length(&inner);
        // Nothing polls an empty body, and that of a WebSocket lasts as long as the socket.
        if length == Some(0) || status == StatusCode::SWITCHING_PROTOCOLS {
            handling.end(End::Done);
        }
        Self { inner: Some(inner), handling, end: BodyEnd::new(is_head, status.as_u16(), length) }
    }
}

impl<B: MessageBody> MessageBody for ResponseBody<B> {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.inner.as_ref().map_or(BodySize::None, MessageBody::size)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Box<dyn Error>>>> {
        let mut this = self.project();
        let chunk = ready!(this.handling.inside(|running| {
            let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
            let chunk = ready!(inner.poll_next(task)).map(|chunk| chunk.map_err(Into::into));
            if let (Some(Err(error)), Some(running)) = (&chunk, running) {
                running.failed(Failure::dynamic(&**error, "dyn Error"));
            }
            Poll::Ready(chunk)
        }));
        match &chunk {
            Some(Ok(bytes)) => this.end.sent(bytes.len()),
            Some(Err(_)) => {}
            None => *this.end = BodyEnd::NotWanted,
        }
        if !matches!(chunk, Some(Ok(_))) || this.end.is_reached() {
            this.handling.end(End::Done);
        }
        Poll::Ready(chunk)
    }
}
