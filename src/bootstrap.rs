//! Puts the pieces together: settings become a store, a clock, the application and a server.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::{HttpServer, rt, web};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::application::audit::hex;
use crate::application::clock::{Clock, SystemClock};
use crate::application::hmis_csv::{LoadError, UnusableExport, load_directory, read_export};
use crate::application::import::{self, ImportReport};
use crate::application::operator::{self, TokenRequest};
use crate::application::ports::Mailer;
use crate::application::secret::Secret;
use crate::application::token::{KeyError, OWN_ISSUER, Tokens};
use crate::application::{App, Error, Place};
use crate::config::{SecretSource, Settings};
use crate::domain::sweep::Swept;
use crate::http::{self, State};
use crate::jobs::{housekeeping, outbox, reindex, sweep as sweeping};
use crate::persistence::{SqlStore, StartError};

/// How long the administrator's token of the banner is good.
const BANNER_TOKEN: TimeDelta = TimeDelta::hours(12);
/// Seconds that requests in flight have to finish once a stop is asked for.
const GRACE_SECONDS: u64 = 30;

/// Why the program could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Store(#[from] StartError),
    #[error("{}", explain(.0))]
    UseCase(#[from] Error),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("the export cannot be used:\n{}", faults(.0))]
    Export(UnusableExport),
    #[error("cannot use the secret file {file}: {reason}")]
    Secret { file: String, reason: String },
    #[error("{0} is in use by another program: stop that one, or give another address with --bind")]
    PortInUse(SocketAddr),
    #[error("cannot listen on {address}: {reason}")]
    Listen { address: SocketAddr, reason: String },
    #[error("the server failed: {0}")]
    Server(#[from] io::Error),
}

/// A refusal with its faults, one per line.
fn explain(error: &Error) -> String {
    let Error::Invalid(faults) = error else {
        return error.to_string();
    };
    let lines = faults.iter().map(|fault| match &fault.place {
        Place::Parameter(name) => format!("--{name}: {}", fault.detail),
        Place::Pointer(place) | Place::Header(place) => format!("{place}: {}", fault.detail),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The faults of an export, one per line.
fn faults(export: &UnusableExport) -> String {
    let lines: Vec<String> = export.faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// Sends the log to standard error.
pub fn start_log(filter: &str) {
    env_logger::Builder::new()
        .parse_filters(filter)
        .format(|out, record| {
            let now = SystemClock
                .now()
                .to_rfc3339_opts(SecondsFormat::Micros, true);
            writeln!(
                out,
                "{now} {} {} {}",
                record.level(),
                record.target(),
                record.args()
            )
        })
        .init();
}

/// Opens the database and brings its schema up to this program.
fn open(settings: &Settings) -> Result<SqlStore, StartError> {
    let store = SqlStore::open(&settings.database)?;
    for name in store.migrate()? {
        log::info!("migrated {name}");
    }
    Ok(store)
}

fn application(settings: &Settings) -> Result<App, StartError> {
    Ok(App::new(Arc::new(open(settings)?), Arc::new(SystemClock)))
}

/// Migrates, and says what was done.
pub fn migrate(settings: &Settings) -> Result<Vec<String>, Failure> {
    Ok(SqlStore::open(&settings.database)?.migrate()?)
}

/// Grants a role to a subject and mints a token for it.
pub fn token(
    settings: &Settings,
    request: TokenRequest,
    lifetime: TimeDelta,
) -> Result<String, Failure> {
    let app = application(settings)?;
    let tokens = settings.tokens(&secret(settings)?)?;
    // Before anything is recorded: a lifetime that no token may have leaves no grant.
    tokens.mint("nobody", lifetime, app.now())?;
    rt::System::new().block_on(async {
        operator::first_start(&app, settings.own_tokens.then_some(OWN_ISSUER)).await?;
        let identity = operator::create_token_principal(&app, OWN_ISSUER, request).await?;
        Ok(tokens.mint(&identity.subject, lifetime, app.now())?)
    })
}

/// Imports the HUD HMIS CSV export in a directory.
pub fn import_hmis_csv(
    settings: &Settings,
    directory: &Path,
    implementation: &str,
    dry_run: bool,
) -> Result<ImportReport, Failure> {
    let export = read_export(&load_directory(directory)?).map_err(Failure::Export)?;
    let app = application(settings)?;
    rt::System::new().block_on(async {
        operator::first_start(&app, settings.own_tokens.then_some(OWN_ISSUER)).await?;
        Ok(import::import_hmis_csv(&app, implementation, export, dry_run).await?)
    })
}

/// Sweeps, and says what was found, a line each.
pub fn sweep(
    settings: &Settings,
    implementation: Option<String>,
    as_of: Option<DateTime<Utc>>,
    dry_run: bool,
) -> Result<String, Failure> {
    let app = application(settings)?;
    let sweeps = rt::System::new().block_on(async {
        operator::first_start(&app, settings.own_tokens.then_some(OWN_ISSUER)).await?;
        app.sweep_from_command_line(implementation, as_of, dry_run)
            .await
    })?;
    let mut text = String::new();
    let text_of = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    for sweep in &sweeps {
        if let Some(hold) = &sweep.absence_hold {
            text.push_str(&format!(
                "absences would take access from {} of {} licenses at once: they wait (absence hold {})\n",
                hold.affected, hold.of, hold.id
            ));
        }
        for change in &sweep.changes {
            let (what, id) = match change.of {
                Swept::License(id) => ("license", id.to_string()),
                Swept::LicenseRequest(id) => ("license request", id.to_string()),
            };
            let from = change.from.as_deref().unwrap_or("none");
            text.push_str(&format!(
                "{} {what} {id}: {from} -> {}\n",
                text_of(change.at),
                change.to
            ));
        }
        text.push_str(&format!(
            "implementation {}, as of {}: {} people, {} changes, {} failed{}{}\n",
            sweep.implementation_id,
            text_of(sweep.as_of),
            sweep.people,
            sweep.changes.len(),
            sweep.failed,
            if sweep.complete {
                ""
            } else {
                "; not all of them: sweep again"
            },
            if dry_run { "; nothing was kept" } else { "" }
        ));
    }
    if sweeps.is_empty() {
        text.push_str("nothing is due\n");
    }
    Ok(text)
}

/// Serves until it is told to stop.
pub fn serve(settings: &Settings) -> Result<(), Failure> {
    let app = application(settings)?;
    let secret = secret(settings)?;
    let tokens = Arc::new(settings.tokens(&secret)?);
    rt::System::new().block_on(run(settings, app, &secret, tokens))
}

async fn run(
    settings: &Settings,
    app: App,
    secret: &Secret,
    tokens: Arc<Tokens>,
) -> Result<(), Failure> {
    let mut state = State::new(app.clone(), Arc::clone(&tokens), secret);
    state.swagger_ui = settings.swagger_ui;
    let state = web::Data::new(state);
    let mut server = HttpServer::new(move || http::app(state.clone()))
        .disable_signals()
        .shutdown_timeout(GRACE_SECONDS);
    if let Some(workers) = settings.workers {
        server = server.workers(workers);
    }
    let server = server
        .bind(settings.bind)
        .map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => Failure::PortInUse(settings.bind),
            _ => Failure::Listen {
                address: settings.bind,
                reason: error.to_string(),
            },
        })?;
    let address = server.addrs().first().copied().unwrap_or(settings.bind);
    let token = administrator(settings, &app, &tokens, address).await?;
    banner(settings, address, token.as_deref());
    let server = server.run();
    let handle = server.handle();
    rt::spawn(async move {
        stop_asked_for().await;
        log::info!("stopping: requests in flight are finished first");
        handle.stop(true).await;
    });
    let mut chores = vec![
        rt::spawn(housekeeping::run(app.clone())),
        rt::spawn(reindex::run(app.clone())),
        rt::spawn(sweeping::run(app.clone())),
    ];
    match &settings.mailer {
        Some(mailer) => {
            let mailer: Arc<dyn Mailer> = Arc::new(mailer.clone());
            chores.push(rt::spawn(outbox::run(app, mailer)));
        }
        None => log::info!("no mail server is set: notices wait in /v1/notices?waiting=true"),
    }
    let outcome = server.await;
    for chore in chores {
        chore.abort();
    }
    Ok(outcome?)
}

/// Waits for SIGTERM or SIGINT. Where neither can be listened for, the service runs until it is killed.
async fn stop_asked_for() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        log::error!("signals cannot be listened for: the service will not stop gracefully");
        return std::future::pending().await;
    };
    futures_util::future::select(Box::pin(terminate.recv()), Box::pin(interrupt.recv())).await;
}

/// A token for the administrator, who is made at the first start. Only where nobody but this machine can use it, and
/// only a token: a grant that was revoked stays revoked.
async fn administrator(
    settings: &Settings,
    app: &App,
    tokens: &Tokens,
    address: SocketAddr,
) -> Result<Option<String>, Failure> {
    let start = operator::first_start(app, settings.own_tokens.then_some(OWN_ISSUER)).await?;
    if start.created {
        log::info!(
            "first start: made the implementations `hand`, with its policy, and `akhmis`, still without one"
        );
    }
    let (Some(administrator), true) = (start.administrator, address.ip().is_loopback()) else {
        return Ok(None);
    };
    let lifetime = BANNER_TOKEN.min(settings.longest_lifetime);
    Ok(Some(tokens.mint(
        &administrator.subject,
        lifetime,
        app.now(),
    )?))
}

/// Says on standard output where to look and what to paste.
fn banner(settings: &Settings, address: SocketAddr, token: Option<&str>) {
    let mut lines = vec![format!("hmis-licensing listens on http://{address}")];
    if settings.swagger_ui {
        lines.push(format!("Swagger UI: http://{address}/swagger-ui/"));
    }
    match token {
        Some(token) => lines.push(format!("Administrator token (12 hours): {token}")),
        None if settings.own_tokens => {
            lines.push("For a token: hmis-licensing token --role system_admin".to_owned());
        }
        None => {}
    }
    lines.push(String::new());
    let mut out = io::stdout().lock();
    // Nobody may be reading.
    let _ = out
        .write_all(lines.join("\n").as_bytes())
        .and_then(|()| out.flush());
}

/// The secret given, or the one kept beside the database.
fn secret(settings: &Settings) -> Result<Secret, Failure> {
    match &settings.secret {
        SecretSource::Given(secret) => Ok(secret.clone()),
        SecretSource::Beside(file) => kept_secret(file).map_err(|reason| Failure::Secret {
            file: file.display().to_string(),
            reason,
        }),
    }
}

fn kept_secret(file: &Path) -> Result<Secret, String> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_secret(file).map_err(|error| error.to_string())?;
            fs::read_to_string(file).map_err(|error| error.to_string())?
        }
        Err(error) => return Err(error.to_string()),
    };
    let mode = fs::metadata(file)
        .map_err(|error| error.to_string())?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        log::warn!(
            "{} can be read by others; chmod 600 it, or replace it",
            file.display()
        );
    }
    Secret::new(&text).map_err(|error| error.to_string())
}

/// Makes a secret that only the owner can read. Of two programs that start at once, one makes it and both use it: the
/// file appears under its name complete, or not at all.
fn make_secret(file: &Path) -> io::Result<()> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let mut draft = file.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let draft = PathBuf::from(draft);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut out| {
            out.write_all(hex(&bytes).as_bytes())?;
            out.sync_all()
        })
        .and_then(|()| match fs::hard_link(&draft, file) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        });
    // The draft may not even have come to be; what counts is whether the secret did.
    let _ = fs::remove_file(&draft);
    written?;
    log::info!(
        "made a secret in {}; keep it with the database",
        file.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("db.secret");
        let first = kept_secret(&file).unwrap();
        let second = kept_secret(&file).unwrap();
        assert_eq!(first.derive("x"), second.derive("x"));
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let other = kept_secret(&folder.path().join("other.secret")).unwrap();
        assert_ne!(first.derive("x"), other.derive("x"));
    }

    #[test]
    fn a_weak_secret_beside_the_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("db.secret");
        fs::write(&file, "hunter2").unwrap();
        assert!(kept_secret(&file).unwrap_err().contains("32 bytes"));
    }
}
