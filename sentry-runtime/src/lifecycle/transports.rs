//! The transport of a client, built from its options: a server, a collector, Spotlight, the local view, the dashboard,
//! the user's own.

use std::sync::Arc;

use crate::base::diagnostics;
use crate::client::Destinations;
use crate::options::{self, ClientOptions, OptionsError};
#[cfg(feature = "dashboard")]
use crate::transport::dashboard;
use crate::transport::error::TransportError;
use crate::transport::ledger::Ledger;
use crate::transport::otlp::{self, Collector, Split};
use crate::transport::proxy::{self, ProxyOptions};
use crate::transport::queue::Capacity;
use crate::transport::room::Room;
use crate::transport::spool::Spool;
use crate::transport::{
    Fanout, HttpDestination, HttpOptions, Spotlight, ThreadOptions, Transport, TransportThread,
};
#[cfg(feature = "local")]
use crate::transport::{LocalOptions, LocalView};

/// Applies the network options.
fn with_network(mut http: HttpOptions, options: &ClientOptions) -> HttpOptions {
    http.compression = options.compression;
    http.ca_certs = options.ca_certs.clone();
    http.connect_timeout = options.connect_timeout;
    http.read_timeout = options.read_timeout;
    http.total_timeout = options.request_timeout;
    http.client_reports = options.send_client_reports;
    http.proxy = ProxyOptions {
        http: options.http_proxy.as_deref().map(str::to_owned),
        https: options.https_proxy.as_deref().map(str::to_owned),
    };
    http
}

/// Returns the local view, if it is enabled.
#[cfg(feature = "local")]
fn local_view(option: &options::LocalView) -> Option<LocalView> {
    let view = match option {
        options::LocalView::On => LocalOptions::default(),
        options::LocalView::Failures => LocalOptions { failures: true, ..LocalOptions::default() },
        options::LocalView::File(path) => {
            LocalOptions { raw_file: Some(path.clone()), ..LocalOptions::default() }
        }
        options::LocalView::Off | options::LocalView::FromEnvironment => return None,
    };
    Some(LocalView::new(view))
}

/// Builds the transports. An invalid proxy or certificate is an error.
pub(crate) fn from_options(
    options: &ClientOptions,
    ledger: &Arc<Ledger>,
    room: &Arc<Room>,
) -> Result<Destinations, OptionsError> {
    let mut room = Some(Arc::clone(room));
    // Only the first destination shares the client's room: one that hangs must not keep data from the others.
    let mut threads = || ThreadOptions {
        capacity: Capacity {
            envelopes: options.queue_size,
            room: room.take().unwrap_or_else(|| Room::separate(options.queue_bytes)),
            categories: options.category_queue_sizes.clone(),
        },
        ..ThreadOptions::default()
    };
    let mut transports: Vec<Arc<dyn Transport>> = Vec::new();
    if let Some(own) = &options.transport {
        transports.push(Arc::clone(own));
    } else if let Some(dsn) = &options.dsn {
        let agent = &*options.user_agent;
        let http = match &options.tunnel {
            // The server behind a tunnel reads the DSN from the envelope and authenticates its own request.
            Some(url) => HttpOptions { dsn: Some(dsn.to_string()), ..HttpOptions::new(&**url, None, agent) },
            None => HttpOptions::new(dsn.envelope_api_url(), Some(dsn.to_auth_header(agent)), agent),
        };
        let http = with_network(http, options);
        let destination = HttpDestination::new(http, Arc::clone(ledger))?;
        let spool = options.spool_dir.as_ref().map(|dir| Spool::new(dir, dsn, options.spool_limits, ledger));
        let threads = ThreadOptions { spool, ..threads() };
        transports.push(Arc::new(TransportThread::new(destination, Some(Arc::clone(ledger)), threads)));
    }
    if let Some(endpoint) = &options.otlp_endpoint {
        let url = otlp::traces_url(endpoint);
        let mut http = with_network(HttpOptions::new(&*url, None, &*options.user_agent), options);
        if proxy::is_local_url(&url) {
            // The proxy options are for the server; a proxy cannot reach a collector on this machine.
            http.proxy = ProxyOptions::default();
        }
        let collector = Collector::new(http, options.otlp_headers.clone())?;
        let spans = TransportThread::new(collector, Some(Arc::clone(ledger)), threads());
        let split = Split::new(Arc::new(spans), transports.pop());
        transports.push(Arc::new(split));
    }
    #[cfg(writes_minidumps)]
    let of_server = transports.len();
    #[cfg(feature = "local")]
    if let Some(view) = local_view(&options.local) {
        // Without a server, the local view counts items as sent.
        let local_ledger = transports.is_empty().then(|| Arc::clone(ledger));
        transports.push(Arc::new(TransportThread::new(view, local_ledger, threads())));
    }
    if let options::Spotlight::Url(url) = &options.spotlight {
        match Spotlight::new(url, &options.user_agent) {
            Ok(spotlight) => transports.push(Arc::new(TransportThread::new(spotlight, None, threads()))),
            // A tool for development costs no client.
            Err(error @ TransportError::Tls { .. }) => diagnostics::error(format_args!("spotlight: {error}")),
            Err(error) => return Err(error.into()),
        }
    }
    #[cfg(feature = "dashboard")]
    if options.dashboard.is_on() {
        let program = dashboard::Program {
            release: options.release.as_deref().map(str::to_owned),
            ledger: Arc::clone(ledger),
            server: transports.first().cloned(),
        };
        let page = dashboard::Dashboard::new(options.dashboard.server(), &options.user_agent, program);
        let counts = transports.is_empty().then(|| Arc::clone(ledger));
        let threads = ThreadOptions { starts_at_once: true, ..threads() };
        transports.push(Arc::new(TransportThread::new(page, counts, threads)));
    }
    Ok(Destinations {
        #[cfg(writes_minidumps)]
        views: to_all(transports[of_server..].to_vec()),
        all: to_all(transports),
    })
}

/// Returns one transport to several; `None` if there is none.
fn to_all(mut transports: Vec<Arc<dyn Transport>>) -> Option<Arc<dyn Transport>> {
    match transports.len() {
        0 | 1 => transports.pop(),
        _ => Some(Arc::new(Fanout::new(transports))),
    }
}
