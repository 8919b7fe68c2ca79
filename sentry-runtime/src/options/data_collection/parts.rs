//! Categories of two parts, such as inputs and outputs.

use super::CollectBehavior;

/// A kind of HTTP body, see [`DataCollection::http_bodies`](super::DataCollection::http_bodies).
///
/// The toolkit collects `OutgoingResponse` only: the returned value of a
/// [`#[server_action]`](macro@crate::server_action). The other kinds decide about attributes of other libraries' spans.
///
/// ```
/// use sentry::{DataCollection, HttpBodyType};
///
/// let options = DataCollection::new().http_bodies([HttpBodyType::OutgoingResponse]);
/// # assert_eq!(options.http_bodies.map(|kinds| kinds.len()), Some(1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpBodyType {
    /// The body of a request to this program.
    IncomingRequest,
    /// The body of a request of this program.
    OutgoingRequest,
    /// The body of a response to this program.
    IncomingResponse,
    /// The body of a response of this program.
    OutgoingResponse,
}

impl HttpBodyType {
    /// All kinds.
    pub const ALL: [Self; 4] =
        [Self::IncomingRequest, Self::OutgoingRequest, Self::IncomingResponse, Self::OutgoingResponse];
}

macro_rules! pairs {
    ($($(#[$doc:meta])* $name:ident { $(#[$first_doc:meta])* $first:ident, $(#[$second_doc:meta])* $second:ident }: $part:ty => $argument:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $name {
            $(#[$first_doc])*
            pub $first: Option<$part>,
            $(#[$second_doc])*
            pub $second: Option<$part>,
        }

        impl $name {
            /// Returns the defaults of both parts.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            $(#[$first_doc])*
            #[must_use]
            pub fn $first(mut self, collect: $argument) -> Self {
                self.$first = Some(collect.into());
                self
            }

            $(#[$second_doc])*
            #[must_use]
            pub fn $second(mut self, collect: $argument) -> Self {
                self.$second = Some(collect.into());
                self
            }
        }

        /// Sets both parts.
        impl From<bool> for $name {
            fn from(collect: bool) -> Self {
                Self::new().$first(collect).$second(collect)
            }
        }
    )*};
}

pairs! {
    /// The collected HTTP headers, see [`DataCollection::http_headers`](super::DataCollection::http_headers).
    ///
    /// ```
    /// use sentry::{CollectBehavior, HttpHeadersCollection};
    ///
    /// let headers = HttpHeadersCollection::new().request(CollectBehavior::allow(["accept"])).response(false);
    /// assert_eq!(headers.response, Some(CollectBehavior::Off));
    /// ```
    HttpHeadersCollection {
        /// The headers of requests. Default: all.
        request,
        /// The headers of responses. Default: all.
        response
    }: CollectBehavior => impl Into<CollectBehavior>;
    /// The collected parts of GraphQL operations, see [`DataCollection::graphql`](super::DataCollection::graphql).
    GraphQlCollection {
        /// The document: the source of a query or mutation. Default: `true`.
        document,
        /// The variables of the operation. Default: `true`.
        variables
    }: bool => bool;
    /// The collected parts of calls to language models, see [`DataCollection::gen_ai`](super::DataCollection::gen_ai).
    GenAiCollection {
        /// Messages, instructions, tool definitions, arguments of tools. Default: `true`.
        inputs,
        /// Answers, results of tools. Default: `true`.
        outputs
    }: bool => bool;
    /// The collected parts of MCP calls, see [`DataCollection::mcp`](super::DataCollection::mcp).
    McpCollection {
        /// Arguments of tools and prompts, and messages. Default: as `gen_ai.inputs`.
        inputs,
        /// Results of tools and prompts. Default: as `gen_ai.outputs`.
        outputs
    }: bool => bool;
}

/// Sets requests and responses.
impl From<CollectBehavior> for HttpHeadersCollection {
    fn from(behavior: CollectBehavior) -> Self {
        Self { request: Some(behavior.clone()), response: Some(behavior) }
    }
}
