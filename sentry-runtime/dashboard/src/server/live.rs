//! The live stream: server-sent events that say which lists changed. The page then asks for what it shows.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::limits::Api;

/// The shortest time between two events.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers with the stream.
pub(super) async fn live(State(Api { shared, limits }): State<Api>) -> Response {
    let Ok(permit) = Arc::clone(&limits.waiting).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many pages are open").into_response();
    };
    let (events, receiver) = mpsc::channel(1);
    let mut changes = shared.watch();
    tokio::spawn(async move {
        let _permit = permit;
        let mut seq = *changes.borrow_and_update();
        let hello = serde_json::json!({ "seq": seq, "instance": shared.instance });
        let hello = event("hello", seq, &hello).retry(Duration::from_secs(1));
        if events.send(hello).await.is_err() {
            return;
        }
        loop {
            tokio::select! {
                () = events.closed() => return,
                changed = changes.changed() => if changed.is_err() { return },
            }
            let next = *changes.borrow_and_update();
            let data = serde_json::json!({ "seq": next, "changed": shared.changed_since(seq) });
            seq = next;
            if events.send(event("change", seq, &data)).await.is_err() {
                return;
            }
            sleep(PAUSE).await;
        }
    });
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    Sse::new(Events(receiver)).keep_alive(keep_alive).into_response()
}

fn event(name: &str, seq: u64, data: &serde_json::Value) -> Event {
    Event::default().event(name).id(seq.to_string()).data(data.to_string())
}

/// The events as the stream that axum sends.
struct Events(mpsc::Receiver<Event>);

impl Stream for Events {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|event| event.map(Ok))
    }
}
