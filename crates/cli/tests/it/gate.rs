//! A way to a server that can be closed in the middle.
#![expect(clippy::unwrap_used, reason = "a way that cannot be made fails its test")]

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use crate::support::Served;

/// What happens when so many bytes went from clients to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Every connection breaks off, and no other one is taken.
    Close,
    /// The request that is under way arrives, and its answer does not.
    Mute,
    /// Nothing goes on until it is let through.
    Hold,
}

/// Forwards connections to a server up to a number of bytes.
pub(crate) struct Gate {
    addr: SocketAddr,
    shared: Arc<Shared>,
    full: mpsc::Receiver<()>,
}

struct Shared {
    server: SocketAddr,
    then: Then,
    left: AtomicUsize,
    is_open: Mutex<bool>,
    opened: Condvar,
    full: Mutex<Option<mpsc::Sender<()>>>,
}

impl Gate {
    pub(crate) fn after(bytes: usize, then: Then, server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let (sender, full) = mpsc::channel();
        let shared = Arc::new(Shared {
            server,
            then,
            left: AtomicUsize::new(bytes),
            is_open: Mutex::new(true),
            opened: Condvar::new(),
            full: Mutex::new(Some(sender)),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let is_closed = !*accepting.is_open.lock().unwrap();
                if is_closed && accepting.then != Then::Hold {
                    continue;
                }
                let shared = Arc::clone(&accepting);
                thread::spawn(move || shared.forward(&client));
            }
        });
        Self { addr, shared, full }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// An import into the database `shop` by this way: of csv, sqlite or dump.
    pub(crate) fn import(&self, served: &Served, kind: &str, file: &str, more: &[&str]) -> Command {
        let (url, token) = served.access("shop");
        let url = url.replace(&served.addr().to_string(), &self.addr.to_string());
        let mut command = served.command(&[&["import", kind, file, "--to", &url], more].concat());
        command.env("TURSO_AUTH_TOKEN", token).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Waits until so many bytes went through.
    pub(crate) fn wait_until_full(&self) {
        self.full.recv_timeout(Duration::from_secs(60)).unwrap();
    }

    /// Lets everything through from now on.
    pub(crate) fn open(&self) {
        self.shared.left.store(usize::MAX, Ordering::SeqCst);
        *self.shared.is_open.lock().unwrap() = true;
        self.shared.opened.notify_all();
    }
}

impl Shared {
    fn forward(self: &Arc<Self>, client: &TcpStream) {
        let server = TcpStream::connect(self.server).unwrap();
        let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let shared = Arc::clone(self);
        let answers = thread::spawn(move || {
            shared.answers(&from, &to);
            // It may have ended already.
            let _ = to.shutdown(Shutdown::Both);
        });
        self.requests(client, &server);
        let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
        answers.join().unwrap();
    }

    fn requests(&self, mut client: &TcpStream, mut server: &TcpStream) {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = client.read(&mut buffer) {
            if !self.pass(length) || server.write_all(&buffer[..length]).is_err() {
                return;
            }
        }
    }

    fn answers(&self, mut server: &TcpStream, mut client: &TcpStream) {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = server.read(&mut buffer) {
            let is_muted = self.then == Then::Mute && !*self.is_open.lock().unwrap();
            if is_muted || client.write_all(&buffer[..length]).is_err() {
                return;
            }
        }
    }

    /// Counts bytes; waits or refuses when there are too many.
    fn pass(&self, length: usize) -> bool {
        let after = |left: usize| left.saturating_sub(length);
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(after(left)));
        if left.is_ok_and(|left| after(left) > 0) {
            return true;
        }
        let mut is_open = self.is_open.lock().unwrap();
        if let Some(full) = self.full.lock().unwrap().take() {
            *is_open = false;
            full.send(()).unwrap();
        }
        if self.then == Then::Close {
            return false;
        }
        while self.then == Then::Hold && !*is_open {
            is_open = self.opened.wait(is_open).unwrap();
        }
        true
    }
}
