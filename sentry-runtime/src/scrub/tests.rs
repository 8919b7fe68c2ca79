use super::*;
use serde_json::json;

mod long_texts;
mod payloads;
mod unclosed;

fn scrubbed(mut value: Value) -> Value {
    Scrubber::new(&[]).scrub_value(&mut value);
    value
}

#[test]
fn values_are_filtered_by_name_at_any_depth() {
    let value = json!({
        "password": "x",
        "nested": [{"api_key": {"a": 1}, "page": 2}],
        "is_authenticated": true,
        "token": null,
        "input_tokens": 12,
        "refresh_tokens": ["a"],
        "headers": [["Authorization", "Bearer x"], ["Accept", "*/*"]],
        "inner": "{\"secret\":\"x\"}",
        "url": "https://h/?sid=1",
        "note": "nothing to see",
    });
    let expected = json!({
        "password": "[Filtered]",
        "nested": [{"api_key": "[Filtered]", "page": 2}],
        "is_authenticated": true,
        "token": null,
        "input_tokens": 12,
        "refresh_tokens": "[Filtered]",
        "headers": [["Authorization", "[Filtered]"], ["Accept", "*/*"]],
        "inner": "{\"secret\":\"[Filtered]\"}",
        "url": "https://h/?sid=[Filtered]",
        "note": "nothing to see",
    });
    assert_eq!(scrubbed(value), expected);
    assert_eq!(scrubbed(expected.clone()), expected, "filtering again changes nothing");
}

#[test]
fn what_is_too_deep_to_look_at_is_filtered() {
    let mut value = json!({"password": "x"});
    for _ in 0..MAX_DEPTH * 2 {
        value = json!([value]);
    }
    assert!(!scrubbed(value).to_string().contains('x'));
}

#[test]
fn values_are_searched_to_a_depth() {
    let deep =
        |depth: usize, wrap: fn(Value) -> Value, inner: Value| (0..depth).fold(inner, |value, _| wrap(value));
    let wraps: [fn(Value) -> Value; 2] = [|value| json!([value]), |value| json!({ "a": value })];
    for wrap in wraps {
        for inner in [json!({"note": "kept"}), json!(["kept", 1])] {
            let kept = deep(MAX_DEPTH, wrap, inner.clone());
            assert_eq!(scrubbed(kept.clone()), kept);
            assert_eq!(
                scrubbed(deep(MAX_DEPTH + 1, wrap, inner)),
                deep(MAX_DEPTH + 1, wrap, FILTERED.into())
            );
        }
        // A text contains no deeper values, so it is kept.
        let kept = deep(MAX_DEPTH + 1, wrap, "kept".into());
        assert_eq!(scrubbed(kept.clone()), kept);
    }
}

#[test]
fn pairs_and_named_values_are_filtered_as_a_whole() {
    for (value, expected) in [
        (json!([["token", "x"], ["a", "b"]]), json!([["token", "[Filtered]"], ["a", "b"]])),
        (json!([["token", "x"], "y"]), json!([["token", "x"], "y"])),
        (json!(["token", "x"]), json!(["token", "x"])),
        (json!([]), json!([])),
        (
            json!({"name": "password", "value": "x", "note": "y"}),
            json!({"name": "password", "value": "[Filtered]", "note": "y"}),
        ),
        (
            json!({"HEADER": "Authorization", "Value": ["x"]}),
            json!({"HEADER": "Authorization", "Value": "[Filtered]"}),
        ),
        (json!({"name": "city", "value": "Linz"}), json!({"name": "city", "value": "Linz"})),
        (json!({"name": "password", "value": true}), json!({"name": "password", "value": true})),
        (json!({"order": 4242424242424242_u64}), json!({"order": "[Filtered]"})),
        (json!([4242424242424242_u64, 4242424242424243_u64]), json!(["[Filtered]", 4242424242424243_u64])),
    ] {
        assert_eq!(scrubbed(value.clone()), expected, "{value}");
    }
}

#[test]
fn a_short_text_that_skips_the_pipeline_is_filtered_and_cut() {
    let own = Scrubber::new(&["tenant".to_owned()]);
    assert_eq!(without_secrets("GET /orders", None), "GET /orders");
    assert_eq!(without_secrets("GET /?token=hunter2&a=1", None), "GET /?token=[Filtered]&a=1");
    assert_eq!(without_secrets("GET /?tenant=ada&a=1", None), "GET /?tenant=ada&a=1");
    assert_eq!(without_secrets("GET /?tenant=ada&a=1", Some(&own)), "GET /?tenant=[Filtered]&a=1");
    assert!(without_secrets(&"a".repeat(300), None).chars().count() <= 200);
    assert!(without_secrets(&"a".repeat(300), Some(&own)).chars().count() <= 200);
}

#[test]
fn attributes_keep_their_type_unless_they_are_filtered() {
    let scrubber = Scrubber::new(&["tenant".to_owned()]);
    let scrub = |name: &str, value: AttributeValue| {
        let mut value = value;
        scrubber.scrub_attribute(name, &mut value);
        value
    };
    let filtered = AttributeValue::from_static(FILTERED);
    assert_eq!(scrub("user.api_key", "x".into()), filtered);
    assert_eq!(scrub("pin.cvv", 123.into()), filtered);
    assert_eq!(scrub("tenant.name", "x".into()), filtered);
    assert_eq!(scrub("gen_ai.usage.input_tokens", 7.into()), 7.into());
    assert_eq!(scrub("gen_ai.usage.tokens", "x".into()), filtered);
    assert_eq!(scrub("auth.ok", true.into()), true.into());
    assert_eq!(scrub("url.full", "http://a:b@h/".into()), "http://[Filtered]:[Filtered]@h/".into());
    assert_eq!(scrub("url.query", "a=1&pwd=2".into()), "a=1&pwd=[Filtered]".into());
    assert_eq!(scrub("http.request.header.cookie", "a=1; sid=2".into()), "a=1; sid=[Filtered]".into());
    assert_eq!(scrub("url.query", "sid=1&a=2".into()), "sid=[Filtered]&a=2".into());
    assert_eq!(scrub("Query_String", "sid=1&a=2".into()), "sid=[Filtered]&a=2".into());
    assert_eq!(scrub("url.query", "p%61ssword=1&a=2".into()), "p%61ssword=[Filtered]&a=2".into());
    let list = || AttributeValue::from(vec!["x", "y"]);
    for header in ["http.request.header.x-api-key", "http.response.header.x-auth-token"] {
        assert_eq!(scrub(header, list()), vec![FILTERED].into(), "{header}");
        assert_eq!(scrub(header, "x".into()), filtered, "{header}");
    }
    assert_eq!(scrub("user.api_keys", list()), filtered);
    assert_eq!(scrub("http.request.header.accept", list()), list());
    assert_eq!(scrub("note", 4242424242424242_i64.into()), filtered);
    assert_eq!(scrub("note", 4242424242424242_u64.into()), filtered);
    assert_eq!(scrub("note", 4242424242424243_u64.into()), 4242424242424243_u64.into());
    let numbers = vec![filtered.clone(), 7.into()];
    assert_eq!(scrub("note", vec![4242424242424242_i64, 7].into()), numbers.into());
    let untouched = AttributeValue::from_static("same text");
    assert!(matches!(scrub("note", untouched), AttributeValue::Str("same text")));
}
