//! Inactivity: limits, steps, graces, and the return ladder.

use super::{Check, Pointer, lengths, may_exceed};
use crate::domain::policy::document::{Inactivity, LicenseType, Return};

/// Most hours a cut-off may wait for late sources: a week.
const MOST_LAG_HOURS: u16 = 168;

impl Check<'_> {
    pub(super) fn inactivity(
        &mut self,
        at: &Pointer,
        rules: &Inactivity,
        license_type: &LicenseType,
    ) {
        if let Some(rule) = &rules.off_rule {
            self.off_rule(&at.key("off_rule"), rule);
        }
        self.need(
            rules.keep_requests == 0 || rules.off_rule.is_some(),
            &at.key("keep_requests"),
            "there is no off-rule that a keep request could stop",
        );
        self.return_ladder(&at.key("return_ladder"), rules, license_type);
        let restarted = at.key("restarted_by");
        self.entries(&restarted, rules.restarted_by.len());
        for kind in &rules.restarted_by {
            self.code(&restarted, kind);
        }
        if let Some(within) = rules.first_login_within {
            let at = at.key("first_login_within");
            self.length_or_zero(&at, within);
            self.need(
                rules
                    .off_rule
                    .as_ref()
                    .is_none_or(|rule| !may_exceed(within, rule.limit)),
                &at,
                "is longer than the limit, which acts first",
            );
        }
        self.need(
            rules.login_report_lag_hours <= MOST_LAG_HOURS,
            &at.key("login_report_lag_hours"),
            "must be at most 168 hours",
        );
        if let Some(after) = rules.stale_list_after {
            let at = at.key("stale_list_after");
            self.length(&at, after);
            self.need(
                rules.off_rule.is_none(),
                &at,
                "stale licenses are listed where no limit is set, and this type has one",
            );
        }
    }

    fn return_ladder(&mut self, at: &Pointer, rules: &Inactivity, license_type: &LicenseType) {
        let ladder = &rules.return_ladder;
        self.entries(at, ladder.len());
        for (index, rung) in ladder.iter().enumerate() {
            let at = at.index(index);
            let last = index + 1 == ladder.len();
            match (rung.up_to, last) {
                (None, false) => self.fault(
                    &at.key("up_to"),
                    "only the last rung reaches without end; the rungs after it are never used",
                ),
                (Some(_), true) => self.fault(
                    &at.key("up_to"),
                    "the last rung must reach without end, or longer absences have no answer",
                ),
                _ => {}
            }
            if let Some(up_to) = rung.up_to {
                self.length(&at.key("up_to"), up_to);
                let before = index
                    .checked_sub(1)
                    .and_then(|before| ladder.get(before))
                    .and_then(|before| before.up_to);
                if before.is_some_and(|before| !lengths::rises(before, up_to)) {
                    self.fault(&at.key("up_to"), "rungs must rise");
                }
            }
            let then = at.key("then");
            match &rung.then {
                Return::ReactivateIfCurrent { otherwise } => {
                    self.set_of(&then.key("otherwise"), otherwise, license_type);
                }
                Return::RequirementSet { set } => {
                    self.set_of(&then.key("set"), set, license_type);
                }
                Return::AsNew { .. } => {}
            }
        }
    }
}
