//! What happens by itself, and when.

use chrono::NaiveDate;

use super::inactivity;
use super::machine::{Derived, Machine};
use super::obligation::{Obligation, calendar};
use super::sources;
use super::tracked::TrackedNotice;
use super::{Consequence, DueItem, Hold, Period};
use crate::domain::absence_hold::is_absence;
use crate::domain::calendar::{Instant, Length, start_of_day};
use crate::domain::departure::AnnouncedEnd;
use crate::domain::fact::{HoldCause, NoticeRule};
use crate::domain::policy::{NoticedEnd, OnMiss, ThenDeactivateOrList};
use crate::domain::requirement::RequirementKey;

impl<'a> Machine<'a> {
    /// The earliest thing that happens by itself, at or after the machine's instant.
    pub(super) fn next_derived(&self) -> Option<(Instant, Derived)> {
        let period = self.open_period()?;
        let mut next: Vec<(Instant, Derived)> = Vec::new();
        for end in self.pending_ends(period) {
            next.push((end.acts_at, Derived::Announced(end.fact.id, end.cause())));
        }
        next.extend(
            self.participation_ends()
                .map(|at| (at, Derived::OrganizationLeft)),
        );
        next.extend(self.bar().map(|(at, fact)| (at, Derived::Barred(fact))));
        next.extend(
            self.pending_holds
                .iter()
                .map(|pending| (pending.at, Derived::HoldBegins)),
        );
        for (index, hold) in self.holds.iter().enumerate() {
            if hold.ended_at.is_none() {
                next.extend(hold.until.map(|until| (until, Derived::HoldEnds(index))));
            }
        }
        next.extend(self.leave_changes(self.at));
        next.extend(
            self.suspended_too_long()
                .map(|at| (at, Derived::SuspendedTooLong)),
        );
        next.extend(self.unreachable_at().map(|at| (at, Derived::Unreachable)));
        next.extend(self.term_ends_at().map(|at| (at, Derived::TermEnds)));
        next.extend(
            self.restored_until()
                .map(|until| (until, Derived::RestorationEnds)),
        );
        for obligation in self.all_owed() {
            if !self.held_for(&obligation.standing.key)
                && let Some(at) = self.miss_at(obligation)
            {
                next.push((at, Derived::Missed(obligation.standing.key.clone())));
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
            sources::next_service_change(self.case.sources, self.at),
            self.next_campaign(),
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

    /// Ends announced for this license that reach a period: one that began by the instant of the end, never a later
    /// one (rehired), and none that ended an earlier period already. A reinstatement goes on from the beginning that it
    /// restores, so that it is reached by whatever else had ended the license meanwhile.
    pub(super) fn pending_ends(&self, period: &Period) -> impl Iterator<Item = &AnnouncedEnd<'a>> {
        let from = period.counted_from;
        self.ends.iter().filter(move |end| {
            end.fact.organization_id == Some(self.case.organization)
                && end.cancelled_by.is_none()
                && end.undone_by.is_none()
                && !self.takes_for_mistake(end.fact.id)
                && end.occurred_at >= from
                && !self.periods.iter().any(|earlier| {
                    earlier
                        .end
                        .as_ref()
                        .is_some_and(|past| past.fact == Some(end.fact.id))
                })
        })
    }

    /// Whether the miss of a requirement holds the license already.
    pub(super) fn held_for(&self, key: &RequirementKey) -> bool {
        self.holds.iter().any(|hold| {
            hold.ended_at.is_none()
                && hold.cause != HoldCause::EvidenceWithdrawn
                && hold.requirement.as_ref() == Some(key)
        }) || self.holds_add_on(key)
    }

    /// The instant of a dated end of which a counting notice was sent: its day, the day that was named, and the
    /// shortest notice, whichever is last. Nothing while a notice is needed and none names the day.
    pub(super) fn noticed(
        &self,
        end: NoticedEnd,
        ends_on: NaiveDate,
        speaks: impl Fn(&TrackedNotice) -> bool,
    ) -> Option<Instant> {
        let in_force = self.in_force()?;
        let starts = |day| start_of_day(in_force.zone, day);
        let minimum: Length = in_force
            .document
            .notice_before(end, &self.open_period()?.license_type);
        let calendar = calendar(in_force);
        let counting = self
            .notices
            .iter()
            .filter(|notice| !notice.void && ends_on <= notice.named_on && speaks(notice));
        if minimum.is_zero() {
            // None is needed; but whoever was told a later day has until then.
            let told = counting.map(|notice| notice.named_on).min();
            return Some(starts(told.unwrap_or(ends_on)));
        }
        counting
            .map(|notice| {
                let earliest = minimum.lapses_on(calendar.day(notice.sent_at), calendar.holidays);
                starts(notice.named_on.max(earliest))
            })
            .min()
    }

    /// When a missed obligation acts, if all it needs is there: its date, and a counting notice that named one.
    pub(super) fn miss_at(&self, obligation: &Obligation) -> Option<Instant> {
        if obligation.on_miss == OnMiss::List {
            return None;
        }
        self.noticed(obligation.noticed_end(), obligation.ends_on()?, |notice| {
            notice.speaks_of(obligation)
        })
        .map(|at| self.not_while_restored(at))
        .and_then(|at| {
            if is_absence(obligation.rule) && !self.held_for(&obligation.standing.key) {
                self.waits_for_hold(at)
            } else {
                Some(at)
            }
        })
    }

    /// The first local day on which a hold has lasted too long, where that ends the license.
    pub(super) fn suspension_ends_on(&self, hold: &Hold) -> Option<NaiveDate> {
        self.suspended_over(hold, ThenDeactivateOrList::Deactivate)
    }

    /// The suspensions that staff see on their list once they have lasted too long.
    pub(super) fn suspensions_to_list(&self) -> Vec<DueItem> {
        self.holds
            .iter()
            .filter(|hold| hold.ended_at.is_none())
            .filter_map(|hold| {
                let over = self.suspended_over(hold, ThenDeactivateOrList::List)?;
                Some(DueItem {
                    rule: NoticeRule::SuspensionTooLong,
                    requirement: None,
                    due_on: over.pred_opt()?,
                    consequence: Consequence::Listed,
                })
            })
            .collect()
    }

    /// The first local day on which a hold has lasted too long, where one thing follows.
    fn suspended_over(&self, hold: &Hold, then: ThenDeactivateOrList) -> Option<NaiveDate> {
        let in_force = self.in_force()?;
        let maximum = in_force.document.suspension.maximum_for(hold.cause)?;
        if maximum.then != then {
            return None;
        }
        let calendar = calendar(in_force);
        let over = maximum
            .length
            .lapses_on(calendar.day(hold.from), calendar.holidays);
        Some(maximum.enforced_from.map_or(over, |day| over.max(day)))
    }

    pub(super) fn suspended_too_long(&self) -> Option<Instant> {
        self.holds
            .iter()
            .filter(|hold| hold.ended_at.is_none())
            .filter_map(|hold| self.suspension_ends_at(hold))
            .min()
    }

    /// The instant at which a hold has lasted too long, if that ends the license and the notice it needs was sent.
    pub(super) fn suspension_ends_at(&self, hold: &Hold) -> Option<Instant> {
        let over = self.suspension_ends_on(hold)?;
        self.noticed(suspension_end(hold), over, |notice| {
            notice.rule == NoticeRule::SuspensionTooLong && notice.occurred_at >= hold.from
        })
        .map(|at| self.not_while_restored(at))
    }

    /// When the organization stops taking part, by the records known at the machine's instant: at once where the
    /// latest record begins later.
    pub(super) fn participation_ends(&self) -> Option<Instant> {
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

    /// From when to when the organization takes part, by the latest record known.
    pub(super) fn participation_changes(&self) -> impl Iterator<Item = Instant> {
        let latest = self
            .case
            .participations
            .iter()
            .filter(|record| record.recorded_at <= self.at)
            .max_by_key(|record| record.recorded_at);
        let window = latest.zip(self.in_force());
        window
            .map(|(record, in_force)| record.window(in_force.zone))
            .into_iter()
            .flat_map(|(from, to)| [Some(from), to])
            .flatten()
    }

    pub(super) fn participating(&self) -> bool {
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
}

/// The kind of end whose shortest notice holds for a suspension that lasts too long.
pub(super) fn suspension_end(hold: &Hold) -> NoticedEnd {
    if hold.cause == HoldCause::Leave {
        NoticedEnd::Leave
    } else {
        NoticedEnd::SuspensionTooLong
    }
}
