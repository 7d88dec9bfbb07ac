use serde_json::Value;

use super::*;
use crate::domain::calendar::Length;
use crate::domain::policy::{
    ActivationBy, NoticedEnd, OffAction, OnMiss, Party, RequestClass, Schedule,
};

#[test]
fn every_file_is_read_valid_and_says_whose_it_is() {
    assert_eq!(presets().len(), FILES.len());
    for file in FILES {
        let preset: Preset = serde_json::from_str(file).expect("a preset");
        assert_eq!(preset.document.validate(), [], "{}", preset.name);
        assert!(preset.source.starts_with("https://"));
        assert!(!preset.readings.is_empty());
    }
    assert_eq!(
        preset("hand").map(|found| found.name.as_str()),
        Some("hand")
    );
    assert_eq!(preset("nobody"), None);
}

#[test]
fn a_document_written_and_read_again_is_the_same() {
    for file in FILES {
        let raw: Value = serde_json::from_str(file).expect("JSON");
        let document = &preset(raw["name"].as_str().expect("a name"))
            .expect("a preset")
            .document;
        let written = serde_json::to_string(document).expect("JSON");
        let again: PolicyDocument = serde_json::from_str(&written).expect("a document");
        assert_eq!(&again, document);
        assert!(!written.contains("null"), "absent things are omitted");
    }
}

#[test]
fn hand_is_detroits_policy() {
    let document = &preset("hand").expect("hand").document;
    assert_eq!(document.zone(), Some(chrono_tz::America::Detroit));
    let license = &document.license_types["end_user"];
    let (_, new) = license.set_for(RequestClass::New).expect("a set");
    assert_eq!(new.agreements.len(), 2);
    assert_eq!(
        new.courses
            .iter()
            .filter(|required| required.job_roles.is_empty())
            .map(|required| required.course.as_str())
            .collect::<Vec<_>>(),
        ["hmis_user_training_series", "hand_policy_and_procedure"]
    );
    for code in ["user_agreement", "code_of_ethics"] {
        let agreement = document
            .agreement_for("end_user", code)
            .expect("an agreement");
        assert!(agreement.parties.contains(&Party::EndUser));
        assert!(agreement.parties.contains(&Party::Agency));
        assert_eq!(agreement.new_version_days, 30);
        assert_eq!(agreement.on_lapse, OnMiss::Suspend);
    }
    let inactivity = license.inactivity.as_ref().expect("inactivity");
    let rule = inactivity.off_rule.as_ref().expect("a limit");
    assert_eq!(
        (rule.limit, rule.grace),
        (Length::Days(30), Length::Days(5))
    );
    assert_eq!(rule.steps.len(), 1);
    assert_eq!(inactivity.off_action, OffAction::Deactivate);
    assert_eq!(inactivity.login_report_lag_hours, 24);
    assert_eq!(inactivity.return_ladder.len(), 3);
    let recertification = license.recertification.as_ref().expect("recertification");
    assert!(matches!(
        recertification.schedule,
        Schedule::Rolling { months: 12, .. }
    ));
    assert_eq!(recertification.on_miss, OnMiss::Deactivate);
    assert_eq!(document.requests.activation.by, ActivationBy::Staff);
    assert_eq!(document.ends_of_need.departure_notice_hours, 24);
    assert_eq!(document.fees, None);
    assert_eq!(
        document.notice_before(NoticedEnd::Inactivity, "end_user"),
        Length::Days(5)
    );
}

#[test]
fn akhmis_is_alaskas_policy() {
    let document = &preset("akhmis").expect("akhmis").document;
    assert_eq!(document.zone(), Some(chrono_tz::America::Anchorage));
    let license = &document.license_types["end_user"];
    let (code, _) = license.set_for(RequestClass::Returning).expect("a set");
    assert_eq!(code, "returning");
    let (code, _) = license.set_for(RequestClass::Additional).expect("a set");
    assert_eq!(code, "new");
    let inactivity = license.inactivity.as_ref().expect("inactivity");
    assert_eq!(inactivity.off_rule, None);
    assert_eq!(inactivity.stale_list_after, Some(Length::Days(90)));
    assert!(!document.license_types["business_objects"].is_base());
    let fees = document.fees.as_ref().expect("fees");
    assert!(
        fees.lines.values().all(|line| line.amount.is_none()),
        "amounts are not known"
    );
    for line in fees.lines.values() {
        let shares = line.payers.iter();
        let payers: Vec<&str> = shares.filter_map(|share| share.payer.as_deref()).collect();
        assert_eq!(payers, ["hud_coc", "ahfc"], "{}", line.title);
    }
    // A request for the add-on follows its own rules, all others the implementation's.
    assert_eq!(
        document.requests_for("business_objects").requesters.len(),
        2
    );
    assert_eq!(document.requests_for("end_user").requesters.len(), 1);
}
