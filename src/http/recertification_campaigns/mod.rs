//! `/v1/recertification-campaigns`.

mod decide;
mod items;
mod one;
mod people;
mod read;
mod start;

use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(read::list_campaigns)
        .service(start::start_campaign)
        .service(read::get_campaign)
        .service(people::list_campaign_people)
        .service(decide::extend_campaign)
        .service(decide::cancel_campaign)
        .service(decide::suspend_all_for_campaign)
        .service(one::suspend_for_campaign)
        .service(one::excuse_from_campaign);
}
