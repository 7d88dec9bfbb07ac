//! Wrong turns around requests, licenses and ends: each is refused with a reason that says what is missing, and nothing
//! is stored.

mod addresses;
mod dates;
mod ids;
mod requests;
mod versions;
mod victim_services;

use hmis_licensing::application::actor::Role;
use hmis_licensing::application::operator::TokenRequest;
use hmis_licensing::application::ports::{StoreError, StoreExt, UnitOfWork};
use hmis_licensing::domain::ids::{OrganizationId, PersonId};
use hmis_licensing::domain::roster::{Organization, Person};
use serde_json::Value;

use super::Story;

const REQUESTS: &str = "/v1/license-requests";

/// An organization and a person of Alaska, where no policy is in force, and `root`, an administrator of everything.
async fn alaska(story: &Story) -> (OrganizationId, PersonId) {
    let (implementation_id, now) = (story.akhmis, story.app.app.now());
    let organization = Organization {
        id: "0199f3c2-0000-7000-8000-0000000000a1".parse().unwrap(),
        implementation_id,
        name: "Chugach Street Shelter".into(),
        victim_service_provider: false,
        recorded_at: now,
        version: 1,
    };
    let person = Person {
        id: "0199f3c2-0000-7000-8000-0000000000a2".parse().unwrap(),
        implementation_id,
        given_name: "Nils".into(),
        family_name: "Haakonsen".into(),
        recorded_at: now,
        version: 1,
    };
    let ids = (organization.id, person.id);
    story
        .app
        .app
        .store()
        .write(move |unit: &mut dyn UnitOfWork| -> Result<(), StoreError> {
            unit.insert_organization(&organization)?;
            unit.insert_person(&person)
        })
        .await
        .unwrap();
    let root = TokenRequest {
        subject: Some("root".into()),
        ..TokenRequest::of(Role::SystemAdmin)
    };
    story.app.grant(root).await.unwrap();
    ids
}

async fn submitted(story: &Story) -> Value {
    story
        .post("supervisor", REQUESTS, &story.request_for_dana())
        .await
        .expect(201)
}
