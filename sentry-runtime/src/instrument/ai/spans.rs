//! The options of AI spans: named and filled as the spec says.

use std::borrow::Cow;

use crate::instrument::options::SpanOptions;
use crate::protocol::AttributeValue;

type Text = Cow<'static, str>;

/// The invocation of an agent, `invoke_agent <name>`: it has calls of models and tools under it.
///
/// ```
/// use sentry::ai;
///
/// sentry::start_span(ai::agent("Weather Agent").model("gpt-4o").pipeline("weather"), |_| {
///     sentry::start_span(ai::chat("openai", "gpt-4o").temperature(0.1), |span| {
///         ai::record(span).response_model("gpt-4o-2024-08-06").tokens(60, 130);
///     });
///     sentry::start_span(ai::tool("forecast"), |_| ());
/// });
/// ```
pub fn agent(name: impl Into<Text>) -> AgentSpan {
    let name = name.into();
    let options = started("invoke_agent", &name).attribute("gen_ai.agent.name", name);
    AgentSpan(options)
}

/// A chat with a model, `chat <model>`. The provider is the product, such as `openai`.
pub fn chat(provider: impl Into<Text>, model: impl Into<Text>) -> ModelSpan {
    model_call("chat", provider.into(), model.into())
}

/// Texts turned into vectors by a model, `embeddings <model>`.
pub fn embeddings(provider: impl Into<Text>, model: impl Into<Text>) -> ModelSpan {
    model_call("embeddings", provider.into(), model.into())
}

/// Content of several kinds made by a model, `generate_content <model>`.
pub fn generate_content(provider: impl Into<Text>, model: impl Into<Text>) -> ModelSpan {
    model_call("generate_content", provider.into(), model.into())
}

/// A text continued by a model, `text_completion <model>`.
pub fn text_completion(provider: impl Into<Text>, model: impl Into<Text>) -> ModelSpan {
    model_call("text_completion", provider.into(), model.into())
}

/// The execution of a tool for a model, `execute_tool <name>`.
pub fn tool(name: impl Into<Text>) -> ToolSpan {
    let name = name.into();
    ToolSpan(started("execute_tool", &name).attribute("gen_ai.tool.name", name))
}

fn started(operation: &'static str, of: &str) -> SpanOptions {
    SpanOptions::new(format!("{operation} {of}"))
        .op(format!("gen_ai.{operation}"))
        .attribute("gen_ai.operation.name", AttributeValue::from_static(operation))
}

fn model_call(operation: &'static str, provider: Text, model: Text) -> ModelSpan {
    let options = started(operation, &model)
        .attribute("gen_ai.provider.name", provider)
        .attribute("gen_ai.request.model", model);
    ModelSpan(options)
}

macro_rules! span {
    ($(#[$doc:meta])* $name:ident: $($(#[$method_doc:meta])* $method:ident($ty:ty) => $key:literal;)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        #[must_use]
        pub struct $name(SpanOptions);

        impl $name {
            /// Any other attribute.
            pub fn attribute(mut self, key: impl Into<Text>, value: impl Into<AttributeValue>) -> Self {
                self.0 = self.0.attribute(key, value);
                self
            }

            $(
                $(#[$method_doc])*
                pub fn $method(self, value: $ty) -> Self {
                    self.attribute($key, value)
                }
            )*
        }

        impl From<$name> for SpanOptions {
            fn from(span: $name) -> Self {
                span.0
            }
        }
    };
}

span! {
    /// The options of an agent's span, see [`agent`].
    AgentSpan:
    /// The model that the agent uses unless told otherwise.
    model(impl Into<AttributeValue>) => "gen_ai.request.model";
    /// The workflow, pipeline or chain in which the agent works.
    pipeline(impl Into<AttributeValue>) => "gen_ai.pipeline.name";
    /// The most tokens that the model may answer with.
    max_tokens(u32) => "gen_ai.request.max_tokens";
    /// The temperature that is asked for.
    temperature(f64) => "gen_ai.request.temperature";
    /// The reasoning effort that is asked for, by the provider's names.
    reasoning_level(impl Into<AttributeValue>) => "gen_ai.request.reasoning.level";
}

span! {
    /// The options of the span of a model's call, see [`chat`].
    ModelSpan:
    /// The agent for which the model works; by default that of the span around it.
    agent(impl Into<AttributeValue>) => "gen_ai.agent.name";
    /// The workflow, pipeline or chain; by default that of the span around it.
    pipeline(impl Into<AttributeValue>) => "gen_ai.pipeline.name";
    /// The most tokens that the model may answer with.
    max_tokens(u32) => "gen_ai.request.max_tokens";
    /// The seed, for answers that can be repeated.
    seed(impl Into<AttributeValue>) => "gen_ai.request.seed";
    /// How much repeated tokens are avoided by their number.
    frequency_penalty(f64) => "gen_ai.request.frequency_penalty";
    /// How much tokens that are present are avoided.
    presence_penalty(f64) => "gen_ai.request.presence_penalty";
    /// The temperature that is asked for.
    temperature(f64) => "gen_ai.request.temperature";
    /// The share of probability that tokens are chosen from.
    top_p(f64) => "gen_ai.request.top_p";
    /// How many of the likeliest tokens are chosen from.
    top_k(u32) => "gen_ai.request.top_k";
    /// The reasoning effort that is asked for, by the provider's names.
    reasoning_level(impl Into<AttributeValue>) => "gen_ai.request.reasoning.level";
}

span! {
    /// The options of a tool's span, see [`tool`].
    ToolSpan:
    /// What the tool does.
    description(impl Into<AttributeValue>) => "gen_ai.tool.description";
    /// What kind of tool it is: `function`, `extension` or `datastore`.
    kind(impl Into<AttributeValue>) => "gen_ai.tool.type";
    /// The agent for which the tool works; by default that of the span around it.
    agent(impl Into<AttributeValue>) => "gen_ai.agent.name";
    /// The workflow, pipeline or chain; by default that of the span around it.
    pipeline(impl Into<AttributeValue>) => "gen_ai.pipeline.name";
}
