//! What a new version takes away: shorter limits, graces, validities, deadlines and notices, and harsher
//! consequences. Such a version needs a day's notice.
//!
//! Both documents are compared as they are written, by one table of what to watch. Where units differ, what may
//! be shorter on some calendar counts as shorter.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document::{NoticedEnd, PolicyDocument};
use super::validate::{Pointer, changing_days, may_exceed};
use crate::domain::calendar::Length;

/// How a value gets shorter.
#[derive(Clone, Copy)]
enum Watch {
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
const WATCHED: &[(&str, Watch)] = &[
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
    ("/seats/after_end/days", Amount),
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

/// Pointers into `new` (into `old` for what was removed) to everything that `new` shortens, overrides for groups
/// included: those are compared as the rules they make, so a pointer names the rule.
#[must_use]
pub fn shortens(old: &PolicyDocument, new: &PolicyDocument) -> Vec<String> {
    let mut found = BTreeSet::new();
    compare(old, new, &mut found);
    if !old.overrides.is_empty() || !new.overrides.is_empty() {
        let mut days = changing_days(old);
        days.extend(changing_days(new));
        for (organization, day) in days {
            compare(
                &old.for_organization(organization, day),
                &new.for_organization(organization, day),
                &mut found,
            );
        }
    }
    found.into_iter().collect()
}

fn compare(old: &PolicyDocument, new: &PolicyDocument, found: &mut BTreeSet<String>) {
    notices(old, new, found);
    let (Ok(before), Ok(after)) = (serde_json::to_value(old), serde_json::to_value(new)) else {
        return;
    };
    enforced_earlier(&Pointer::root(), &before, &after, found);
    for (pattern, watch) in WATCHED {
        let path: Vec<&str> = pattern.split('/').skip(1).collect();
        walk(
            &Pointer::root(),
            &path,
            Some(&before),
            Some(&after),
            *watch,
            found,
        );
    }
}

/// The notice minimum has defaults that depend on other rules, so it is compared as it works.
fn notices(old: &PolicyDocument, new: &PolicyDocument, found: &mut BTreeSet<String>) {
    for (code, license_type) in &new.license_types {
        let Some(before) = old.license_types.get(code) else {
            continue;
        };
        let limited = |found: &super::document::LicenseType| {
            found
                .inactivity
                .as_ref()
                .is_some_and(|inactivity| inactivity.off_rule.is_some())
        };
        for end in NoticedEnd::ALL {
            let compared =
                end != NoticedEnd::Inactivity || (limited(before) && limited(license_type));
            if compared && may_exceed(old.notice_before(end, code), new.notice_before(end, code)) {
                let at = Pointer::root().key("notices").key("minimum_days");
                found.insert(at.key(end.as_str()).to_string());
            }
        }
    }
}

/// A rule that only reported acts sooner. Rules that are new are judged by what they say.
fn enforced_earlier(at: &Pointer, old: &Value, new: &Value, found: &mut BTreeSet<String>) {
    const KEY: &str = "enforced_from";
    if let (Some(before), Value::Object(_)) = (old.get(KEY).and_then(Value::as_str), new) {
        // Days are written year first, so that their order is that of their letters.
        let sooner = new
            .get(KEY)
            .and_then(Value::as_str)
            .is_none_or(|after| after < before);
        if sooner {
            found.insert(at.key(KEY).to_string());
        }
    }
    let before = entries(old);
    for (key, (at, after)) in entries_at(at, new) {
        if let Some((_, before)) = before.get(&key) {
            enforced_earlier(&at, before, after, found);
        }
    }
}

fn walk(
    at: &Pointer,
    path: &[&str],
    old: Option<&Value>,
    new: Option<&Value>,
    watch: Watch,
    found: &mut BTreeSet<String>,
) {
    let Some((step, rest)) = path.split_first() else {
        if is_shorter(old, new, watch) {
            found.insert(at.to_string());
        }
        return;
    };
    // What is removed as a whole binds nobody any more.
    let Some(new) = new else {
        return;
    };
    match *step {
        "*" | "+" => {
            let before = old.map(entries).unwrap_or_default();
            for (key, (at, after)) in entries_at(at, new) {
                let before = before.get(&key).map(|(_, value)| *value);
                if before.is_some() || *step == "+" {
                    walk(&at, rest, before, Some(after), watch, found);
                }
            }
        }
        key => walk(
            &at.key(key),
            rest,
            old.and_then(|old| old.get(key)),
            new.get(key),
            watch,
            found,
        ),
    }
}

fn is_shorter(old: Option<&Value>, new: Option<&Value>, watch: Watch) -> bool {
    match watch {
        Limit => match (old, new) {
            (Some(old), Some(new)) => less(old, new),
            (None, Some(_)) => true,
            (_, None) => false,
        },
        Allowance => match (old, new) {
            (Some(old), Some(new)) => less(old, new),
            (Some(_), None) => true,
            (None, _) => false,
        },
        Amount => old.zip(new).is_some_and(|(old, new)| less(old, new)),
        Order(absent, order) => {
            let rank = |value: Option<&Value>| {
                let word = value.map_or_else(|| absent.to_owned(), plain);
                order.iter().position(|known| *known == word)
            };
            rank(new) > rank(old)
        }
        Set => {
            let members = |value: Option<&Value>| -> BTreeSet<String> {
                let list = value.and_then(Value::as_array);
                list.into_iter().flatten().map(plain).collect()
            };
            !members(old).is_subset(&members(new))
        }
        Any => new.is_some() && old != new,
    }
}

/// Whether the new length or number is, or may be, less than the old.
fn less(old: &Value, new: &Value) -> bool {
    if let (Some(old), Some(new)) = (old.as_u64(), new.as_u64()) {
        return new < old;
    }
    let length = |value: &Value| serde_json::from_value::<Length>(value.clone()).ok();
    length(old)
        .zip(length(new))
        .is_some_and(|(old, new)| may_exceed(old, new))
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Members of an object, or elements of a list under the name by which they are the same in both documents.
fn entries(value: &Value) -> BTreeMap<String, (Place, &Value)> {
    match value {
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (key.clone(), (Place::Key(key.clone()), value)))
            .collect(),
        Value::Array(list) => {
            let mut found = BTreeMap::new();
            for (index, value) in list.iter().enumerate() {
                let mut name = identity(value).unwrap_or_else(|| format!("#{index}"));
                if found.contains_key(&name) {
                    name = format!("{name}#{index}");
                }
                found.insert(name, (Place::Index(index), value));
            }
            found
        }
        _ => BTreeMap::new(),
    }
}

fn entries_at<'v>(at: &Pointer, value: &'v Value) -> BTreeMap<String, (Pointer, &'v Value)> {
    entries(value)
        .into_iter()
        .map(|(name, (place, value))| {
            let at = match place {
                Place::Key(key) => at.key(&key),
                Place::Index(index) => at.index(index),
            };
            (name, (at, value))
        })
        .collect()
}

/// Where an entry stands.
enum Place {
    Key(String),
    Index(usize),
}

/// What makes an element of a list the same in two documents, whatever its place.
fn identity(value: &Value) -> Option<String> {
    const NAMES: [&str; 7] = [
        "code",
        "course",
        "agreement",
        "practice_set",
        "item",
        "from",
        "kind",
    ];
    NAMES
        .iter()
        .find_map(|name| value.get(name))
        .map(|value| match value.get("kind") {
            Some(_) => value.to_string(),
            None => plain(value),
        })
}

#[cfg(test)]
mod tests;
