//! The state that the pipeline thread keeps for each client, created when the first item needs it.

use std::sync::{Arc, MutexGuard};

use super::contexts;
use super::kept_per_second::KeptPerSecond;
use super::output;
use crate::client::{Client, PipelineState};
use crate::options::CollectBehavior;
use crate::protocol::{ClientSdkInfo, Context, Map, map_of};
use crate::scrub::Scrubber;
use crate::stacktrace::{InAppRules, Resolver, Symbolicator};

/// The symbolicator, the scrubber, and the contexts that do not change.
#[derive(Debug)]
pub(crate) struct ClientState {
    pub(super) resolver: Resolver,
    pub(super) scrubber: Arc<Scrubber>,
    /// The choice of arguments of functions that are shown.
    pub(super) variables: CollectBehavior,
    pub(super) contexts: Map<String, Context>,
    /// The same contexts as JSON.
    pub(super) contexts_json: Vec<(String, Vec<u8>)>,
    pub(super) sdk: ClientSdkInfo,
    /// The same as JSON.
    pub(super) sdk_json: Vec<u8>,
    /// The version of the list of integrations that `sdk` names, and of what they have found.
    integrations: u32,
    pub(super) server_name: Option<String>,
    pub(super) kept: KeptPerSecond,
}

impl ClientState {
    fn new(client: &Client) -> Self {
        let options = client.options();
        let owned = |prefixes: &[std::borrow::Cow<'static, str>]| {
            prefixes.iter().map(|prefix| prefix.clone().into_owned()).collect()
        };
        let rules = InAppRules::new(owned(&options.in_app_include), owned(&options.in_app_exclude));
        let facts = contexts::facts();
        let contexts =
            [("os", &facts.os), ("runtime", &facts.runtime), ("device", &facts.device), ("app", &facts.app)];
        let contexts = contexts.into_iter().filter(|(_, fields)| !fields.is_empty());
        let contexts: Map<String, Context> =
            map_of(contexts.map(|(name, fields)| (name.to_owned(), Context::from(fields.clone()))));
        let json = |(name, context): (&String, &Context)| {
            serde_json::to_vec(context).ok().map(|json| (name.clone(), json))
        };
        let collected = options.collected();
        let mut scrubber = Scrubber::new(&options.deny_names);
        let parameters = collected.url_query_params().clone();
        if !parameters.shows_all() {
            scrubber = scrubber.keep_query_values_if(move |name| parameters.shows(name));
        }
        let mut state = Self {
            contexts_json: contexts.iter().filter_map(json).collect(),
            resolver: Resolver::new(Symbolicator::new(rules, collected.frame_context_lines())),
            scrubber: Arc::new(scrubber),
            variables: collected.stack_frame_variables().clone(),
            contexts,
            // The version is read first: an integration added meanwhile is then noticed the next time.
            integrations: client.integrations().version(),
            sdk: sdk(client),
            sdk_json: Vec::new(),
            server_name: match &options.server_name {
                Some(name) => Some(name.clone().into_owned()),
                None => facts.server_name.clone(),
            },
            kept: KeptPerSecond::default(),
        };
        state.add_resource(client);
        state.sdk_json = serde_json::to_vec(&state.sdk).unwrap_or_default();
        state
    }

    /// Adds the contexts of the cloud in which the program runs, as far as they are known by now.
    fn add_resource(&mut self, client: &Client) {
        for (name, context) in client.integrations().resource() {
            if !self.contexts.contains_key(name)
                && let Ok(json) = serde_json::to_vec(context)
            {
                self.contexts.insert(name.clone(), context.clone());
                self.contexts_json.push((name.clone(), json));
            }
        }
    }
}

/// Calls `work` with the state of a client.
pub(super) fn with<R>(client: &Client, work: impl FnOnce(&mut ClientState) -> R) -> R {
    let mut slot = up_to_date(client);
    let state = slot.as_mut().and_then(|state| state.downcast_mut::<ClientState>());
    work(state.expect("put there by `up_to_date`"))
}

/// Returns the place of the state, which is created or updated. Apart from `with`, whose code exists once for each
/// caller.
#[inline(never)]
fn up_to_date(client: &Client) -> MutexGuard<'_, PipelineState> {
    let mut slot = client.pipeline_state();
    if !slot.as_ref().is_some_and(|state| state.is::<ClientState>()) {
        *slot = Some(Box::new(ClientState::new(client)));
    }
    let state = slot.as_mut().and_then(|state| state.downcast_mut::<ClientState>());
    let state = state.expect("put there above");
    let integrations = client.integrations().version();
    if state.integrations != integrations {
        (state.integrations, state.sdk) = (integrations, sdk(client));
        state.sdk_json = serde_json::to_vec(&state.sdk).unwrap_or_default();
        state.add_resource(client);
    }
    slot
}

/// Returns the SDK information of events: this toolkit and its integrations.
fn sdk(client: &Client) -> ClientSdkInfo {
    let mut sdk = output::sdk_info(client.options());
    for name in client.integrations().names() {
        if !sdk.integrations.contains(&name) {
            sdk.integrations.push(name);
        }
    }
    sdk
}
