//! Replays one license: facts as they were recorded, and between them what the rules bring about.

use super::inactivity::{self, TrackedNotice};
use super::obligation::{self, Obligation};
use super::rules::{InForce, Rules};
use super::{
    Case, Change, Consequence, DueItem, End, EndCause, Evaluation, Hold, LicenseState, Period,
    PeriodCause, Transition, TransitionCause, Upcoming, Warning,
};
use crate::domain::calendar::{Instant, Length, start_of_day};
use crate::domain::departure::{AnnouncedEnd, announced_ends};
use crate::domain::fact::{DeactivationCause, Fact, FactBody, HoldCause, NoticeRule};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus;
use crate::domain::policy::{NoticedEnd, OnMiss, ThenDeactivateOrList};
use crate::domain::requirement::{RequirementKey, Status, standing_facts};

/// What happens by itself, in the order of precedence at one instant: departure, violation or bar, term end,
/// agreement and recertification, inactivity.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Derived {
    Announced(FactId, DeactivationCause),
    Barred(FactId),
    OrganizationLeft,
    HoldBegins(FactId),
    HoldEnds(usize),
    SuspendedTooLong,
    Missed(RequirementKey),
    CutOff(Instant),
    Checkpoint,
}

impl Derived {
    fn precedence(&self) -> u8 {
        match self {
            Self::Announced(_, DeactivationCause::EmploymentEnded) => 0,
            Self::Announced(..) => 1,
            Self::OrganizationLeft => 2,
            Self::Barred(_) => 3,
            Self::HoldBegins(_) => 4,
            Self::HoldEnds(_) => 5,
            Self::Missed(_) => 6,
            Self::SuspendedTooLong => 7,
            Self::CutOff(_) => 8,
            Self::Checkpoint => 9,
        }
    }
}

pub(super) struct Machine<'a> {
    case: &'a Case<'a>,
    rules: &'a Rules<'a>,
    at: Instant,
    known: usize,
    periods: Vec<Period>,
    holds: Vec<Hold>,
    /// Holds announced for a later instant: fact, cause, until.
    pending_holds: Vec<(Instant, FactId, HoldCause, Option<Instant>)>,
    pub(super) notices: Vec<TrackedNotice>,
    /// When the inactivity clock last started without a login.
    pub(super) clock_from: Option<Instant>,
    pub(super) last_login: Option<Instant>,
    /// Logins after a running cut-off: they anchor only if the notice becomes void for another reason.
    too_late_logins: Vec<Instant>,
    history: Vec<Transition>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(case: &'a Case<'a>, rules: &'a Rules<'a>) -> Self {
        Self {
            case,
            rules,
            at: Instant::MIN_UTC,
            known: 0,
            periods: Vec::new(),
            holds: Vec::new(),
            pending_holds: Vec::new(),
            notices: Vec::new(),
            clock_from: None,
            last_login: None,
            too_late_logins: Vec::new(),
            history: Vec::new(),
        }
    }

    pub(super) fn run(mut self, now: Instant) -> Evaluation {
        loop {
            let recorded = self
                .case
                .facts
                .get(self.known)
                .map(|fact| fact.envelope.recorded_at);
            let derived = self.next_derived();
            match (recorded, derived) {
                // Facts recorded at exactly an instant are known at it, so they come before what happens by itself.
                (Some(recorded), derived)
                    if recorded <= now
                        && derived.as_ref().is_none_or(|(at, _)| recorded <= *at) =>
                {
                    self.at = recorded;
                    while let Some(fact) = self.case.facts.get(self.known)
                        && fact.envelope.recorded_at == recorded
                    {
                        self.known += 1;
                        self.absorb(fact);
                    }
                    self.settle();
                }
                (_, Some((at, derived))) if at <= now => {
                    self.at = at;
                    self.apply(&derived);
                    self.settle();
                }
                _ => break,
            }
        }
        self.at = now;
        self.answer(now)
    }

    pub(super) fn known(&self) -> &'a [Fact] {
        self.case.facts.get(..self.known).unwrap_or_default()
    }

    fn standing(&self) -> Vec<&'a Fact> {
        standing_facts(self.known().iter())
    }

    pub(super) fn now(&self) -> Instant {
        self.at
    }

    /// The grace and the shortest notice of the version in force when a notice was recorded.
    pub(super) fn terms_at_sending(&self, notice: &TrackedNotice) -> Option<(Length, Length)> {
        let license_type = &self.open_period()?.license_type;
        let (_, then) = self
            .rules
            .until(self.at)
            .filter(|(_, rules)| Some(rules.number) == notice.policy)
            .last()?;
        let off = then
            .document
            .license_types
            .get(license_type)?
            .inactivity
            .as_ref()?
            .off_rule
            .as_ref()?;
        Some((
            off.grace,
            then.document
                .notice_before(NoticedEnd::Inactivity, license_type),
        ))
    }

    pub(super) fn in_force(&self) -> Option<InForce<'_>> {
        self.rules.at(self.at)
    }

    pub(super) fn open_period(&self) -> Option<&Period> {
        self.periods.last().filter(|period| period.end.is_none())
    }

    pub(super) fn suspended(&self) -> bool {
        self.holds.iter().any(|hold| hold.ended_at.is_none())
    }

    fn ours(&self, fact: &Fact) -> bool {
        fact.organization_id == Some(self.case.organization)
    }

    fn status(&self) -> Option<LicenseStatus> {
        let period = self.periods.last()?;
        Some(match &period.end {
            Some(End {
                cause: EndCause::TermEnded,
                ..
            }) => LicenseStatus::Expired,
            Some(_) => LicenseStatus::Deactivated,
            None if self.suspended() => LicenseStatus::Suspended,
            None if self.notices.iter().any(TrackedNotice::warns) => LicenseStatus::Warned,
            None => LicenseStatus::Active,
        })
    }

    fn note(&mut self, from: Option<LicenseStatus>, cause: TransitionCause) {
        if let Some(to) = self.status() {
            let policy = self.in_force().map(|rules| rules.number);
            self.history.push(Transition {
                at: self.at,
                from,
                to,
                cause,
                policy,
            });
        }
    }

    fn absorb(&mut self, fact: &'a Fact) {
        match &fact.body {
            FactBody::Activated {
                license_type,
                class,
                job_role,
                projects,
                project_types,
                basis,
            } if self.ours(fact) => {
                let period = Period {
                    from: self.at,
                    cause: PeriodCause::Activation(*basis),
                    request: fact.request_id,
                    fact: fact.id,
                    license_type: license_type.clone(),
                    class: *class,
                    job_role: job_role.clone(),
                    projects: projects.clone(),
                    project_types: project_types.clone(),
                    end: None,
                };
                self.begin(period);
            }
            FactBody::Reactivated if self.ours(fact) => {
                self.resume(fact.id, PeriodCause::Reactivation)
            }
            FactBody::Reinstated if self.ours(fact) => {
                self.resume(fact.id, PeriodCause::Reinstatement)
            }
            FactBody::TypeChanged { license_type } if self.ours(fact) => {
                if let Some(period) = self
                    .periods
                    .last_mut()
                    .filter(|period| period.end.is_none())
                {
                    period.license_type.clone_from(license_type);
                    self.void_notices();
                }
            }
            FactBody::HoldOpened { cause, until } if self.ours(fact) => {
                self.pending_holds
                    .push((fact.acts_at(), fact.id, *cause, *until));
            }
            FactBody::HoldLifted { hold } if self.ours(fact) => {
                self.pending_holds.retain(|(_, id, _, _)| id != hold);
                if let Some(index) = self
                    .holds
                    .iter()
                    .position(|open| open.fact == Some(*hold) && open.ended_at.is_none())
                {
                    self.end_hold(index);
                }
            }
            FactBody::LoggedIn { serves, .. } => self.absorb_login(fact, serves),
            FactBody::NoticeSent {
                rule,
                step,
                requirement,
                named_on,
                ..
            } if self.ours(fact) => {
                let policy = self.in_force().map(|rules| rules.number);
                let before = self.status();
                self.notices.push(TrackedNotice {
                    fact: fact.id,
                    rule: *rule,
                    step: *step,
                    requirement: requirement.clone(),
                    named_on: *named_on,
                    occurred_at: fact.envelope.occurred_at,
                    // A notice recorded late starts its grace no earlier than a day before its recording.
                    sent_at: fact
                        .envelope
                        .occurred_at
                        .max(fact.envelope.recorded_at - chrono::TimeDelta::hours(24)),
                    void: false,
                    policy,
                });
                if *rule == NoticeRule::Inactivity && before == Some(LicenseStatus::Active) {
                    self.void_what_no_longer_counts();
                    if self.status() == Some(LicenseStatus::Warned) {
                        self.note(before, TransitionCause::Warned(fact.id));
                    }
                }
            }
            FactBody::NoticeBounced { notice } => {
                for tracked in &mut self.notices {
                    tracked.void |= tracked.fact == *notice;
                }
            }
            _ => {}
        }
    }

    /// A login anchors the clock if this license gave access when it occurred. One at or after a running cut-off does
    /// not save.
    fn absorb_login(&mut self, fact: &Fact, serves: &[crate::domain::ids::OrganizationId]) {
        let here = serves.contains(&self.case.organization);
        let everywhere = !serves.is_empty() && self.login_serves_person();
        if !here && !everywhere {
            return;
        }
        let at = fact.envelope.occurred_at;
        if let Some(end) = self
            .periods
            .last_mut()
            .and_then(|period| period.end.as_mut())
        {
            if matches!(
                end.cause,
                EndCause::Deactivated(DeactivationCause::Inactivity)
            ) && end.cut_off_at.is_some_and(|cut_off| at < cut_off)
            {
                end.contested_by.push(fact.id);
            }
            return;
        }
        if self
            .cut_off()
            .is_some_and(|cut_off| at >= cut_off.cut_off_at)
        {
            self.too_late_logins.push(at);
            return;
        }
        for notice in &mut self.notices {
            if notice.rule == NoticeRule::Inactivity && at > notice.occurred_at {
                notice.void = true;
            }
        }
        self.last_login = self.last_login.max(Some(at));
    }

    fn login_serves_person(&self) -> bool {
        let Some(rules) = self.in_force() else {
            return false;
        };
        self.open_period()
            .and_then(|period| rules.document.license_types.get(&period.license_type))
            .and_then(|found| found.inactivity.as_ref())
            .is_some_and(|rule| rule.login_serves == crate::domain::policy::LoginServes::Person)
    }

    fn begin(&mut self, period: Period) {
        if self.open_period().is_some() {
            return;
        }
        let before = self.status();
        let cause = TransitionCause::Began(period.cause, period.fact);
        // Ordinary holds belong to a period; what bars the person is no hold.
        for index in 0..self.holds.len() {
            self.end_hold_silently(index);
        }
        self.pending_holds.clear();
        self.notices.clear();
        self.too_late_logins.clear();
        self.clock_from = Some(self.at);
        self.periods.push(period);
        self.note(before, cause);
    }

    /// A new period as the last one stood.
    fn resume(&mut self, fact: FactId, cause: PeriodCause) {
        if let Some(last) = self.periods.last() {
            let period = Period {
                from: self.at,
                cause,
                fact,
                end: None,
                ..last.clone()
            };
            self.begin(period);
        }
    }

    fn end(&mut self, cause: EndCause, cut_off_at: Option<Instant>, fact: Option<FactId>) {
        let before = self.status();
        let at = self.at;
        if let Some(period) = self
            .periods
            .last_mut()
            .filter(|period| period.end.is_none())
        {
            period.end = Some(End {
                cause,
                at,
                cut_off_at,
                fact,
                contested_by: Vec::new(),
            });
            for index in 0..self.holds.len() {
                self.end_hold_silently(index);
            }
            self.void_notices();
            self.note(before, TransitionCause::Ended(cause, fact));
        }
    }

    fn open_hold(&mut self, hold: Hold) {
        let before = self.status();
        let cause = hold.cause;
        self.holds.push(hold);
        self.void_notices();
        self.note(before, TransitionCause::HoldOpened(cause));
    }

    fn end_hold(&mut self, index: usize) {
        let before = self.status();
        let Some(cause) = self.end_hold_silently(index) else {
            return;
        };
        if !self.suspended() {
            // The clock restarts at the lift of the last hold.
            self.clock_from = self.clock_from.max(Some(self.at));
        }
        self.note(before, TransitionCause::HoldEnded(cause));
    }

    fn end_hold_silently(&mut self, index: usize) -> Option<HoldCause> {
        let at = self.at;
        let hold = self
            .holds
            .get_mut(index)
            .filter(|hold| hold.ended_at.is_none())?;
        hold.ended_at = Some(at);
        Some(hold.cause)
    }

    fn void_notices(&mut self) {
        for notice in &mut self.notices {
            notice.void |= notice.rule == NoticeRule::Inactivity;
        }
        self.unlock_late_logins();
    }

    /// The notice became void for another reason: what logged in after its cut-off counts after all.
    fn unlock_late_logins(&mut self) {
        for login in std::mem::take(&mut self.too_late_logins) {
            self.last_login = self.last_login.max(Some(login));
        }
    }

    /// What follows from what was just absorbed or applied: cures, and notices that no longer count.
    fn settle(&mut self) {
        self.open_due_holds();
        if self.open_period().is_some() {
            let standing = self.standing();
            let obligations = self.obligations(&standing);
            for index in 0..self.holds.len() {
                let cured = self.holds.get(index).is_some_and(|hold| {
                    hold.ended_at.is_none()
                        && hold.requirement.as_ref().is_some_and(|key| {
                            // A requirement that a new policy dropped takes its hold with it.
                            obligations
                                .iter()
                                .find(|obligation| obligation.standing.key == *key)
                                .is_none_or(|obligation| {
                                    obligation.standing.status != Status::Overdue
                                })
                        })
                });
                if cured {
                    self.end_hold(index);
                }
            }
        }
        let before = self.status();
        self.void_what_no_longer_counts();
        if before == Some(LicenseStatus::Warned) && self.status() == Some(LicenseStatus::Active) {
            self.note(before, TransitionCause::WarningVoid);
        }
    }

    fn void_what_no_longer_counts(&mut self) {
        let counts: Vec<bool> = self
            .notices
            .iter()
            .map(|notice| self.notice_counts(notice))
            .collect();
        let mut voided = false;
        for (notice, counts) in self.notices.iter_mut().zip(counts) {
            voided |= !notice.void && !counts;
            notice.void |= !counts;
        }
        if voided && !self.notices.iter().any(TrackedNotice::warns) {
            self.unlock_late_logins();
        }
    }

    fn notice_counts(&self, notice: &TrackedNotice) -> bool {
        if notice.void {
            return false;
        }
        match notice.rule {
            NoticeRule::Inactivity => inactivity::counts(self, notice, self.case.sources),
            NoticeRule::Agreement | NoticeRule::Recertification | NoticeRule::Waiver => {
                let standing = self.standing();
                self.obligations(&standing)
                    .iter()
                    .filter(|obligation| notice.speaks_of(obligation))
                    // Void once the end moves behind the day it named, or nothing is owed.
                    .any(|obligation| {
                        obligation
                            .lapses_on
                            .is_some_and(|day| day <= notice.named_on)
                    })
            }
            _ => true,
        }
    }

    /// Holds whose announced instant has come.
    fn open_due_holds(&mut self) {
        let due: Vec<_> = self
            .pending_holds
            .extract_if(.., |(at, ..)| *at <= self.at)
            .collect();
        for (_, fact, cause, until) in due {
            if self.open_period().is_none() || until.is_some_and(|until| until <= self.at) {
                continue;
            }
            self.open_hold(Hold {
                cause,
                from: self.at,
                until,
                ended_at: None,
                fact: Some(fact),
                requirement: None,
            });
        }
    }

    fn obligations(&self, standing: &[&Fact]) -> Vec<Obligation> {
        match (self.open_period(), self.in_force()) {
            (Some(period), Some(in_force)) => obligation::of_holder(
                self.case.organization,
                period,
                standing,
                self.rules,
                in_force,
                self.at,
            ),
            _ => Vec::new(),
        }
    }

    fn cut_off(&self) -> Option<inactivity::CutOff> {
        inactivity::cut_off(self, self.case.sources)
    }

    fn bar(&self) -> Option<(Instant, FactId)> {
        let standing = self.standing();
        standing
            .iter()
            .filter_map(|fact| match &fact.body {
                FactBody::Barred { until } => {
                    let lifted = standing
                        .iter()
                        .any(|other| matches!(&other.body, FactBody::BarLifted { bar } if *bar == fact.id));
                    (!lifted && until.is_none_or(|until| self.at < until)).then(|| (fact.acts_at(), fact.id))
                }
                _ => None,
            })
            .min()
    }

    /// Whether the organization takes part at an instant, by the records known at the machine's instant, and the next
    /// instant at which it stops.
    fn participation_ends(&self) -> Option<Instant> {
        let zone = self.in_force()?.zone;
        let latest = self
            .case
            .participations
            .iter()
            .filter(|record| record.recorded_at <= self.at)
            .max_by_key(|record| record.recorded_at)?;
        let (from, to) = latest.window(zone);
        if self.at < from { Some(self.at) } else { to }
    }

    fn participating(&self) -> bool {
        let recorded = self
            .case
            .participations
            .iter()
            .any(|record| record.recorded_at <= self.at);
        recorded && self.participation_ends().is_none_or(|end| self.at < end)
    }

    /// The next participation record that is not yet known: the machine must look again when it is.
    fn next_participation_record(&self) -> Option<Instant> {
        self.case
            .participations
            .iter()
            .map(|record| record.recorded_at)
            .filter(|recorded| *recorded > self.at)
            .min()
    }

    /// The earliest thing that happens by itself, at or after the machine's instant.
    fn next_derived(&self) -> Option<(Instant, Derived)> {
        let period = self.open_period()?;
        let mut next: Vec<(Instant, Derived)> = Vec::new();
        for end in self.pending_ends(period) {
            let cause = match &end.fact.body {
                FactBody::Deactivated { cause } => *cause,
                _ => DeactivationCause::EmploymentEnded,
            };
            next.push((end.acts_at, Derived::Announced(end.fact.id, cause)));
        }
        next.extend(
            self.participation_ends()
                .map(|at| (at, Derived::OrganizationLeft)),
        );
        next.extend(self.bar().map(|(at, fact)| (at, Derived::Barred(fact))));
        next.extend(
            self.pending_holds
                .iter()
                .map(|(at, fact, ..)| (*at, Derived::HoldBegins(*fact))),
        );
        for (index, hold) in self.holds.iter().enumerate() {
            if hold.ended_at.is_none() {
                next.extend(hold.until.map(|until| (until, Derived::HoldEnds(index))));
            }
        }
        next.extend(
            self.suspended_too_long()
                .map(|at| (at, Derived::SuspendedTooLong)),
        );
        let standing = self.standing();
        for obligation in self.obligations(&standing) {
            if let Some(at) = self.miss_at(&obligation)
                && !self.holds_for(&obligation.standing.key)
            {
                next.push((at, Derived::Missed(obligation.standing.key)));
            }
        }
        if let Some(cut_off) = self.cut_off()
            && inactivity::acts(self)
        {
            next.push((cut_off.takes_effect_at, Derived::CutOff(cut_off.cut_off_at)));
        }
        let checkpoint = [
            self.rules.next_change(self.at),
            self.next_participation_record(),
            inactivity::next_source_change(self.case.sources, self.at),
        ];
        next.extend(
            checkpoint
                .into_iter()
                .flatten()
                .map(|at| (at, Derived::Checkpoint)),
        );
        next.into_iter()
            .map(|(at, derived)| (at.max(self.at), derived))
            .min_by_key(|(at, derived)| (*at, derived.precedence()))
    }

    fn pending_ends(&self, period: &Period) -> impl Iterator<Item = AnnouncedEnd<'a>> {
        let from = period.from;
        let organization = self.case.organization;
        announced_ends(self.known(), self.at)
            .into_iter()
            // An end reaches what began by its instant, never a later period (rehired).
            .filter(move |end| {
                end.fact.organization_id == Some(organization)
                    && end.cancelled_by.is_none()
                    && end.occurred_at >= from
            })
    }

    fn holds_for(&self, key: &RequirementKey) -> bool {
        self.holds
            .iter()
            .any(|hold| hold.ended_at.is_none() && hold.requirement.as_ref() == Some(key))
    }

    /// When a missed obligation acts, if all it needs is there: its date, and a counted notice that named one.
    fn miss_at(&self, obligation: &Obligation) -> Option<Instant> {
        if obligation.on_miss == OnMiss::List {
            return None;
        }
        let in_force = self.in_force()?;
        let lapses_at = start_of_day(in_force.zone, obligation.lapses_on?);
        let lapses_at = obligation.enforced_from.map_or(lapses_at, |day| {
            lapses_at.max(start_of_day(in_force.zone, day))
        });
        let period = self.open_period()?;
        let minimum = in_force
            .document
            .notice_before(obligation.noticed_end(), &period.license_type);
        if minimum.is_zero() {
            return Some(lapses_at);
        }
        let calendar = super::obligation::calendar(in_force);
        self.notices
            .iter()
            .filter(|notice| !notice.void && notice.speaks_of(obligation))
            .map(|notice| {
                let earliest = minimum.lapses_on(calendar.day(notice.sent_at), calendar.holidays);
                lapses_at
                    .max(start_of_day(in_force.zone, notice.named_on))
                    .max(start_of_day(in_force.zone, earliest))
            })
            .min()
    }

    fn suspended_too_long(&self) -> Option<Instant> {
        let in_force = self.in_force()?;
        let period = self.open_period()?;
        let minimum = in_force
            .document
            .notice_before(NoticedEnd::SuspensionTooLong, &period.license_type);
        let calendar = super::obligation::calendar(in_force);
        self.holds
            .iter()
            .filter(|hold| hold.ended_at.is_none())
            .filter_map(|hold| {
                let maximum = in_force.document.suspension.maximum_for(hold.cause)?;
                if maximum.then == ThenDeactivateOrList::List {
                    return None;
                }
                let over = start_of_day(
                    in_force.zone,
                    maximum
                        .length
                        .lapses_on(calendar.day(hold.from), calendar.holidays),
                );
                let over = maximum
                    .enforced_from
                    .map_or(over, |day| over.max(start_of_day(in_force.zone, day)));
                if minimum.is_zero() {
                    return Some(over);
                }
                self.notices
                    .iter()
                    .filter(|notice| !notice.void && notice.rule == NoticeRule::SuspensionTooLong)
                    .filter(|notice| notice.sent_at >= hold.from)
                    .map(|notice| {
                        let earliest =
                            minimum.lapses_on(calendar.day(notice.sent_at), calendar.holidays);
                        over.max(start_of_day(in_force.zone, notice.named_on))
                            .max(start_of_day(in_force.zone, earliest))
                    })
                    .min()
            })
            .min()
    }

    fn apply(&mut self, derived: &Derived) {
        let deactivated = EndCause::Deactivated;
        match derived {
            Derived::Announced(fact, cause) => self.end(deactivated(*cause), None, Some(*fact)),
            Derived::Barred(fact) => {
                self.end(deactivated(DeactivationCause::Barred), None, Some(*fact))
            }
            Derived::OrganizationLeft => {
                self.end(deactivated(DeactivationCause::OrganizationLeft), None, None)
            }
            Derived::SuspendedTooLong => self.end(
                deactivated(DeactivationCause::SuspensionTooLong),
                None,
                None,
            ),
            Derived::HoldBegins(_) => self.open_due_holds(),
            Derived::HoldEnds(index) => self.end_hold(*index),
            Derived::Missed(key) => self.miss(key),
            Derived::CutOff(cut_off_at) => {
                if inactivity::suspends(self) {
                    self.open_hold(Hold {
                        cause: HoldCause::LongInactivity,
                        from: self.at,
                        until: None,
                        ended_at: None,
                        fact: None,
                        requirement: None,
                    });
                } else {
                    self.end(
                        deactivated(DeactivationCause::Inactivity),
                        Some(*cut_off_at),
                        None,
                    );
                }
            }
            Derived::Checkpoint => {}
        }
    }

    fn miss(&mut self, key: &RequirementKey) {
        let standing = self.standing();
        let Some(missed) = self
            .obligations(&standing)
            .into_iter()
            .find(|obligation| obligation.standing.key == *key)
        else {
            return;
        };
        match missed.on_miss {
            OnMiss::Suspend => self.open_hold(Hold {
                cause: missed.hold_cause(),
                from: self.at,
                until: None,
                ended_at: None,
                fact: None,
                requirement: Some(key.clone()),
            }),
            OnMiss::Deactivate => self.end(
                EndCause::Deactivated(missed.deactivation_cause()),
                None,
                None,
            ),
            OnMiss::List => {}
        }
    }

    fn state(&self) -> Option<LicenseState> {
        let period = self.periods.last()?;
        Some(match (self.status()?, &period.end) {
            (LicenseStatus::Expired, Some(end)) => LicenseState::Expired(end.clone()),
            (_, Some(end)) => LicenseState::Deactivated(end.clone()),
            (LicenseStatus::Suspended, None) => LicenseState::Suspended(
                self.holds
                    .iter()
                    .filter(|hold| hold.ended_at.is_none())
                    .cloned()
                    .collect(),
            ),
            (_, None) => match self.notices.iter().rfind(|notice| notice.warns()) {
                Some(notice) => {
                    let cut_off = self.cut_off();
                    LicenseState::Warned(Warning {
                        notice: notice.fact,
                        sent_at: notice.sent_at,
                        named_on: notice.named_on,
                        cut_off_at: cut_off.map(|cut_off| cut_off.cut_off_at),
                        takes_effect_at: cut_off.map(|cut_off| cut_off.takes_effect_at),
                    })
                }
                None => LicenseState::Active,
            },
        })
    }

    fn answer(self, now: Instant) -> Evaluation {
        let standing = self.standing();
        let obligations = self.obligations(&standing);
        let mut due: Vec<DueItem> = obligations
            .iter()
            .filter_map(|obligation| {
                Some(DueItem {
                    rule: obligation.rule,
                    requirement: Some(obligation.standing.key.clone()),
                    due_on: obligation.standing.due_on?,
                    consequence: match (obligation.on_miss, self.miss_at(obligation)) {
                        (OnMiss::List, _) => Consequence::Listed,
                        (_, Some(at)) => Consequence::At(at),
                        (_, None) => Consequence::AwaitsNotice,
                    },
                })
            })
            .collect();
        due.extend(inactivity::due_item(&self, self.case.sources));
        due.sort_by_key(|item| item.due_on);
        let mut upcoming = self.upcoming(&obligations);
        upcoming.sort_by_key(|upcoming| upcoming.at);
        Evaluation {
            at: now,
            state: self.state(),
            since: self.history.last().map(|transition| transition.at),
            requirements: obligations
                .iter()
                .map(|obligation| obligation.standing.clone())
                .collect(),
            due,
            upcoming,
            policy: self.in_force().map(|rules| rules.number),
            barred: self
                .bar()
                .filter(|(at, _)| *at <= now)
                .map(|(_, fact)| fact),
            participating: self.participating(),
            last_login_at: self.last_login,
            periods: self.periods,
            holds: self.holds,
            history: self.history,
        }
    }

    /// What comes by itself after the machine's instant, each kind at its earliest.
    fn upcoming(&self, obligations: &[Obligation]) -> Vec<Upcoming> {
        let mut upcoming = Vec::new();
        let mut add = |at: Instant, change: Change| {
            if at > self.at {
                upcoming.push(Upcoming { at, change });
            }
        };
        if let Some(at) = self.rules.next_change(self.at) {
            add(at, Change::NewRules);
        }
        let Some(period) = self.open_period() else {
            return upcoming;
        };
        for end in self.pending_ends(period) {
            let cause = match &end.fact.body {
                FactBody::Deactivated { cause } => *cause,
                _ => DeactivationCause::EmploymentEnded,
            };
            add(end.acts_at, Change::Ends(EndCause::Deactivated(cause)));
        }
        let deactivates = |cause| Change::Ends(EndCause::Deactivated(cause));
        if let Some(at) = self.participation_ends() {
            add(at, deactivates(DeactivationCause::OrganizationLeft));
        }
        if let Some((at, _)) = self.bar() {
            add(at, deactivates(DeactivationCause::Barred));
        }
        for (at, _, cause, _) in &self.pending_holds {
            add(*at, Change::Suspends(*cause));
        }
        for hold in self.holds.iter().filter(|hold| hold.ended_at.is_none()) {
            if let Some(until) = hold.until {
                add(until, Change::Resumes(hold.cause));
            }
        }
        if let Some(at) = self.suspended_too_long() {
            add(at, deactivates(DeactivationCause::SuspensionTooLong));
        }
        for obligation in obligations {
            let key = &obligation.standing.key;
            if let (Some(in_force), Some(day)) = (self.in_force(), obligation.lapses_on) {
                add(
                    start_of_day(in_force.zone, day),
                    Change::Lapses(key.clone()),
                );
            }
            if let Some(at) = self.miss_at(obligation)
                && !self.holds_for(key)
            {
                add(
                    at,
                    match obligation.on_miss {
                        OnMiss::Deactivate => deactivates(obligation.deactivation_cause()),
                        _ => Change::Suspends(obligation.hold_cause()),
                    },
                );
            }
        }
        if let Some(cut_off) = self.cut_off()
            && inactivity::acts(self)
        {
            add(
                cut_off.takes_effect_at,
                if inactivity::suspends(self) {
                    Change::Suspends(HoldCause::LongInactivity)
                } else {
                    deactivates(DeactivationCause::Inactivity)
                },
            );
        }
        for (step, at) in inactivity::steps_due(self, self.case.sources) {
            add(at, Change::Warnable(step));
        }
        upcoming
    }
}
