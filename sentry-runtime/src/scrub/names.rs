//! Sensitive names.
//!
//! The spec calls a name sensitive when it contains one of the terms, in any case. Taken literally, that rule also
//! filters `monkey`, `author`, `processor` and the token counts of every call to a language model. An occurrence of
//! a term is therefore excused when it belongs to an everyday word on a short list and that word ends where a word
//! of the name ends: `monkey_id` and `authorName` are harmless, `authorization` and `mykeyring` are sensitive. Every
//! other occurrence is filtered, because showing too little does less harm than showing too much.
//!
//! Names of several words are compared without what separates the words: `pass_word`, `Pass Word`, `pin-code`.
//!
//! Most names are harmless, and a span has several, so a name is read only once: a bitmap says for every three bytes
//! whether a term begins with them, and only then is the term compared.
//!
//! Beyond the spec, the lists cover the deny lists of the Sentry SDK for Python and of Relay, and those with which web
//! frameworks filter their logs.
//!
//! Spec: <https://develop.sentry.dev/sdk/foundations/client/data-collection/>, sensitive denylist.

/// The terms of the spec, followed by terms for passwords, payment data and identity data.
#[rustfmt::skip]
const TERMS: [&str; 31] = [
    "auth", "token", "secret", "password", "passwd", "pwd", "key", "jwt", "bearer", "sso", "saml", "csrf", "xsrf",
    "credential", "session", "sid", "identity", "passphrase", "cardnumber", "card_number", "card-number",
    "card number", "creditcard", "credit_card", "credit-card", "cvv", "cvc", "social_security", "socialsecurity",
    "pswd", "mnemonic",
];

/// Terms of several words, found whatever separates the words. None may arise by chance where two harmless words meet.
#[rustfmt::skip]
const JOINED: [&str; 30] = [
    "password", "passwd", "passphrase", "passcode", "passkey", "cardnumber", "creditcard",
    "socialsecurity", "pincode", "pinnumber", "twofactor", "onetimecode", "verificationcode", "recoverycode",
    "backupcode", "securitycode", "securityanswer", "seedphrase", "recoveryphrase", "magiclink", "accountnumber",
    "bankaccount", "routingnumber", "passportnumber", "passportno", "driverlicense", "driverslicense",
    "drivinglicence", "drivinglicense", "nationalid",
];

/// Short terms that everyday words contain too often (`className`, `optional`): sensitive only as words of their own.
const WHOLE_WORDS: [&str; 8] = ["ssn", "otp", "totp", "hotp", "mfa", "tfa", "2fa", "iban"];

/// Words that are sensitive at the end of a name only (`user_pass`, not `pass_rate`), where a number under them is
/// harmless: the pin of a chip, the passes of a test.
const LAST_WORDS: [&str; 4] = ["pin", "pass", "pw", "salt"];

/// Names of secrets rather than of what handles secrets: what follows them in a sentence is likely the secret.
#[rustfmt::skip]
const SECRETS: [&str; 21] = [
    "password", "passwd", "pwd", "pswd", "passphrase", "passcode", "secret", "pincode", "pin", "otp", "totp", "cvv",
    "cvc", "cardnumber", "ssn", "apikey", "accesskey", "privatekey", "secretkey", "clientsecret", "credentials",
];

/// Everyday words that contain a term and are harmless, in the plural too, and behind any other text (`preprocessor`).
#[rustfmt::skip]
const EVERYDAY: [&str; 60] = [
    "author", "authored", "authoring", "authority", "authorities", "authentic", "secretary", "tokenizer",
    "monkey", "donkey", "turkey", "hockey", "jockey", "whiskey", "keyboard", "keyword", "keynote", "keyframe",
    "keypress", "keydown", "keyup", "keystroke", "keyspace", "keypad", "primary_key", "primarykey", "foreign_key",
    "foreignkey", "partition_key", "partitionkey", "sort_key", "sortkey", "routing_key", "routingkey", "cache.key",
    "cache_key", "cachekey", "message.key", "possession", "obsession", "side", "sided", "sidebar", "sidecar",
    "sidekiq", "president", "resident", "residence", "residual", "consider", "considered", "consideration",
    "subsidy", "subsidiary", "processor", "professor", "lesson", "associate", "associated", "association",
];

/// Words that contain a term and count things: a number is harmless under them, a text is not.
const COUNTS: [&str; 5] = ["tokens", "token_count", "to_first_token", "sessions", "session_count"];

/// The meaning of a name for its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// The value is harmless.
    Harmless,
    /// The value is harmless if it is a number.
    Count,
    /// The value must not leave the process.
    Sensitive,
}

#[derive(Debug)]
struct Term {
    text: Box<[u8]>,
    /// Whether the everyday words excuse the term. A term that the user added is taken literally.
    excusable: bool,
    whole_word: bool,
    /// Whether the words of the term may be separated.
    joined: bool,
}

/// The terms, prepared for the search.
#[derive(Debug)]
pub(super) struct Names {
    terms: Vec<Term>,
    /// The user's terms of one or two bytes, which are too short for the bitmap.
    short: Vec<Box<[u8]>>,
    /// One bit for every three bytes (five bits of each) with which a term begins.
    begins: Box<[u64; 512]>,
}

/// The low five bits of a letter are the same in both cases. Other bytes may collide; the comparison sorts them out.
fn slot(bytes: &[u8]) -> usize {
    usize::from(bytes[0] & 31) << 10 | usize::from(bytes[1] & 31) << 5 | usize::from(bytes[2] & 31)
}

impl Names {
    pub(super) fn new(extra: &[String]) -> Self {
        let term = |text: &str, excusable, whole_word| Term {
            text: text.as_bytes().into(),
            excusable,
            whole_word,
            joined: false,
        };
        let mut terms: Vec<Term> = TERMS.iter().map(|text| term(text, true, false)).collect();
        terms.extend(WHOLE_WORDS.iter().map(|text| term(text, true, true)));
        terms.extend(JOINED.iter().map(|text| Term { joined: true, ..term(text, true, false) }));
        let (long, short): (Vec<_>, Vec<_>) = extra
            .iter()
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
            .partition(|text| text.len() >= 3);
        terms.extend(long.iter().map(|text| term(text, false, false)));
        let mut begins = Box::new([0; 512]);
        for term in &terms {
            let slot = slot(&term.text);
            begins[slot / 64] |= 1 << (slot % 64);
        }
        Self { terms, short: short.iter().map(|text| text.as_bytes().into()).collect(), begins }
    }

    /// Returns the meaning of a name for its value.
    pub(super) fn verdict(&self, name: &str) -> Verdict {
        // The id of a span group is there to be compared, `session_id` too: it is no credential.
        if name.starts_with(SPAN_GROUP) {
            return Verdict::Harmless;
        }
        let verdict = self.verdict_of_terms(name.as_bytes(), false);
        if verdict == Verdict::Sensitive || name.len() > MAX_NAME {
            return verdict;
        }
        let (mut joined, mut len) = ([0; MAX_NAME], 0);
        for byte in name.bytes().filter(|byte| !is_separator(*byte)) {
            joined[len] = byte;
            len += 1;
        }
        if len < name.len() && self.verdict_of_terms(&joined[..len], true) == Verdict::Sensitive {
            return Verdict::Sensitive;
        }
        let is_last = |word: &&str| {
            let start = name.len().checked_sub(word.len());
            start.is_some_and(|at| {
                starts_with(&name.as_bytes()[at..], word.as_bytes()) && begins_word(name.as_bytes(), at)
            })
        };
        if LAST_WORDS.iter().any(is_last) { verdict.max(Verdict::Count) } else { verdict }
    }

    /// Judges the terms in a name, or only those that may be joined from several words.
    fn verdict_of_terms(&self, name: &[u8], joined: bool) -> Verdict {
        let mut verdict = Verdict::Harmless;
        for (at, three) in name.windows(3).enumerate() {
            let slot = slot(three);
            if self.begins[slot / 64] & 1 << (slot % 64) == 0 {
                continue;
            }
            let terms = self.terms.iter().filter(|term| term.joined || !joined);
            for term in terms.filter(|term| starts_with(&name[at..], &term.text)) {
                verdict = verdict.max(judge(name, at, term));
                if verdict == Verdict::Sensitive {
                    return verdict;
                }
            }
        }
        if joined {
            return verdict;
        }
        let is_short = |term: &[u8]| name.windows(term.len()).any(|part| part.eq_ignore_ascii_case(term));
        if self.short.iter().any(|term| is_short(term)) { Verdict::Sensitive } else { verdict }
    }
}

/// The beginning of the names of span groups.
const SPAN_GROUP: &str = "sentry.span_group.";
/// The maximum length of a name whose words are examined; a longer text is not a name.
const MAX_NAME: usize = 128;

/// Returns whether a character separates the words of a name.
fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'_' | b'-' | b'.' | b'+')
}

/// Returns whether a name is that of a secret itself.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == ']').as_bytes();
    SECRETS.iter().any(|secret| {
        let mut at = name.len();
        for letter in secret.bytes().rev() {
            while at > 0 && is_separator(name[at - 1]) {
                at -= 1;
            }
            if at == 0 || !name[at - 1].eq_ignore_ascii_case(&letter) {
                return false;
            }
            at -= 1;
        }
        // Short ones are the end of other words (`spin`).
        secret.len() > 4 || begins_word(name, at)
    })
}

/// Judges the occurrence of a term at a place of a name.
fn judge(name: &[u8], at: usize, term: &Term) -> Verdict {
    if !term.excusable {
        return Verdict::Sensitive;
    }
    if term.whole_word {
        let alone = begins_word(name, at) && ends_word(name, at + term.text.len());
        return if alone { Verdict::Sensitive } else { Verdict::Harmless };
    }
    let covered_by = |word: &str| {
        let word = word.as_bytes();
        let offset = word.windows(term.text.len()).position(|part| part == &*term.text);
        offset.and_then(|offset| at.checked_sub(offset)).is_some_and(|start| {
            let end = start + word.len();
            starts_with(&name[start..], word) && (ends_word(name, end) || is_plural(name, end))
        })
    };
    if EVERYDAY.iter().any(|word| covered_by(word)) {
        Verdict::Harmless
    } else if COUNTS.iter().any(|word| covered_by(word)) {
        Verdict::Count
    } else {
        Verdict::Sensitive
    }
}

fn starts_with(bytes: &[u8], prefix: &[u8]) -> bool {
    bytes.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix))
}

/// Returns whether a word of the name ends before `end`, by a separator or by the capital of the next word.
fn ends_word(name: &[u8], end: usize) -> bool {
    name.get(end).is_none_or(|next| {
        !next.is_ascii_alphabetic()
            || (next.is_ascii_uppercase()
                && (name[end - 1].is_ascii_lowercase()
                    || name.get(end + 1).is_some_and(u8::is_ascii_lowercase)))
    })
}

fn begins_word(name: &[u8], start: usize) -> bool {
    start.checked_sub(1).is_none_or(|before| {
        !name[before].is_ascii_alphabetic()
            || (name[before].is_ascii_lowercase() && name[start].is_ascii_uppercase())
    })
}

fn is_plural(name: &[u8], end: usize) -> bool {
    matches!(name.get(end), Some(b's' | b'S')) && ends_word(name, end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(names: &str, expected: Verdict) {
        let scrubber = Names::new(&[]);
        for name in names.split_whitespace() {
            assert_eq!(scrubber.verdict(name), expected, "{name}");
        }
    }

    #[test]
    fn the_terms_of_the_spec_match_in_part_and_in_any_case() {
        let names = "Authorization X-Auth-Token api_key x-api-key apikey PRIVATEKEY stripeKey key PHPSESSID \
            connect.sid user_session JSESSIONID x-csrf-token XSRF jwt SAMLResponse ssoTicket aws_secret_access \
            db_password passwd userPwd identity credentials bearer cardNumber creditCard cvv2 ssn customerSSN \
            user_ssn author_token authorityKeyId mysidcookie keyring monkeyring";
        all(names, Verdict::Sensitive);
        assert_eq!(Names::new(&[]).verdict("card number"), Verdict::Sensitive);
    }

    #[test]
    fn the_words_of_a_name_may_be_separated_by_anything() {
        let names = "pass_word pass-word PassWord user.pass_word otp OTPCode loginOtp totp_seed pin_code pinCode \
            PIN-CODE two_factor two-factor mfa_code user_2fa verification_code securityAnswer seed_phrase iban \
            account_number customerIBAN passcode pass_phrase";
        all(names, Verdict::Sensitive);
        for name in ["Pass Word", "Pin Code", "new pass word", "One Time Code"] {
            assert_eq!(Names::new(&[]).verdict(name), Verdict::Sensitive, "{name}");
        }
        all("pin user_pin cardPin pass db_pass smtpPass pw user_pw salt", Verdict::Count);
        let harmless = "process_id tasks_id pass_rate passes bypass spin pinned pins ping optional hotpath \
            robotparts mfalse option_price pointer passenger passed";
        all(harmless, Verdict::Harmless);
    }

    #[test]
    fn names_of_secrets_are_told_from_names_around_them() {
        for name in [
            "password",
            "userPassword",
            "password2",
            "x-api-key",
            "api_key",
            "pin",
            "card_pin",
            "user[password]",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["auth", "session", "key", "token", "spin", "secrets-service", "password_reset", ""] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn short_names_of_secrets_count_as_words_of_their_own_only() {
        for name in ["userpassword", "db_pswd", "dbPswd", "db_pin", "cardPin"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["xpswd", "spin", "dbpwd"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn everyday_words_excuse_a_term_only_up_to_their_end() {
        all("authorID keyboardX authors", Verdict::Harmless);
        all("monkeyx monkeysaddle authorx keyboardsmith", Verdict::Sensitive);
    }

    #[test]
    fn the_words_of_a_name_are_joined_up_to_a_length() {
        let name = |len: usize| format!("{}pass_word", "a".repeat(len - "pass_word".len()));
        let names = Names::new(&[]);
        assert_eq!(names.verdict(&name(MAX_NAME)), Verdict::Sensitive);
        assert_eq!(names.verdict(&name(MAX_NAME + 1)), Verdict::Harmless);
        assert_eq!(names.verdict(&format!("password{}", "a".repeat(MAX_NAME))), Verdict::Sensitive);
    }

    #[test]
    fn everyday_words_are_harmless() {
        let names = "id ki order.id monkey monkeys keyboard_layout keywords authorName author_id :authority inside \
            client_side serverSide sidebar president preprocessor lesson associated_id className businessName \
            cache.key primary_key http.request.method code.function.name żółć";
        all(names, Verdict::Harmless);
        assert_eq!(Names::new(&[]).verdict(""), Verdict::Harmless);
    }

    #[test]
    fn counts_are_told_from_what_they_count() {
        all("gen_ai.usage.input_tokens max_tokens token_count", Verdict::Count);
        all("auth_tokens token tokens_secret", Verdict::Sensitive);
    }

    #[test]
    fn the_user_may_add_terms() {
        let names = Names::new(&["-IP".into(), "monkey".into(), "id".into(), " ".into()]);
        for name in ["x-real-ip", "monkey_business", "Id"] {
            assert_eq!(names.verdict(name), Verdict::Sensitive, "{name}");
        }
        assert_eq!(names.verdict("ip"), Verdict::Harmless);
    }
}
