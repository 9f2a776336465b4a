//! rustls: one ClientConfig, whose ClientSessionMemoryCache keeps sessions by server name and offers them by itself.

mod connection;
mod protocol;
mod settings;

use protocol::{Adapter, Facts, Order, Refusal, Settings};
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::ClientConfig;

const SESSIONS: usize = 256;

#[derive(Default)]
struct Rustls {
    configured: Option<(ClientConfig, ServerName<'static>)>,
}

impl Adapter for Rustls {
    fn library(&self) -> &'static str {
        "rustls"
    }

    fn version(&self) -> &'static str {
        concat!(env!("CARGO_PKG_VERSION"), " (ring)")
    }

    fn configure(&mut self, settings: Settings) -> Result<(), Refusal> {
        let mut config = settings::make_config(&settings)?;
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        self.configured = Some((config, settings::server_name(&settings)?));
        Ok(())
    }

    /// An order to start afresh is carried out with a new cache, which is then the one to go on with.
    fn connect(&mut self, order: &Order, facts: &mut Facts) -> Result<(), Refusal> {
        let (config, name) = self.configured.as_mut().expect("configured");
        let mut used = config.clone();
        if order.fresh {
            used.resumption = Resumption::in_memory_sessions(SESSIONS);
        }
        connection::make(used.clone(), name.clone(), order, facts)?;
        *config = used;
        Ok(())
    }
}

fn main() {
    if std::env::args().len() > 1 {
        std::process::exit(89);
    }
    if let Err(error) = protocol::serve(&mut Rustls::default()) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
