//! Deadlines that move: by the time that an error took, and past a leave.

use chrono::NaiveDate;

use super::{Obligation, calendar};
use crate::domain::calendar::{Instant, Length, add_days, start_of_day};
use crate::domain::evaluate::Period;
use crate::domain::evaluate::leave::Leave;
use crate::domain::evaluate::rules::InForce;
use crate::domain::fact::{Fact, NoticeRule};
use crate::domain::requirement::Status;

/// How long whoever returns from leave has for what fell due meanwhile.
const AFTER_LEAVE: Length = Length::BusinessDays(10);

/// Where a day has moved to.
pub struct Moved {
    /// The first local day on which something is no longer in time.
    pub lapses_on: NaiveDate,
    /// During a leave without a day of return nobody knows yet.
    pub open: bool,
}

/// Moves the first local day on which something is no longer in time: by the time that an error took, unless it was
/// met since, and past a leave.
pub fn moved(
    mut lapses_on: NaiveDate,
    period: &Period,
    leaves: &[Leave],
    in_force: InForce<'_>,
    met_since: impl Fn(Instant) -> bool,
) -> Moved {
    let calendar = calendar(in_force);
    for (from, to) in &period.lost {
        let over = start_of_day(in_force.zone, lapses_on) < *from;
        if over || met_since(*from) {
            continue;
        }
        let lost = (calendar.day(*to) - calendar.day(*from)).num_days();
        lapses_on = add_days(lapses_on, u32::try_from(lost).unwrap_or_default());
    }
    for leave in leaves {
        let lapses_at = start_of_day(in_force.zone, lapses_on);
        if lapses_at < leave.began || leave.until.is_some_and(|until| until <= lapses_at) {
            continue;
        }
        let Some(until) = leave.until else {
            return Moved {
                lapses_on,
                open: true,
            };
        };
        lapses_on = add_days(calendar.after(AFTER_LEAVE, calendar.day(until)), 1);
    }
    Moved {
        lapses_on,
        open: false,
    }
}

/// Moves what is owed: whatever ran when an end was recorded that was an error moves by the lost time; whatever lapses
/// during a leave moves to the end of the tenth business day after the day of the return.
pub fn postpone(
    obligations: &mut [Obligation],
    period: &Period,
    leaves: &[Leave],
    facts: &[&Fact],
    in_force: InForce<'_>,
    at: Instant,
) {
    if period.lost.is_empty() && leaves.is_empty() {
        return;
    }
    let today = calendar(in_force).day(at);
    for obligation in obligations {
        let Some(lapses_on) = obligation.lapses_on else {
            continue;
        };
        let moved = moved(lapses_on, period, leaves, in_force, |from| {
            let asked_since = |day| start_of_day(in_force.zone, day) >= from;
            obligation.met_since(facts, from) || obligation.asked_on.is_some_and(asked_since)
        });
        if moved.lapses_on != lapses_on {
            obligation.fall_due(moved.lapses_on, today);
        }
        if moved.open {
            obligation.fall_due(NaiveDate::MAX, today);
            obligation.lapses_on = None;
        }
    }
}

impl Obligation {
    fn met_since(&self, facts: &[&Fact], from: Instant) -> bool {
        facts.iter().any(|fact| {
            fact.envelope.occurred_at >= from && self.standing.evidence.contains(&fact.id)
        })
    }

    /// Falls due on another day: `lapses_on` is the first on which it is no longer in time.
    fn fall_due(&mut self, lapses_on: NaiveDate, today: NaiveDate) {
        if lapses_on != NaiveDate::MAX {
            self.standing.due_on = lapses_on.pred_opt();
        }
        self.lapses_on = Some(lapses_on);
        if self.standing.status != Status::Overdue || today >= lapses_on {
            return;
        }
        self.standing.status = match self.rule {
            NoticeRule::Waiver => Status::Waived,
            _ if self.standing.evidence.is_empty() => Status::Due,
            _ => {
                self.standing.missing.clear();
                self.standing.who.clear();
                Status::Met
            }
        };
    }
}
