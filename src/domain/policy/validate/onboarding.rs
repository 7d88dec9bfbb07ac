//! Onboarding deadlines.

use std::collections::BTreeSet;

use super::{Check, Pointer};
use crate::domain::policy::document::{
    AgreementScope, Deadline, DeadlineGoal, DeadlineMiss, DeadlineStart, LicenseType, Onboarding,
    RequestClass,
};

impl Check<'_> {
    pub(super) fn onboarding(
        &mut self,
        at: &Pointer,
        onboarding: &Onboarding,
        license_type: &LicenseType,
    ) {
        let deadlines = at.key("deadlines");
        self.entries(&deadlines, onboarding.deadlines.len());
        self.need(
            !onboarding.deadlines.is_empty(),
            &deadlines,
            "must hold a deadline; leave `onboarding` out where there is none",
        );
        let mut codes = BTreeSet::new();
        for (index, deadline) in onboarding.deadlines.iter().enumerate() {
            let at = deadlines.index(index);
            self.code(&at.key("code"), &deadline.code);
            self.need(
                codes.insert(deadline.code.as_str()),
                &at.key("code"),
                "is the code of another deadline too",
            );
            self.deadline(&at, deadline, license_type);
        }
    }

    fn deadline(&mut self, at: &Pointer, deadline: &Deadline, license_type: &LicenseType) {
        self.title(&at.key("title"), &deadline.title);
        self.length(&at.key("length"), deadline.length);
        if let Some(extra) = deadline.extra_per_practice_set {
            self.length(&at.key("extra_per_practice_set"), extra);
            self.need(
                license_type.practice.is_some(),
                &at.key("extra_per_practice_set"),
                "grants time for practice that the type does not have",
            );
        }
        self.need(
            deadline
                .classes
                .iter()
                .all(|class| (*class == RequestClass::AddOn) != license_type.is_base()),
            &at.key("classes"),
            "names a class of request that this type never meets",
        );
        let start = at.key("start");
        match &deadline.start {
            DeadlineStart::StepEnd { step } => {
                self.step_of(&start.key("step"), step, license_type);
            }
            DeadlineStart::CoursesPassed { courses } => {
                self.courses(&start.key("courses"), courses);
            }
            DeadlineStart::InitialStepsEnd {} => self.initial_steps(&start, license_type),
            DeadlineStart::PracticeAdmission {} | DeadlineStart::PracticeReturned {} => {
                self.practises(&start, license_type);
            }
            DeadlineStart::Submission {} | DeadlineStart::Approval {} => {}
        }
        let goal = at.key("goal");
        match &deadline.goal {
            DeadlineGoal::Booked { courses } | DeadlineGoal::CoursesPassed { courses } => {
                self.courses(&goal.key("courses"), courses);
            }
            DeadlineGoal::Signed { agreements } => {
                let at = goal.key("agreements");
                self.need(
                    !agreements.is_empty(),
                    &at,
                    "must name at least one agreement",
                );
                for agreement in agreements {
                    self.agreement(&at, agreement, AgreementScope::Person);
                }
            }
            DeadlineGoal::StepDone { step } => self.step_of(&goal.key("step"), step, license_type),
            DeadlineGoal::InitialStepsDone {} => self.initial_steps(&goal, license_type),
            DeadlineGoal::PracticeSubmitted {} | DeadlineGoal::PracticeAccepted {} => {
                self.practises(&goal, license_type);
            }
            DeadlineGoal::Ready {} => {}
        }
        self.need(
            !starts_at_goal(deadline),
            &goal,
            "is reached where the deadline starts: the window is empty",
        );
        if let DeadlineMiss::ResetStep { step } = &deadline.on_miss {
            self.step_of(&at.key("on_miss").key("step"), step, license_type);
        }
    }

    fn step_of(&mut self, at: &Pointer, step: &str, license_type: &LicenseType) {
        let known = license_type
            .requirement_sets
            .values()
            .any(|set| set.steps().contains(step));
        self.need(
            known,
            at,
            "names a step that no requirement of this type belongs to",
        );
    }

    fn initial_steps(&mut self, at: &Pointer, license_type: &LicenseType) {
        let any = license_type.requirement_sets.values().any(|set| {
            set.courses.iter().any(|required| required.initial_step)
                || set.agreements.iter().any(|required| required.initial_step)
        });
        self.need(
            any,
            at,
            "speaks of initial steps, but no requirement of this type is one",
        );
    }

    fn practises(&mut self, at: &Pointer, license_type: &LicenseType) {
        self.need(
            license_type.practice.is_some(),
            at,
            "speaks of practice, but the type does not state how practice runs",
        );
    }
}

fn starts_at_goal(deadline: &Deadline) -> bool {
    match (&deadline.start, &deadline.goal) {
        (DeadlineStart::StepEnd { step: start }, DeadlineGoal::StepDone { step: goal }) => {
            start == goal
        }
        (
            DeadlineStart::CoursesPassed { courses: start },
            DeadlineGoal::CoursesPassed { courses: goal } | DeadlineGoal::Booked { courses: goal },
        ) => goal.is_subset(start),
        (DeadlineStart::InitialStepsEnd {}, DeadlineGoal::InitialStepsDone {}) => true,
        _ => false,
    }
}
