//! Mail as tests see it: caught in the process, or by a real SMTP server beside it.

use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Once};

use hmis_licensing::application::ports::{Mail, MailFailure, Mailer};

/// Catches mail, or fails as it is told.
#[derive(Default)]
pub struct Caught {
    pub mails: Mutex<Vec<Mail>>,
    pub failing: Mutex<Option<MailFailure>>,
}

impl Caught {
    pub fn mailer() -> (Arc<Self>, Arc<dyn Mailer>) {
        let caught = Arc::new(Self::default());
        (Arc::clone(&caught), caught)
    }

    pub fn fail(&self, failure: Option<MailFailure>) {
        *self.failing.lock().unwrap() = failure;
    }

    /// What was caught since the last look.
    pub fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.mails.lock().unwrap())
    }
}

impl Mailer for Caught {
    fn send<'a>(
        &'a self,
        mail: &'a Mail,
    ) -> Pin<Box<dyn Future<Output = Result<(), MailFailure>> + Send + 'a>> {
        let answer = match &*self.failing.lock().unwrap() {
            Some(failure) => Err(failure.clone()),
            None => {
                self.mails.lock().unwrap().push(mail.clone());
                Ok(())
            }
        };
        Box::pin(async move { answer })
    }
}

/// Says what it accepted, one JSON object a line. `gone@` and `nobody@` are no mailboxes, `later@` is deferred, `relay@`
/// and `denied@` are refused by its policy, what goes to `content@` for its content, and whatever comes from `wrong@`.
const SERVER: &str = r#"
import json, socket, sys
from aiosmtpd.controller import Controller
class Sink:
    async def handle_MAIL(self, server, session, envelope, address, options):
        if address.split("@")[0] == "wrong":
            return "550 No such user here"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"
    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = {
            "gone": "554 5.1.1 no such mailbox " + address,
            "nobody": "550 No such user " + address,
            "denied": "550 relaying denied",
            "later": "451 4.2.0 try again later",
            "relay": "550 5.7.1 relaying denied",
        }.get(address.split("@")[0])
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"
    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].split("@")[0] == "content":
            return "550 No, not this"
        print(json.dumps({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "data": envelope.content.decode("utf-8", "replace"),
        }), flush=True)
        return "250 accepted"
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
controller = Controller(Sink(), hostname="127.0.0.1", port=port)
controller.start()
print(port, flush=True)
sys.stdin.read()
"#;

/// A real SMTP server, which ends with the test.
pub struct SmtpServer {
    process: Child,
    lines: BufReader<std::process::ChildStdout>,
    pub port: u16,
}

impl SmtpServer {
    /// Nothing where there is none on this machine, unless `HMIS_LICENSING_REQUIRE_MAIL` says that there must be.
    pub fn start() -> Option<Self> {
        let known = Command::new("/usr/bin/python3")
            .args(["-c", "import aiosmtpd"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !known {
            assert!(
                std::env::var_os("HMIS_LICENSING_REQUIRE_MAIL").is_none(),
                "aiosmtpd is needed: apt-get install python3-aiosmtpd"
            );
            static SAID: Once = Once::new();
            // Not captured like what a test prints: a test that did not run must not look like one that passed.
            SAID.call_once(|| {
                writeln!(std::io::stderr(), "mail server: skipped (no aiosmtpd)").expect("written");
            });
            return None;
        }
        let mut process = Command::new("/usr/bin/python3")
            .args(["-c", SERVER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        let mut port = String::new();
        lines.read_line(&mut port).unwrap();
        Some(Self {
            port: port.trim().parse().expect("a port"),
            process,
            lines,
        })
    }

    /// The next mail that it accepted.
    pub fn next(&mut self) -> serde_json::Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("a mail")
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
