//! What the service tells people by itself: notices before access ends, reminders, and retractions of what no longer
//! holds.
//!
//! `evaluate` says what is to be told; here it is queued in the transaction that found it due (`queue`), gathered
//! into one message per person and local day, made into text only when it is sent (`compose`: whatever is no
//! longer true by then is dropped, and the day that is named is counted from the sending), sent outside any
//! transaction, and recorded as a fact once a mail server accepted it (`deliver`). Without a mail server the
//! notices wait in the list for somebody to give them by phone or letter (`give`).
//!
//! Supervisors, authorized signers and the lead (`recipients`) get copies of what their rule tells them, gathered into
//! messages of their own (`copies`), and supervisors one digest a week of what is coming (`digest`). The lead is told at
//! once of logins that nothing allowed (`signals`). What one of them cannot be given goes to the others and the lead, at
//! once or when staff record that it came back (`bounce`).

mod bounce;
mod compose;
mod copies;
mod deliver;
mod digest;
mod give;
mod messages;
mod queue;
mod recipients;
mod signals;
mod templates;
mod texts;

pub use bounce::bounce_message;
pub use deliver::Delivered;
pub use give::{NewDelivery, give_notice, retry_message};
pub use messages::{message, messages};
pub use queue::{queue, still_to_tell};
pub use templates::{
    Preview, TemplateShown, preview_template, replace_template, template, template_versions,
};
