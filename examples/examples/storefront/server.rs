//! The HTTP server: it listens on a free port and answers every request, even if the handler panics.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::html;

/// Serves on a free port of this machine until the program ends.
pub async fn start(router: Router) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(axum::serve(listener, router).into_future());
    Ok(address)
}

/// Answers with status 500 where axum would close the connection: the handler runs in its own task, which catches the
/// panic. This also means that a client that disconnects does not abort an order half way.
pub async fn answer_panics(request: Request, next: Next) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let page = html::notice("Sorry", "Something broke. It is being looked at.");
            (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
        }
    }
}
