//! What is tidied up in the background. Nothing depends on it: answers are right even if it never runs.

use std::time::Duration;

use crate::application::App;

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// Tidies up for ever: forgets idempotency answers past their day, and writes how many strangers were turned away into
/// the audit log.
pub async fn run(app: App) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = app.housekeeping().await {
            log::warn!("housekeeping failed and will be tried again: {error}");
        }
    }
}
