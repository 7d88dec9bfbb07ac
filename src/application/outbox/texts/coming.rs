//! The lines of a digest.

use chrono::NaiveDate;

use super::day;
use super::passage::{add_on_of, title_of};
use crate::application::licensing::Dossier;
use crate::domain::evaluate::{Consequence, DueItem, Evaluation};
use crate::domain::fact::{DeactivationCause, NoticeRule};
use crate::domain::ids::OrganizationId;

/// One line: who, what, and by when or since when.
pub fn line(name: &str, what: &str, due_on: NaiveDate, today: NaiveDate) -> String {
    if due_on < today {
        format!("- {name}: {what}, overdue since {}", day(due_on))
    } else {
        format!("- {name}: {what}, by {}", day(due_on))
    }
}

/// What has to be done.
pub fn what(
    (dossier, organization): (&Dossier, OrganizationId),
    license: &Evaluation,
    item: &DueItem,
) -> String {
    let key = item.requirement.as_ref();
    let title = key.and_then(|key| title_of(license, &key.to_string()));
    let add_on =
        key.and_then(|key| add_on_of((dossier, organization), license.at, &key.to_string()));
    let what = match item.rule {
        NoticeRule::Inactivity => "log in once",
        NoticeRule::Recertification | NoticeRule::Campaign => "recertification",
        NoticeRule::Agreement => "agreement to be signed",
        NoticeRule::Term => "the license to be renewed",
        NoticeRule::SuspensionTooLong => "the long suspension to be settled",
        NoticeRule::LastProjectRemoved => "a project to be assigned",
        NoticeRule::SeatReduction => "a seat",
        NoticeRule::Waiver => "a waiver that runs out",
        NoticeRule::Unreachable => "an address that works",
    };
    let what = match title {
        Some(title) => format!("{what}: {title}"),
        None => what.to_owned(),
    };
    match (item.consequence, add_on) {
        (Consequence::At(_), None) => format!("{what} (access ends otherwise)"),
        // The license itself goes on.
        (Consequence::At(_), Some(add_on)) => format!("{what} ({add_on} is off otherwise)"),
        (Consequence::AwaitsNotice | Consequence::Listed, None) => what,
        (Consequence::AwaitsNotice | Consequence::Listed, Some(add_on)) => {
            format!("{what} ({add_on})")
        }
    }
}

/// What is said of an announced end, where supervisors are told of it.
pub fn end(cause: DeactivationCause) -> Option<&'static str> {
    match cause {
        DeactivationCause::EmploymentEnded => Some("employment ends, and access with it"),
        DeactivationCause::NoLongerNeeded => Some("access ends because it is no longer needed"),
        _ => None,
    }
}
