//! Terms, recertification, campaigns, and dates of the year.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{Check, Pointer, at_least_days, may_exceed};
use crate::domain::calendar::Length;
use crate::domain::policy::document::{
    AgreementScope, LicenseType, MonthDay, Recertification, RecertificationItem, Schedule, Term,
    TermEnd, YearlyDate,
};

/// A year that is no leap year: a day that it lacks is not there every year.
const COMMON_YEAR: i32 = 2001;

/// Days between two dates fixed in the year.
const YEAR: Length = Length::Months(12);

impl Check<'_> {
    pub(super) fn renewals(&mut self, at: &Pointer, license_type: &LicenseType) {
        if let Some(term) = &license_type.term {
            self.term(&at.key("term"), term);
        }
        if let Some(recertification) = &license_type.recertification {
            self.recertification(&at.key("recertification"), recertification, license_type);
        }
        if let Some(campaigns) = &license_type.campaigns {
            self.reminders(
                &at.key("campaigns").key("reminders"),
                &campaigns.reminders,
                None,
            );
        }
    }

    fn term(&mut self, at: &Pointer, term: &Term) {
        let ends = at.key("ends");
        let whole = match &term.ends {
            TermEnd::After { length } => {
                self.length(&ends.key("length"), *length);
                *length
            }
            TermEnd::Yearly { date } => {
                self.yearly(&ends.key("date"), date);
                YEAR
            }
        };
        if let Some(grace) = term.renewal_grace {
            let at = at.key("renewal_grace");
            self.length(&at, grace);
            self.need(
                !may_exceed(grace, whole),
                &at,
                "is longer than the term it guards",
            );
        }
        self.need(
            !term.renewed_by.is_empty(),
            &at.key("renewed_by"),
            "somebody must be able to renew",
        );
        self.reminders(&at.key("reminders"), &term.reminders, Some(whole));
    }

    fn recertification(
        &mut self,
        at: &Pointer,
        rules: &Recertification,
        license_type: &LicenseType,
    ) {
        let schedule = at.key("schedule");
        let whole = match &rules.schedule {
            Schedule::Rolling {
                months,
                early_window,
                ..
            } => {
                let whole = Length::Months(*months);
                self.length(&schedule.key("months"), whole);
                if let Some(window) = early_window {
                    let at = schedule.key("early_window");
                    self.length(&at, *window);
                    self.need(
                        !may_exceed(*window, whole),
                        &at,
                        "is longer than the months between two due dates",
                    );
                }
                whole
            }
            Schedule::FixedYearly { date } => {
                self.yearly(&schedule.key("date"), date);
                YEAR
            }
        };
        self.reminders(&at.key("reminders"), &rules.reminders, Some(whole));
        let items = at.key("items");
        self.entries(&items, rules.items.len());
        self.need(
            !rules.items.is_empty(),
            &items,
            "must ask for something; leave `recertification` out where there is none",
        );
        let mut codes = BTreeSet::new();
        for (index, item) in rules.items.iter().enumerate() {
            let at = items.index(index);
            self.job_roles(&at.key("job_roles"), item.job_roles());
            match item {
                RecertificationItem::Course { course, .. } => {
                    self.course(&at.key("course"), course);
                }
                RecertificationItem::CoursesOf { count, courses, .. } => {
                    self.courses(&at.key("courses"), courses);
                    self.need(
                        *count > 0 && usize::from(*count) <= courses.len(),
                        &at.key("count"),
                        "must be from 1 to the number of courses on the list",
                    );
                }
                RecertificationItem::Agreement { agreement, .. } => {
                    self.agreement(&at.key("agreement"), agreement, AgreementScope::Person);
                }
                RecertificationItem::Acknowledgement { code, title, .. } => {
                    self.code(&at.key("code"), code);
                    self.title(&at.key("title"), title);
                    self.need(
                        codes.insert(code.as_str()),
                        &at.key("code"),
                        "is the code of another acknowledgement too",
                    );
                }
                RecertificationItem::Practice { practice_set, .. } => {
                    self.practice_set(&at.key("practice_set"), practice_set);
                    self.need(
                        license_type.practice.is_some(),
                        &at,
                        "practice is owed, but the type does not state how practice runs",
                    );
                }
                RecertificationItem::Renewal { .. } => {}
            }
            if rules.items.iter().take(index).any(|other| other == item) {
                self.fault(&at, "is asked for twice");
            }
        }
    }

    fn reminders(&mut self, at: &Pointer, reminders: &BTreeSet<u16>, whole: Option<Length>) {
        let longest = whole.map_or(366, at_least_days);
        self.entries(at, reminders.len());
        self.need(
            reminders
                .iter()
                .all(|days| *days > 0 && u32::from(*days) <= longest),
            at,
            "a reminder comes at least one day before the end, and no earlier than the time it counts down began",
        );
    }

    pub(super) fn yearly(&mut self, at: &Pointer, date: &YearlyDate) {
        self.month_day(&at.key("due"), date.due);
        self.month_day(&at.key("opens"), date.opens);
        self.month_day(&at.key("newcomers_from"), date.newcomers_from);
    }

    pub(super) fn month_day(&mut self, at: &Pointer, day: MonthDay) {
        let there = NaiveDate::from_ymd_opt(COMMON_YEAR, u32::from(day.month), u32::from(day.day))
            .is_some();
        self.need(there, at, "is no day that every year has");
    }
}
