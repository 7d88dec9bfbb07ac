//! The table of what is watched.

/// How a value gets shorter.
#[derive(Clone, Copy)]
pub(super) enum Watch {
    /// A length or a number of which absence means that there is no limit.
    Limit,
    /// A length or a number of which absence means that there is nothing.
    Allowance,
    /// A length or a number that is compared only where both documents state it.
    Amount,
    /// One of these, the mildest first; what absence means comes before.
    Order(&'static str, &'static [&'static str]),
    /// A set that must not lose members.
    Set,
    /// Anything: a change may shorten for somebody.
    Any,
}

use Watch::{Allowance, Amount, Any, Limit, Order, Set};

const ON_MISS: Watch = Order("list", &["list", "suspend", "deactivate"]);

/// What is watched, where. `*` stands for an entry that must have been there before, since what is new shortens
/// nothing for anybody; `+` for a rule, whose introduction counts.
pub(super) const WATCHED: &[(&str, Watch)] = &[
    ("/time_zone", Any),
    ("/holidays/us_federal", Order("false", &["true", "false"])),
    ("/holidays/extras", Set),
    ("/courses/*/validity/length", Limit),
    ("/courses/*/validity/until_activation", Limit),
    ("/courses/*/max_attempts", Limit),
    ("/courses/*/accepted_editions", Set),
    ("/courses/*/equivalents", Set),
    ("/agreements/*/validity/kind", Any),
    ("/agreements/*/validity/length", Limit),
    ("/agreements/*/validity/date", Any),
    ("/agreements/*/new_version_days", Amount),
    ("/agreements/*/on_lapse", ON_MISS),
    ("/requests/lapses_after", Limit),
    ("/requests/requesters/*/confirmation/within_days", Limit),
    ("/requests/attestations/*/maximum_age", Limit),
    (
        "/organizations/obligations/+/while_missing",
        Order("list", &["list", "no_new_requests", "hold"]),
    ),
    ("/notices/undeliverable/settle_within", Amount),
    (
        "/notices/undeliverable/then",
        Order("suspend", &["list", "suspend"]),
    ),
    ("/ends_of_need/departure_notice_hours", Amount),
    ("/ends_of_need/no_longer_needed_notice_hours", Amount),
    (
        "/projects/last_project_removed",
        Order("keep_and_list", &["keep_and_list", "suspend", "deactivate"]),
    ),
    ("/projects/wind_down_days", Amount),
    ("/suspension/maximum/length", Limit),
    (
        "/suspension/maximum/then",
        Order("list", &["list", "deactivate"]),
    ),
    ("/suspension/by_cause/+/length", Limit),
    (
        "/suspension/by_cause/+/then",
        Order("list", &["list", "deactivate"]),
    ),
    ("/seats/needed_at/reservation_days", Amount),
    (
        "/seats/needed_at/none_free",
        Order("queue", &["queue", "deny"]),
    ),
    (
        "/seats/after_end/kind",
        Order(
            "implementation",
            &["organization", "successor", "implementation"],
        ),
    ),
    ("/seats/after_end/days", Amount),
    (
        "/seats/after_end/kept/kind",
        Order("unlimited", &["unlimited", "paid_term", "days"]),
    ),
    ("/seats/after_end/kept/days", Limit),
    (
        "/fees/lines/*/unpaid/then",
        Order("nothing", &["nothing", "list", "hold"]),
    ),
    ("/fees/lines/*/unpaid/after_days", Amount),
    ("/license_types/*/transfer_within_months", Allowance),
    ("/license_types/*/requests/lapses_after", Limit),
    (
        "/license_types/*/requests/requesters/*/confirmation/within_days",
        Limit,
    ),
    (
        "/license_types/*/requests/attestations/*/maximum_age",
        Limit,
    ),
    (
        "/license_types/*/requirement_sets/*/courses/*/validity/length",
        Limit,
    ),
    (
        "/license_types/*/requirement_sets/*/courses/*/validity/until_activation",
        Limit,
    ),
    (
        "/license_types/*/requirement_sets/*/courses/*/max_attempts",
        Limit,
    ),
    (
        "/license_types/*/requirement_sets/*/courses/*/equivalents",
        Set,
    ),
    (
        "/license_types/*/requirement_sets/*/practice/*/validity/length",
        Limit,
    ),
    (
        "/license_types/*/requirement_sets/*/practice/*/validity/until_activation",
        Limit,
    ),
    ("/license_types/*/agreement_terms/+/validity/kind", Any),
    ("/license_types/*/agreement_terms/+/validity/length", Limit),
    ("/license_types/*/agreement_terms/+/validity/date", Any),
    ("/license_types/*/agreement_terms/+/new_version_days", Limit),
    ("/license_types/*/agreement_terms/+/on_lapse", ON_MISS),
    ("/license_types/*/practice/max_attempts", Limit),
    (
        "/license_types/*/onboarding/staff_time_counts",
        Order("false", &["false", "true"]),
    ),
    ("/license_types/*/onboarding/deadlines/+/length", Limit),
    (
        "/license_types/*/onboarding/deadlines/+/extra_per_practice_set",
        Allowance,
    ),
    (
        "/license_types/*/onboarding/deadlines/+/on_miss/kind",
        Order("reset_step", &["reset_step", "lapse_request"]),
    ),
    ("/license_types/*/inactivity/off_rule/limit", Limit),
    (
        "/license_types/*/inactivity/off_rule/limit_inclusive",
        Order("false", &["false", "true"]),
    ),
    ("/license_types/*/inactivity/off_rule/grace", Amount),
    ("/license_types/*/inactivity/off_rule/steps/+/after", Amount),
    ("/license_types/*/inactivity/off_action", ON_MISS),
    ("/license_types/*/inactivity/keep_requests", Allowance),
    ("/license_types/*/inactivity/return_ladder/+/up_to", Limit),
    (
        "/license_types/*/inactivity/return_ladder/+/up_to_inclusive",
        Order("true", &["true", "false"]),
    ),
    (
        "/license_types/*/inactivity/return_ladder/+/then/kind",
        Order(
            "reactivate_if_current",
            &["reactivate_if_current", "requirement_set", "as_new"],
        ),
    ),
    (
        "/license_types/*/inactivity/absence_of",
        Order("license", &["person", "license"]),
    ),
    (
        "/license_types/*/inactivity/login_serves",
        Order("person", &["person", "license"]),
    ),
    ("/license_types/*/inactivity/restarted_by", Set),
    ("/license_types/*/inactivity/first_login_within", Limit),
    (
        "/license_types/*/inactivity/move_to_business_day",
        Order("false", &["true", "false"]),
    ),
    ("/license_types/*/term/ends/kind", Any),
    ("/license_types/*/term/ends/length", Limit),
    ("/license_types/*/term/ends/date", Any),
    ("/license_types/*/term/renewal_grace", Allowance),
    ("/license_types/*/recertification/schedule/kind", Any),
    ("/license_types/*/recertification/schedule/months", Limit),
    ("/license_types/*/recertification/schedule/counts_from", Any),
    (
        "/license_types/*/recertification/schedule/early_window",
        Limit,
    ),
    ("/license_types/*/recertification/schedule/date", Any),
    ("/license_types/*/recertification/on_miss", ON_MISS),
    ("/license_types/*/campaigns/on_miss", ON_MISS),
    ("/license_types/*/standing_conditions/+/valid_for", Limit),
    ("/license_types/*/standing_conditions/+/cure_within", Limit),
    (
        "/license_types/*/standing_conditions/+/on_miss",
        Order("list", &["list", "suspend"]),
    ),
];
