//! The decision about each category: what was set, or else the default, or else what `send_default_pii` means.

use super::{CollectBehavior, DataCollection, HttpBodyType};
use crate::options::{ClientOptions, OptionsError};

/// The default number of source lines above and below that of a frame.
const CONTEXT_LINES: usize = 5;
/// The maximum of that number.
const MAX_CONTEXT_LINES: usize = 100;

static OFF: CollectBehavior = CollectBehavior::Off;
static DENY: CollectBehavior = CollectBehavior::DenyList(Vec::new());
static HARMLESS: CollectBehavior = CollectBehavior::Harmless;

/// The decisions of a client, by category. Every place that collects data asks it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Collected<'a> {
    given: Option<&'a DataCollection>,
    /// Whether categories that are not set are open.
    open: bool,
    /// The option `include_local_variables`.
    variables: bool,
}

impl<'a> Collected<'a> {
    pub(super) fn of(given: Option<&'a DataCollection>, pii: bool, variables: bool) -> Self {
        Self { given, open: given.is_some() || pii, variables }
    }

    fn yes(self, part: impl FnOnce(&'a DataCollection) -> Option<bool>) -> bool {
        self.given.and_then(part).unwrap_or(self.open)
    }

    fn behavior(
        self,
        part: impl FnOnce(&'a DataCollection) -> Option<&'a CollectBehavior>,
        without_pii: &'static CollectBehavior,
    ) -> &'a CollectBehavior {
        self.given.and_then(part).unwrap_or(if self.open { &DENY } else { without_pii })
    }

    pub(crate) fn user_info(self) -> bool {
        self.yes(|given| given.user_info)
    }

    pub(crate) fn cookies(self) -> &'a CollectBehavior {
        self.behavior(|given| given.cookies.as_ref(), &OFF)
    }

    pub(crate) fn request_headers(self) -> &'a CollectBehavior {
        self.behavior(|given| given.http_headers.request.as_ref(), &HARMLESS)
    }

    pub(crate) fn response_headers(self) -> &'a CollectBehavior {
        self.behavior(|given| given.http_headers.response.as_ref(), &OFF)
    }

    pub(crate) fn body(self, kind: HttpBodyType) -> bool {
        self.yes(|given| given.http_bodies.as_ref().map(|kinds| kinds.contains(&kind)))
    }

    pub(crate) fn url_query_params(self) -> &'a CollectBehavior {
        self.behavior(|given| given.url_query_params.as_ref(), &HARMLESS)
    }

    pub(crate) fn graphql_document(self) -> bool {
        self.yes(|given| given.graphql.document)
    }

    pub(crate) fn graphql_variables(self) -> bool {
        self.yes(|given| given.graphql.variables)
    }

    pub(crate) fn gen_ai_inputs(self) -> bool {
        self.yes(|given| given.gen_ai.inputs)
    }

    pub(crate) fn gen_ai_outputs(self) -> bool {
        self.yes(|given| given.gen_ai.outputs)
    }

    pub(crate) fn mcp_inputs(self) -> bool {
        self.yes(|given| given.mcp.inputs.or(given.gen_ai.inputs))
    }

    pub(crate) fn mcp_outputs(self) -> bool {
        self.yes(|given| given.mcp.outputs.or(given.gen_ai.outputs))
    }

    pub(crate) fn database_query_data(self) -> bool {
        self.yes(|given| given.database_query_data)
    }

    pub(crate) fn queues(self) -> bool {
        self.yes(|given| given.queues)
    }

    pub(crate) fn stack_frame_variables(self) -> &'a CollectBehavior {
        let given = self.given.and_then(|given| given.stack_frame_variables.as_ref());
        given.unwrap_or(if self.variables { &DENY } else { &OFF })
    }

    pub(crate) fn frame_context_lines(self) -> usize {
        self.given.and_then(|given| given.frame_context_lines).unwrap_or(CONTEXT_LINES)
    }

    /// Returns the decision about every category.
    pub(super) fn all(self) -> DataCollection {
        let bodies = HttpBodyType::ALL.into_iter().filter(|kind| self.body(*kind)).collect();
        DataCollection {
            user_info: Some(self.user_info()),
            cookies: Some(self.cookies().clone()),
            http_headers: super::HttpHeadersCollection {
                request: Some(self.request_headers().clone()),
                response: Some(self.response_headers().clone()),
            },
            http_bodies: Some(bodies),
            url_query_params: Some(self.url_query_params().clone()),
            graphql: super::GraphQlCollection {
                document: Some(self.graphql_document()),
                variables: Some(self.graphql_variables()),
            },
            gen_ai: super::GenAiCollection {
                inputs: Some(self.gen_ai_inputs()),
                outputs: Some(self.gen_ai_outputs()),
            },
            mcp: super::McpCollection { inputs: Some(self.mcp_inputs()), outputs: Some(self.mcp_outputs()) },
            database_query_data: Some(self.database_query_data()),
            queues: Some(self.queues()),
            stack_frame_variables: Some(self.stack_frame_variables().clone()),
            frame_context_lines: Some(self.frame_context_lines()),
        }
    }
}

impl ClientOptions {
    /// Returns what a client with these options collects.
    pub(crate) fn collected(&self) -> Collected<'_> {
        Collected::of(self.data_collection.as_ref(), self.send_default_pii, self.include_local_variables)
    }

    /// Returns what a client with these options collects, with a decision about every category, for integrations that
    /// collect data on their own.
    ///
    /// ```
    /// use sentry::{ClientOptions, DataCollection};
    ///
    /// let options = ClientOptions::new().data_collection(DataCollection::new().queues(false));
    /// assert_eq!(options.collected_data().queues, Some(false));
    /// assert_eq!(options.collected_data().user_info, Some(true));
    /// assert_eq!(ClientOptions::new().collected_data().user_info, Some(false));
    /// ```
    #[must_use]
    pub fn collected_data(&self) -> DataCollection {
        self.collected().all()
    }
}

/// Checks the range of the selection.
pub(crate) fn check(options: &ClientOptions) -> Result<(), OptionsError> {
    let lines = options.collected().frame_context_lines();
    if lines > MAX_CONTEXT_LINES {
        return Err(OptionsError::Value {
            option: "frame_context_lines",
            value: lines.to_string(),
            rule: "at most 100 lines",
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_selection_is_that_of_send_default_pii() {
        let explicit = ClientOptions::new().data_collection(DataCollection::new()).collected_data();
        assert_eq!(explicit, ClientOptions::new().send_default_pii(true).collected_data());
        assert_eq!(explicit.http_bodies.as_deref(), Some(&HttpBodyType::ALL[..]));
        for behavior in [&explicit.cookies, &explicit.http_headers.response, &explicit.url_query_params] {
            assert_eq!(behavior.as_ref(), Some(&CollectBehavior::default()));
        }
    }

    #[test]
    fn an_explicit_selection_wins_over_send_default_pii() {
        let only = DataCollection::none().queues(true);
        for pii in [false, true] {
            let options = ClientOptions::new().send_default_pii(pii).data_collection(only.clone());
            let mut all = options.collected_data();
            assert_eq!(all.queues.replace(false), Some(true));
            assert_eq!(all, DataCollection::none());
        }
    }

    #[test]
    fn what_a_client_without_options_collects_can_be_written_out() {
        let written = ClientOptions::new().data_collection(DataCollection::without_pii());
        assert_eq!(written.collected_data(), ClientOptions::new().collected_data());
        assert_eq!(written.collected_data().cookies, Some(CollectBehavior::Off));
        assert_eq!(written.collected_data().http_headers.request, Some(CollectBehavior::Harmless));
        let variables = |options: ClientOptions| options.collected_data().stack_frame_variables;
        assert_eq!(variables(written.clone()), Some(CollectBehavior::default()));
        assert_eq!(variables(written.include_local_variables(false)), Some(CollectBehavior::Off));
    }

    #[test]
    fn a_category_is_collected_if_it_alone_is_selected() {
        use crate::options::{GenAiCollection, GraphQlCollection, HttpHeadersCollection, McpCollection};
        let none = || DataCollection::none();
        let deny = || CollectBehavior::deny(["term"]);
        for only in [
            none().user_info(true),
            none().cookies(deny()),
            none().http_headers(deny()),
            none().http_headers(HttpHeadersCollection::from(false).request(deny())),
            none().http_headers(HttpHeadersCollection::from(false).response(deny())),
            none().http_bodies([HttpBodyType::OutgoingRequest]),
            none().url_query_params(deny()),
            none().graphql(GraphQlCollection::from(false).document(true)),
            none().graphql(GraphQlCollection::from(false).variables(true)),
            none().gen_ai(GenAiCollection::from(false).inputs(true)),
            none().gen_ai(GenAiCollection::from(false).outputs(true)),
            none().mcp(McpCollection::from(false).inputs(true)),
            none().mcp(McpCollection::from(false).outputs(true)),
            none().database_query_data(true),
            none().queues(true),
            none().stack_frame_variables(deny()),
            none().frame_context_lines(7),
        ] {
            assert_eq!(ClientOptions::new().data_collection(only.clone()).collected_data(), only);
        }
    }

    #[test]
    fn a_behavior_of_headers_is_that_of_both_directions() {
        let headers = DataCollection::none().http_headers(CollectBehavior::deny(["term"])).http_headers;
        assert_eq!(headers.request, Some(CollectBehavior::deny(["term"])));
        assert_eq!(headers.response, Some(CollectBehavior::deny(["term"])));
    }

    #[test]
    fn five_lines_are_around_that_of_a_frame_and_100_at_most() {
        assert_eq!(ClientOptions::new().collected_data().frame_context_lines, Some(5));
        let of = |lines| {
            check(&ClientOptions::new().data_collection(DataCollection::new().frame_context_lines(lines)))
        };
        assert!(of(0).is_ok() && of(100).is_ok());
        assert!(of(101).unwrap_err().to_string().contains("at most 100 lines"));
    }

    #[test]
    fn mcp_follows_gen_ai_where_it_is_not_set() {
        let only_inputs = DataCollection::new().gen_ai_outputs(false);
        let all = ClientOptions::new().data_collection(only_inputs).collected_data();
        assert_eq!((all.mcp.inputs, all.mcp.outputs), (Some(true), Some(false)));
    }
}
