//! What people may acknowledge: whatever recertification or a campaign asks of them.

use std::collections::BTreeSet;

use super::campaign::{CampaignAsks, campaigns};
use super::fact::Fact;
use super::policy::{PolicyDocument, RecertificationItem};

/// The codes that any license type of the rules asks for, and those of the campaigns among facts that stand. A campaign
/// asks whoever returns later too, so that only a cancelled one asks for nothing.
#[must_use]
pub fn acknowledgements_asked<'d>(
    documents: impl IntoIterator<Item = &'d PolicyDocument>,
    facts: &[&Fact],
) -> BTreeSet<String> {
    let by_rules = documents
        .into_iter()
        .flat_map(|document| document.license_types.values())
        .filter_map(|license_type| license_type.recertification.as_ref())
        .flat_map(|rule| &rule.items)
        .filter_map(|item| match item {
            RecertificationItem::Acknowledgement { code, .. } => Some(code.clone()),
            _ => None,
        });
    let by_campaigns = campaigns(facts, None)
        .into_iter()
        .filter(|campaign| !campaign.cancelled)
        .flat_map(|campaign| &campaign.plan.items)
        .filter_map(|item| match &item.asks {
            CampaignAsks::Acknowledgement { code, .. } => Some(code.clone()),
            _ => None,
        });
    by_rules.chain(by_campaigns).collect()
}
