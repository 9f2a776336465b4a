//! The line protocol of clients/PROTOCOL.md, for an adapter with the carry `cache`.

use serde_json::{json, Map, Value};
use std::io::{self, BufRead, Write};

/// How a command ended that did not go well.
pub enum Refusal {
    /// A stage, the library's own words, and its number or name for them.
    Failure { stage: &'static str, text: String, code: Option<String> },
    /// A command or value that the adapter does not know how to carry out. Returned before anything has changed.
    Unimplemented(String),
}

pub fn malformed(text: String) -> Refusal {
    Refusal::Failure { stage: "protocol", text, code: None }
}

/// The `configure` command. `certificate` is the paths (cert, key); `ciphers` are OpenSSL's names.
pub struct Settings {
    pub tls: String,
    pub server_name: String,
    pub ca: String,
    pub certificate: Option<(String, String)>,
    pub ciphers: Option<Vec<String>>,
    pub keylog: Option<String>,
}

/// The `connect` command.
pub struct Order {
    pub host: String,
    pub port: u16,
    pub fresh: bool,
    pub request: String,
    pub read_response: bool,
}

/// What the library told; what it does not tell stays empty.
#[derive(Default)]
pub struct Facts {
    pub resumed: Option<bool>,
    pub version: Option<&'static str>,
    pub cipher: Option<String>,
    pub tickets_received: Option<u32>,
    pub response_bytes: Option<usize>,
}

pub trait Adapter {
    fn library(&self) -> &'static str;
    fn version(&self) -> &'static str;
    fn configure(&mut self, settings: Settings) -> Result<(), Refusal>;
    fn connect(&mut self, order: &Order, facts: &mut Facts) -> Result<(), Refusal>;
}

/// The fields of one JSON object. One that is not known and not null is unimplemented: to ignore it would be a lie.
struct Fields<'a> {
    values: &'a Map<String, Value>,
    path: &'static str,
}

impl<'a> Fields<'a> {
    fn new(values: &'a Map<String, Value>, path: &'static str, known: &[&str]) -> Result<Self, Refusal> {
        match values.iter().find(|(name, value)| !value.is_null() && !known.contains(&name.as_str())) {
            Some((name, _)) => Err(Refusal::Unimplemented(format!("{path}.{name}"))),
            None => Ok(Fields { values, path }),
        }
    }

    fn find<T>(&self, name: &str, read: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>, Refusal> {
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match read(value) {
                None => Err(malformed(format!("{}.{name} cannot be {value}", self.path))),
                found => Ok(found),
            },
        }
    }

    fn get<T>(&self, name: &str, read: impl Fn(&'a Value) -> Option<T>) -> Result<T, Refusal> {
        self.find(name, read)?.ok_or_else(|| malformed(format!("{}.{name} is missing", self.path)))
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(String::from)
}

fn names(value: &Value) -> Option<Vec<String>> {
    let names: Vec<String> = value.as_array()?.iter().map(text).collect::<Option<_>>()?;
    (!names.is_empty()).then_some(names)
}

fn count(limit: u64) -> impl Fn(&Value) -> Option<u64> {
    move |value| value.as_u64().filter(|number| (1..=limit).contains(number))
}

fn read_settings(command: &Map<String, Value>) -> Result<Settings, Refusal> {
    let known = ["do", "tls", "server_name", "ca", "certificate", "ciphers", "keylog"];
    let fields = Fields::new(command, "configure", &known)?;
    let certificate = match fields.find("certificate", Value::as_object)? {
        None => None,
        Some(object) => {
            let files = Fields::new(object, "configure.certificate", &["cert", "key"])?;
            Some((files.get("cert", text)?, files.get("key", text)?))
        }
    };
    Ok(Settings {
        tls: fields.get("tls", text)?,
        server_name: fields.get("server_name", text)?,
        ca: fields.get("ca", text)?,
        certificate,
        ciphers: fields.find("ciphers", names)?,
        keylog: fields.find("keylog", text)?,
    })
}

fn read_order(command: &Map<String, Value>) -> Result<Order, Refusal> {
    let known = ["do", "connection", "host", "port", "offer", "request", "read"];
    let fields = Fields::new(command, "connect", &known)?;
    fields.get("connection", count(i32::MAX as u64))?;
    let offer = fields.get("offer", |value| Some(value.clone()))?;
    if offer != "latest" && offer != "none" {
        return Err(Refusal::Unimplemented(format!("connect.offer {offer}")));
    }
    let read = fields.find("read", text)?.unwrap_or("all".into());
    if read != "all" && read != "none" {
        return Err(Refusal::Unimplemented(format!("connect.read {read}")));
    }
    Ok(Order {
        host: fields.get("host", text)?,
        port: fields.get("port", count(u16::MAX as u64))? as u16,
        fresh: offer == "none",
        request: fields.find("request", text)?.unwrap_or_default(),
        read_response: read == "all",
    })
}

fn error(stage: &str, text: &str, code: &Option<String>) -> Value {
    json!({"stage": stage, "text": text, "code": code})
}

struct Conversation<'a> {
    adapter: &'a mut dyn Adapter,
    configured: bool,
}

/// Seconds since the epoch, by the clock that rustls reads too.
fn now() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0.0, |passed| passed.as_secs_f64())
}

impl Conversation<'_> {
    fn hello(&self, command: &Map<String, Value>) -> Result<Value, Refusal> {
        let protocol = Fields::new(command, "hello", &["do", "protocol"])?.get("protocol", Value::as_u64)?;
        if protocol != 1 {
            return Err(Refusal::Unimplemented(format!("hello.protocol {protocol}")));
        }
        Ok(json!({"ok": true, "protocol": 1, "library": self.adapter.library(), "version": self.adapter.version(),
                  "carry": "cache", "time": now()}))
    }

    fn connect(&mut self, command: &Map<String, Value>) -> Result<Value, Refusal> {
        if !self.configured {
            return Err(malformed("connect before configure".into()));
        }
        let order = read_order(command)?;
        let mut facts = Facts::default();
        let outcome = self.adapter.connect(&order, &mut facts);
        let mut answer = json!({"ok": outcome.is_ok(), "resumed": facts.resumed, "version": facts.version,
                                "cipher": facts.cipher, "session_id": null, "tickets_received": facts.tickets_received,
                                "response_bytes": facts.response_bytes, "session": null});
        match outcome {
            Err(Refusal::Failure { stage, text, code }) => answer["error"] = error(stage, &text, &code),
            Err(refusal) => return Err(refusal),
            Ok(()) => {}
        }
        Ok(answer)
    }

    fn respond(&mut self, line: &str) -> Result<Value, Refusal> {
        let value: Value =
            serde_json::from_str(line).map_err(|error| malformed(format!("the line is not JSON: {error}")))?;
        let command = value.as_object().ok_or_else(|| malformed("the line is not a JSON object".into()))?;
        match command.get("do").and_then(Value::as_str) {
            None => Err(malformed("the object does not say what to do".into())),
            Some("hello") => self.hello(command),
            Some("configure") => {
                self.adapter.configure(read_settings(command)?)?;
                self.configured = true;
                Ok(json!({"ok": true}))
            }
            Some("connect") => self.connect(command),
            Some(verb) => Err(Refusal::Unimplemented(verb.into())),
        }
    }
}

/// Serves stdin and stdout until the end of input.
pub fn serve(adapter: &mut dyn Adapter) -> io::Result<()> {
    let mut conversation = Conversation { adapter, configured: false };
    let mut answers = io::stdout();
    for line in io::stdin().lock().lines() {
        let answer = conversation.respond(&line?).unwrap_or_else(|refusal| match refusal {
            Refusal::Failure { stage, text, code } => json!({"ok": false, "error": error(stage, &text, &code)}),
            Refusal::Unimplemented(what) => json!({"ok": false, "unimplemented": what}),
        });
        writeln!(answers, "{answer}")?;
        answers.flush()?;
    }
    Ok(())
}
