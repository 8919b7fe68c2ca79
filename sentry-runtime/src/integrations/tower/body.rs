//! The response body, which keeps its request open until it is sent.

use std::any::{Any, type_name};
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf as _;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::grpc;
use crate::error::failure::Failure;
use crate::instrument::instrumented::End;
use crate::integrations::http_server::{BodyEnd, Handling};

pin_project! {
    /// The body of a response. The request's transaction ends with it, as `cancelled` if the body is dropped before its
    /// end. Size, frames and trailers are those of the wrapped body.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        // Empty when the body is finished, so that it is dropped inside its context.
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

impl<B: Body> ResponseBody<B> {
    pub(super) fn new(inner: B, mut handling: Handling, end: BodyEnd) -> Self {
        if inner.is_end_stream() {
            // Nothing polls an empty body.
            handling.end(End::Done);
        }
        Self { inner: Some(inner), handling, end }
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body,
    B::Error: fmt::Display + 'static,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let frame = this.handling.inside(|running| {
            let Some(mut inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
            let frame = ready!(inner.as_mut().poll_frame(task));
            let is_over = match &frame {
                Some(Ok(frame)) => frame.is_trailers() || inner.is_end_stream(),
                Some(Err(_)) | None => true,
            };
            match (&frame, running) {
                (Some(Err(error)), Some(running)) => running.failed(failure(error)),
                (Some(Ok(frame)), Some(running)) => {
                    if let Some((code, status)) = frame.trailers_ref().and_then(grpc::status) {
                        running.set_attribute("rpc.grpc.status_code", code);
                        running.set_status(status);
                    }
                }
                _ => {}
            }
            if is_over {
                this.inner.set(None);
            }
            Poll::Ready(frame)
        });
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(data) = frame.data_ref()
        {
            this.end.sent(data.remaining());
        }
        if this.inner.is_none() {
            this.handling.end(End::Done);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

/// Required by servers that create a body themselves.
impl<B: Default> Default for ResponseBody<B> {
    fn default() -> Self {
        Self { inner: Some(B::default()), handling: Handling::default(), end: BodyEnd::NotWanted }
    }
}

/// Returns the failure of a service's or a body's error with as much detail as a type with only `Display` allows: most
/// errors that wrap another one hold it in a box.
pub(in crate::integrations) fn failure<E: fmt::Display + 'static>(error: &E) -> Failure<'_> {
    let any: &dyn Any = error;
    if let Some(error) = any.downcast_ref::<Box<dyn Error + Send + Sync>>() {
        Failure::dynamic(&**error, type_name::<E>())
    } else if let Some(error) = any.downcast_ref::<Box<dyn Error + Send>>() {
        Failure::dynamic(&**error, type_name::<E>())
    } else if let Some(error) = any.downcast_ref::<std::io::Error>() {
        Failure::error(error)
    } else {
        Failure::display(error)
    }
}
