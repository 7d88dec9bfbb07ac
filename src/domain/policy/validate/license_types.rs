//! License types: kinds, classes, and the rules of each.

use super::{Check, Pointer};
use crate::domain::policy::document::{
    AgreementScope, ClassRule, LicenseKind, LicenseType, RequestClass,
};

impl Check<'_> {
    pub(super) fn license_types(&mut self, at: &Pointer) {
        let document = self.document;
        self.entries(at, document.license_types.len());
        let bases = document
            .license_types
            .values()
            .filter(|found| found.is_base())
            .count();
        self.need(bases > 0, at, "must have at least one base type");
        for (code, license_type) in &document.license_types {
            let at = at.key(code);
            self.code(&at, code);
            self.one_type(&at, license_type, bases > 1);
        }
    }

    fn one_type(&mut self, at: &Pointer, license_type: &LicenseType, other_bases: bool) {
        self.title(&at.key("title"), &license_type.title);
        if let LicenseKind::AddOn { depends_on } = &license_type.license {
            let at = at.key("license").key("depends_on");
            self.need(
                !depends_on.is_empty(),
                &at,
                "an add-on depends on at least one base type",
            );
            self.base_types(&at, depends_on);
        }
        let sets = at.key("requirement_sets");
        self.entries(&sets, license_type.requirement_sets.len());
        for (code, set) in &license_type.requirement_sets {
            self.code(&sets.key(code), code);
            self.requirement_set(&sets.key(code), set, license_type);
        }
        self.classes(&at.key("classes"), license_type, other_bases);
        self.transfer(at, license_type);
        if let Some(requests) = &license_type.requests {
            self.requests(&at.key("requests"), requests);
        }
        for (code, terms) in &license_type.agreement_terms {
            let at = at.key("agreement_terms").key(code);
            self.agreement(&at, code, AgreementScope::Person);
            if let Some(parties) = &terms.parties {
                self.parties(&at.key("parties"), parties);
            }
            self.agreement_validity(&at.key("validity"), terms.validity.as_ref());
            if let Some(days) = terms.new_version_days {
                self.days(&at.key("new_version_days"), days);
            }
        }
        if let Some(practice) = &license_type.practice {
            let at = at.key("practice");
            self.attempts(&at.key("max_attempts"), practice.max_attempts);
            self.per_cent(&at.key("pass_mark"), practice.pass_mark);
            if let Some(target) = practice.review_target {
                self.length(&at.key("review_target"), target);
            }
            self.need(
                practice.places != Some(0),
                &at.key("places"),
                "must be at least one place; leave it out where there is no limit",
            );
        }
        if let Some(onboarding) = &license_type.onboarding {
            self.onboarding(&at.key("onboarding"), onboarding, license_type);
        }
        if let Some(inactivity) = &license_type.inactivity {
            let at = at.key("inactivity");
            self.need(
                license_type.is_base(),
                &at,
                "an add-on follows its base and has no inactivity rule of its own",
            );
            self.inactivity(&at, inactivity, license_type);
        }
        self.need(
            license_type.is_base() || license_type.term.is_none(),
            &at.key("term"),
            "an add-on follows its base and has no term of its own",
        );
        self.renewals(at, license_type);
        let conditions = at.key("standing_conditions");
        self.entries(&conditions, license_type.standing_conditions.len());
        for (code, condition) in &license_type.standing_conditions {
            let at = conditions.key(code);
            self.code(&at, code);
            self.title(&at.key("title"), &condition.title);
            self.need(
                condition.threshold.is_finite(),
                &at.key("threshold"),
                "must be a number",
            );
            self.length(&at.key("valid_for"), condition.valid_for);
            self.length_or_zero(&at.key("cure_within"), condition.cure_within);
        }
    }

    fn transfer(&mut self, at: &Pointer, license_type: &LicenseType) {
        let Some(months) = license_type.transfer_within_months else {
            return;
        };
        let at = at.key("transfer_within_months");
        self.need(
            (1..=120).contains(&months),
            &at,
            "must be from 1 to 120 months",
        );
        self.need(
            license_type.is_base(),
            &at,
            "an add-on is requested for a license and never transferred",
        );
    }

    /// Every class a type can meet says what it owes, and no other does.
    fn classes(&mut self, at: &Pointer, license_type: &LicenseType, other_bases: bool) {
        for class in RequestClass::ALL {
            let at = at.key(class.as_str());
            let met = match class {
                RequestClass::AddOn => !license_type.is_base(),
                RequestClass::TypeChange => license_type.is_base() && other_bases,
                RequestClass::Transfer => {
                    license_type.is_base() && license_type.transfer_within_months.is_some()
                }
                RequestClass::New | RequestClass::Returning | RequestClass::Additional => {
                    license_type.is_base()
                }
            };
            match license_type.classes.rule(class) {
                None => self.need(!met, &at, "must say what this class of request owes"),
                Some(rule) => {
                    // A type change is stated ahead of the second base type that makes it possible.
                    self.need(
                        met || (class == RequestClass::TypeChange && license_type.is_base()),
                        &at,
                        "says what a class of request owes that this type never meets",
                    );
                    self.class_rule(&at, class, rule, license_type);
                }
            }
        }
    }

    fn class_rule(
        &mut self,
        at: &Pointer,
        class: RequestClass,
        rule: &ClassRule,
        license_type: &LicenseType,
    ) {
        match rule {
            ClassRule::Set { set } => self.set_of(&at.key("set"), set, license_type),
            ClassRule::SameAs { class: other } => {
                let target = license_type.classes.rule(*other);
                self.need(
                    *other != class
                        && target.is_some_and(|rule| !matches!(rule, ClassRule::SameAs { .. })),
                    &at.key("class"),
                    "must name another class that states its own set",
                );
            }
            ClassRule::ReturnLadder { otherwise } => {
                self.set_of(&at.key("otherwise"), otherwise, license_type);
                self.need(
                    matches!(
                        class,
                        RequestClass::Returning | RequestClass::Transfer | RequestClass::Additional
                    ),
                    at,
                    "only a returning, transfer or additional request has an absence to go by",
                );
                self.need(
                    license_type
                        .inactivity
                        .as_ref()
                        .is_some_and(|inactivity| !inactivity.return_ladder.is_empty()),
                    at,
                    "goes by a return ladder that this type does not have",
                );
            }
        }
    }

    pub(super) fn set_of(&mut self, at: &Pointer, set: &str, license_type: &LicenseType) {
        self.known(at, set, &license_type.requirement_sets, "requirement set");
    }
}
