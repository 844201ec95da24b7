//! Hides API keys in text that comes from a server.

const MASK: &str = "[redacted]";
/// Alpha Vantage's keys are 16 capitals and digits; anything this long and of that shape is taken for one.
const KEY_LENGTH_MIN: usize = 10;
/// Bytes that are read, and bytes that are shown. A key cut in two by the first limit lies past the second.
const READ_MAX: usize = 4_096;
const SHOWN_MAX: usize = 600;

/// The text with everything that looks like an API key masked: the word after "key as", the value of `apikey=`, and
/// every run of at least 10 capitals and digits. Cut to what a log line should hold.
pub fn redact(text: &str) -> String {
    let whole = text;
    let text = prefix(whole, READ_MAX);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, end)) = next_secret(rest) {
        out.push_str(&rest[..start]);
        out.push_str(MASK);
        rest = &rest[end..];
    }
    out.push_str(rest);
    if out.len() > SHOWN_MAX || text.len() < whole.len() {
        out.truncate(prefix(&out, SHOWN_MAX).len());
        out.push_str(" ...");
    }
    out
}

/// At most `length` bytes from the start, cut between characters.
fn prefix(text: &str, length: usize) -> &str {
    let mut end = length.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Byte range of the first secret.
fn next_secret(text: &str) -> Option<(usize, usize)> {
    let named = ["key as ", "apikey=", "api_key="].iter().filter_map(|lead| {
        let start = text.to_ascii_lowercase().find(lead)? + lead.len();
        let length = text[start..].find(|c: char| !is_key_char(c)).unwrap_or(text.len() - start);
        (length > 0).then_some((start, start + length))
    });
    named.chain(shaped(text)).min()
}

fn is_key_char(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || c == '_'
}

fn shaped(text: &str) -> Option<(usize, usize)> {
    let mut start = 0;
    for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_ascii_uppercase() || c.is_ascii_digit() {
            continue;
        }
        if i - start >= KEY_LENGTH_MIN {
            return Some((start, i));
        }
        start = i + c.len_utf8();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_masked_wherever_they_stand() {
        assert_eq!(
            redact("We have detected your API key as AB12CD34EF56GH78 and our"),
            "We have detected your API key as [redacted] and our"
        );
        assert_eq!(redact("your API key as demo and"), "your API key as [redacted] and");
        assert_eq!(redact("GET /query?apikey=secret_1&function=X"), "GET /query?apikey=[redacted]&function=X");
        assert_eq!(redact("K9Q2ZX81LM40PP7R"), MASK);
        assert_eq!(redact("TIME_SERIES_DAILY for SPY"), "TIME_SERIES_DAILY for SPY");
    }

    proptest! {
        #[test]
        fn no_key_survives(before in "\\PC{0,20}", key in "[A-Z0-9]{16}", after in "\\PC{0,20}") {
            let text = format!("{before} {key} {after}");
            prop_assert!(!redact(&text).contains(&key));
        }

        #[test]
        fn any_text_is_taken(text in "\\PC*") {
            redact(&text);
        }
    }
}
