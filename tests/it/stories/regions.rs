//! Supervisors of a region: one grant for a named group of organizations, which follows the dates of its members.

use hmis_licensing::application::actor::Role;
use hmis_licensing::application::token::OWN_ISSUER;
use hmis_licensing::domain::ids::OrganizationId;
use serde_json::{Value, json};

use super::{NOBODY, Story, text};
use crate::support::app::Answer;
use crate::support::database::{TestDatabase, on_both};

const ROLES: &str = "/v1/staff-roles";

/// Southeast Michigan with Wayne County in it: Corktown is a member through March, Jefferson from 10 March on. Regina
/// supervises the region from 3 March 2026, 14:00 in Detroit.
struct Region {
    story: Story,
    regina: String,
    /// Her grant.
    grant: Value,
}

impl Region {
    async fn on(database: &TestDatabase) -> Self {
        let story = Story::on(database).await;
        // A policy may name any id, one of another implementation too.
        story.app.administrator().await;
        let alaskan = json!({
            "implementation_id": story.akhmis,
            "name": "Anchorage Shelter",
            "participation": { "from_on": "2026-01-01" },
        });
        let alaskan = story
            .post("system_admin", "/v1/organizations", &alaskan)
            .await
            .expect(201);
        let members = json!([
            { "organization_id": story.corktown, "until_on": "2026-03-31" },
            { "organization_id": story.jefferson, "from_on": "2026-03-10" },
            { "organization_id": alaskan["id"] },
            { "organization_id": NOBODY },
        ]);
        rules(&story, "2026-03-03T19:00:00Z", &members).await;
        story.at("2026-03-03T19:00:00Z");
        let person = json!({
            "implementation_id": story.hand, "given_name": "Regina", "family_name": "Okafor",
        });
        let person = story.post("admin", "/v1/people", &person).await.expect(201);
        let regina = text(&person["id"]).to_owned();
        let wanted = of_group(&story, "regina", &regina, "southeast");
        let grant = story.post("admin", ROLES, &wanted).await.expect(201);
        Self {
            story,
            regina,
            grant,
        }
    }

    /// The organizations that Regina sees.
    async fn hers(&self) -> Vec<Value> {
        ids(self.story.list("regina", "/v1/organizations").await)
    }

    /// The organizations that have no supervisor.
    async fn without(&self) -> Vec<Value> {
        let path = "/v1/organizations?without_supervisor=true&limit=200";
        ids(self.story.list("admin", path).await)
    }

    async fn leaves(&self, organization: OrganizationId, ended_at: &str) -> Answer {
        let left = json!({
            "person_id": self.regina,
            "organization_id": organization,
            "ended_at": ended_at,
        });
        self.story.post("admin", "/v1/departures", &left).await
    }
}

/// Detroit's rules with the region, from an instant on.
async fn rules(story: &Story, from: &str, members: &Value) {
    let preset = story.get("admin", "/v1/policy-presets/hand").await;
    let mut document = preset.expect(200)["document"].clone();
    document["organization_groups"] = json!({
        "southeast": { "title": "Southeast Michigan" },
        "wayne": { "title": "Wayne County", "within": "southeast", "members": members },
    });
    let path = format!("/v1/implementations/{}/policies", story.hand);
    let body = json!({ "effective_from": from, "document": document });
    story.post("admin", &path, &body).await.expect(201);
}

fn of_group(story: &Story, subject: &str, person: &str, group: &str) -> Value {
    json!({
        "principal": { "issuer": OWN_ISSUER, "subject": subject },
        "role": "supervisor",
        "implementation_id": story.hand,
        "organization_group": group,
        "person_id": person,
    })
}

fn ids(rows: Vec<Value>) -> Vec<Value> {
    let mut ids: Vec<Value> = rows.iter().map(|row| row["id"].clone()).collect();
    ids.sort_by_key(ToString::to_string);
    ids
}

fn sorted<const N: usize>(organizations: [impl serde::Serialize; N]) -> Vec<Value> {
    ids(organizations.map(|id| json!({ "id": id })).into())
}

/// What an answer says, where it may differ in the organization asked about.
fn said(answer: &Answer, organization: &str) -> String {
    let request = answer.header("x-request-id").unwrap_or_default();
    answer
        .text
        .replace(request, "")
        .replace(organization, NOBODY)
}

#[test]
fn he_is_a_supervisor_of_each_member_and_of_nobody_else() {
    on_both(|database| async move {
        let region = Region::on(&database).await;
        let story = &region.story;
        story.license_dana().await;
        let kim = json!({ "given_name": "Kim", "family_name": "Nowak" });
        let elsewhere = story.request(story.jefferson, &kim);
        let elsewhere = story
            .post("jefferson", "/v1/license-requests", &elsewhere)
            .await
            .expect(201);
        // What a supervisor of the only member sees, and nothing else.
        for path in [
            "/v1/organizations",
            "/v1/projects",
            "/v1/people",
            "/v1/license-requests",
            "/v1/licenses",
            "/v1/agreement-signatures",
            "/v1/training-completions",
            "/v1/departures",
            "/v1/delegations",
        ] {
            let path = format!("{path}?limit=200");
            let seen = story.list("regina", &path).await;
            assert_eq!(seen, story.list("supervisor", &path).await, "{path}");
        }
        assert_eq!(region.hers().await, sorted([story.corktown]));
        for path in [ROLES, "/v1/audit-records"] {
            story.get("regina", path).await.problem(403, "forbidden");
        }
        // He asks for her members' staff, and decides as little as any supervisor.
        let body = story.request(story.corktown, &kim);
        let request = story
            .post("regina", "/v1/license-requests", &body)
            .await
            .expect(201);
        story
            .decide("regina", text(&request["id"]), "approve")
            .await
            .problem(403, "forbidden");
        // One that is no member today looks like one that does not exist.
        let jefferson = story.jefferson.to_string();
        for what in ["/v1/organizations/", "/v1/license-requests/"] {
            let id = match what {
                "/v1/organizations/" => jefferson.as_str(),
                _ => text(&elsewhere["id"]),
            };
            let hidden = story.get("regina", &format!("{what}{id}")).await;
            hidden.problem(404, "not_found");
            let unknown = story.get("regina", &format!("{what}{NOBODY}")).await;
            assert_eq!(said(&hidden, id), said(&unknown, id));
        }
        let foreign = story.request(story.jefferson, &kim);
        let mut nowhere = foreign.clone();
        nowhere["organization_id"] = json!(NOBODY);
        let foreign = story.post("regina", "/v1/license-requests", &foreign).await;
        foreign.problem(422, "invalid");
        let nowhere = story.post("regina", "/v1/license-requests", &nowhere).await;
        assert_eq!(said(&foreign, &jefferson), said(&nowhere, &jefferson));
        // The grant is shown as it was made.
        let path = format!("{ROLES}/{}", text(&region.grant["id"]));
        let shown = story.get("admin", &path).await.expect(200);
        assert_eq!(shown, region.grant);
        assert_eq!(shown["organization_group"], "southeast");
        assert_eq!(shown.get("organization_id"), None);
    });
}

#[test]
fn an_organization_is_his_from_its_first_day_in_the_group_to_its_last() {
    on_both(|database| async move {
        let region = Region::on(&database).await;
        let story = &region.story;
        let (corktown, jefferson) = (json!(story.corktown), json!(story.jefferson));
        story.license_dana().await;
        let feed = json!({ "organization_id": story.corktown });
        let feed = story.post("regina", "/v1/calendar-feeds", &feed).await;
        let address = text(&feed.expect(201)["url"]).to_owned();
        let opens = async || story.app.get(&address).send().await.status;
        story.revoke("supervisor").await;
        story.revoke("jefferson").await;
        story.at("2026-03-10T03:59:59Z");
        assert_eq!(region.hers().await, sorted([story.corktown]));
        assert!(region.without().await.contains(&jefferson));
        assert!(!region.without().await.contains(&corktown));
        // She is the second party where there is nobody else, so the lead does not countersign.
        let countersigned = async || {
            story
                .sign(
                    "admin",
                    story.dana,
                    story.corktown,
                    "user_agreement",
                    "lead",
                )
                .await
        };
        let answer = countersigned().await;
        answer.problem(422, "invalid");
        assert_eq!(answer.faults(), ["/party"]);

        story.at("2026-03-10T04:00:00Z");
        let both = sorted([story.corktown, story.jefferson]);
        assert_eq!(region.hers().await, both);
        assert!(!region.without().await.contains(&jefferson));
        story.at("2026-04-01T03:59:59Z");
        assert_eq!(region.hers().await, both);
        assert_eq!(opens().await, 200);

        story.at("2026-04-01T04:00:00Z");
        assert_eq!(region.hers().await, sorted([story.jefferson]));
        assert!(region.without().await.contains(&corktown));
        assert_eq!(opens().await, 404);
        countersigned().await.expect(201);
        // Nobody touched the grant.
        let path = format!("{ROLES}/{}", text(&region.grant["id"]));
        assert_eq!(story.get("admin", &path).await.expect(200), region.grant);
    });
}

#[test]
fn a_departure_ends_it_at_one_organization_and_revocation_everywhere() {
    on_both(|database| async move {
        let region = Region::on(&database).await;
        let story = &region.story;
        // At an organization that is no member yet she has nothing to leave.
        let stranger = region.leaves(story.jefferson, "2026-03-03T18:30:00Z").await;
        stranger.problem(422, "invalid");
        assert_eq!(stranger.faults(), ["/organization_id"]);
        story.at("2026-03-10T12:00:00Z");
        region
            .leaves(story.corktown, "2026-03-10T17:00:00Z")
            .await
            .expect(201);
        let both = sorted([story.corktown, story.jefferson]);
        story.at("2026-03-10T16:59:59Z");
        assert_eq!(region.hers().await, both);
        story.at("2026-03-10T17:00:00Z");
        assert_eq!(region.hers().await, sorted([story.jefferson]));
        // Said again it is recorded again.
        region
            .leaves(story.corktown, "2026-03-10T17:00:00Z")
            .await
            .expect(201);
        // New dates of the membership do not give back what the departure ended.
        let members = json!([
            { "organization_id": story.corktown, "from_on": "2026-03-12" },
            { "organization_id": story.jefferson, "from_on": "2026-03-10" },
        ]);
        rules(story, "2026-03-11T19:00:00Z", &members).await;
        story.at("2026-03-12T12:00:00Z");
        assert_eq!(region.hers().await, sorted([story.jefferson]));

        let path = format!("{ROLES}/{}", text(&region.grant["id"]));
        let live = story.get("admin", &path).await.expect(200);
        assert_eq!(live["state"], "live");
        let seen = json!({ "expected_version": 1 });
        story
            .post("admin", &format!("{path}/revoke"), &seen)
            .await
            .expect(200);
        story
            .get("regina", "/v1/organizations")
            .await
            .problem(403, "forbidden");
        // A grant made after it holds there again.
        let anew = of_group(story, "regina", &region.regina, "southeast");
        story.post("admin", ROLES, &anew).await.expect(201);
        assert_eq!(region.hers().await, both);
    });
}

#[test]
fn his_deputy_at_one_organization_acts_there_while_it_is_in_the_group() {
    on_both(|database| async move {
        let region = Region::on(&database).await;
        let story = &region.story;
        story.license_dana().await;
        let deputy = |organization: &Value| {
            json!({
                "organization_id": organization,
                "deputy_id": story.dana,
                "until_on": "2026-04-20",
                "reason": "Vacation.",
            })
        };
        let not_hers = story
            .post(
                "regina",
                "/v1/delegations",
                &deputy(&json!(story.jefferson)),
            )
            .await;
        not_hers.problem(422, "invalid");
        assert_eq!(not_hers.faults(), ["/organization_id"]);
        let named = story
            .post("regina", "/v1/delegations", &deputy(&json!(story.corktown)))
            .await
            .expect(201);
        assert_eq!(named["state"], "live");
        assert_eq!(named["supervisor_id"], json!(region.regina));
        let asks = async |organization, family_name: &str| {
            let person = json!({ "given_name": "Kim", "family_name": family_name });
            let body = story.request(organization, &person);
            story.post("dana", "/v1/license-requests", &body).await
        };
        story.at("2026-03-31T12:00:00Z");
        let request = asks(story.corktown, "Moreau").await.expect(201);
        assert_eq!(request["requested_by"], json!(region.regina));
        let elsewhere = asks(story.jefferson, "Moreau").await.status;
        assert!(matches!(elsewhere.as_u16(), 403 | 422), "{elsewhere}");
        story.at("2026-04-01T04:00:00Z");
        asks(story.corktown, "Nowak")
            .await
            .problem(403, "forbidden");
        let path = format!("/v1/delegations/{}", text(&named["id"]));
        let ended = story.get("admin", &path).await.expect(200);
        assert_eq!(ended["state"], "ended");
    });
}

#[test]
fn a_role_is_granted_for_a_group_to_supervisors_and_of_the_policy_in_force_only() {
    on_both(|database| async move {
        let region = Region::on(&database).await;
        let story = &region.story;
        let sound = of_group(story, "regina", &region.regina, "southeast");
        let with = |members: Value| {
            let mut body = sound.clone();
            let body_members = body.as_object_mut().unwrap();
            for (member, value) in members.as_object().unwrap() {
                if value.is_null() {
                    body_members.remove(member);
                } else {
                    body_members.insert(member.clone(), value.clone());
                }
            }
            body
        };
        let refused = async |body: &Value, pointers: &[&str]| {
            let answer = story.post("system_admin", ROLES, body).await;
            answer.problem(422, "invalid");
            assert_eq!(answer.faults(), pointers, "{body}");
            let faults = answer.json()["errors"].clone();
            text(&faults[0]["detail"]).to_owned()
        };
        let both = with(json!({ "organization_id": story.corktown }));
        let why = refused(&both, &["/organization_group"]).await;
        assert!(why.contains("an organization or of a group"), "{why}");
        let unknown = with(json!({ "organization_group": "northwest" }));
        let why = refused(&unknown, &["/organization_group"]).await;
        assert!(why.ends_with("southeast, wayne"), "{why}");
        let nowhere = with(json!({ "implementation_id": null, "person_id": null }));
        refused(&nowhere, &["/implementation_id", "/person_id"]).await;
        // Alaska has no policy yet, so no group either.
        let alaska = with(json!({ "implementation_id": story.akhmis, "person_id": null }));
        refused(&alaska, &["/organization_group", "/person_id"]).await;
        for role in Role::ALL {
            if role == Role::Supervisor {
                continue;
            }
            let person = (role == Role::EndUser).then_some(&region.regina);
            let other = with(json!({ "role": role, "person_id": person }));
            let why = refused(&other, &["/organization_group"]).await;
            assert!(why.contains("only supervisors"), "{role:?}: {why}");
        }
        story
            .post("admin", ROLES, &sound)
            .await
            .problem(409, "duplicate");
        // Another group, or an organization, is another scope; of a group within a group each is his once.
        let inner = with(json!({ "organization_group": "wayne" }));
        story.post("admin", ROLES, &inner).await.expect(201);
        assert_eq!(region.hers().await, sorted([story.corktown]));
        let one = with(json!({
            "organization_group": null, "organization_id": story.jefferson,
        }));
        story.post("admin", ROLES, &one).await.expect(201);
        let both = sorted([story.corktown, story.jefferson]);
        assert_eq!(region.hers().await, both);
    });
}
