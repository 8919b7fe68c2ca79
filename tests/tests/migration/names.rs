//! Tests that public names of the official crate, version 0.49.5, exist here at the same paths. `MIGRATING.md` lists
//! those that do not.
#![allow(deprecated, unused_imports, reason = "this file only names them")]

mod of_the_crate {
    pub use sentry::{
        BeforeCallback, Breadcrumb, Client, ClientInitGuard, ClientOptions, CustomTransactionContext,
        Envelope, EventProcessor, Hub, HubSwitchGuard, Integration, IntoBreadcrumbs, IntoDsn, Level,
        SamplingContext, Scope, ScopeGuard, SentryFuture, SentryFutureExt, SessionMode, Span, TracesSampler,
        Transaction, TransactionContext, TransactionData, TransactionOrSpan, Transport, User, add_breadcrumb,
        apply_defaults, capture_check_in, capture_error, capture_event, capture_message, configure_scope,
        end_session, end_session_with_status, event_from_error, init, last_event_id, logger_info,
        parse_type_from_debug, release_name, start_session, start_transaction, test, with_integration,
        with_scope,
    };
}

mod of_metrics {
    pub use sentry::metrics::counter;
}

mod of_integrations_anyhow {
    pub use sentry::integrations::anyhow::{AnyhowHubExt, capture_anyhow, event_from_error};
}

mod of_integrations_backtrace {
    pub use sentry::integrations::backtrace::{AttachStacktraceIntegration, current_stacktrace};
}

mod of_integrations_contexts {
    pub use sentry::integrations::contexts::ContextIntegration;
}

mod of_integrations_debug_images {
    pub use sentry::integrations::debug_images::DebugImagesIntegration;
}

mod of_integrations_panic {
    pub use sentry::integrations::panic::{PanicIntegration, message_from_panic_info, panic_handler};
}

mod of_integrations_tower {
    pub use sentry::integrations::tower::{NewSentryLayer, SentryHttpLayer, SentryLayer};
}

mod of_integrations_tracing {
    pub use sentry::integrations::tracing::{
        EventFilter, SentryLayer, default_event_filter, default_span_filter, layer,
    };
}

mod of_integrations_log {
    pub use sentry::integrations::log::{
        LogFilter, NoopLogger, RecordMapping, SentryLogger, breadcrumb_from_record, default_filter,
    };
}

mod of_integrations_actix {
    pub use sentry::integrations::actix::Sentry;
}

mod of_integrations_opentelemetry {
    pub use sentry::integrations::opentelemetry::{SentryPropagator, SentrySpanProcessor};
}

mod of_types {
    pub use sentry::types::{
        Auth, Dsn, ParseDsnError, ParseProjectIdError, ProjectId, Scheme, Uuid, random_uuid,
    };
}

mod of_types_protocol {
    pub use sentry::types::protocol::v7;
}

mod of_protocol {
    pub use sentry::protocol::{
        Addr, AppContext, Attachment, AttachmentType, BrowserContext, ClientSdkInfo, ClientSdkPackage,
        Context, DebugImage, DebugMeta, DeviceContext, DynamicSamplingContext, Envelope, EnvelopeHeaders,
        EnvelopeItem, Event, Exception, Frame, IpAddress, Log, LogAttribute, LogEntry, LogLevel, Map,
        Mechanism, MechanismMeta, Metric, MonitorCheckIn, MonitorCheckInStatus, MonitorConfig,
        MonitorIntervalUnit, MonitorSchedule, OsContext, Request, ResponseContext, RuntimeContext,
        SessionStatus, Span, SpanId, SpanStatus, Stacktrace, SymbolicDebugImage, TemplateInfo, Thread,
        ThreadId, TraceContext, TraceId, Transaction, TransactionInfo, TransactionSource, User, Value,
        Values, value,
    };
}

mod of_test {
    pub use sentry::test::{
        TestTransport, with_captured_envelopes, with_captured_envelopes_options, with_captured_events,
        with_captured_events_options,
    };
}
