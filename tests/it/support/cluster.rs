//! A PostgreSQL server for the tests: the one of `TEST_DATABASE_URL`, or a throwaway cluster made from installed
//! binaries and shared by the whole process.
//!
//! The cluster is watched over by a shell that holds the other end of a pipe. However this process ends, the pipe
//! closes, and the shell stops the server and removes its folder.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;

/// A server that is up.
pub struct Server {
    /// A URL without query parameters other than those that `query` carries.
    base: String,
    query: String,
    /// The socket of a throwaway cluster.
    pub socket: Option<PathBuf>,
    /// Held for the life of the process; see the module's documentation.
    _pipe: Option<ChildStdin>,
}

impl Server {
    /// The URL of one schema.
    pub fn url(&self, schema: &str) -> String {
        let separator = if self.query.is_empty() { "" } else { "&" };
        format!(
            "{}?{}{separator}options=-csearch_path%3D{schema}",
            self.base, self.query
        )
    }

    /// The URL of the server itself.
    pub fn admin_url(&self) -> String {
        if self.query.is_empty() {
            self.base.clone()
        } else {
            format!("{}?{}", self.base, self.query)
        }
    }
}

/// The server, or `None` after saying once why PostgreSQL is skipped. Panics instead where it is required.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let server = find();
        if let Err(reason) = &server {
            // Not `eprintln!`, which the harness swallows for tests that pass.
            writeln!(std::io::stderr(), "PostgreSQL: skipped ({reason})").expect("written");
        }
        server
    });
    match server {
        Ok(server) => Some(server),
        Err(reason) => {
            let required = std::env::var("HMIS_LICENSING_REQUIRE_POSTGRES")
                .is_ok_and(|value| !value.is_empty() && value != "0");
            assert!(!required, "PostgreSQL is required, but: {reason}");
            None
        }
    }
}

fn find() -> Result<Server, String> {
    match std::env::var("TEST_DATABASE_URL") {
        Ok(url) if !url.is_empty() => {
            let (base, query) = url.split_once('?').unwrap_or((&url, ""));
            assert!(
                base.starts_with("postgres") && !query.contains("options="),
                "TEST_DATABASE_URL must be a postgres:// URL without options"
            );
            Ok(Server {
                base: base.to_owned(),
                query: query.to_owned(),
                socket: None,
                _pipe: None,
            })
        }
        _ => throwaway(),
    }
}

/// `$1` folder, `$2` folder of the binaries, `$3` user to change to, or empty.
const SCRIPT: &str = r#"
dir=$1; bin=$2; user=$3
trap '' PIPE
run() {
    if [ -z "$user" ]; then "$@"
    elif command -v setpriv >/dev/null 2>&1; then
        setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"
    else runuser -u "$user" -- "$@"
    fi
}
stop() {
    run "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM HUP
cd "$dir" || exit 1
[ -z "$user" ] || chown "$user" "$dir"
if run "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 &&
    run "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/server.log" -w -t 60 start >>"$dir/log" 2>&1 -o "\
        -c listen_addresses='' -c unix_socket_directories='$dir' -c fsync=off -c synchronous_commit=off \
        -c full_page_writes=off -c autovacuum=off -c max_connections=200 -c shared_buffers=64MB"
then echo ready
else tail -n 3 "$dir/log" | tr '\n' ' '; echo; exit 1
fi
exec >/dev/null
cat >/dev/null
"#;

fn throwaway() -> Result<Server, String> {
    let bin = binaries().ok_or("no TEST_DATABASE_URL, and initdb is not installed")?;
    // A socket's path has little room, whatever TMPDIR says.
    let dir = tempfile::Builder::new()
        .prefix("hmis-pg-")
        .tempdir_in(if std::env::temp_dir().as_os_str().len() < 60 {
            std::env::temp_dir()
        } else {
            PathBuf::from("/tmp")
        })
        .map_err(|error| error.to_string())?
        // The shell removes it.
        .keep();
    let mut shell = Command::new("sh")
        .arg("-c")
        .arg(SCRIPT)
        .arg("postgres-for-tests")
        .args([dir.as_path(), bin.as_path(), Path::new(&other_user())])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Whoever interrupts the tests must not interrupt the cleaning.
        .process_group(0)
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut line = String::new();
    let stdout = shell.stdout.take().expect("a pipe");
    BufReader::new(stdout)
        .read_line(&mut line)
        .map_err(|error| error.to_string())?;
    if line.trim() != "ready" {
        return Err(format!("the throwaway cluster failed: {}", line.trim()));
    }
    Ok(Server {
        base: "postgresql:///postgres".to_owned(),
        query: format!("host={}&user=postgres", dir.display()),
        socket: Some(dir.join(".s.PGSQL.5432")),
        _pipe: shell.stdin.take(),
    })
}

/// PostgreSQL refuses to run as root.
fn other_user() -> String {
    let id = |arguments: &[&str]| {
        Command::new("id")
            .args(arguments)
            .output()
            .ok()
            .filter(|output| output.status.success())
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    if id(&["-u"]).as_deref() != Some("0") {
        String::new()
    } else if id(&["-u", "postgres"]).is_some() {
        "postgres".to_owned()
    } else {
        "nobody".to_owned()
    }
}

fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut installed: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    // The newest first.
    installed.sort();
    installed.reverse();
    folders.extend(installed);
    folders.push("/usr/local/pgsql/bin".into());
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
}
