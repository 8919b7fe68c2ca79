//! Which names are sensitive.
//!
//! The rule of the spec: a name is sensitive when it contains one of the terms, in any case. Taken literally that
//! filters `monkey`, `author` and `processor` too, and the token counts of every call to a language model.
//! So an occurrence is excused when it is part of an everyday word of a short list, and that word ends where a
//! word of the name ends: `monkey_id` and `authorName` are harmless, `authorization` and `mykeyring` are not.
//! Whatever is not on the list is filtered: to show too little is the smaller harm.
//!
//! Nearly all names are harmless, and there are several in every span. A name is read once: every three bytes
//! are looked up in a bitmap of how terms begin, and only a hit is compared.
//!
//! Spec: `foundations/client/data-collection/index.mdx`, sensitive denylist.

/// The terms of the spec, and behind them those of payment and identity data.
#[rustfmt::skip]
const TERMS: [&str; 29] = [
    "auth", "token", "secret", "password", "passwd", "pwd", "key", "jwt", "bearer", "sso", "saml", "csrf", "xsrf",
    "credential", "session", "sid", "identity", "passphrase", "cardnumber", "card_number", "card-number",
    "card number", "creditcard", "credit_card", "credit-card", "cvv", "cvc", "social_security", "socialsecurity",
];

/// Terms of three letters that stand inside everyday words too often (`className`): only as a word of their own.
const WHOLE_WORDS: [&str; 1] = ["ssn"];

/// Words that contain a term and are harmless. What stands before them does not matter (`preprocessor`), and
/// neither does a plural.
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

/// Words that contain a term and name a number of things: a number is harmless under them, a text is not.
const COUNTS: [&str; 5] = ["tokens", "token_count", "to_first_token", "sessions", "session_count"];

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// Nothing.
    Harmless,
    /// Harmless if it is a number.
    Count,
    /// It must not leave the process.
    Sensitive,
}

#[derive(Debug)]
struct Term {
    text: Box<[u8]>,
    /// Whether the everyday words excuse it; a term that the user added is taken literally.
    excusable: bool,
    whole_word: bool,
}

/// The terms, made ready for search.
#[derive(Debug)]
pub(super) struct Names {
    terms: Vec<Term>,
    /// User's terms of one or two bytes, too short for the bitmap.
    short: Vec<Box<[u8]>>,
    /// A bit for every three bytes, of five bits each, with which a term begins.
    begins: Box<[u64; 512]>,
}

/// The low five bits are alike for a letter in both cases; other bytes may collide, the comparison tells.
fn slot(bytes: &[u8]) -> usize {
    usize::from(bytes[0] & 31) << 10 | usize::from(bytes[1] & 31) << 5 | usize::from(bytes[2] & 31)
}

impl Names {
    pub(super) fn new(extra: &[String]) -> Self {
        let term =
            |text: &str, excusable, whole_word| Term { text: text.as_bytes().into(), excusable, whole_word };
        let mut terms: Vec<Term> = TERMS.iter().map(|text| term(text, true, false)).collect();
        terms.extend(WHOLE_WORDS.iter().map(|text| term(text, true, true)));
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

    /// What the name says about its value.
    pub(super) fn verdict(&self, name: &str) -> Verdict {
        let name = name.as_bytes();
        let mut verdict = Verdict::Harmless;
        for (at, three) in name.windows(3).enumerate() {
            let slot = slot(three);
            if self.begins[slot / 64] & 1 << (slot % 64) == 0 {
                continue;
            }
            for term in self.terms.iter().filter(|term| starts_with(&name[at..], &term.text)) {
                verdict = verdict.max(judge(name, at, term));
                if verdict == Verdict::Sensitive {
                    return verdict;
                }
            }
        }
        let is_short = |term: &[u8]| name.windows(term.len()).any(|part| part.eq_ignore_ascii_case(term));
        if self.short.iter().any(|term| is_short(term)) { Verdict::Sensitive } else { verdict }
    }
}

/// What the occurrence of a term at a place of a name means.
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

/// Whether a word of the name ends before `end`, by a separator or by the capital of the next word.
fn ends_word(name: &[u8], end: usize) -> bool {
    name.get(end).is_none_or(|next| {
        !next.is_ascii_alphabetic() || (next.is_ascii_uppercase() && name[end - 1].is_ascii_lowercase())
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
