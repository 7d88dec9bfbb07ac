//! Keeping a license although nobody logged in.

use super::{LicenseCommand, Rejection};
use crate::domain::calendar::Instant;
use crate::domain::evaluate::{EndCause, Evaluation};
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause};

impl Evaluation {
    /// Stops the running warning, as often as the policy allows. What was asked in time and is recorded late lifts the
    /// hold, or contests the end.
    pub fn keep(&self, asked_at: Instant) -> Result<FactBody, Rejection> {
        let mut needs = self.needed_for(LicenseCommand::Keep)?;
        let end = self.period().and_then(|period| period.end.as_ref());
        let in_time = match end {
            Some(end) => {
                end.cause == EndCause::Deactivated(DeactivationCause::Inactivity)
                    && asked_at < end.cut_off_at.unwrap_or(end.at)
            }
            None if self.open_holds().next().is_some() => self
                .open_holds()
                .any(|hold| hold.cause == HoldCause::LongInactivity && asked_at < hold.from),
            None => self.cut_off_at.is_none_or(|cut_off| asked_at < cut_off),
        };
        if !in_time {
            needs.push("a request made before the cut-off for want of a login".to_owned());
        }
        if self.keeps_left == 0 {
            needs.push(
                "a login: the policy in force lets no further keep request stop the end until then"
                    .to_owned(),
            );
        }
        self.unless(LicenseCommand::Keep, needs)?;
        Ok(FactBody::KeepRequested)
    }
}
