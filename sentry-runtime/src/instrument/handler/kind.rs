//! The kinds of handlers, with their names, origins and span options.

use std::borrow::Cow;

use super::plan::HandlerPlan;
use crate::base::diagnostics;
use crate::capture::errors::ErrorOrigin;
use crate::instrument::options::SpanOptions;

/// The attribute with the name of a queue or a topic.
pub(crate) const DESTINATION: &str = "messaging.destination.name";

/// The kind of a handler, and its name.
#[derive(Debug)]
pub(crate) enum HandlerKind {
    ServerAction {
        name: Cow<'static, str>,
    },
    ApiHandler {
        route: Cow<'static, str>,
    },
    DataFetcher {
        kind: Cow<'static, str>,
        route: Cow<'static, str>,
    },
    /// The processing of a queue's message.
    Message {
        destination: Cow<'static, str>,
    },
}

impl HandlerKind {
    /// Returns a handler of a route that is known only at run time. An invalid route is reported and kept.
    pub(crate) fn api_handler(route: Cow<'static, str>) -> Self {
        Self::ApiHandler { route: told(route) }
    }

    /// Returns a data fetcher of a route that is known only at run time.
    pub(crate) fn data_fetcher(kind: Cow<'static, str>, route: Cow<'static, str>) -> Self {
        Self::DataFetcher { kind, route: told(route) }
    }

    /// Returns the function that captures the errors.
    pub(super) fn origin(&self) -> ErrorOrigin {
        match self {
            Self::ServerAction { .. } => ErrorOrigin::ServerAction,
            Self::ApiHandler { .. } => ErrorOrigin::ApiHandler,
            Self::DataFetcher { .. } => ErrorOrigin::DataFetcher,
            Self::Message { .. } => ErrorOrigin::Message,
        }
    }

    /// Whether the handler always has an isolation scope of its own. The other kinds share that of the request they run
    /// in, if a server's layer created one.
    pub(super) fn is_always_isolated(&self) -> bool {
        matches!(self, Self::ServerAction { .. } | Self::Message { .. })
    }

    /// Returns the name of the span, and of the transaction if the span is the root of one.
    fn name(&self, method: Option<&str>) -> Cow<'static, str> {
        match (self, method) {
            (Self::ServerAction { name }, _) => Cow::Owned(format!("serverAction/{name}")),
            (Self::ApiHandler { route }, None) => route.clone(),
            (Self::ApiHandler { route }, Some(method)) => Cow::Owned(format!("{method} {route}")),
            (Self::DataFetcher { kind, route }, _) => Cow::Owned(format!("{kind} ({route})")),
            (Self::Message { destination }, _) => destination.clone(),
        }
    }

    /// Returns the options of the span.
    pub(super) fn span(&self, plan: &mut HandlerPlan) -> SpanOptions {
        let method = plan.method.take();
        let own = plan.name.take();
        let source = if own.is_some() { "custom" } else { "route" };
        let name = own.unwrap_or_else(|| self.name(method.as_deref()));
        let options = SpanOptions::new(name).source(source);
        let options = options.attributes(std::mem::take(&mut plan.attributes));
        match self {
            Self::Message { destination } => options
                .op("queue.process")
                .origin("auto.queue.process")
                .source("task")
                .attribute(DESTINATION, destination.clone()),
            Self::ServerAction { .. } => {
                options.op("function.server_action").origin("auto.function.server_action")
            }
            Self::ApiHandler { route } => {
                let options = options.op("http.server").origin("auto.http.api_handler");
                let options = options.attribute("http.route", &**route);
                let options = options.attribute("sentry.kind", "server");
                match method {
                    Some(method) => options.attribute("http.request.method", method),
                    None => options,
                }
            }
            Self::DataFetcher { kind, route } => options
                .op("function.data_fetcher")
                .origin("auto.function.data_fetcher")
                .attribute("data_fetcher.kind", &**kind)
                .attribute("http.route", &**route),
        }
    }
}

fn told(route: Cow<'static, str>) -> Cow<'static, str> {
    if let Err(error) = sentry_rules::route::check(&route) {
        diagnostics::error(format_args!("{error}. The route is used unchanged."));
    }
    route
}
