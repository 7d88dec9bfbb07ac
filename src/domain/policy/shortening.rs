//! What a new version takes away: shorter limits, graces, validities, deadlines and notices, and harsher
//! consequences. Such a version needs a day's notice.
//!
//! Both documents are compared as they are written, by one table of what to watch. Where units differ, what may
//! be shorter on some calendar counts as shorter.

mod watched;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document::{NoticedEnd, PolicyDocument};
use super::validate::{Pointer, changing_days, may_exceed, of_groups};
use crate::domain::calendar::Length;
use watched::WATCHED;
use watched::Watch::{self, Allowance, Amount, Any, Limit, Order, Set};

/// Pointers into `new` (into `old` for what was removed) to everything that `new` shortens, overrides for groups
/// included: those are compared as the rules they make, so a pointer names the rule.
#[must_use]
pub fn shortens(old: &PolicyDocument, new: &PolicyDocument) -> Vec<String> {
    let mut found = BTreeSet::new();
    compare(old, new, &mut found);
    if !old.overrides.is_empty() || !new.overrides.is_empty() {
        let mut days = changing_days(old);
        days.extend(changing_days(new));
        // Many organizations on many days have the same overrides: each pair of rules is compared once.
        let mut compared = BTreeSet::new();
        for (organization, day) in days {
            let laid_over = |document: &PolicyDocument| {
                of_groups(document, &document.groups_of(organization, day))
            };
            if !compared.insert((laid_over(old), laid_over(new))) {
                continue;
            }
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
    report_lags(old, new, found);
    let (Ok(before), Ok(after)) = (serde_json::to_value(old), serde_json::to_value(new)) else {
        return;
    };
    let (before, after) = (
        with_fallbacks(&after, &before),
        with_fallbacks(&before, &after),
    );
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

/// A document that says the general rule wherever the other has one of its own and it has none: that is what holds
/// there, and it may ask for more or for less.
fn with_fallbacks(other: &Value, whole: &Value) -> Value {
    let keys = |pointer: &str| -> Vec<String> {
        let found = other.pointer(pointer).and_then(Value::as_object);
        found.map_or_else(Vec::new, |object| object.keys().cloned().collect())
    };
    let mut filled = whole.clone();
    let mut fall_back = |own: &str, general: &str, has_own: bool| {
        let lacks = has_own && whole.pointer(own).is_none();
        if let Some(rule) = whole.pointer(general).filter(|_| lacks) {
            insert(&mut filled, own, rule.clone());
        }
    };
    for cause in keys("/suspension/by_cause") {
        let own = format!("/suspension/by_cause/{cause}");
        fall_back(&own, "/suspension/maximum", true);
    }
    for code in keys("/license_types") {
        let of_type = format!("/license_types/{code}");
        let own = format!("{of_type}/requests");
        fall_back(&own, "/requests", other.pointer(&own).is_some());
        // They say only what differs.
        let terms = format!("{of_type}/agreement_terms");
        for agreement in keys(&terms) {
            for key in keys(&format!("{terms}/{agreement}")) {
                let own = format!("{terms}/{agreement}/{key}");
                fall_back(&own, &format!("/agreements/{agreement}/{key}"), true);
            }
        }
        for set in keys(&format!("{of_type}/requirement_sets")) {
            let courses = format!("{of_type}/requirement_sets/{set}/courses");
            let list = |document: &Value| -> Vec<Value> {
                let found = document.pointer(&courses).and_then(Value::as_array);
                found.cloned().unwrap_or_default()
            };
            let had = list(other);
            for (place, course) in list(whole).iter().enumerate() {
                let Some(name) = course["course"].as_str() else {
                    continue;
                };
                for key in ["validity", "max_attempts"] {
                    let has_own = had
                        .iter()
                        .any(|then| then["course"] == name && then.get(key).is_some());
                    let own = format!("{courses}/{place}/{key}");
                    fall_back(&own, &format!("/courses/{name}/{key}"), has_own);
                }
            }
        }
    }
    filled
}

/// Puts a member where a pointer says. What holds it may be missing: an empty one is not written.
fn insert(whole: &mut Value, pointer: &str, value: Value) {
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        return;
    };
    if whole.pointer(parent).is_none() {
        insert(whole, parent, Value::Object(serde_json::Map::new()));
    }
    if let Some(Value::Object(parent)) = whole.pointer_mut(parent) {
        parent.insert(key.to_owned(), value);
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

/// How long a cut-off waits for the login sources: what is not written is a day.
fn report_lags(old: &PolicyDocument, new: &PolicyDocument, found: &mut BTreeSet<String>) {
    let lag = |document: &PolicyDocument, code: &str| {
        let found = document.license_types.get(code)?;
        Some(found.inactivity.as_ref()?.login_report_lag_hours)
    };
    for code in new.license_types.keys() {
        if lag(old, code)
            .zip(lag(new, code))
            .is_some_and(|(old, new)| new < old)
        {
            let at = Pointer::root().key("license_types").key(code);
            found.insert(
                at.key("inactivity")
                    .key("login_report_lag_hours")
                    .to_string(),
            );
        }
    }
}

/// A rule that only reported acts sooner. Rules that are new are judged by what they say.
fn enforced_earlier(at: &Pointer, old: &Value, new: &Value, found: &mut BTreeSet<String>) {
    for key in ["enforced_from", "first_login_enforced_from"] {
        if let (Some(before), Value::Object(_)) = (old.get(key).and_then(Value::as_str), new) {
            // Days are written year first, so that their order is that of their letters.
            let sooner = new
                .get(key)
                .and_then(Value::as_str)
                .is_none_or(|after| after < before);
            if sooner {
                found.insert(at.key(key).to_string());
            }
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
