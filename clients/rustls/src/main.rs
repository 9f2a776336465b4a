//! rustls: one ClientConfig, whose ClientSessionMemoryCache keeps sessions by server name and offers them by itself.

mod connection;
mod protocol;
mod settings;

use protocol::{Adapter, Facts, Order, Refusal, Settings};
use rustls::client::{ClientSessionMemoryCache, ClientSessionStore, Resumption};
use rustls::pki_types::ServerName;
use rustls::ClientConfig;
use std::sync::Arc;

const SESSIONS: usize = 256;

fn new_cache() -> Arc<ClientSessionMemoryCache> {
    Arc::new(ClientSessionMemoryCache::new(SESSIONS))
}

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
        config.resumption = Resumption::store(new_cache());
        self.configured = Some((config, settings::server_name(&settings)?));
        Ok(())
    }

    /// An order to start afresh is carried out with a new cache, the one to go on with once it holds a session.
    fn connect(&mut self, order: &Order, facts: &mut Facts) -> Result<(), Refusal> {
        let (config, name) = self.configured.as_mut().expect("configured");
        if !order.fresh {
            return connection::make(config.clone(), name.clone(), order, facts);
        }
        let cache = new_cache();
        let mut fresh = config.clone();
        fresh.resumption = Resumption::store(cache.clone());
        connection::make(fresh.clone(), name.clone(), order, facts)?;
        if facts.tickets_received > Some(0) || cache.tls12_session(name).is_some() {
            *config = fresh;
        }
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
