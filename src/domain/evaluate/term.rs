//! Terms: a license expires at the end of its term unless it is renewed.
//!
//! Terms repeat from the day on which the license began, never from a day that a short month clamped; a fixed date of
//! the year is everybody's. Whoever renews adds one term, and no second one before that has begun.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::machine::Machine;
use super::obligation::{calendar, moved};
use super::{Consequence, DueItem, EndCause, Period, PeriodCause};
use crate::domain::calendar::{Instant, Length, add_days, repeated_term};
use crate::domain::fact::{Fact, FactBody, NoticeRule, RenewalDecision};
use crate::domain::policy::{NoticedEnd, Renewer, Term, TermEnd};
use crate::domain::requirement::Calendar;

/// The term of a license, running or over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermStanding {
    /// The last local day of the term.
    pub last_on: NaiveDate,
    /// The first local day on which it may end the license, notice aside. Nothing while the return from a leave is open.
    pub ends_on: Option<NaiveDate>,
    /// From this local day a renewal counts for the next term.
    pub opens_on: NaiveDate,
    /// Who renews: any of them.
    pub renewed_by: BTreeSet<Renewer>,
    /// Of a license that expired: the last local day on which a renewal still brings it back, where the policy grants a
    /// grace.
    pub renewable_through: Option<NaiveDate>,
    /// When the running term was begun: by the activation, or by the last renewal.
    pub begun_at: Instant,
}

/// How far terms reach.
struct Reach<'a> {
    term: &'a Term,
    calendar: Calendar<'a>,
    /// The day on which the first one began.
    began: NaiveDate,
    /// How many terms there are so far, with the last local day of the last one.
    terms: u32,
    last: NaiveDate,
}

impl<'a> Reach<'a> {
    fn begin(term: &'a Term, calendar: Calendar<'a>, began: NaiveDate) -> Self {
        let mut reach = Self {
            term,
            calendar,
            began,
            terms: 1,
            last: began,
        };
        reach.last = match &term.ends {
            TermEnd::After { length } => reach.repeated(*length, 1),
            TermEnd::Yearly { date } => date.counts_through(began, true),
        };
        reach
    }

    /// The last local day of so many terms, counted from the first day.
    fn repeated(&self, length: Length, terms: u32) -> NaiveDate {
        match length {
            Length::Months(months) => repeated_term(self.began, u32::from(months), terms),
            Length::Days(days) => add_days(self.began, u32::from(days).saturating_mul(terms)),
            Length::BusinessDays(_) => (0..terms).fold(self.began, |day, _| {
                if day == NaiveDate::MAX {
                    day
                } else {
                    self.calendar.after(length, day)
                }
            }),
        }
    }

    fn opens_on(&self) -> NaiveDate {
        match &self.term.ends {
            TermEnd::After { .. } if self.terms <= 1 => self.began,
            TermEnd::After { length } => add_days(self.repeated(*length, self.terms - 1), 1),
            TermEnd::Yearly { date } => date.opens_before(self.last),
        }
    }

    /// One term more, or as many as it takes to reach the day of the renewal. Nothing before the opening.
    fn renew(&mut self, on: NaiveDate) {
        if on < self.opens_on() {
            return;
        }
        match &self.term.ends {
            // A length of nothing would never reach the day.
            TermEnd::After { length } if length.is_zero() => {}
            TermEnd::After { length } => loop {
                self.terms = self.terms.saturating_add(1);
                self.last = self.repeated(*length, self.terms);
                if self.last >= on {
                    break;
                }
            },
            TermEnd::Yearly { date } => self.last = self.last.max(date.counts_through(on, false)),
        }
    }
}

impl Machine<'_> {
    /// The term of a period under the rules in force; nothing where its type has none.
    pub(super) fn term_of(&self, period: &Period) -> Option<TermStanding> {
        let in_force = self.in_force()?;
        let term = in_force
            .document
            .license_types
            .get(&period.license_type)?
            .term
            .as_ref()?;
        let calendar = calendar(in_force);
        let mut reach = Reach::begin(term, calendar, calendar.day(period.counted_from));
        let mut renewals: Vec<&Fact> = self
            .evidence
            .iter()
            .copied()
            .filter(|fact| self.renews(period, fact))
            .collect();
        renewals.sort_by_key(|fact| (fact.envelope.occurred_at, fact.id));
        let mut begun_at = period.counted_from;
        for renewal in &renewals {
            let before = reach.last;
            reach.renew(calendar.day(renewal.envelope.occurred_at));
            if reach.last > before {
                begun_at = renewal.envelope.occurred_at;
            }
        }
        let renewed_since = |from: Instant| {
            renewals
                .iter()
                .any(|renewal| renewal.envelope.occurred_at >= from)
        };
        let moved = moved(
            add_days(reach.last, 1),
            period,
            &self.leaves,
            in_force,
            renewed_since,
        );
        let ends_on = moved
            .lapses_on
            .max(term.enforced_from.unwrap_or(moved.lapses_on));
        let expired = period
            .end
            .as_ref()
            .filter(|end| end.cause == EndCause::TermEnded);
        Some(TermStanding {
            last_on: moved.lapses_on.pred_opt().unwrap_or(moved.lapses_on),
            ends_on: (!moved.open).then_some(ends_on),
            opens_on: reach.opens_on(),
            renewed_by: term.renewed_by.clone(),
            renewable_through: expired.and_then(|end| {
                // The days of grace begin with the first one without access. Those that the end gave stay given.
                let last = calendar.day(end.at - chrono::TimeDelta::microseconds(1));
                let then = self
                    .rules
                    .at(end.at)
                    .and_then(|rules| rules.document.license_types.get(&period.license_type))
                    .and_then(|found| found.term.as_ref())
                    .and_then(|term| term.renewal_grace);
                let graces = [term.renewal_grace, then].into_iter().flatten();
                graces.map(|grace| calendar.after(grace, last)).max()
            }),
            begun_at,
        })
    }

    /// Whether a fact renews the term of a period: it was given in it, by somebody who renewed under the rules in force
    /// at its recording.
    fn renews(&self, period: &Period, fact: &Fact) -> bool {
        let FactBody::LicenseRenewed {
            by,
            decision: RenewalDecision::Renewed,
        } = &fact.body
        else {
            return false;
        };
        fact.organization_id == Some(self.case.organization)
            && fact.envelope.occurred_at >= period.counted_from
            && self
                .rules
                .at(fact.envelope.recorded_at)
                .and_then(|rules| rules.document.license_types.get(&period.license_type))
                .and_then(|found| found.term.as_ref())
                .is_some_and(|term| term.renewed_by.contains(by))
    }

    pub(super) fn term(&self) -> Option<TermStanding> {
        self.term_of(self.periods.last()?)
    }

    /// When the term ends the license: once a notice named the day.
    pub(super) fn term_ends_at(&self) -> Option<Instant> {
        let term = self.term_of(self.open_period()?)?;
        self.noticed(NoticedEnd::Term, term.ends_on?, |notice| {
            notice.rule == NoticeRule::Term
        })
        .map(|at| self.not_while_restored(at))
        .and_then(|at| self.waits_for_hold(at))
    }

    /// Whether a renewal means anything to the license: it runs, or its term ended it.
    pub(super) fn may_be_renewed(&self) -> bool {
        self.periods.last().is_some_and(|period| {
            period
                .end
                .as_ref()
                .is_none_or(|end| end.cause == EndCause::TermEnded)
        })
    }

    pub(super) fn term_due(&self) -> Option<DueItem> {
        let term = self.term_of(self.open_period()?)?;
        term.ends_on?;
        Some(DueItem {
            rule: NoticeRule::Term,
            requirement: None,
            due_on: term.last_on,
            consequence: self
                .term_ends_at()
                .map_or(Consequence::AwaitsNotice, Consequence::At),
        })
    }

    pub(super) fn expire(&mut self) {
        let notices = self
            .notices
            .iter()
            .filter(|notice| !notice.void && notice.rule == NoticeRule::Term)
            .map(|notice| notice.fact)
            .collect();
        self.end(EndCause::TermEnded, None, None);
        self.ended_on = notices;
    }

    /// A renewal became known. In the grace it brings an expired license back; one that was given in time and is known
    /// only after the grace contests the end.
    pub(super) fn absorb_renewal(&mut self, fact: &Fact) {
        let ended = self
            .contested_period()
            .and_then(|place| self.periods.get(place));
        let Some((period, end)) = ended.and_then(|period| Some((period, period.end.as_ref()?)))
        else {
            return;
        };
        if end.cause != EndCause::TermEnded || !self.renews(period, fact) {
            return;
        }
        let Some((in_force, term)) = self.in_force().zip(self.term_of(period)) else {
            return;
        };
        let today = calendar(in_force).day(self.now());
        let reaches = term.last_on >= today;
        let in_grace = term.renewable_through.is_some_and(|last| today <= last);
        let barred = self.bar().is_some_and(|(from, _)| from <= self.now());
        if in_grace && reaches && !barred && self.participating() {
            // A renewal settles what an emergency restoration left open.
            self.end_restoration();
            self.resume(fact.id, PeriodCause::Renewal);
        } else if fact.envelope.occurred_at < end.at {
            self.contest(fact.id);
        }
    }
}
