//! Sends the messages that are due.

use std::sync::Arc;
use std::time::Duration;

use crate::application::App;
use crate::application::ports::Mailer;

/// How often it looks for what is due.
const EVERY: Duration = Duration::from_secs(10);

/// Sends messages for ever.
pub async fn run(app: App, mailer: Arc<dyn Mailer>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match app.send_messages(&mailer).await {
            Ok(delivered) if delivered == Default::default() => {}
            Ok(delivered) => log::info!(
                "messages: {} sent, {} failed, {} refused",
                delivered.sent,
                delivered.failed,
                delivered.refused
            ),
            Err(error) => log::warn!("messages will be sent later: {error}"),
        }
    }
}
