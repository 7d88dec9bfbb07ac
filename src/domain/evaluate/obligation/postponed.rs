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
    let calendar = calendar(in_force);
    let today = calendar.day(at);
    for obligation in obligations {
        for (from, to) in &period.lost {
            let Some(lapses_on) = obligation.lapses_on else {
                continue;
            };
            let over = start_of_day(in_force.zone, lapses_on) < *from;
            if over || obligation.met_since(facts, *from) {
                continue;
            }
            let lost = (calendar.day(*to) - calendar.day(*from)).num_days();
            let lost = u32::try_from(lost).unwrap_or_default();
            obligation.fall_due(add_days(lapses_on, lost), today);
        }
        for leave in leaves {
            let Some(lapses_on) = obligation.lapses_on else {
                continue;
            };
            let lapses_at = start_of_day(in_force.zone, lapses_on);
            if lapses_at < leave.began || leave.until.is_some_and(|until| until <= lapses_at) {
                continue;
            }
            match leave.until {
                Some(until) => {
                    let last = calendar.after(AFTER_LEAVE, calendar.day(until));
                    obligation.fall_due(add_days(last, 1), today);
                }
                // Nobody knows yet when it falls due.
                None => {
                    obligation.fall_due(NaiveDate::MAX, today);
                    obligation.lapses_on = None;
                }
            }
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
