//! What holds for the whole implementation: zone, organizations, notices, ends, projects, suspension, seats,
//! violations.

use chrono_tz::Tz;

use super::{Check, Pointer, may_exceed};
use crate::domain::policy::document::{
    AfterEnd, AgreementScope, CapScope, Consequence, Cure, NoticedEnd, OffRule, OrganizationItem,
    OrganizationRules, SeatCap, SeatKept, SeatNeeded, SeatRules, SuspensionRules, ViolationRules,
};

/// Most hours a notice of an end of need may take: a year.
const MOST_NOTICE_HOURS: u16 = 8784;

impl Check<'_> {
    pub(super) fn implementation(&mut self, root: &Pointer) {
        let document = self.document;
        self.need(
            document.time_zone.parse::<Tz>().is_ok(),
            &root.key("time_zone"),
            "is no zone of the IANA database; for example America/Detroit",
        );
        let holidays = root.key("holidays").key("extras");
        self.entries(&holidays, document.holidays.extras.len());
        self.organizations(
            &root.key("organizations").key("obligations"),
            &document.organizations,
        );
        self.notices(&root.key("notices"));
        let at = root.key("ends_of_need");
        for (key, hours) in [
            (
                "departure_notice_hours",
                document.ends_of_need.departure_notice_hours,
            ),
            (
                "no_longer_needed_notice_hours",
                document.ends_of_need.no_longer_needed_notice_hours,
            ),
        ] {
            self.need(
                hours <= MOST_NOTICE_HOURS,
                &at.key(key),
                "must be at most 8784 hours",
            );
        }
        self.days(
            &root.key("projects").key("wind_down_days"),
            document.projects.wind_down_days,
        );
        self.suspension(&root.key("suspension"), &document.suspension);
        self.seats(&root.key("seats"), &document.seats);
        if let Some(violations) = &document.violations {
            self.violations(&root.key("violations"), violations);
        }
    }

    fn organizations(&mut self, at: &Pointer, rules: &OrganizationRules) {
        self.entries(at, rules.obligations.len());
        for (index, obligation) in rules.obligations.iter().enumerate() {
            let at = at.index(index).key("item");
            match &obligation.item {
                OrganizationItem::Agreement { agreement } => {
                    self.agreement(
                        &at.key("agreement"),
                        agreement,
                        AgreementScope::Organization,
                    );
                }
                OrganizationItem::RequesterAgreement { agreement } => {
                    self.agreement(&at.key("agreement"), agreement, AgreementScope::Person);
                }
                OrganizationItem::RequesterCourse { course } => {
                    self.course(&at.key("course"), course);
                }
                OrganizationItem::Contact { .. } => {}
            }
            let before = rules.obligations.iter().take(index);
            if before
                .into_iter()
                .any(|other| other.item == obligation.item)
            {
                self.fault(&at, "is asked for twice");
            }
        }
    }

    fn notices(&mut self, at: &Pointer) {
        let notices = &self.document.notices;
        for (end, days) in &notices.minimum_days {
            self.days(&at.key("minimum_days").key(end.as_str()), *days);
        }
        self.length(
            &at.key("undeliverable").key("settle_within"),
            notices.undeliverable.settle_within,
        );
    }

    /// A grace that nothing starts: without steps the one notice runs for the minimum.
    pub(super) fn grace_without_steps(&mut self, at: &Pointer, rule: &OffRule) {
        let minimum = self
            .document
            .notices
            .minimum_for(NoticedEnd::Inactivity, Some(rule.grace));
        if rule.steps.is_empty() && minimum != rule.grace {
            self.fault(
                &at.key("grace"),
                "no step starts this grace, and the minimum notice before an inactivity end says otherwise; state steps, or the same length in both",
            );
        }
    }

    fn suspension(&mut self, at: &Pointer, rules: &SuspensionRules) {
        if let Some(maximum) = &rules.maximum {
            self.length(&at.key("maximum").key("length"), maximum.length);
        }
        for (cause, maximum) in &rules.by_cause {
            let at = at.key("by_cause").key(cause.as_str());
            self.length(&at.key("length"), maximum.length);
        }
    }

    fn seats(&mut self, at: &Pointer, rules: &SeatRules) {
        let caps = at.key("caps");
        self.entries(&caps, rules.caps.len());
        for (index, cap) in rules.caps.iter().enumerate() {
            let at = caps.index(index);
            // Seats are for people: an add-on goes with the seat of its base.
            self.base_types(&at.key("license_types"), &cap.license_types);
            if let CapScope::Group { group } = &cap.scope {
                self.known(
                    &at.key("scope").key("group"),
                    group,
                    &self.document.organization_groups,
                    "group",
                );
            }
            if rules
                .caps
                .iter()
                .take(index)
                .any(|other| other.scope == cap.scope && other.license_types == cap.license_types)
            {
                self.fault(&at, "caps what another cap of equal rank caps already");
            }
            if rules.caps.iter().any(|wider| outgrows(cap, wider)) {
                self.fault(
                    &at.key("seats"),
                    "is more than the implementation's own cap allows",
                );
            }
        }
        if let SeatNeeded::Approval {
            reservation_days, ..
        } = rules.needed_at
        {
            let at = at.key("needed_at").key("reservation_days");
            self.need(
                reservation_days > 0,
                &at,
                "a reservation lasts at least one day",
            );
            self.days(&at, reservation_days);
        }
        let at = at.key("after_end");
        let kept = match &rules.after_end {
            AfterEnd::Successor { days } => Some((at.key("days"), *days)),
            AfterEnd::Organization {
                kept: SeatKept::Days { days },
            } => Some((at.key("kept").key("days"), *days)),
            AfterEnd::Organization { .. } | AfterEnd::Implementation {} => None,
        };
        if let Some((at, days)) = kept {
            self.need(days > 0, &at, "a seat is kept for at least one day");
            self.days(&at, days);
        }
    }

    fn violations(&mut self, at: &Pointer, rules: &ViolationRules) {
        let kinds = at.key("kinds");
        self.entries(&kinds, rules.kinds.len());
        self.need(
            !rules.kinds.is_empty(),
            &kinds,
            "must name at least one kind",
        );
        let last = rules.offences.last().map_or(0, |offence| offence.number);
        for (code, kind) in &rules.kinds {
            let at = kinds.key(code);
            self.code(&at, code);
            self.title(&at.key("title"), &kind.title);
            self.need(
                (1..=last).contains(&kind.enters_at),
                &at.key("enters_at"),
                "must be an offence number from 1 to the last one that has a consequence",
            );
        }
        self.need(
            rules.counted_for_months != Some(0),
            &at.key("counted_for_months"),
            "must be at least one month; leave it out where offences count for ever",
        );
        let offences = at.key("offences");
        self.entries(&offences, rules.offences.len());
        self.need(
            !rules.offences.is_empty(),
            &offences,
            "must state the consequence of a first offence",
        );
        let mut before = 0;
        for (index, offence) in rules.offences.iter().enumerate() {
            let at = offences.index(index);
            self.need(
                if index == 0 {
                    offence.number == 1
                } else {
                    offence.number > before
                },
                &at.key("number"),
                "offence numbers start at 1 and rise",
            );
            before = offence.number;
            self.consequence(&at.key("consequence"), &offence.consequence);
        }
    }

    fn consequence(&mut self, at: &Pointer, consequence: &Consequence) {
        let Consequence::Suspend { days, cure, .. } = consequence else {
            return;
        };
        self.need(
            days.is_some() || cure.is_some(),
            at,
            "a suspension lasts some days, until a cure, or until the first of both; state one",
        );
        if let Some(days) = days {
            self.need(
                *days > 0,
                &at.key("days"),
                "a suspension lasts at least one day",
            );
        }
        let at = at.key("cure");
        match cure {
            Some(Cure::Course { course }) => self.course(&at.key("course"), course),
            Some(Cure::Agreement { agreement }) => {
                self.agreement(&at.key("agreement"), agreement, AgreementScope::Person);
            }
            Some(Cure::Other { title }) => self.title(&at.key("title"), title),
            None => {}
        }
    }

    pub(super) fn off_rule(&mut self, at: &Pointer, rule: &OffRule) {
        self.length(&at.key("limit"), rule.limit);
        self.length_or_zero(&at.key("grace"), rule.grace);
        self.need(
            !may_exceed(rule.grace, rule.limit),
            &at.key("grace"),
            "is longer than the limit it guards",
        );
        let steps = at.key("steps");
        self.entries(&steps, rule.steps.len());
        for (index, step) in rule.steps.iter().enumerate() {
            let at = steps.index(index);
            self.length(&at.key("after"), step.after);
            self.need(
                !step.tells.is_empty(),
                &at.key("tells"),
                "a warning tells at least one recipient",
            );
            let before = index.checked_sub(1).and_then(|last| rule.steps.get(last));
            if before.is_some_and(|before| !super::lengths::rises(before.after, step.after)) {
                self.fault(&at.key("after"), "steps must rise");
            }
            if may_exceed(step.after, rule.limit) {
                self.fault(&at.key("after"), "comes after the limit it warns of");
            }
        }
        self.grace_without_steps(at, rule);
    }
}

/// Whether a cap within the implementation is larger than a cap of the whole that counts the same types.
fn outgrows(cap: &SeatCap, wider: &SeatCap) -> bool {
    let whole = matches!(wider.scope, CapScope::Implementation {});
    let within = !matches!(cap.scope, CapScope::Implementation {})
        || cap.license_types != wider.license_types;
    let covers = wider.license_types.is_empty()
        || (!cap.license_types.is_empty() && cap.license_types.is_subset(&wider.license_types));
    whole && within && covers && cap.seats > wider.seats
}
