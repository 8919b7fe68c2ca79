//! Automatic collection of data, by category.
//!
//! [`DataCollection`] is what the program asks for. [`variables`] completes it from the environment. [`Collected`] is
//! what every place that collects asks; it decides about categories that were not set.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/data-collection/)

mod behavior;
mod collected;
#[cfg(any(feature = "_http-server", feature = "_foreign"))]
mod headers;
mod parts;
mod variables;

pub use behavior::CollectBehavior;
pub(crate) use behavior::FILTERED;
pub(crate) use collected::{Collected, check};
#[cfg(any(feature = "_http-server", feature = "_foreign"))]
pub(crate) use headers::shows_header;
pub use parts::{GenAiCollection, GraphQlCollection, HttpBodyType, HttpHeadersCollection, McpCollection};
pub(crate) use variables::{complete, unknown};

/// The data that is collected automatically, by category. Each category that is not set has the default in this table.
/// Data that the program sets (user, tags, attributes, contexts, what an attribute names) is sent either way.
///
/// | category | what it is | default | without the option, `send_default_pii(false)` |
/// |---|---|---|---|
/// | `user_info` | the address of the client | on | off |
/// | `cookies` | the cookies of a request and of its response | deny list | off |
/// | `http_headers.request` | the headers of a request to a server | deny list | [`Harmless`](CollectBehavior::Harmless) |
/// | `http_headers.response` | the headers of a server's response | deny list | off |
/// | `http_bodies` | the returned value of a server action (`OutgoingResponse`); the toolkit collects no other bodies | all | none |
/// | `url_query_params` | the query parameters of requests to a server and to others, and of URLs in the texts of errors | deny list | [`Harmless`](CollectBehavior::Harmless): names only |
/// | `graphql.document`, `graphql.variables` | GraphQL documents and their variables | on | off |
/// | `gen_ai.inputs` | messages to models, instructions, tool definitions, arguments of tools | on | off |
/// | `gen_ai.outputs` | answers of models, results of tools | on | off |
/// | `mcp.inputs`, `mcp.outputs` | contents of MCP requests and of their responses | as `gen_ai` | off |
/// | `database_query_data` | parameters and results of queries, not their text | on | off |
/// | `queues` | arguments of tasks and bodies of messages in queues | on | off |
/// | `stack_frame_variables` | the arguments that `vars` of an attribute names | deny list | `include_local_variables` decides |
/// | `frame_context_lines` | the lines of source above and below that of a frame | 5 | 5 |
///
/// With `send_default_pii(true)` and no `data_collection`, all categories have the defaults of the table. An explicit
/// `data_collection` wins over `send_default_pii`, so that **an empty one collects everything**, as in Sentry's other
/// SDKs. To start from nothing, use [`none`](Self::none); to start from what a client without options collects, use
/// [`without_pii`](Self::without_pii).
///
/// The toolkit itself collects no contents of GraphQL, MCP, databases and queues: [`mcp`](crate::mcp) and
/// [`queue`](crate::queue) record what the program hands to them. These categories decide about the attributes of other
/// libraries' spans and records that arrive through the features `tracing`, `log` and `opentelemetry`, as do the other
/// categories.
///
/// ```
/// use sentry::{ClientOptions, CollectBehavior, DataCollection, HttpBodyType};
///
/// let options = ClientOptions::new().data_collection(
///     DataCollection::new()
///         .user_info(false)
///         .cookies(false)
///         .http_headers(CollectBehavior::deny(CollectBehavior::IDENTIFYING))
///         .url_query_params(CollectBehavior::allow(["page", "sort"]))
///         .http_bodies([HttpBodyType::OutgoingResponse])
///         .gen_ai_outputs(false),
/// );
/// # assert!(options.data_collection.is_some());
/// ```
///
/// Each category has an environment variable, which applies if the program does not set the category; see the guide
/// [`options`](crate::guide::options). The names are those of the Python SDK (`data_collection`) and of the JavaScript
/// SDK (`dataCollection`). [Spec](https://develop.sentry.dev/sdk/foundations/client/data-collection/).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataCollection {
    /// The address of the client: `client.address` and `REMOTE_ADDR`. Default: `true`.
    pub user_info: Option<bool>,
    /// Cookies. Default: all, with filtered secrets.
    pub cookies: Option<CollectBehavior>,
    /// Headers of requests to a server and of its responses, without cookies. Default: all, with filtered secrets.
    pub http_headers: HttpHeadersCollection,
    /// The kinds of HTTP bodies. Default: all.
    pub http_bodies: Option<Vec<HttpBodyType>>,
    /// The query parameters of URLs. Default: all, with filtered secrets.
    pub url_query_params: Option<CollectBehavior>,
    /// GraphQL operations. Default: documents and variables.
    pub graphql: GraphQlCollection,
    /// Contents of calls to language models. Default: inputs and outputs.
    pub gen_ai: GenAiCollection,
    /// Contents of MCP calls. Default: as `gen_ai`.
    pub mcp: McpCollection,
    /// Parameters, written data and results of database queries. The text of a query is always collected. Default:
    /// `true`.
    pub database_query_data: Option<bool>,
    /// Arguments of tasks in queues, and bodies of messages. Default: `true`.
    pub queues: Option<bool>,
    /// Values of variables in stack frames: of the arguments that `vars` of an attribute names. Default:
    /// `include_local_variables` decides.
    pub stack_frame_variables: Option<CollectBehavior>,
    /// The number of source lines above and below the line of a stack frame: 0 (also not the line itself) to 100.
    /// Default: 5.
    pub frame_context_lines: Option<usize>,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident($argument:ident: $ty:ty) => $($field:ident).+ = $value:expr;)*) => {
        impl DataCollection {$(
            $(#[$doc])*
            #[must_use]
            pub fn $name(mut self, $argument: $ty) -> Self {
                self.$($field).+ = $value;
                self
            }
        )*}
    };
}

impl DataCollection {
    /// Returns a selection in which no category is set: all have their defaults, so that everything is collected.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the selection of a client without options, and of `send_default_pii(false)`: what cannot identify a
    /// person. Single categories can then be opened.
    ///
    /// ```
    /// use sentry::{ClientOptions, DataCollection};
    ///
    /// let options = ClientOptions::new().data_collection(DataCollection::without_pii().gen_ai_outputs(true));
    /// # assert_eq!(options.data_collection.unwrap().user_info, Some(false));
    /// ```
    #[must_use]
    pub fn without_pii() -> Self {
        let stack_frame_variables = None;
        Self { stack_frame_variables, ..Collected::of(None, false, true).all() }
    }

    /// Returns the selection that collects nothing, not even source lines. Single categories can then be opened.
    ///
    /// ```
    /// let nothing = sentry::DataCollection::none();
    /// assert_eq!(nothing.cookies, Some(sentry::CollectBehavior::Off));
    /// ```
    #[must_use]
    pub fn none() -> Self {
        Self::new()
            .user_info(false)
            .cookies(false)
            .http_headers(false)
            .http_bodies([])
            .url_query_params(false)
            .graphql(false)
            .gen_ai(false)
            .mcp(false)
            .database_query_data(false)
            .queues(false)
            .stack_frame_variables(false)
            .frame_context_lines(0)
    }
}

setters! {
    /// Collects the address of the client. Default: `true`.
    user_info(collect: bool) => user_info = Some(collect);
    /// Sets what is collected of cookies: `true`, `false` or a [`CollectBehavior`]. Default: all.
    cookies(behavior: impl Into<CollectBehavior>) => cookies = Some(behavior.into());
    /// Sets what is collected of headers: `true`, `false` or a [`CollectBehavior`] for requests and responses, or an
    /// [`HttpHeadersCollection`]. Default: all.
    ///
    /// ```
    /// use sentry::{CollectBehavior, DataCollection, HttpHeadersCollection};
    ///
    /// let both = DataCollection::new().http_headers(CollectBehavior::deny(["x-customer"]));
    /// let requests = DataCollection::new()
    ///     .http_headers(HttpHeadersCollection::new().request(CollectBehavior::allow(["accept"])).response(false));
    /// # assert_ne!(both, requests);
    /// ```
    http_headers(headers: impl Into<HttpHeadersCollection>) => http_headers = headers.into();
    /// Sets which kinds of bodies are collected. Default: all; none for an empty list.
    http_bodies(kinds: impl IntoIterator<Item = HttpBodyType>) => http_bodies = Some(kinds.into_iter().collect());
    /// Sets what is collected of the query parameters of URLs: `true`, `false` or a [`CollectBehavior`]. Default: all.
    url_query_params(behavior: impl Into<CollectBehavior>) => url_query_params = Some(behavior.into());
    /// Collects GraphQL documents and variables, or neither: `true`, `false` or a [`GraphQlCollection`]. Default: both.
    graphql(graphql: impl Into<GraphQlCollection>) => graphql = graphql.into();
    /// Collects inputs and outputs of language models, or neither: `true`, `false` or a [`GenAiCollection`]. Default:
    /// both.
    gen_ai(gen_ai: impl Into<GenAiCollection>) => gen_ai = gen_ai.into();
    /// Collects inputs of language models: messages, instructions, tool definitions, arguments of tools. Default:
    /// `true`.
    gen_ai_inputs(collect: bool) => gen_ai.inputs = Some(collect);
    /// Collects outputs of language models: answers, results of tools. Default: `true`.
    gen_ai_outputs(collect: bool) => gen_ai.outputs = Some(collect);
    /// Collects inputs and outputs of MCP calls, or neither: `true`, `false` or an [`McpCollection`]. Default: as
    /// `gen_ai`.
    mcp(mcp: impl Into<McpCollection>) => mcp = mcp.into();
    /// Collects parameters, written data and results of database queries. Default: `true`.
    database_query_data(collect: bool) => database_query_data = Some(collect);
    /// Collects arguments of tasks in queues, and bodies of messages. Default: `true`.
    queues(collect: bool) => queues = Some(collect);
    /// Sets which values of the arguments that `vars` names are shown in stack frames: `true`, `false` or a
    /// [`CollectBehavior`] for the names of the arguments. Default: the option `include_local_variables` decides.
    stack_frame_variables(behavior: impl Into<CollectBehavior>) => stack_frame_variables = Some(behavior.into());
    /// Sets the number of source lines above and below the line of a stack frame; with 0, the line itself is left out,
    /// too. Range: 0 to 100. Default: 5.
    frame_context_lines(lines: usize) => frame_context_lines = Some(lines);
}
