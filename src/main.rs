//! The command line.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Parser, Subcommand};
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::operator::TokenRequest;
use hmis_licensing::bootstrap::{self, Failure};
use hmis_licensing::config::{Flags, Settings, VARIABLES};
use hmis_licensing::domain::ids::PersonId;
use hmis_licensing::http::openapi::Document;

/// Bad usage or configuration.
const BAD_USAGE: u8 = 2;
/// Everything else that went wrong.
const FAILED: u8 = 1;

/// License management for Homeless Management Information Systems.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = variables())]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API (the default command)
    Serve(Serve),
    /// Bring the database's schema up to this program
    Migrate(Database),
    /// Record organizations, projects and people from an export
    Import(Import),
    /// Record what time alone changed: licenses that ended, requests that lapsed
    Sweep(Sweep),
    /// Print the OpenAPI document
    Openapi,
    /// Grant a role to a subject and print a token for it
    Token(Token),
}

#[derive(Debug, Default, Args)]
struct Database {
    /// sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

#[derive(Debug, Default, Args)]
struct Serve {
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS:PORT")]
    bind: Option<String>,
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Args)]
struct Token {
    /// system_admin, trainer, help_desk, supervisor, end_user, auditor, hmis_frontend or integration
    #[arg(long, value_parser = role)]
    role: Role,
    /// Code of the implementation; every one if left out
    #[arg(long, value_name = "CODE")]
    implementation: Option<String>,
    /// Id or name of the supervisor's organization
    #[arg(long, value_name = "ID or NAME")]
    organization: Option<String>,
    /// Id of the person who the subject is
    #[arg(long, value_name = "ID")]
    person: Option<PersonId>,
    /// Who the token identifies; made of role and scope if left out
    #[arg(long)]
    subject: Option<String>,
    /// How many hours the token is good
    #[arg(long, default_value_t = 12)]
    hours: u16,
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Args)]
struct Sweep {
    /// What is due at this instant is looked at (RFC 3339 with offset); now if left out
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    as_of: Option<DateTime<Utc>>,
    /// Report what a sweep at that instant would find, and keep nothing
    #[arg(long)]
    dry_run: bool,
    /// Code of the implementation; every one if left out
    #[arg(long, value_name = "CODE")]
    implementation: Option<String>,
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Args)]
struct Import {
    #[command(subcommand)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Format {
    /// A HUD HMIS CSV export, FY2022 to FY2026: Export, Organization, Project and User.csv; nothing else is opened
    HmisCsv(HmisCsv),
}

#[derive(Debug, Args)]
struct HmisCsv {
    /// The folder with the files
    directory: PathBuf,
    /// Code of the implementation
    #[arg(long, value_name = "CODE")]
    implementation: String,
    /// Report what would be done, and keep nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: Database,
}

fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .map_err(|_| {
            "must be an instant with an offset, for example 2026-04-09T00:00:00-04:00".to_owned()
        })
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let names: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("must be one of {}", names.join(", "))
    })
}

fn variables() -> String {
    let lines: Vec<_> = VARIABLES
        .iter()
        .map(|(name, help)| format!("  HMIS_LICENSING_{name}\n          {help}"))
        .collect();
    format!("Environment variables:\n{}", lines.join("\n"))
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    match line.command.unwrap_or(Command::Serve(line.serve)) {
        Command::Serve(serve) => with_settings(serve.bind, serve.database, |settings| {
            bootstrap::serve(settings)?;
            Ok(String::new())
        }),
        Command::Migrate(database) => with_settings(None, database, |settings| {
            let names = bootstrap::migrate(settings)?;
            Ok(names.iter().map(|name| format!("{name}\n")).collect())
        }),
        Command::Import(Import {
            format: Format::HmisCsv(import),
        }) => with_settings(None, import.database, |settings| {
            let report = bootstrap::import_hmis_csv(
                settings,
                &import.directory,
                &import.implementation,
                import.dry_run,
            )?;
            Ok(report.to_string())
        }),
        Command::Sweep(sweep) => with_settings(None, sweep.database, |settings| {
            bootstrap::sweep(settings, sweep.implementation, sweep.as_of, sweep.dry_run)
        }),
        Command::Openapi => print(Document::new().text()),
        Command::Token(token) => {
            let request = TokenRequest {
                role: token.role,
                implementation: token.implementation,
                organization: token.organization,
                person: token.person,
                subject: token.subject,
            };
            let lifetime = TimeDelta::hours(token.hours.into());
            with_settings(None, token.database, |settings| {
                let token = bootstrap::token(settings, request, lifetime)?;
                Ok(format!("{token}\n"))
            })
        }
    }
}

/// Runs a command under the settings and prints what it says.
fn with_settings(
    bind: Option<String>,
    database: Database,
    command: impl FnOnce(&Settings) -> Result<String, Failure>,
) -> ExitCode {
    let flags = Flags {
        bind,
        database_url: database.database_url,
    };
    let environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let settings = match Settings::load(&flags, &environment) {
        Ok(settings) => settings,
        Err(bad) => {
            for setting in bad {
                eprintln!("{setting}");
            }
            return ExitCode::from(BAD_USAGE);
        }
    };
    bootstrap::start_log(&settings.log);
    match command(&settings) {
        Ok(text) => print(&text),
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(exit_code(&failure))
        }
    }
}

/// A grant that cannot be made as asked is bad usage; so is a lifetime out of bounds.
fn exit_code(failure: &Failure) -> u8 {
    match failure {
        Failure::UseCase(hmis_licensing::application::Error::Invalid(_)) | Failure::Key(_) => {
            BAD_USAGE
        }
        _ => FAILED,
    }
}

fn print(text: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(FAILED),
    }
}
