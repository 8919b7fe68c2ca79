//! Delivery to the dashboard: a page in a browser that shows, while somebody develops, what the program records.
//!
//! The first program serves the page; a program that finds a dashboard at the address sends its data there, so that one
//! page shows all of them. When the serving program ends, the next one that notices takes its place. All of this
//! happens on the transport's thread: the start, which asks other programs, and the sending.
//!
//! The child of a fork makes its own transport, finds its parent's dashboard, and sends to it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sentry_dashboard::{Handle, StartError, is_dashboard};
use serde_json::{Value, json};

use super::destination::{Delivery, Destination};
use super::http::{HttpOptions, HttpSender};
use super::ledger::Ledger;
use super::{QueueDepths, Transport};
use crate::base::{diagnostics, fork, thread_role};
use crate::protocol::{DataCategory, DiscardReason, Envelope};
use crate::transport::config::Compression;

/// The number of ports that are tried after a taken one.
const PORTS: u16 = 16;
/// The time between two looks at the counts of the program, and the longest time that a flush waits for the page.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause after a start that failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(60);

/// Where this process, or one that it was forked from, serves the page on a port that the system chose: nobody else
/// could find it.
static CHOSEN: OnceLock<SocketAddr> = OnceLock::new();

/// The facts about the program itself that the page shows.
pub(crate) struct Program {
    pub(crate) release: Option<String>,
    pub(crate) ledger: Arc<Ledger>,
    /// The transport whose queue and limits are shown: the server's, if there is one.
    pub(crate) server: Option<Arc<dyn Transport>>,
}

/// A destination that is the dashboard. Run it in a [`TransportThread`](super::TransportThread).
pub(crate) struct Dashboard {
    options: sentry_dashboard::Dashboard,
    user_agent: String,
    program: Program,
    state: State,
    /// The line about the URL that was printed last.
    announced: String,
    /// The address of another program's page that this program sent to.
    sent_to: Option<SocketAddr>,
    /// The counts that were shown last.
    shown: Value,
    next_look: Instant,
}

enum State {
    Idle,
    /// This program serves the page.
    Serving(Handle),
    /// Another program serves the page.
    Sending(HttpSender),
    /// The start failed, for a reason that was printed.
    Failed(Instant),
}

impl Dashboard {
    /// Creates the destination. Nothing happens before the transport's thread runs.
    pub(crate) fn new(options: sentry_dashboard::Dashboard, user_agent: &str, program: Program) -> Self {
        Self {
            options: options.on_thread_start(thread_role::mark),
            user_agent: user_agent.to_owned(),
            program,
            state: State::Idle,
            announced: String::new(),
            sent_to: None,
            shown: Value::Null,
            next_look: Instant::now(),
        }
    }

    /// Serves the page, or finds the program that does.
    fn start(&mut self) {
        match &self.state {
            State::Idle => {}
            State::Failed(at) if at.elapsed() >= PAUSE_AFTER_FAILURE => {}
            State::Serving(_) | State::Sending(_) | State::Failed(_) => return,
        }
        self.state = match self.find() {
            Ok(state) => state,
            Err(error) => {
                self.announce(format!("error: there is no dashboard: {error}"));
                State::Failed(Instant::now())
            }
        };
    }

    fn find(&mut self) -> Result<State, StartError> {
        let wanted = self.options.listen_address();
        if wanted.port() == 0
            && let Some(address) = CHOSEN.get().filter(|address| is_dashboard(**address))
        {
            return self.sender(*address);
        }
        let mut error = None;
        for port in (wanted.port()..=u16::MAX).take(usize::from(PORTS)) {
            let address = SocketAddr::new(wanted.ip(), port);
            match self.listen(address) {
                Ok(handle) => {
                    let why = if address == wanted {
                        String::new()
                    } else {
                        format!(" (another program uses {wanted})")
                    };
                    if wanted.port() == 0 {
                        let _ = CHOSEN.set(handle.address());
                    }
                    self.announce(format!("dashboard: {}{why}", handle.url()));
                    return Ok(State::Serving(handle));
                }
                Err(StartError::Listen(_, taken)) if taken.kind() == io::ErrorKind::AddrInUse => {
                    if is_dashboard(address) {
                        self.announce(format!(
                            "dashboard: http://{address}/ of another program shows this one too"
                        ));
                        return self.sender(address);
                    }
                    error = Some(StartError::Listen(address, taken));
                }
                Err(other) => return Err(other),
            }
        }
        Err(error.unwrap_or(StartError::Listen(wanted, io::ErrorKind::AddrInUse.into())))
    }

    /// Serves the page at an address. The system frees the port of a program that has ended a moment later: a port that
    /// this program sent to a moment ago is tried again.
    fn listen(&self, address: SocketAddr) -> Result<Handle, StartError> {
        const ATTEMPTS: u32 = 50;
        let mut left = if self.sent_to == Some(address) { ATTEMPTS } else { 0 };
        loop {
            match self.options.clone().address(address).start() {
                Err(StartError::Listen(_, taken))
                    if left > 0 && taken.kind() == io::ErrorKind::AddrInUse && !is_dashboard(address) =>
                {
                    left -= 1;
                    std::thread::sleep(Duration::from_millis(20));
                }
                result => return result,
            }
        }
    }

    fn sender(&mut self, address: SocketAddr) -> Result<State, StartError> {
        self.sent_to = Some(address);
        let mut options = HttpOptions::new(format!("http://{address}/stream"), None, &*self.user_agent);
        options.compression = Compression::Off;
        options.connect_timeout = Duration::from_secs(2);
        options.read_timeout = Duration::from_secs(2);
        options.total_timeout = Duration::from_secs(4);
        HttpSender::new(options)
            .map(State::Sending)
            .map_err(|error| StartError::Server(io::Error::other(error)))
    }

    /// Prints a line, unless it was printed already. The children of a fork are silent: there may be many.
    fn announce(&mut self, line: String) {
        if fork::generation() == 0 && self.announced != line {
            diagnostics::notice(format_args!("{line}"));
            self.announced = line;
        }
    }

    /// Hands bytes to whoever shows them.
    fn send(&mut self, bytes: Vec<u8>) -> Delivery {
        // Twice, as the program that served the page may have ended.
        for _ in 0..2 {
            self.start();
            match &self.state {
                State::Serving(handle) => {
                    let size = bytes.len();
                    return if handle.submit(bytes) {
                        Delivery::Sent { bytes: size }
                    } else {
                        Delivery::Lost(DiscardReason::QueueOverflow)
                    };
                }
                State::Sending(sender) => {
                    match sender.post_body(&bytes, "application/x-sentry-envelope", &[]) {
                        Ok(answer) if (200..300).contains(&answer.status) => {
                            return Delivery::Sent { bytes: answer.sent };
                        }
                        Ok(_) => return Delivery::Lost(DiscardReason::SendError),
                        Err(_) => self.state = State::Idle,
                    }
                }
                State::Idle | State::Failed(_) => break,
            }
        }
        Delivery::Lost(DiscardReason::NetworkError)
    }

    /// Shows the counts of the program, if they changed.
    fn show_counts(&mut self) {
        if Instant::now() < self.next_look {
            return;
        }
        self.next_look = Instant::now() + PAUSE;
        let counts = self.program.counts();
        if counts != self.shown {
            self.shown = counts;
            let bytes = self.program.envelope(&self.shown, SystemTime::now());
            self.send(bytes);
        }
    }
}

impl Destination for Dashboard {
    fn deliver(&mut self, envelope: &mut Envelope) -> Delivery {
        self.send(envelope.to_bytes(SystemTime::now()))
    }

    fn flush(&mut self) {
        if let State::Serving(handle) = &self.state {
            handle.flush(PAUSE);
        }
    }

    fn idle(&mut self) -> Option<Duration> {
        self.start();
        self.show_counts();
        Some(PAUSE)
    }
}

impl Program {
    fn counts(&self) -> Value {
        let by_category = |counts: Vec<(DataCategory, u64)>| -> Value {
            counts.into_iter().map(|(category, count)| (category.as_str(), count)).collect()
        };
        let QueueDepths { envelopes, bytes, spooled, spooled_bytes, .. } =
            self.server.as_ref().map(|server| server.queue_depths()).unwrap_or_default();
        let limited: Vec<_> = DataCategory::ALL
            .into_iter()
            .filter(|category| self.server.as_ref().is_some_and(|server| server.is_rate_limited(*category)))
            .collect();
        json!({
            "accepted": by_category(self.ledger.all_accepted()),
            "sent": by_category(self.ledger.all_sent()),
            "dropped": self.ledger.all_lost(),
            "bytes": self.ledger.all_bytes(),
            "queues": {
                "envelopes": envelopes, "bytes": bytes, "spooled": spooled, "spooled_bytes": spooled_bytes,
            },
            "rate_limited": limited,
        })
    }

    /// Returns an envelope with an item that only the dashboard knows.
    fn envelope(&self, counts: &Value, now: SystemTime) -> Vec<u8> {
        let mut payload = counts.clone();
        payload["timestamp"] = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64().into();
        payload["pid"] = std::process::id().into();
        payload["release"] = self.release.as_deref().into();
        let payload = payload.to_string();
        let header = json!({ "sdk": crate::protocol::envelope::SDK });
        let item = json!({ "type": "sdk_stats", "length": payload.len() });
        format!("{header}\n{item}\n{payload}\n").into_bytes()
    }
}
