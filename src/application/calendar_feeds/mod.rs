//! Calendars of what is due, at secret addresses. A calendar program cannot send a token, so that the address itself is
//! the credential: 256 random bits that are shown once, kept as a digest, and open nothing once they were revoked or the
//! role of whoever made them ended. What is read there names nobody.

mod calendar;
mod key;
mod manage;

pub use calendar::{Calendar, CalendarEvent};
pub use key::{FeedKey, NoKey};
pub use manage::{calendar_feed, calendar_feeds, create, revoke};
