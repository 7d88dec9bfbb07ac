//! Checks of what callers state: every fault of a request is gathered, so that it can be put right in one go.

use chrono::NaiveDate;

use crate::application::error::{Error, Fault};

/// Longest name of a person, organization or project, in characters.
pub const LONGEST_NAME: usize = 200;
/// Longest free-text reason, in characters.
pub const LONGEST_REASON: usize = 1_000;
/// Longest e-mail address, in characters (RFC 5321: 64 before the `@`, 255 after it).
pub const LONGEST_EMAIL: usize = 320;
/// Longest telephone number, in characters.
pub const LONGEST_PHONE: usize = 50;
/// Longest name of an external system, in characters.
pub const LONGEST_SYSTEM: usize = 63;
/// Longest external id, in characters.
pub const LONGEST_EXTERNAL_ID: usize = 200;
/// Longest issuer or subject of a credential, in characters (OpenID Connect bounds a subject to 255).
pub const LONGEST_SUBJECT: usize = 255;

/// The faults found so far.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fault at a JSON pointer of the body.
    pub fn at(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(Fault::at(pointer, detail));
    }

    /// Adds a fault at a JSON pointer unless `right`.
    pub fn need(&mut self, right: bool, pointer: &str, detail: &str) {
        if !right {
            self.at(pointer, detail);
        }
    }

    /// Adds faults that were found elsewhere.
    pub fn extend(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.0.extend(faults);
    }

    /// Takes the faults out of an answer and goes on; any other error ends the use case.
    pub fn gather<T>(&mut self, answer: Result<T, Error>) -> Result<Option<T>, Error> {
        match answer {
            Ok(value) => Ok(Some(value)),
            Err(Error::Invalid(faults)) => {
                self.0.extend(faults);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// Refuses if there is any fault.
    pub fn check(&mut self) -> Result<(), Error> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(std::mem::take(&mut self.0)))
        }
    }

    /// Text on one line of 1 to `most` characters, without blanks around it.
    pub fn text(&mut self, pointer: &str, text: &str, most: usize) -> String {
        let text = self.optional_text(pointer, text, most);
        self.need(!text.is_empty(), pointer, "must not be empty");
        text
    }

    /// Text on one line of at most `most` characters, without blanks around it; it may be empty.
    pub fn optional_text(&mut self, pointer: &str, text: &str, most: usize) -> String {
        let text = text.trim();
        if let Err(detail) = check_text(text, most) {
            self.at(pointer, detail);
        }
        text.to_owned()
    }

    /// A free-text reason. It may have several lines.
    pub fn reason(&mut self, pointer: &str, text: &str) -> String {
        let text = text.trim();
        self.need(!text.is_empty(), pointer, "must not be empty");
        let one_line = text.replace("\r\n", " ").replace(['\n', '\t'], " ");
        if let Err(detail) = check_text(&one_line, LONGEST_REASON) {
            self.at(pointer, detail);
        }
        text.to_owned()
    }

    /// An e-mail address, without blanks around it and as written.
    pub fn email(&mut self, pointer: &str, text: &str) -> String {
        let text = text.trim();
        if let Err(detail) = check_email(text) {
            self.at(pointer, detail);
        }
        text.to_owned()
    }

    /// Local dates from which and to which something holds, both included.
    pub fn window(
        &mut self,
        pointer: &str,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
        from_name: &str,
    ) {
        let backwards = to.is_some_and(|to| from.is_some_and(|from| to < from));
        self.need(
            !backwards,
            pointer,
            &format!("must not lie before {from_name}"),
        );
    }
}

/// Whether text fits on one line of a page and means what it shows: characters that turn the direction of reading, or
/// cannot be seen, make one name look like another.
fn check_text(text: &str, most: usize) -> Result<(), String> {
    if text.chars().count() > most {
        return Err(format!("must have at most {most} characters"));
    }
    if text.chars().any(|c| c.is_control() || is_deceptive(c)) {
        return Err("must hold no control characters or marks of direction".to_owned());
    }
    Ok(())
}

/// Text of a file as it can be kept: on one line of at most `most` characters, without what must not be in it.
#[must_use]
pub fn cleaned(text: &str, most: usize) -> String {
    let kept: String = text
        .chars()
        .filter(|c| !c.is_control() && !is_deceptive(*c))
        .collect();
    let cut: String = kept.trim().chars().take(most).collect();
    cut.trim_end().to_owned()
}

fn is_deceptive(c: char) -> bool {
    matches!(
        c,
        '\u{061C}'
            | '\u{200B}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FEFF}'
    )
}

/// Only what can be told from the outside: whether mail arrives is found out by confirming the address.
fn check_email(text: &str) -> Result<(), &'static str> {
    const FORM: &str =
        "must be one e-mail address of at most 320 characters, such as `dana@example.org`";
    let plain = text.chars().count() <= LONGEST_EMAIL
        && !text.contains(|c: char| {
            c.is_whitespace() || c.is_control() || is_deceptive(c) || ",;<>\"()[]\\".contains(c)
        });
    let (local, domain) = text.rsplit_once('@').unwrap_or_default();
    let right = plain
        && (1..=64).contains(&local.chars().count())
        && !local.contains('@')
        && domain.split('.').all(|label| !label.is_empty());
    if right { Ok(()) } else { Err(FORM) }
}

/// An e-mail address as it is compared: without case, character by character, the way the store searches it.
#[must_use]
pub fn email_key(email: &str) -> String {
    email.trim().chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(check: impl FnOnce(&mut Faults)) -> Vec<String> {
        let mut faults = Faults::new();
        check(&mut faults);
        match faults.check() {
            Ok(()) => Vec::new(),
            Err(Error::Invalid(faults)) => faults.into_iter().map(|fault| fault.detail).collect(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn names_are_trimmed_and_bounded() {
        let mut faults = Faults::new();
        assert_eq!(
            faults.text("/name", "  Harbor Light  ", LONGEST_NAME),
            "Harbor Light"
        );
        assert_eq!(
            faults.text("/name", &"é".repeat(200), LONGEST_NAME).len(),
            400
        );
        assert!(faults.check().is_ok());
        for bad in [
            "",
            "   ",
            "a\u{0}b",
            "a\nb",
            "a\u{202E}b",
            "\u{FEFF}a",
            &"x".repeat(201),
        ] {
            let found = details(|faults| {
                faults.text("/name", bad, LONGEST_NAME);
            });
            assert_eq!(found.len(), 1, "{bad:?}");
        }
    }

    #[test]
    fn reasons_may_have_lines() {
        let good = details(|faults| {
            faults.reason("/reason", "left on Friday\r\nsee ticket\t12");
        });
        assert_eq!(good, [""; 0]);
        for bad in ["", "\n", "a\u{7}b", &"x".repeat(1_001)] {
            let found = details(|faults| {
                faults.reason("/reason", bad);
            });
            assert_eq!(found.len(), 1, "{bad:?}");
        }
    }

    #[test]
    fn addresses_are_judged_by_their_shape() {
        for good in [
            "d.whitfield@example.org",
            "İ@example.org",
            "o'neil+hmis@a.b.example",
            "root@localhost",
        ] {
            let found = details(|faults| {
                faults.email("/email", good);
            });
            assert_eq!(found, [""; 0], "{good}");
        }
        for bad in [
            "",
            "none",
            "@example.org",
            "a@",
            "a@b@c",
            "a b@c.org",
            "a@c..org",
            "a@.org",
            "Dana <d@c.org>",
            "a@c.org;b@c.org",
            "\u{202E}gro.c@a",
            &format!("{}@c.org", "x".repeat(65)),
        ] {
            let found = details(|faults| {
                faults.email("/email", bad);
            });
            assert_eq!(found.len(), 1, "{bad}");
        }
    }

    #[test]
    fn addresses_compare_without_case() {
        assert_eq!(
            email_key(" D.Whitfield@Example.ORG "),
            "d.whitfield@example.org"
        );
        // Two characters: an address with a plain i is another one.
        assert_ne!(email_key("İ@example.org"), email_key("i@example.org"));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let found = details(|faults| {
            faults.text("/name", "", LONGEST_NAME);
            faults.email("/email", "x");
            faults.window(
                "/to_on",
                NaiveDate::from_ymd_opt(2026, 3, 2),
                NaiveDate::from_ymd_opt(2026, 3, 1),
                "from_on",
            );
        });
        assert_eq!(found.len(), 3);
        assert_eq!(found.last().unwrap(), "must not lie before from_on");
    }
}
