//! A service that misbehaves as it is told: what is asked of it in a request's body is what it does.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Got {
    pub at: Instant,
    /// The number of its connection, from 0.
    pub connection: usize,
    /// The line and the headers.
    pub head: String,
    pub body: Vec<u8>,
}

impl Got {
    /// The value of the header `name`, given in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .find_map(|(header, value)| header.eq_ignore_ascii_case(name).then_some(value))
    }

    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }
}

/// What a service does.
pub enum Act {
    /// A code, further headers, and the content.
    Reply(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes and no others; then the connection is closed.
    Raw(Vec<u8>),
    /// The beginning of a reply, then a byte each tenth of a second.
    Drip,
    /// Nothing for a while, then that.
    After(Duration, Box<Act>),
}

pub fn json(text: &str) -> Act {
    Act::Reply(200, vec![("Content-Type", "application/json".to_owned())], text.as_bytes().to_vec())
}

pub fn code(code: u16, text: &str) -> Act {
    Act::Reply(code, Vec::new(), text.as_bytes().to_vec())
}

/// How often each request came.
type Times = Mutex<HashMap<Vec<u8>, usize>>;

type Handler = dyn Fn(&Got, usize) -> Act + Send + Sync;

/// A service on this machine, until it is dropped.
pub struct Server {
    pub address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
}

trait Stream: Read + Write + Send {}
impl<S: Read + Write + Send> Stream for S {}

impl Server {
    /// A service that does what `handler` says of a request and of how often its body came before.
    pub fn start(handler: impl Fn(&Got, usize) -> Act + Send + Sync + 'static) -> Self {
        Self::with(None, handler)
    }

    /// The same, over TLS.
    pub fn with(
        tls: Option<Arc<rustls::ServerConfig>>,
        handler: impl Fn(&Got, usize) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let got: Arc<Mutex<Vec<Got>>> = Arc::default();
        let (handler, times): (Arc<Handler>, Arc<Times>) = (Arc::new(handler), Arc::default());
        let kept = Arc::clone(&got);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let (tls, got, handler, times) =
                    (tls.clone(), Arc::clone(&kept), Arc::clone(&handler), Arc::clone(&times));
                thread::spawn(move || {
                    let socket = stream.try_clone().unwrap();
                    let mut stream: Box<dyn Stream> = match tls {
                        Some(config) => {
                            let connection = rustls::ServerConnection::new(config).unwrap();
                            Box::new(rustls::StreamOwned::new(connection, stream))
                        }
                        None => Box::new(stream),
                    };
                    let _ = serve(&mut *stream, number, &got, &*handler, &times);
                    let _ = stream.flush();
                    let _ = socket.shutdown(Shutdown::Both);
                });
            }
        });
        Self { address, got }
    }

    /// All requests so far.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// `http://127.0.0.1:port/path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits until that many requests have come.
    #[track_caller]
    pub fn wait_for(&self, requests: usize) {
        let begun = Instant::now();
        while self.got.lock().unwrap().len() < requests {
            assert!(begun.elapsed() < Duration::from_secs(120), "{requests} requests did not come");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Serves one connection until it is closed or broken.
fn serve(
    stream: &mut dyn Stream,
    connection: usize,
    all: &Mutex<Vec<Got>>,
    handler: &Handler,
    times: &Times,
) -> io::Result<()> {
    loop {
        let Some((head, body)) = request(stream)? else { return Ok(()) };
        let got = Got { at: Instant::now(), connection, head, body };
        all.lock().unwrap().push(got.clone());
        let before = {
            let mut times = times.lock().unwrap();
            let count = times.entry([got.path().as_bytes(), &got.body].concat()).or_default();
            *count += 1;
            *count - 1
        };
        let mut act = handler(&got, before);
        while let Act::After(time, then) = act {
            thread::sleep(time);
            act = *then;
        }
        match act {
            Act::Reply(code, headers, content) => {
                let closes = headers.iter().any(|(name, _)| *name == "Connection");
                let mut head = format!("HTTP/1.1 {code} X\r\nContent-Length: {}\r\n", content.len());
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                stream.write_all(&[head.as_bytes(), b"\r\n", &content].concat())?;
                stream.flush()?;
                if closes {
                    return Ok(());
                }
            }
            Act::Raw(bytes) => return stream.write_all(&bytes),
            Act::Drip => {
                stream.write_all(b"HTTP/1.1 200 X\r\nContent-Length: 100000\r\n\r\n")?;
                loop {
                    stream.write_all(b" ")?;
                    stream.flush()?;
                    thread::sleep(Duration::from_millis(100));
                }
            }
            Act::After(..) => unreachable!("waited for above"),
        }
    }
}

/// Head and content of the next request; none at the end.
fn request(stream: &mut dyn Stream) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&buffer[..read]);
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut body = bytes.split_off(end + 4);
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let length: usize = length.unwrap_or(0);
    while body.len() < length {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Ok(None);
        }
        body.extend_from_slice(&buffer[..read]);
    }
    assert_eq!(body.len(), length, "nobody sends what was not asked for");
    Ok(Some((head, body)))
}

/// What `order` says, the `before`-th time; `other` is another host to redirect to.
pub fn obey(got: &Got, before: usize, other: &str) -> Act {
    let order = String::from_utf8_lossy(&got.body).into_owned();
    let words: Vec<&str> = order.split(' ').collect();
    let answer = |age: &str| json(&format!("{{\"state\":\"ok\",\"result\":{{\"age\":{age}}}}}"));
    let number = || words.get(1).and_then(|word| word.parse::<usize>().ok()).unwrap_or(0);
    match (words[0], got.path()) {
        (_, "/there") => answer("33"),
        (_, "/seen") => answer("34"),
        ("answer", _) => answer(words[1]),
        ("refuse", _) => code(422, "{\"why\":\"too dark\"}"),
        ("nobody", _) => code(404, "<html>not found</html>"),
        ("unsure", _) => json("{\"state\":\"unsure\"}"),
        ("words", _) => json("{\"state\":\"fine\"}"),
        ("garbage", _) => json("<html>busy</html>"),
        ("wrong", _) => json("{\"state\":\"ok\",\"years\":20}"),
        ("young", _) => json("{\"state\":\"ok\",\"result\":{\"age\":\"young\"}}"),
        ("negative", _) => answer("-3"),
        ("mood", _) => json("{\"state\":\"ok\",\"result\":{\"age\":21},\"mood\":\"calm\"}"),
        ("bytes", _) => Act::Reply(200, Vec::new(), b"{\"state\":\"\xFF\"}".to_vec()),
        ("nothing", _) => code(200, ""),
        ("huge", _) => Act::Reply(200, Vec::new(), vec![b' '; 3 << 20]),
        ("drop", _) => Act::Raw(Vec::new()),
        ("half", _) => Act::Raw(b"HTTP/1.1 200 X\r\nContent-Length: 500\r\n\r\n{\"state\":\"ok\",".to_vec()),
        ("short", _) => {
            Act::Raw(b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n{\"state\":\"ok\",\"result\":{}}".to_vec())
        }
        ("chunks", _) => Act::Raw(
            b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n\
              e\r\n{\"state\":\"ok\",\r\n14\r\n\"result\":{\"age\":35}}\r\n0\r\n\r\n"
                .to_vec(),
        ),
        ("telnet", _) => Act::Raw(b"login: \r\n\r\n".to_vec()),
        ("packed", _) => Act::Reply(200, vec![("Content-Encoding", "gzip".to_owned())], vec![0x1F, 0x8B, 8, 0]),
        ("slow", _) => Act::After(Duration::from_secs(number() as u64), Box::new(answer("30"))),
        ("drip", _) => Act::Drip,
        ("flaky", _) if before < number() => code(500, "{\"why\":\"try again\"}"),
        ("flaky", _) => answer("31"),
        ("busy", _) if before < number() => Act::Reply(429, vec![("Retry-After", "1".to_owned())], Vec::new()),
        ("busy", _) => answer("32"),
        ("later", _) => Act::Reply(503, vec![("Retry-After", "86400".to_owned())], Vec::new()),
        ("broken", _) => code(503, "{\"why\":\"overloaded\"}"),
        ("teapot", _) => code(418, "{\"why\":\"short and stout\"}"),
        ("denied", _) => code(401, ""),
        ("moved", _) => Act::Reply(307, vec![("Location", "/there".to_owned())], b"moved".to_vec()),
        ("see", _) => Act::Reply(303, vec![("Location", "/seen".to_owned())], Vec::new()),
        ("round", _) => Act::Reply(302, vec![("Location", "/round".to_owned())], Vec::new()),
        ("lost", _) => code(302, ""),
        ("elsewhere", _) => Act::Reply(308, vec![("Location", other.to_owned())], Vec::new()),
        ("cookie", _) => Act::Reply(
            200,
            vec![("Set-Cookie", "seen=1".to_owned())],
            b"{\"state\":\"ok\",\"result\":{\"age\":36}}".to_vec(),
        ),
        ("close", _) => Act::Reply(
            200,
            vec![("Connection", "close".to_owned())],
            b"{\"state\":\"ok\",\"result\":{\"age\":37}}".to_vec(),
        ),
        (other, _) => code(400, &format!("{{\"why\":\"unknown order {other}\"}}")),
    }
}

/// A proxy that connects to where it is told; gives what it was told.
pub fn proxy() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, told): (_, Arc<Mutex<Vec<String>>>) = (listener.local_addr().unwrap(), Arc::default());
    let kept = Arc::clone(&told);
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let Ok(Some((head, _))) = request(&mut client) else { continue };
            let target = head.split(' ').nth(1).unwrap().to_owned();
            kept.lock().unwrap().push(head);
            let server = TcpStream::connect(target).unwrap();
            client.write_all(b"HTTP/1.1 200 X\r\n\r\n").unwrap();
            for (mut from, mut to) in [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)] {
                thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
    (address, told)
}
