//! Whose failure an answer of a mail server is.
//!
//! A failure on the recipient's side goes to the supervisors and, unsettled, holds the license (domain, section 6); one
//! on ours starts nothing and is tried again. So what speaks of the mailbox is the recipient's, and everything that a
//! wrong setting of ours, an overloaded server or a suspected content brings about is ours: mistaken for the recipient's
//! it would hold everybody.
//!
//! * 4yz promises that it may work later (RFC 5321, 4.2.1): ours.
//! * The second code of RFC 3463 stands in the answer: its subject decides, at whichever command it was given. X.1 is
//!   about the address, but X.1.7 and X.1.8 are about the sender's and X.1.9 about the way to it. X.2 is about the
//!   mailbox: disabled, full, or a list that cannot be resolved; but X.2.3 is a message too long, which we wrote. X.4.1
//!   in answer to RCPT is how Exchange Online says that there is no such mailbox. X.3 to X.7 otherwise (the system, the
//!   network, the protocol, the content, a policy such as refusing to relay for us) are ours.
//! * Without it, only what RFC 5321 (4.2.3, 4.3.2) lets a server say of a mailbox in answer to RCPT is the recipient's:
//!   550 (no such mailbox), 551 (moved), 552 (full), 553 (no possible name), 556 (the domain takes no mail, RFC 7504),
//!   unless the words speak of something else: relaying, policy, reputation, authentication. The same codes in answer
//!   to MAIL are about the sender, and to DATA about the content.
//! * Servers repeat the address that they refuse. What it is called says nothing: `5.7.1@` and `policy@` are mailboxes
//!   like any other, so the recipient's address is cut out before anything is looked for.

/// What a mail server answered to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Connecting, greeting, encryption, authentication.
    Hello,
    Mail,
    Rcpt,
    /// `DATA`, or the end of the content.
    Data,
}

/// Words of answers about something else than the mailbox.
const NOT_THE_MAILBOX: [&str; 16] = [
    "relay",
    "policy",
    "spam",
    "blocked",
    "blacklist",
    "block list",
    "blocklist",
    "reputation",
    "spf",
    "dkim",
    "dmarc",
    "authenticat",
    "denied",
    "prohibited",
    "not permitted",
    "sender",
];

/// Whether a refusal says that the mailbox of `to` does not exist or takes no mail.
pub(super) fn is_recipients(said: Said, code: u16, text: &str, to: &str) -> bool {
    if !(500..600).contains(&code) || said == Said::Hello {
        return false;
    }
    let text = &without(&text.to_lowercase(), &to.to_lowercase());
    match enhanced(text) {
        Some((1, detail)) => !matches!(detail, 7..=9) && said != Said::Mail,
        Some((2, detail)) => detail != 3 && said != Said::Mail,
        Some((4, 1)) => said == Said::Rcpt,
        Some(_) => false,
        None => {
            said == Said::Rcpt
                && matches!(code, 550..=553 | 556)
                && !NOT_THE_MAILBOX.iter().any(|word| text.contains(word))
        }
    }
}

/// An answer without the address that it speaks of: whole, or its parts where they stand alone in quotes or brackets.
fn without(text: &str, address: &str) -> String {
    let Some((name, domain)) = address.rsplit_once('@') else {
        return text.to_owned();
    };
    let mut cut = text.replace(address, " ");
    for part in [name, domain] {
        for (open, close) in [
            ('<', '>'),
            ('"', '"'),
            ('\'', '\''),
            ('`', '\''),
            ('(', ')'),
        ] {
            cut = cut.replace(&format!("{open}{part}{close}"), " ");
        }
    }
    cut
}

/// Subject and detail of the code of RFC 3463, `5.1.1`, that an answer holds.
fn enhanced(text: &str) -> Option<(u16, u16)> {
    text.split(|sign: char| !(sign.is_ascii_digit() || sign == '.'))
        .find_map(|word| {
            let mut parts = word.trim_end_matches('.').split('.');
            let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
            let short = |part: &str| {
                if (1..=3).contains(&part.len()) {
                    part.parse().ok()
                } else {
                    None
                }
            };
            if class != "5" || parts.next().is_some() {
                return None;
            }
            Some((short(subject)?, short(detail)?))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_of_the_mailbox_is_the_recipients_and_all_else_is_ours() {
        use Said::{Data, Hello, Mail, Rcpt};
        for (said, code, text, recipients) in [
            // No second code: by the command, the code and the words.
            (Rcpt, 550, "No such user here", true),
            (
                Rcpt,
                550,
                "Requested action not taken: mailbox unavailable",
                true,
            ),
            (
                Rcpt,
                551,
                "User not local; please try <new@x.example>",
                true,
            ),
            (Rcpt, 552, "Mailbox full", true),
            (Rcpt, 553, "Mailbox name not allowed", true),
            (Rcpt, 556, "Domain does not accept mail", true),
            (Rcpt, 550, "", true),
            (Rcpt, 550, "relay not permitted", false),
            (Rcpt, 550, "Relaying denied", false),
            (Rcpt, 550, "Access denied", false),
            (Rcpt, 550, "Rejected for policy reasons", false),
            (Rcpt, 550, "Your IP is on a block list", false),
            (Rcpt, 550, "SPF check failed", false),
            (Rcpt, 553, "Sender is on our list", false),
            (Rcpt, 554, "Transaction failed", false),
            (Rcpt, 530, "Authentication required", false),
            (Rcpt, 500, "Command unrecognized", false),
            (Mail, 550, "No such user here", false),
            (Mail, 553, "Mailbox name not allowed", false),
            (Data, 550, "Message refused", false),
            (Data, 554, "Transaction failed", false),
            (Hello, 554, "No service", false),
            (Hello, 535, "5.7.8 Bad credentials", false),
            // With one.
            (Rcpt, 550, "5.1.1 <dana@x.example>: no such mailbox", true),
            (Rcpt, 554, "5.1.1 no such mailbox", true),
            (Data, 550, "5.1.1 no such mailbox", true),
            (Rcpt, 550, "5.1.2 no such domain", true),
            (Rcpt, 550, "5.1.3 bad syntax", true),
            (Rcpt, 551, "5.1.6 has moved", true),
            (Rcpt, 556, "5.1.10 null MX", true),
            (Rcpt, 550, "#5.1.0 Address rejected.", true),
            (Rcpt, 550, "5.2.1 mailbox disabled", true),
            (Rcpt, 552, "5.2.2 mailbox full", true),
            (Data, 552, "5.2.2 mailbox full", true),
            (Data, 552, "5.2.3 too long for the mailbox", false),
            (
                Rcpt,
                550,
                "5.4.1 Recipient address rejected: Access denied",
                true,
            ),
            (Data, 550, "5.4.1 no answer from host", false),
            (Rcpt, 550, "5.4.4 no route", false),
            (Mail, 553, "5.1.7 bad sender", false),
            (Rcpt, 550, "5.1.8 bad sender's system", false),
            (Mail, 550, "5.1.1 unknown sender", false),
            (Rcpt, 550, "5.7.1 relaying denied", false),
            (Rcpt, 554, "5.7.1 blocked", false),
            (Data, 554, "5.6.0 bad content", false),
            (Data, 554, "5.7.1 looks like spam", false),
            // An address of a network is no code.
            (Rcpt, 550, "10.5.1.1 is refused: no such user", true),
            // Later it may work.
            (Rcpt, 450, "4.2.1 mailbox busy", false),
            (Rcpt, 451, "4.1.1 try again later", false),
            (Rcpt, 452, "4.2.2 mailbox full", false),
            (Data, 421, "closing", false),
        ] {
            assert_eq!(
                is_recipients(said, code, text, "dana@x.example"),
                recipients,
                "{said:?} {code} {text}"
            );
        }
    }

    #[test]
    fn what_an_address_is_called_decides_nothing() {
        use Said::{Data, Rcpt};
        for (said, to, text, recipients) in [
            (
                Rcpt,
                "sender@x.example",
                "<sender@x.example>: no such user",
                true,
            ),
            (
                Rcpt,
                "Policy@Spam.example",
                "no mailbox policy@spam.EXAMPLE here",
                true,
            ),
            (
                Rcpt,
                "denied@x.example",
                "user 'denied' is unknown here",
                true,
            ),
            (
                Rcpt,
                "dana@relay.example",
                "no such user at <relay.example>",
                true,
            ),
            (
                Rcpt,
                "5.7.1@x.example",
                "5.7.1@x.example: no such user",
                true,
            ),
            (
                Rcpt,
                "5.7.1@x.example",
                "5.1.1 <5.7.1@x.example> is unknown",
                true,
            ),
            (
                Data,
                "5.7.1@x.example",
                "5.7.1@x.example: mailbox full",
                false,
            ),
            // What is said of it decides, also where its name says the same.
            (
                Rcpt,
                "relay@x.example",
                "relay@x.example: relaying denied",
                false,
            ),
            (
                Rcpt,
                "sender@x.example",
                "sender blocked: <sender@x.example>",
                false,
            ),
            (
                Rcpt,
                "5.1.1@x.example",
                "5.7.1 <5.1.1@x.example>: relaying denied",
                false,
            ),
            (Rcpt, "5.1.1@x.example", "5.1.1@x.example: spam", false),
        ] {
            assert_eq!(
                is_recipients(said, 550, text, to),
                recipients,
                "{said:?} {to}: {text}"
            );
        }
    }
}
