//! Records what time alone brought about, so that history and lists are up to date.

use std::time::Duration;

use crate::application::App;

/// How often it looks for what is due.
const EVERY: Duration = Duration::from_secs(30);

/// Sweeps for ever.
pub async fn run(app: App) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match app.sweep_all().await {
            Ok(sweeps) => {
                for sweep in sweeps {
                    log::info!(
                        "sweep {}: {} people, {} changes, {} failed, at most {} s late",
                        sweep.id,
                        sweep.people,
                        sweep.changes.len(),
                        sweep.failed,
                        sweep.late_by_seconds
                    );
                }
            }
            Err(error) => log::warn!("the sweep failed and will be tried again: {error}"),
        }
    }
}
