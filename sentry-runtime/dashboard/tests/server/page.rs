//! Tests of the page: one document that requests nothing but the API.

use crate::support::Server;

#[test]
fn the_policy_allows_the_own_script_and_style_alone() {
    let server = Server::start();
    let nonce_of = |policy: &str| {
        policy.split_once("script-src 'nonce-").unwrap().1.split_once('\'').unwrap().0.to_owned()
    };
    let mut seen = Vec::new();
    for _ in 0..2 {
        let page = server.get("/");
        let policy = page.header("content-security-policy").unwrap().to_owned();
        let nonce = nonce_of(&policy);
        for rule in [
            "default-src 'none'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "{rule} is not in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        let text = page.text();
        assert!(!text.contains("{{nonce}}"));
        // A packed script is an element with text; the script that unpacks it sets the nonce.
        let scripts = text.matches("<script").count() - text.matches("<script type=\"text/plain\"").count();
        assert_eq!(scripts, text.matches(&format!("<script nonce=\"{nonce}\"")).count());
        assert!(scripts > 0 && !text.contains(" style="));
        seen.push(nonce);
    }
    assert_ne!(seen[0], seen[1], "a nonce is used once");
}
