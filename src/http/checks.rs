//! Checks of single values, for `#[validate(custom(function = "..."))]`. Their messages say what is allowed and never
//! repeat the value.

use std::borrow::Cow;

use chrono_tz::Tz;
use validator::ValidationError;

use crate::application::roster::implementations;

type Checked = Result<(), ValidationError>;

fn refuse(code: &'static str, message: &'static str) -> ValidationError {
    ValidationError::new(code).with_message(Cow::Borrowed(message))
}

/// Characters that cannot be seen and make one text look like another: direction marks and overrides, joiners, a byte
/// order mark.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{061C}'
    )
}

/// One line of text, such as a name: not blank, without blanks at the ends, control or invisible characters.
pub fn line(text: &str) -> Checked {
    if text.trim() != text || text.is_empty() {
        Err(refuse(
            "blank",
            "must not be blank, nor begin or end with a blank",
        ))
    } else if text.chars().any(|c| c.is_control() || is_invisible(c)) {
        Err(refuse(
            "line",
            "must be one line without control or invisible characters",
        ))
    } else {
        Ok(())
    }
}

/// Text of several lines, such as a reason: not blank, no control characters but line ends and tabs.
pub fn text(text: &str) -> Checked {
    if text.trim().is_empty() {
        Err(refuse("blank", "must not be blank"))
    } else if text
        .chars()
        .any(|c| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || is_invisible(c))
    {
        Err(refuse(
            "text",
            "must not hold control or invisible characters",
        ))
    } else {
        Ok(())
    }
}

/// An e-mail address in ASCII: of two addresses that look alike, one may belong to somebody else.
pub fn email(text: &str) -> Checked {
    use validator::ValidateEmail;
    if text.is_ascii() && text.len() <= 254 && text.validate_email() {
        Ok(())
    } else {
        Err(refuse(
            "email",
            "must be an e-mail address in ASCII, at most 254 characters",
        ))
    }
}

/// A code of an external system.
pub fn system(text: &str) -> Checked {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(letters) {
        Ok(())
    } else {
        Err(refuse(
            "system",
            "must be small letters, digits and underscores, a letter first; systems of imports are not given by hand",
        ))
    }
}

/// A code of an implementation.
pub fn code(text: &str) -> Checked {
    if implementations::is_code(text) {
        Ok(())
    } else {
        Err(refuse(
            "code",
            "must be 2 to 31 lower-case letters, digits and hyphens, a letter first",
        ))
    }
}

/// A name of the IANA time zone database.
pub fn time_zone(text: &str) -> Checked {
    if text.parse::<Tz>().is_ok() {
        Ok(())
    } else {
        Err(refuse(
            "time_zone",
            "must be an IANA time zone, for example America/Detroit",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_visible_text() {
        for good in ["Dana", "Dana Okafor", "Ólafur", "田中", "O'Neil-Smith"] {
            assert!(line(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            "Dana ",
            " Dana",
            "Da\nna",
            "Da\u{202E}na",
            "Da\u{200B}na",
        ] {
            assert!(line(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_address_is_ascii() {
        assert!(email("dana.okafor@example.org").is_ok());
        for bad in [
            "",
            "dana",
            "dana@",
            "dana okafor@example.org",
            "dana\u{200F}@example.org",
            "İstanbul@example.org",
            "dana@example.org\n",
            &format!("{}@example.org", "d".repeat(260)),
        ] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_system_is_a_code() {
        assert!(system("hmis_user_id").is_ok());
        for bad in ["", "_a", "1a", "HMIS", "lms-id", "hmis_csv:1106"] {
            assert!(system(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn text_may_have_lines() {
        assert!(text("One.\nTwo.").is_ok());
        assert!(text("\n \t").is_err());
        assert!(text("a\u{8}b").is_err());
    }

    #[test]
    fn zones_are_those_of_the_database() {
        assert!(time_zone("America/Anchorage").is_ok());
        assert!(time_zone("EST5").is_err());
        assert!(time_zone("america/detroit").is_err());
    }
}
