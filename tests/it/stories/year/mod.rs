//! A year of an agency, told day by day as its people live it: the clock is moved, the store is real, the mail is caught.
//!
//! Each story is compared with a snapshot that was read line by line against the rules. Where a rule changes on purpose,
//! `HMIS_LICENSING_UPDATE_SNAPSHOTS=1` writes it anew, and the difference is read again.

mod alaska;
mod detroit;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use hmis_licensing::application::ports::{Mail, MailFailure, Mailer};
use hmis_licensing::domain::sweep::{Swept, SweptChange};
use serde_json::{Value, json};

use super::text;
use crate::support::app::{Answer, TestApp};

/// The mail server of the year.
#[derive(Default)]
struct PostOffice {
    /// It cannot be reached.
    down: Mutex<bool>,
    /// Mailboxes that are gone.
    gone: Mutex<BTreeSet<String>>,
    /// What was given to it, and what came of it.
    handled: Mutex<Vec<(Mail, Option<MailFailure>)>>,
}

impl Mailer for PostOffice {
    fn send<'a>(
        &'a self,
        mail: &'a Mail,
    ) -> Pin<Box<dyn Future<Output = Result<(), MailFailure>> + Send + 'a>> {
        let failure = if *self.down.lock().unwrap() {
            Some(MailFailure::Ours("it could not be reached".into()))
        } else if self.gone.lock().unwrap().contains(&mail.to) {
            Some(MailFailure::Recipient("there is no such mailbox".into()))
        } else {
            None
        };
        let handled = (mail.clone(), failure.clone());
        self.handled.lock().unwrap().push(handled);
        Box::pin(async move { failure.map_or(Ok(()), Err) })
    }
}

/// Somebody with a license, or on the way to one.
#[derive(Clone)]
struct Person {
    name: &'static str,
    id: String,
}

/// The year of one agency.
struct Year {
    app: TestApp,
    zone: Tz,
    source: String,
    /// Whether the login source reports nothing.
    silent: bool,
    post: Arc<PostOffice>,
    mailer: Arc<dyn Mailer>,
    people: BTreeMap<&'static str, Person>,
    /// Who logs in every Monday, with the days on which they do not.
    at_work: BTreeSet<&'static str>,
    /// Notices of which it was told that they wait for staff.
    waiting: BTreeSet<String>,
    told: String,
    /// The day whose heading was written last.
    day: Option<NaiveDate>,
}

impl Year {
    fn new(app: TestApp, zone: Tz, source: String) -> Self {
        let post = Arc::new(PostOffice::default());
        Self {
            app,
            zone,
            source,
            silent: false,
            mailer: Arc::clone(&post) as Arc<dyn Mailer>,
            post,
            people: BTreeMap::new(),
            at_work: BTreeSet::new(),
            waiting: BTreeSet::new(),
            told: String::new(),
            day: None,
        }
    }

    async fn get(&self, who: &str, path: &str) -> Answer {
        let token = self.app.token(who);
        self.app.get(path).bearer(&token).send().await
    }

    async fn post(&self, who: &str, path: &str, body: &Value) -> Answer {
        let token = self.app.token(who);
        self.app.post(path).bearer(&token).json(body).send().await
    }

    fn now(&self) -> DateTime<Utc> {
        self.app.app.now()
    }

    /// An instant as the agency's clocks show it, without the day where it is today's.
    fn local(&self, at: DateTime<Utc>) -> String {
        let (now, at) = (
            self.now().with_timezone(&self.zone),
            at.with_timezone(&self.zone),
        );
        if now.date_naive() == at.date_naive() {
            at.format("%H:%M").to_string()
        } else {
            at.format("%Y-%m-%d %H:%M").to_string()
        }
    }

    /// Moves the clock to a local time.
    fn at(&self, day: NaiveDate, hour: u32, minute: u32) {
        let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        let at = self
            .zone
            .from_local_datetime(&day.and_time(time))
            .earliest();
        self.app.clock.set(at.unwrap().to_utc());
    }

    /// Writes that something happened now.
    fn say(&mut self, who: &str, what: &str) {
        let now = self.now().with_timezone(&self.zone);
        if self.day != Some(now.date_naive()) {
            self.day = Some(now.date_naive());
            let _ = writeln!(self.told, "\n{}", now.format("%Y-%m-%d %A"));
        }
        let _ = writeln!(self.told, "  {}  {who:<10} {what}", now.format("%H:%M"));
    }

    fn name_of(&self, id: &str) -> &'static str {
        let mut people = self.people.values();
        people
            .find(|person| person.id == id)
            .map_or("somebody", |person| person.name)
    }

    fn id(&self, name: &str) -> String {
        self.people[name].id.clone()
    }

    /// The license of somebody, as an administrator sees it.
    async fn license(&self, name: &str) -> Value {
        let path = format!("/v1/licenses?person_id={}", self.id(name));
        self.get("admin", &path).await.expect(200)["data"][0].clone()
    }

    /// A login of somebody, as the source reports it.
    async fn login(&self, name: &str, occurred_at: DateTime<Utc>) -> Answer {
        let body = json!({
            "login_source_id": self.source,
            "source_event_id": format!("{name}-{occurred_at}"),
            "occurred_at": occurred_at,
            "external_id": { "system": "username", "value": name },
        });
        self.post("frontend", "/v1/login-events", &body).await
    }

    /// What nobody needs to do: the source says that it is complete, what is due is swept, and what is to be told is sent.
    async fn by_itself(&mut self) {
        if !self.silent {
            let path = format!("/v1/login-sources/{}/heartbeats", self.source);
            let body = json!({ "complete_through": self.now() });
            self.post("frontend", &path, &body).await.expect(201);
        }
        let sweeps = self.app.app.sweep_all().await.unwrap();
        for sweep in sweeps {
            assert_eq!((sweep.failed, sweep.complete), (0, true));
            for change in &sweep.changes {
                self.tell_change(change).await;
            }
        }
        self.app.app.send_messages(&self.mailer).await.unwrap();
        self.tell_mail();
        self.tell_waiting().await;
    }

    async fn tell_change(&mut self, change: &SweptChange) {
        let name = self.name_of(&change.person_id.to_string());
        let from = change.from.clone().unwrap_or_else(|| "none".into());
        let mut what = match change.of {
            Swept::License(_) => format!("license {from} -> {}", change.to),
            Swept::LicenseRequest(_) => format!("request {from} -> {}", change.to),
        };
        if let Swept::License(id) = change.of {
            let license = self
                .get("admin", &format!("/v1/licenses/{id}"))
                .await
                .expect(200);
            let holds = license["holds"].as_array().into_iter().flatten();
            let causes: Vec<&str> = holds.map(|hold| text(&hold["cause"])).collect();
            if !causes.is_empty() {
                let _ = write!(what, " ({})", causes.join(", "));
            }
            if let Some(cause) = license["end"]["cause"].as_str() {
                let _ = write!(what, " ({cause})");
            }
            if let Some(cut_off) = license["end"]["cut_off_at"].as_str() {
                let _ = write!(
                    what,
                    ", cut off at {}",
                    self.local(cut_off.parse().unwrap())
                );
            }
            if let Some(cut_off) = license["warning"]["cut_off_at"].as_str() {
                let _ = write!(
                    what,
                    ", cut off at {}",
                    self.local(cut_off.parse().unwrap())
                );
            }
        }
        let at = self.local(change.at);
        self.say(name, &format!("{what}, since {at}"));
    }

    fn tell_mail(&mut self) {
        let mut handled = std::mem::take(&mut *self.post.handled.lock().unwrap());
        // Who is tried again when is left to chance, so that a server that is back is not asked by everyone at once.
        handled.sort_by(|(one, _), (other, _)| one.to.cmp(&other.to));
        for (mail, failure) in handled {
            let name = mail.to.split('@').next().unwrap_or_default();
            let name = self
                .people
                .get(name)
                .map_or("somebody", |person| person.name);
            match failure {
                Some(MailFailure::Ours(_)) => self.say(name, "mail not sent: our server is down"),
                Some(MailFailure::Recipient(_)) => {
                    self.say(name, "mail refused: there is no such mailbox");
                }
                None => {
                    self.say(name, &format!("mailed: {}", mail.subject));
                    for line in mail.plain.lines().filter(|line| !line.is_empty()) {
                        let frame = ["Hello ", "this is about", "Questions?", "This message"];
                        if !frame.iter().any(|start| line.starts_with(start)) {
                            let _ = writeln!(self.told, "                    | {line}");
                        }
                    }
                }
            }
        }
    }

    /// Notices that staff have to give, each once.
    async fn tell_waiting(&mut self) {
        let waiting = self
            .get("help_desk", "/v1/notices?waiting=true&limit=200")
            .await;
        let mut waiting = waiting.expect(200)["data"].as_array().unwrap().clone();
        waiting.sort_by_key(|notice| self.name_of(text(&notice["person_id"])));
        for notice in waiting {
            if notice["status"] != "undeliverable"
                || !self.waiting.insert(text(&notice["id"]).to_owned())
            {
                continue;
            }
            let name = self.name_of(text(&notice["person_id"]));
            let what = format!(
                "waits for staff: {} of {}, for {}",
                text(&notice["kind"]),
                text(&notice["rule"]),
                notice["named_on"].as_str().unwrap_or("no day"),
            );
            self.say(name, &what);
        }
    }

    /// The logins of a Monday: of whoever works, at nine.
    async fn logins(&mut self, day: NaiveDate) {
        use chrono::Datelike;
        if day.weekday() != chrono::Weekday::Mon || self.silent {
            return;
        }
        let nine = NaiveTime::from_hms_opt(9, 0, 0).unwrap();
        let nine = self.zone.from_local_datetime(&day.and_time(nine)).unwrap();
        for name in self.at_work.clone() {
            let answer = self.login(name, nine.to_utc()).await.expect(201);
            if answer.get("access_signal_id").is_some() {
                let who = self.people[name].name;
                self.say(
                    who,
                    "logged in although nothing allowed it: an access signal",
                );
            }
        }
    }

    /// Compares what was told with the snapshot of a name.
    fn compare(&self, name: &str) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/it/stories/year")
            .join(format!("{name}.txt"));
        if std::env::var_os("HMIS_LICENSING_UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&file, &self.told).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        let differs = kept
            .lines()
            .zip(self.told.lines())
            .position(|(kept, told)| kept != told);
        let count = (kept.lines().count(), self.told.lines().count());
        if let Some(place) = differs.or_else(|| (count.0 != count.1).then(|| count.0.min(count.1)))
        {
            let around = |text: &str| {
                let lines = text.lines().skip(place.saturating_sub(3)).take(8);
                lines.collect::<Vec<_>>().join("\n")
            };
            panic!(
                "{name} differs from its snapshot at line {}:\n--- kept\n{}\n--- told\n{}\n\n{}",
                place + 1,
                around(&kept),
                around(&self.told),
                self.told
            );
        }
    }
}

/// Every day from one through another.
fn days(from: &str, through: &str) -> impl Iterator<Item = NaiveDate> {
    let (from, through): (NaiveDate, NaiveDate) = (from.parse().unwrap(), through.parse().unwrap());
    let next = move |day: &NaiveDate| day.checked_add_days(Days::new(1));
    std::iter::successors(Some(from), next).take_while(move |day| *day <= through)
}
