//! Local calendar arithmetic: days, business days and months in the zone of an implementation.
//!
//! Deadlines in this field are promised to people as dates ("log in through Tuesday"), so they are counted
//! on the local calendar of the implementation's zone and become instants only at the very end, by
//! [`start_of_day`]. Only the departure notice is elapsed time ([`notice_due_at`]).
//!
//! Nothing here fails: at the limits of what chrono can hold, dates and instants saturate.

mod holidays;
mod length;
mod zone;

pub use holidays::{Holidays, federal_holidays, next_business_day};
pub use length::{Length, add_days, add_months, repeated_term};
pub use zone::{
    EndedAt, Instant, Precision, end_of_day, local_day, notice_due_at, start_of_day, within_notice,
};
