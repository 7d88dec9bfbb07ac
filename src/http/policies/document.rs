//! The schema of a policy document. The domain cannot name utoipa, so the schema is written here: the members of the
//! document one by one, what lies deeper as objects that a preset shows in full. Tests hold it against what is read.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// What a member of the document holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Object,
    /// Codes to titles.
    Titles,
    /// Codes to objects.
    Catalogue,
    /// Objects in order.
    List,
}

struct Member {
    name: &'static str,
    required: bool,
    kind: Kind,
    description: &'static str,
}

const fn member(name: &'static str, kind: Kind, description: &'static str) -> Member {
    Member {
        name,
        required: false,
        kind,
        description,
    }
}

const fn needed(name: &'static str, kind: Kind, description: &'static str) -> Member {
    Member {
        required: true,
        ..member(name, kind, description)
    }
}

const DESCRIPTION: &str = "\
All rules of one implementation, as one version of its policy states them. Lengths are `{\"days\": 30}`, \
`{\"business_days\": 5}` or `{\"months\": 12}`, counted on the local calendar of the time zone; a rule with \
`enforced_from` (a local day) only reports before it. Unknown members are refused at every depth, and what is optional \
is left out when absent. `GET /v1/policy-presets/hand` and `GET /v1/policy-presets/akhmis` are whole documents to start \
from; post a changed one with `dry_run=true` to have every contradiction named.";

const MEMBERS: &[Member] = &[
    needed(
        "time_zone",
        Kind::Text,
        "IANA name of the zone whose calendar every day count runs on.",
    ),
    needed(
        "holidays",
        Kind::Object,
        "Which days are no business days besides weekends: `us_federal`, and days in `extras`.",
    ),
    member(
        "job_roles",
        Kind::Titles,
        "Job roles a request may carry, by code. Rules that differ by job role name these codes.",
    ),
    member(
        "workflows",
        Kind::Catalogue,
        "Workflows of the HMIS, by code, each with `title` and the HUD `project_types` that use it.",
    ),
    needed(
        "license_types",
        Kind::Catalogue,
        "Base license types and add-ons, by code: `title`, `license` (base or add-on), `requirement_sets`, `classes` \
         (which class of request owes which set), and where they differ from the implementation's or exist at all: \
         `transfer_within_months`, `requests`, `agreement_terms`, `practice`, `onboarding`, `inactivity`, `term`, \
         `recertification`, `campaigns`, `standing_conditions`.",
    ),
    member(
        "courses",
        Kind::Catalogue,
        "Courses, by code: `title`, `edition` and `accepted_editions`, `pass_mark`, `max_attempts`, `validity`, \
         `equivalents`.",
    ),
    member(
        "agreements",
        Kind::Catalogue,
        "Agreements, by code: `title`, `version`, `scope`, `parties`, `validity`, `new_version_days`, `on_lapse`.",
    ),
    member(
        "practice_sets",
        Kind::Catalogue,
        "Sets of practice cases, by code.",
    ),
    needed(
        "requests",
        Kind::Object,
        "The way of a request: `requesters`, `attestations`, `work_email`, `approval` in steps, `lapses_after`, \
         `activation`.",
    ),
    member(
        "organizations",
        Kind::Object,
        "What an organization keeps current, and what follows while something is missing.",
    ),
    member(
        "notices",
        Kind::Object,
        "`minimum_days` between a sent notice and the end it names, for each kind of end (the rule's grace unless \
         stated, else 5; 0 needs no notice), and what follows when one is `undeliverable`.",
    ),
    needed(
        "ends_of_need",
        Kind::Object,
        "Hours in which a departure (`departure_notice_hours`) and an end of need (`no_longer_needed_notice_hours`) \
         are reported.",
    ),
    needed(
        "projects",
        Kind::Object,
        "What follows when a license's last project is removed, and for how many days assignments outlive a project.",
    ),
    needed(
        "suspension",
        Kind::Object,
        "How long a license may stay suspended, for all causes and `by_cause`, and what follows.",
    ),
    needed(
        "seats",
        Kind::Object,
        "The paid vendor places: caps, when one is needed, what becomes of it after an end.",
    ),
    member(
        "violations",
        Kind::Object,
        "Offences and their consequences.",
    ),
    member(
        "fees",
        Kind::Object,
        "What is owed for licenses, seats and trainings. Absent: not known.",
    ),
    member(
        "two_persons",
        Kind::Object,
        "Which acts need a second person.",
    ),
    member(
        "organization_groups",
        Kind::Catalogue,
        "Named, dated groups of organizations (a Continuum of Care, a region), by code. A supervisor's role may be granted \
         for one.",
    ),
    member(
        "overrides",
        Kind::List,
        "Rules that differ for a group: `group`, and `changes` as a merge patch (RFC 7396) on this document, in which \
         null removes. The narrowest group wins.",
    ),
];

/// The most entries of a list or map.
const MOST_ENTRIES: usize = 500;

/// Describes [`PolicyDocument`](crate::domain::policy::PolicyDocument).
pub struct PolicyDocumentSchema;

impl PartialSchema for PolicyDocumentSchema {
    fn schema() -> RefOr<Schema> {
        let document = MEMBERS.iter().fold(
            ObjectBuilder::new()
                .schema_type(Type::Object)
                .description(Some(DESCRIPTION))
                .additional_properties(Some(AdditionalProperties::FreeForm(false)))
                .examples([super::hand()]),
            |document, member| {
                let document = document.property(member.name, described(member));
                if member.required {
                    document.required(member.name)
                } else {
                    document
                }
            },
        );
        document.into()
    }
}

impl ToSchema for PolicyDocumentSchema {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("PolicyDocument")
    }
}

fn described(member: &Member) -> Schema {
    let object = || ObjectBuilder::new().schema_type(Type::Object);
    let any = || Schema::from(object().build());
    let text = || Schema::from(ObjectBuilder::new().schema_type(Type::String).build());
    let map = |values: Schema| {
        object()
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(values))))
            .max_properties(Some(MOST_ENTRIES))
    };
    let description = Some(member.description);
    match member.kind {
        Kind::Text => ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(64))
            .description(description)
            .into(),
        Kind::Object => object().description(description).into(),
        Kind::Titles => map(text()).description(description).into(),
        Kind::Catalogue => map(any()).description(description).into(),
        Kind::List => ArrayBuilder::new()
            .items(object())
            .max_items(Some(MOST_ENTRIES))
            .description(description)
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::domain::policy::{PolicyDocument, presets};

    /// What serde says it knows when it meets an unknown member.
    fn members_read() -> BTreeSet<String> {
        let error = serde_json::from_value::<PolicyDocument>(json!({ "": 1 })).unwrap_err();
        let text = error.to_string();
        let known = text.split_once("expected one of ").unwrap().1;
        known
            .split(", ")
            .map(|name| name.trim_matches('`').to_owned())
            .collect()
    }

    #[test]
    fn the_schema_has_the_members_that_are_read() {
        let described: BTreeSet<String> = MEMBERS
            .iter()
            .map(|member| member.name.to_owned())
            .collect();
        assert_eq!(described, members_read());
        assert_eq!(described.len(), MEMBERS.len());
    }

    #[test]
    fn members_are_needed_where_the_schema_says_so() {
        let whole = super::super::hand();
        for member in MEMBERS {
            let mut document = whole.clone();
            document.as_object_mut().unwrap().remove(member.name);
            let read = serde_json::from_value::<PolicyDocument>(document);
            assert_eq!(read.is_err(), member.required, "{}", member.name);
        }
    }

    #[test]
    fn members_hold_what_the_schema_says() {
        for preset in presets() {
            let document = serde_json::to_value(&preset.document).unwrap();
            for (name, value) in document.as_object().unwrap() {
                let member = MEMBERS.iter().find(|member| member.name == name).unwrap();
                let values = || value.as_object().unwrap().values();
                let right = match member.kind {
                    Kind::Text => value.is_string(),
                    Kind::Object => value.is_object(),
                    Kind::Titles => values().all(Value::is_string),
                    Kind::Catalogue => values().all(Value::is_object),
                    Kind::List => value.is_array(),
                };
                assert!(right, "{name}");
            }
        }
    }
}
