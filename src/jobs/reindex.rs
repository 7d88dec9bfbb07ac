//! Brings recorded states up to date after a change of rules, so that lists by state are answered again soon.

use std::time::Duration;

use crate::application::App;

/// How often it looks for what is due.
const EVERY: Duration = Duration::from_secs(5);

/// Looks for due states for ever.
pub async fn run(app: App) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match app.reindex().await {
            Ok(0) => {}
            Ok(people) => log::info!("evaluated the states of {people} people anew"),
            Err(error) => log::warn!("states will be evaluated anew later: {error}"),
        }
    }
}
