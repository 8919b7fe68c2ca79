//! The kinds of handlers, with their names, origins and span options.

use std::borrow::Cow;

use super::plan::HandlerPlan;
use crate::base::diagnostics;
use crate::capture::errors::ErrorOrigin;
use crate::protocol::AttributeValue;
use crate::protocol::nesting::Prune as _;
use crate::trace::segment::RootName;

type Attributes = Vec<(Cow<'static, str>, AttributeValue)>;

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
        Self::ApiHandler { route: checked(route) }
    }

    /// Returns a data fetcher of a route that is known only at run time.
    pub(crate) fn data_fetcher(kind: Cow<'static, str>, route: Cow<'static, str>) -> Self {
        Self::DataFetcher { kind, route: checked(route) }
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

    /// Returns whether the handler always has an isolation scope of its own. The other kinds share that of the request they
    /// run in, if a server's layer created one.
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

    /// Returns the names of the span, and the attributes that it starts with.
    pub(super) fn span(&self, plan: Option<&mut HandlerPlan>) -> (RootName, Attributes) {
        let (method, own, further) = plan
            .map(|plan| (plan.method.take(), plan.name.take(), std::mem::take(&mut plan.attributes)))
            .unwrap_or_default();
        if let (Self::ServerAction { name: Cow::Borrowed(name) }, None) = (self, &own) {
            return (RootName::ServerAction(name), further);
        }
        let source = if own.is_some() { "custom" } else { "route" };
        let name = own.unwrap_or_else(|| self.name(method.as_deref()));
        let mut attributes = further;
        let mut add = |key, value: Cow<'static, str>| attributes.push((Cow::Borrowed(key), value.into()));
        let mut source = source;
        let (op, origin) = match self {
            Self::Message { destination } => {
                source = "task";
                add(DESTINATION, destination.clone());
                ("queue.process", "auto.queue.process")
            }
            Self::ServerAction { .. } => ("function.server_action", "auto.function.server_action"),
            Self::ApiHandler { route } => {
                add("http.route", route.clone());
                add("sentry.kind", "server".into());
                if let Some(method) = method {
                    add("http.request.method", method.into());
                }
                ("http.server", "auto.http.api_handler")
            }
            Self::DataFetcher { kind, route } => {
                add("data_fetcher.kind", kind.clone());
                add("http.route", route.clone());
                ("function.data_fetcher", "auto.function.data_fetcher")
            }
        };
        attributes.iter_mut().for_each(|(_, value)| value.prune());
        (RootName::Given { name, op: op.into(), origin: origin.into(), source }, attributes)
    }
}

fn checked(route: Cow<'static, str>) -> Cow<'static, str> {
    if let Err(error) = sentry_rules::route::check(&route) {
        diagnostics::error(format_args!("{error}. The route is used unchanged."));
    }
    route
}
