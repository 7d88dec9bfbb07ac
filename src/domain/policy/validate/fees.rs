//! Fees: lines, payers, shares.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Check, Pointer};
use crate::domain::policy::document::{
    FeeBasis, FeeLine, FeeRules, FeeTerm, PayerShare, Proration,
};

/// The whole, in basis points.
const WHOLE: u32 = 10_000;

impl Check<'_> {
    pub(super) fn fees(&mut self, at: &Pointer, fees: &FeeRules) {
        let payers = at.key("payers");
        self.entries(&payers, fees.payers.len());
        for (code, payer) in &fees.payers {
            self.code(&payers.key(code), code);
            self.title(&payers.key(code).key("title"), &payer.title);
        }
        let lines = at.key("lines");
        self.entries(&lines, fees.lines.len());
        for (code, line) in &fees.lines {
            let at = lines.key(code);
            self.code(&at, code);
            self.title(&at.key("title"), &line.title);
            self.basis(&at, line);
            self.shares(&at.key("payers"), line, fees);
            self.groups(&at.key("groups"), &line.groups);
            if let Some(unpaid) = &line.unpaid {
                self.days(&at.key("unpaid").key("after_days"), unpaid.after_days);
            }
        }
    }

    fn basis(&mut self, at: &Pointer, line: &FeeLine) {
        let basis = at.key("basis");
        match &line.basis {
            FeeBasis::License { license_types } => {
                self.base_types(&basis.key("license_types"), license_types);
            }
            FeeBasis::PurchasedSeat { license_types }
            | FeeBasis::FirstActivation { license_types } => {
                self.any_types(&basis.key("license_types"), license_types);
            }
            FeeBasis::AddOn { license_types } => {
                self.add_ons(&basis.key("license_types"), license_types);
            }
            FeeBasis::TrainingRequested { courses } | FeeBasis::TrainingPassed { courses } => {
                self.each_known(
                    &basis.key("courses"),
                    courses,
                    &self.document.courses,
                    "course",
                );
            }
            FeeBasis::Organization {} => {}
        }
        let term = at.key("term");
        let training = matches!(
            line.basis,
            FeeBasis::TrainingRequested { .. } | FeeBasis::TrainingPassed { .. }
        );
        let right = match &line.term {
            FeeTerm::QuarterOfTraining {} => training,
            FeeTerm::Once {} => true,
            FeeTerm::RollingYear {} | FeeTerm::FixedDate { .. } | FeeTerm::OrganizationDate {} => {
                !training && !matches!(line.basis, FeeBasis::FirstActivation { .. })
            }
        };
        self.need(
            right,
            &term,
            "does not fit what the fee is owed for: a training is paid once or by its quarter, a first activation once, all else once or by the year",
        );
        if let FeeTerm::FixedDate { starts } = &line.term {
            self.month_day(&term.key("starts"), *starts);
        }
        self.need(
            line.proration == Proration::None || !matches!(line.term, FeeTerm::Once {}),
            &at.key("proration"),
            "what is paid once has no parts",
        );
    }

    fn shares(&mut self, at: &Pointer, line: &FeeLine, fees: &FeeRules) {
        self.entries(at, line.payers.len());
        let seats = matches!(
            line.basis,
            FeeBasis::License { .. } | FeeBasis::PurchasedSeat { .. } | FeeBasis::AddOn { .. }
        );
        for (index, share) in line.payers.iter().enumerate() {
            let at = at.index(index);
            if let Some(payer) = &share.payer {
                self.known(&at.key("payer"), payer, &fees.payers, "payer");
            }
            self.need(
                share.basis_points > 0 && u32::from(share.basis_points) <= WHOLE,
                &at.key("basis_points"),
                "must be from 1 to 10000 hundredths of a per cent",
            );
            self.need(
                share
                    .from_on
                    .zip(share.until_on)
                    .is_none_or(|(from, until)| from <= until),
                &at.key("until_on"),
                "lies before the first day: the window is empty",
            );
            self.need(
                share.first_seats != Some(0),
                &at.key("first_seats"),
                "must be at least one seat",
            );
            self.need(
                share.first_seats.is_none() || seats,
                &at.key("first_seats"),
                "only licenses, seats and add-ons are counted in seats",
            );
        }
        let mut bands: BTreeMap<Option<u32>, Vec<&PayerShare>> = BTreeMap::new();
        for share in &line.payers {
            bands.entry(share.first_seats).or_default().push(share);
        }
        if !bands.values().all(|shares| make_the_whole(shares)) {
            self.fault(
                at,
                "the shares in force together for the same seats must make 10000 on every day",
            );
        }
    }
}

/// Whether the shares of one band are the whole on every day on which any is in force. What is in force changes
/// only on the days on which a share begins or has ended, so those are enough to look at.
fn make_the_whole(shares: &[&PayerShare]) -> bool {
    let mut days: BTreeSet<NaiveDate> = BTreeSet::from([NaiveDate::MIN]);
    for share in shares {
        days.extend(share.from_on);
        days.extend(share.until_on.and_then(|last| last.succ_opt()));
    }
    days.into_iter().all(|day| {
        let mut in_force = shares
            .iter()
            .filter(|share| {
                share.from_on.is_none_or(|from| from <= day)
                    && share.until_on.is_none_or(|until| day <= until)
            })
            .peekable();
        in_force.peek().is_none()
            || in_force
                .map(|share| u32::from(share.basis_points))
                .sum::<u32>()
                == WHOLE
    })
}
