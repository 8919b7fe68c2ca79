//! The payloads, field by field. Nothing is left out with `..`: whoever adds a field to a payload is asked by the
//! compiler what is to become of it. Ids, times, numbers, what the options say (release, environment) and what the
//! machine says (functions, files, images) hold no text of the program's data and stay.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;

use super::request_url::with_valid_user_info;
use super::{FILTERED, Scrubber, Verdict, replace, rewrite, rewrite_some};
use crate::protocol::{
    AttributeValue, Breadcrumb, Context, Event, Exception, Frame, Log, LogEntry, Map, Mechanism, Metric,
    Request, ResponseContext, Span, SpanLink, Stacktrace, TemplateInfo, Thread, TraceContext, Transaction,
    User,
};

/// The attribute with the template of a log, and the prefix of those with its parameters.
const TEMPLATE: &str = "sentry.message.template";
const PARAMETER: &str = "sentry.message.parameter.";

impl Scrubber {
    /// Filters an event: an error, a message or feedback.
    pub(crate) fn scrub_event(&self, event: &mut Event<'_>) {
        let Event {
            event_id: _,
            ty: _,
            level: _,
            fingerprint,
            culprit,
            transaction,
            transaction_info: _,
            message,
            logentry,
            logger,
            modules: _,
            platform: _,
            timestamp: _,
            server_name: _,
            release: _,
            dist: _,
            environment: _,
            user,
            request,
            contexts,
            breadcrumbs,
            exception,
            stacktrace,
            template,
            threads,
            tags,
            extra,
            debug_meta: _,
            sdk: _,
        } = event;
        self.scrub_around(request, user, contexts, extra, tags, &mut breadcrumbs.iter_mut());
        exception.iter_mut().for_each(|exception| self.scrub_exception(exception));
        threads.iter_mut().for_each(|thread| self.scrub_thread(thread));
        stacktrace.iter_mut().for_each(|stack| self.scrub_stacktrace(stack));
        template.iter_mut().for_each(|template| self.scrub_template(template));
        logentry.iter_mut().for_each(|entry| self.scrub_log_entry(entry));
        self.scrub_texts(&mut [message, transaction, culprit, logger]);
        if fingerprint.iter().any(|part| matches!(self.scrub_text(part), Cow::Owned(_))) {
            for part in fingerprint.to_mut() {
                *part = Cow::Owned(self.scrub_text(part).into_owned());
            }
        }
    }

    /// Filters a transaction.
    pub(crate) fn scrub_transaction(&self, transaction: &mut Transaction<'_>) {
        let Transaction {
            event_id: _,
            name,
            transaction_info: _,
            release: _,
            dist: _,
            environment: _,
            user,
            tags,
            extra,
            breadcrumbs,
            sdk: _,
            platform: _,
            timestamp: _,
            start_timestamp: _,
            spans,
            contexts,
            request,
            server_name: _,
        } = transaction;
        self.scrub_around(request, user, contexts, extra, tags, &mut breadcrumbs.iter_mut());
        self.scrub_texts(&mut [name]);
        spans.iter_mut().for_each(|span| self.scrub_span(span));
    }

    /// Filters a span of a transaction.
    fn scrub_span(&self, span: &mut Span) {
        let Span {
            span_id: _,
            trace_id: _,
            parent_span_id: _,
            same_process_as_parent: _,
            op: _,
            description,
            timestamp: _,
            start_timestamp: _,
            status: _,
            origin: _,
            tags,
            data,
            links,
        } = span;
        self.scrub_texts(&mut [description]);
        self.scrub_map(data);
        self.scrub_strings(tags);
        links.iter_mut().for_each(|link| self.scrub_link(link));
    }

    /// Filters a log.
    pub(crate) fn scrub_log(&self, log: &mut Log) {
        let Log { timestamp: _, trace_id: _, span_id: _, level: _, body, severity_number: _, attributes } =
            log;
        rewrite(body, |text| self.scrub_text(text));
        // The template alone may name the parameter: `password={}`.
        let template = attributes.get(TEMPLATE).and_then(|template| template.as_str().map(str::to_owned));
        let names = template.map(|template| self.secret_placeholders(&template)).unwrap_or_default();
        for (key, value) in attributes {
            match key.strip_prefix(PARAMETER) {
                Some(name) if names.contains(name) => {
                    *value = AttributeValue::from_static(FILTERED);
                }
                _ => self.scrub_attribute(key, value),
            }
        }
    }

    /// Filters a metric.
    pub(crate) fn scrub_metric(&self, metric: &mut Metric) {
        let Metric { timestamp: _, trace_id: _, span_id: _, name: _, ty: _, value: _, unit: _, attributes } =
            metric;
        attributes.iter_mut().for_each(|(key, value)| self.scrub_attribute(key, value));
    }

    /// Filters what events and transactions have in common.
    fn scrub_around(
        &self,
        request: &mut Option<Request>,
        user: &mut Option<User>,
        contexts: &mut Map<String, Context>,
        extra: &mut Map<String, Value>,
        tags: &mut Map<String, String>,
        breadcrumbs: &mut dyn Iterator<Item = &mut Breadcrumb>,
    ) {
        request.iter_mut().for_each(|request| self.scrub_request(request));
        user.iter_mut().for_each(|user| self.scrub_user(user));
        self.scrub_contexts(contexts);
        self.scrub_map(extra);
        self.scrub_strings(tags);
        breadcrumbs.for_each(|breadcrumb| self.scrub_breadcrumb(breadcrumb));
    }

    fn scrub_exception(&self, exception: &mut Exception) {
        let Exception { ty: _, value, module: _, stacktrace, raw_stacktrace, thread_id: _, mechanism } =
            exception;
        self.scrub_texts(&mut [value]);
        if self.keeps_query_value.is_some() {
            rewrite_some(value, |text| self.scrub_query_values(text));
        }
        let stacks = [stacktrace, raw_stacktrace];
        stacks.into_iter().flatten().for_each(|stack| self.scrub_stacktrace(stack));
        mechanism.iter_mut().for_each(|mechanism| self.scrub_mechanism(mechanism));
    }

    fn scrub_mechanism(&self, mechanism: &mut Mechanism) {
        let Mechanism {
            ty: _,
            description,
            help_link,
            handled: _,
            synthetic: _,
            exception_id: _,
            parent_id: _,
            source: _,
            is_exception_group: _,
            data,
            meta: _,
        } = mechanism;
        self.scrub_texts(&mut [description, help_link]);
        self.scrub_map(data);
    }

    /// Filters a message with its parameters. Some parameters have their names only in the message: `password=%s`.
    fn scrub_log_entry(&self, entry: &mut LogEntry) {
        let LogEntry { message, params } = entry;
        let secrets = if params.is_empty() { HashSet::new() } else { self.secret_placeholders(message) };
        for (number, param) in params.iter_mut().enumerate() {
            if secrets.contains(&number.to_string()) && !param.is_null() {
                replace(param, FILTERED.into());
            } else {
                self.scrub_value(param);
            }
        }
        rewrite(message, |text| self.scrub_text(text));
    }

    fn scrub_thread(&self, thread: &mut Thread) {
        let Thread { id: _, name, stacktrace, raw_stacktrace, crashed: _, current: _ } = thread;
        self.scrub_texts(&mut [name]);
        let stacks = [stacktrace, raw_stacktrace];
        stacks.into_iter().flatten().for_each(|stack| self.scrub_stacktrace(stack));
    }

    #[inline(never)]
    fn scrub_stacktrace(&self, stacktrace: &mut Stacktrace) {
        let Stacktrace { frames, frames_omitted: _, registers: _ } = stacktrace;
        for frame in frames {
            let Frame {
                function: _,
                symbol: _,
                module: _,
                package: _,
                filename: _,
                abs_path: _,
                lineno: _,
                colno: _,
                pre_context,
                context_line,
                post_context,
                in_app: _,
                vars,
                image_addr: _,
                instruction_addr: _,
                symbol_addr: _,
                addr_mode: _,
            } = frame;
            self.scrub_map(vars);
            self.scrub_lines(pre_context, context_line, post_context);
        }
    }

    fn scrub_template(&self, template: &mut TemplateInfo) {
        let TemplateInfo {
            filename: _,
            abs_path: _,
            lineno: _,
            colno: _,
            pre_context,
            context_line,
            post_context,
        } = template;
        self.scrub_lines(pre_context, context_line, post_context);
    }

    #[inline(never)]
    fn scrub_lines(&self, before: &mut [String], line: &mut Option<String>, after: &mut [String]) {
        for line in before.iter_mut().chain(line).chain(after) {
            rewrite(line, |text| self.scrub_source(text));
        }
    }

    /// Filters a breadcrumb.
    fn scrub_breadcrumb(&self, breadcrumb: &mut Breadcrumb) {
        let Breadcrumb { timestamp: _, ty: _, category, level: _, message, data } = breadcrumb;
        self.scrub_texts(&mut [category, message]);
        self.scrub_map(data);
    }

    /// Filters a request: headers, cookies, environment, query string, URL and body.
    pub(crate) fn scrub_request(&self, request: &mut Request) {
        let Request { url, method: _, data, query_string, cookies, headers, env } = request;
        self.scrub_texts(&mut [url]);
        rewrite_some(url, with_valid_user_info);
        rewrite_some(query_string, |text| self.scrub_query(text));
        rewrite_some(cookies, |text| self.scrub_cookies(text));
        rewrite_some(data, |text| self.scrub_body(text));
        self.scrub_strings(headers);
        self.scrub_strings(env);
    }

    /// Filters a user. Who that is says the program by its own decision.
    fn scrub_user(&self, user: &mut User) {
        let User { id, email, ip_address: _, username, other } = user;
        self.scrub_texts(&mut [id, email, username]);
        self.scrub_map(other);
    }

    fn scrub_contexts(&self, contexts: &mut Map<String, Context>) {
        for (name, context) in contexts {
            match context {
                Context::Trace(trace) => self.scrub_trace(trace),
                // The known fields are facts about the machine, which the toolkit fills in. All others are in `other`.
                Context::Device(it) => self.scrub_map(&mut it.other),
                Context::Os(it) => self.scrub_map(&mut it.other),
                Context::Runtime(it) => self.scrub_map(&mut it.other),
                Context::App(it) => self.scrub_map(&mut it.other),
                Context::Browser(it) => self.scrub_map(&mut it.other),
                Context::Response(response) => {
                    let ResponseContext { cookies, headers, status_code: _, body_size: _, data } =
                        &mut **response;
                    self.scrub_strings(headers);
                    rewrite_some(cookies, |text| self.scrub_cookies(text));
                    data.iter_mut().for_each(|data| _ = self.scrub_value(data));
                }
                Context::Other(fields) if self.is_sensitive(name) => {
                    fields.values_mut().for_each(|field| *field = FILTERED.into());
                }
                Context::Other(fields) => self.scrub_map(fields),
            }
        }
    }

    fn scrub_trace(&self, trace: &mut TraceContext) {
        let TraceContext {
            trace_id: _,
            span_id: _,
            parent_span_id: _,
            op: _,
            description,
            status: _,
            origin: _,
            data,
            links,
        } = trace;
        self.scrub_texts(&mut [description]);
        self.scrub_map(data);
        links.iter_mut().for_each(|link| self.scrub_link(link));
    }

    /// Filters the attributes of a link.
    pub(crate) fn scrub_link(&self, link: &mut SpanLink) {
        let SpanLink { trace_id: _, span_id: _, sampled: _, attributes } = link;
        self.scrub_map(attributes);
    }

    /// Filters values by their names.
    #[inline(never)]
    fn scrub_map(&self, fields: &mut Map<String, Value>) {
        for (name, field) in fields {
            self.scrub_field(name, field, 0);
        }
    }

    /// Filters texts by their names.
    pub(crate) fn scrub_strings(&self, fields: &mut Map<String, String>) {
        for (name, text) in fields {
            if text.is_empty() {
                // Nothing to hide, and an empty header is worth knowing.
            } else if self.verdict(name) != Verdict::Harmless {
                FILTERED.clone_into(text);
            } else {
                self.scrub_named_text(name, text, 0);
            }
        }
    }

    /// Filters texts that have no name.
    #[inline(never)]
    fn scrub_texts(&self, texts: &mut [&mut Option<String>]) {
        texts.iter_mut().for_each(|text| rewrite_some(text, |text| self.scrub_text(text)));
    }
}
