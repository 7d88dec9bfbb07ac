//! A proxy in front of PostgreSQL that can fall silent or cut its connections, as a network can.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

pub struct Proxy {
    pub port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    silent: Mutex<bool>,
    changed: Condvar,
    cut: Mutex<bool>,
    streams: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    pub fn start(socket: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(State::default());
        let (inner, socket) = (Arc::clone(&state), socket.to_owned());
        // Lives as long as the process: nothing tells an accept to stop.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, &socket, &inner);
            }
        });
        Self { port, state }
    }

    /// Lets nothing through, in either direction, but keeps every connection open.
    pub fn fall_silent(&self) {
        *self.state.silent.lock().expect("a lock") = true;
    }

    pub fn speak(&self) {
        *self.state.silent.lock().expect("a lock") = false;
        self.state.changed.notify_all();
    }

    /// Ends every connection and refuses new ones.
    pub fn cut(&self) {
        *self.state.cut.lock().expect("a lock") = true;
        for stream in self.state.streams.lock().expect("a lock").drain(..) {
            // It may have ended by itself.
            drop(stream.shutdown(Shutdown::Both));
        }
    }

    pub fn mend(&self) {
        *self.state.cut.lock().expect("a lock") = false;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.speak();
    }
}

fn serve(client: TcpStream, socket: &PathBuf, state: &Arc<State>) {
    if *state.cut.lock().expect("a lock") {
        return;
    }
    let Ok(server) = UnixStream::connect(socket) else {
        return;
    };
    state
        .streams
        .lock()
        .expect("a lock")
        .push(client.try_clone().expect("a handle"));
    let (client_in, server_in) = (
        client.try_clone().expect("a handle"),
        server.try_clone().expect("a handle"),
    );
    let inner = Arc::clone(state);
    thread::spawn(move || {
        pass(client_in, &server, &inner);
        drop(server.shutdown(Shutdown::Both));
    });
    let inner = Arc::clone(state);
    thread::spawn(move || {
        pass(server_in, &client, &inner);
        drop(client.shutdown(Shutdown::Both));
    });
}

fn pass(mut from: impl Read, mut to: impl Write, state: &State) {
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let mut silent = state.silent.lock().expect("a lock");
        while *silent {
            silent = state.changed.wait(silent).expect("a lock");
        }
        drop(silent);
        if to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}
