//! Which rules of a document are worked, and what each is called.
//!
//! A policy may hold every rule from its first version on. A rule whose working comes later is validated, stored
//! and shown, and named as not enforced until then; it is never half applied.

use serde_json::Value;

use super::document::PolicyDocument;
use super::validate::Pointer;

/// A rule a document may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its stable code.
    pub code: &'static str,
    /// What to call it in an explanation.
    pub title: &'static str,
    /// Where it stands: JSON pointers in which `*` stands for any entry.
    pub pointers: &'static [&'static str],
    /// The values that make the rule. Empty: any but false, zero and empty ones.
    pub values: &'static [&'static str],
    /// Whether it is worked.
    pub worked: bool,
}

const fn worked(
    code: &'static str,
    title: &'static str,
    pointers: &'static [&'static str],
) -> Rule {
    Rule {
        code,
        title,
        pointers,
        values: &[],
        worked: true,
    }
}

const fn waiting(
    code: &'static str,
    title: &'static str,
    pointers: &'static [&'static str],
) -> Rule {
    Rule {
        worked: false,
        ..worked(code, title, pointers)
    }
}

const fn waiting_if(
    code: &'static str,
    title: &'static str,
    pointers: &'static [&'static str],
    values: &'static [&'static str],
) -> Rule {
    Rule {
        values,
        ..waiting(code, title, pointers)
    }
}

/// Every rule, in the order in which a document holds them. To put a rule to work, change its first word.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    worked("calendar", "Time zone and holidays", &["/time_zone", "/holidays"]),
    worked("job_roles", "Job roles", &["/job_roles"]),
    worked("workflows", "Workflows", &["/workflows"]),
    worked("courses", "Courses", &["/courses"]),
    worked("course_attempts", "How often a course may be tried", &["/courses/*/max_attempts", "/license_types/*/requirement_sets/*/courses/*/max_attempts"]),
    worked("agreements", "Agreements", &["/agreements", "/license_types/*/agreement_terms"]),
    waiting_if("organization_agreements", "Agreements that an organization signs", &["/agreements/*/scope"], &["organization"]),
    worked("agreement_yearly_date", "Agreements that run to a date of the year", &["/agreements/*/validity/kind", "/license_types/*/agreement_terms/*/validity/kind"]),
    worked("agreement_lapse", "What follows, after notice, when an agreement lapses", &["/agreements/*/on_lapse", "/license_types/*/agreement_terms/*/on_lapse"]),
    worked("requests", "Who may request, attestations, approval and activation", &["/requests", "/license_types/*/requests"]),
    worked("request_sources", "Requests by the authorized signer, the trainee or a pass", &["/requests/requesters/*/from/kind", "/license_types/*/requests/requesters/*/from/kind"]),
    worked("request_confirmation", "Confirmation of requests by the trainee or by a pass", &["/requests/requesters/*/confirmation", "/license_types/*/requests/requesters/*/confirmation"]),
    worked("work_email", "Confirmation of the work e-mail address before activation", &["/requests/work_email", "/license_types/*/requests/work_email"]),
    worked("approval_by_role", "Approval by the authorized signer", &["/requests/approval/*/by/role", "/license_types/*/requests/approval/*/by/role"]),
    worked("approval_by_contact", "Approval by a contact of the organization", &["/requests/approval/*/by/kind", "/license_types/*/requests/approval/*/by/kind"]),
    worked("request_lapse", "Lapse of unfinished requests", &["/requests/lapses_after", "/license_types/*/requests/lapses_after"]),
    worked("automatic_activation", "Automatic activation", &["/requests/activation/by", "/license_types/*/requests/activation/by"]),
    worked("partial_activation", "Activation with the accepted workflows' projects", &["/requests/activation/accepted_workflows_only", "/license_types/*/requests/activation/accepted_workflows_only"]),
    worked("requests_enforced_from", "A later day from which the request rules act", &["/requests/enforced_from", "/license_types/*/requests/enforced_from"]),
    waiting("organization_obligations", "What organizations keep current", &["/organizations", "/notices/minimum_days/organization_suspended"]),
    worked("notices", "The shortest notice before ends", &["/notices"]),
    worked("undeliverable", "Notices that cannot be delivered", &["/notices/undeliverable"]),
    worked("ends_of_need", "Notice of departures", &["/ends_of_need"]),
    worked("no_longer_needed", "Notice of ends of need", &["/ends_of_need/no_longer_needed_notice_hours"]),
    waiting("projects", "Last project removed, and wind-down of projects", &["/projects", "/notices/minimum_days/last_project_removed"]),
    worked("suspension", "Longest suspension", &["/suspension"]),
    worked("suspension_end", "What follows when a suspension lasts too long", &["/suspension/maximum/then", "/suspension/by_cause/*/then"]),
    worked("seats", "Seats", &["/seats"]),
    waiting("seat_reductions", "Seat reductions, after notice", &["/notices/minimum_days/seat_reduction"]),
    waiting_if("seat_paid_term", "Seats kept to the end of the paid term", &["/seats/after_end/kept/kind"], &["paid_term"]),
    waiting_if("seat_successor", "Seats held for a named successor", &["/seats/after_end/kind"], &["successor"]),
    waiting("violations", "Violations", &["/violations"]),
    waiting("fees", "Fees", &["/fees", "/notices/minimum_days/fee_unpaid"]),
    waiting("two_persons", "Second person", &["/two_persons"]),
    worked("organization_groups", "Groups of organizations", &["/organization_groups", "/overrides"]),
    worked("license_types", "License types", &["/license_types"]),
    worked("add_on_upkeep", "Recertification and lapses of an add-on by itself", &["/license_types/*/license/kind"]),
    worked("requirement_sets", "Requirements before activation", &["/license_types/*/requirement_sets", "/license_types/*/classes"]),
    worked("required_practice", "Practice before activation", &["/license_types/*/requirement_sets/*/practice"]),
    worked("requirement_order", "Order of the steps before activation", &["/license_types/*/requirement_sets/*/order"]),
    worked("requirement_lapse", "Lapses before activation that reach further than one requirement", &["/license_types/*/requirement_sets/*/agreements/*/on_lapse", "/license_types/*/requirement_sets/*/courses/*/on_lapse", "/license_types/*/requirement_sets/*/practice/*/on_lapse"]),
    worked("absence", "Courses and practice by length of absence", &["/license_types/*/requirement_sets/*/courses/*/absence_at_least", "/license_types/*/requirement_sets/*/practice/*/absence_at_least"]),
    worked("evidence_of_absence", "Evidence since the absence began", &["/license_types/*/requirement_sets/*/agreements/*/evidence_from", "/license_types/*/requirement_sets/*/courses/*/evidence_from", "/license_types/*/requirement_sets/*/practice/*/evidence_from"]),
    worked("transfer", "Requests that count as a transfer", &["/license_types/*/transfer_within_months"]),
    worked("practice", "Practice", &["/practice_sets", "/license_types/*/practice"]),
    worked("practice_places", "How many people practise at a time", &["/license_types/*/practice/places"]),
    worked("onboarding", "Deadlines before activation", &["/license_types/*/onboarding"]),
    worked("inactivity", "Inactivity", &["/license_types/*/inactivity/off_rule"]),
    worked("keep_requests", "Keep requests against an inactivity end", &["/license_types/*/inactivity/keep_requests"]),
    worked("return_ladder", "Return by length of absence", &["/license_types/*/inactivity/return_ladder"]),
    worked("activity_events", "Activity that counts like a login", &["/license_types/*/inactivity/restarted_by"]),
    worked("first_login", "First login in time", &["/license_types/*/inactivity/first_login_within"]),
    worked("move_to_business_day", "Cut-offs moved to a business day", &["/license_types/*/inactivity/move_to_business_day"]),
    worked("stale_list", "List of licenses that nobody uses", &["/license_types/*/inactivity/stale_list_after"]),
    worked("term", "Term", &["/license_types/*/term"]),
    worked("term_reminders", "Reminders of the end of a term", &["/license_types/*/term/reminders"]),
    worked("recertification", "Recertification", &["/license_types/*/recertification"]),
    worked("recertification_yearly_date", "Recertification on a date of the year", &["/license_types/*/recertification/schedule/kind"]),
    worked("recertification_items", "Agreements, acknowledgements, practice and renewals in recertification", &["/license_types/*/recertification/items/*/kind"]),
    worked("recertification_reminders", "Reminders of recertification", &["/license_types/*/recertification/reminders"]),
    worked("recertification_miss", "What follows, after notice, when recertification is missed", &["/license_types/*/recertification/on_miss"]),
    worked("campaigns", "Recertification campaigns", &["/license_types/*/campaigns"]),
    waiting("standing_conditions", "Standing conditions", &["/license_types/*/standing_conditions", "/notices/minimum_days/standing_condition"]),
];

/// A rule that a document holds and the service does not work yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotEnforced {
    /// Where it stands: a JSON pointer (RFC 6901) into the document.
    pub pointer: String,
    /// The rule.
    pub rule: &'static Rule,
}

/// The rules a document holds that are not worked yet, in the document's order; what overrides state for groups comes
/// after what holds for all.
#[must_use]
pub fn not_enforced(document: &PolicyDocument) -> Vec<NotEnforced> {
    let Ok(whole) = serde_json::to_value(document) else {
        return Vec::new();
    };
    let waiting: Vec<&'static Rule> = RULES.iter().filter(|rule| !rule.worked).collect();
    let overrides = Pointer::root().key("overrides");
    let places = std::iter::once((Pointer::root(), &whole)).chain(
        whole
            .get("overrides")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
            .filter_map(|(index, found)| {
                let changes = found.get("changes")?;
                Some((overrides.index(index).key("changes"), changes))
            }),
    );
    let mut found = Vec::new();
    for (place, value) in places {
        for rule in &waiting {
            for pattern in rule.pointers {
                let path: Vec<&str> = pattern.split('/').skip(1).collect();
                collect(&place, &path, value, rule, &mut found);
            }
        }
    }
    found
}

fn collect(
    at: &Pointer,
    path: &[&str],
    value: &Value,
    rule: &'static Rule,
    found: &mut Vec<NotEnforced>,
) {
    match (path.split_first(), value) {
        (None, value) => {
            if states(value, rule.values) {
                found.push(NotEnforced {
                    pointer: at.to_string(),
                    rule,
                });
            }
        }
        (Some((&"*", rest)), Value::Object(entries)) => {
            for (key, value) in entries {
                collect(&at.key(key), rest, value, rule, found);
            }
        }
        (Some((&"*", rest)), Value::Array(entries)) => {
            for (index, value) in entries.iter().enumerate() {
                collect(&at.index(index), rest, value, rule, found);
            }
        }
        (Some((key, rest)), value) => {
            if let Some(value) = value.get(key) {
                collect(&at.key(key), rest, value, rule, found);
            }
        }
    }
}

fn states(value: &Value, values: &[&str]) -> bool {
    if !values.is_empty() {
        return value.as_str().is_some_and(|word| values.contains(&word));
    }
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_u64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}

/// The narrowest rule that a pointer into a document lies in.
#[must_use]
pub fn rule_at(pointer: &str) -> Option<&'static Rule> {
    let place: Vec<&str> = pointer.split('/').skip(1).collect();
    let reach = |pattern: &str| {
        let path: Vec<&str> = pattern.split('/').skip(1).collect();
        let inside = path.len() <= place.len()
            && path
                .iter()
                .zip(&place)
                .all(|(step, key)| *step == "*" || step == key);
        inside.then_some(path.len())
    };
    RULES
        .iter()
        .filter_map(|rule| Some((rule.pointers.iter().filter_map(|p| reach(p)).max()?, rule)))
        .max_by_key(|(depth, _)| *depth)
        .map(|(_, rule)| rule)
}

#[cfg(test)]
mod tests;
