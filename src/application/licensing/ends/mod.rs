//! Departures and deactivations: recorded now or for later, moved or called off until they take effect.

mod authority;
mod change;
mod deactivation;
mod departure;
mod figures;
mod moment;
mod notice;
mod read;
mod record;

pub(super) use authority::may_end;
pub use change::{cancel_end, reschedule_end};
pub use deactivation::{NewDeactivation, deactivate};
pub use departure::{NewDeparture, report_departure};
pub use figures::Ended;
pub use notice::{
    DepartureNoticeShown, NewDepartureNotice, NoticeDecision, departure_notice, departure_notices,
    notice_departure, settle_departure_notice,
};
pub use read::{EndShown, EndStatus, end, ends};
pub use record::Affected;

use crate::application::actor::Action;
use crate::domain::fact::FactKind;

/// Which door a caller came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndKind {
    Departure,
    Deactivation,
}

impl EndKind {
    fn action(self) -> Action {
        match self {
            Self::Departure => Action::ReportDeparture,
            Self::Deactivation => Action::Deactivate,
        }
    }

    /// A deactivation because employment ended is a departure by another door, so both doors show it.
    fn kinds(self) -> Vec<FactKind> {
        match self {
            Self::Departure => vec![FactKind::Departed],
            Self::Deactivation => vec![FactKind::Deactivated, FactKind::Departed],
        }
    }
}
