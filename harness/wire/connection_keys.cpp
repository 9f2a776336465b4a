#include "wire/connection_keys.hpp"

#include <algorithm>

namespace ti {

namespace {

const char* handshake_label(Side side) {
  return side == Side::client ? "CLIENT_HANDSHAKE_TRAFFIC_SECRET" : "SERVER_HANDSHAKE_TRAFFIC_SECRET";
}

const char* application_label(Side side) {
  return side == Side::client ? "CLIENT_TRAFFIC_SECRET_0" : "SERVER_TRAFFIC_SECRET_0";
}

void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

std::string cannot_open(const std::string& suite) { return "records of " + suite + " cannot be opened here"; }

constexpr const char* early_label = "CLIENT_EARLY_TRAFFIC_SECRET";
constexpr const char* master_label = "CLIENT_RANDOM";
constexpr const char* hello_missed = "the ServerHello was not seen";
constexpr const char* version_unknown = "its protocol version is not known here";

/// Whether a version has the records of TLS 1.3, whose type says that they are protected: drafts and vendors' own do.
bool has_records_of_13(Version version) { return version >= Version::tls13; }

bool offers_13(const ClientHello& hello) {
  return std::any_of(hello.versions.begin(), hello.versions.end(),
                     [](std::uint16_t version) { return has_records_of_13(static_cast<Version>(version)); });
}

/// Bytes of one direction's implicit IV in the key block.
std::size_t iv_bytes(const Suite& suite) {
  switch (suite.kind) {
    case CipherKind::null:
      return 0;
    case CipherKind::cbc:
      return suite.block_bytes;
    case CipherKind::gcm:
    case CipherKind::ccm:
      return 4;
    case CipherKind::chacha20_poly1305:
      break;
  }
  return 12;
}

std::size_t mac_bytes(const Suite& suite) {
  if (suite.mac_hash == nullptr) return 0;
  const std::string_view hash = suite.mac_hash;
  return hash == "MD5" ? 16 : hash == "SHA1" ? 20 : hash == "SHA256" ? 32 : 48;
}

}  // namespace

void ConnectionKeys::missed() {
  missed_ = true;
  for (Flow& flow : flows_)
    if (session_.version == Version::none) flow.keyless_because = hello_missed;
}

bool ConnectionKeys::protects(const Flow& flow, const Record& record) const {
  const bool is_data = record.type == static_cast<std::uint8_t>(ContentType::application_data);
  if (missed_ && session_.version == Version::none && is_data) return true;
  const bool records_say_so = has_records_of_13(session_.version) || flow.early_data;
  return flow.is_protected && (!records_say_so || is_data);
}

ByteView ConnectionKeys::secret(const char* label, const ClientRandom& random) const {
  return misfits_.contains({label, random}) ? ByteView() : keys_.find(label, random);
}

std::string ConnectionKeys::no_secret(const char* label, const ClientRandom& random) const {
  if (misfits_.contains({label, random})) return std::string("the secret in the key log does not fit (") + label + ")";
  return std::string("the key log holds no usable ") + label + " for it";
}

std::set<SecretName> ConnectionKeys::misfits() const {
  std::set<SecretName> misfits;
  for (const auto& [secret, fits] : fits_)
    if (!fits && !binding_.contains(secret)) misfits.insert(secret);
  return misfits;
}

Content ConnectionKeys::open(Side from, const Record& record) {
  Flow& flow = this->flow(from);
  if (!protects(flow, record)) return {Content::Access::plain, record.type, copy(record.payload)};
  for (auto candidate = flow.candidates.begin(); candidate != flow.candidates.end(); ++candidate) {
    std::optional<OpenedRecord> opened = candidate->opener.open(record);
    if (!opened) continue;
    if (candidate->label != early_label) flow.gap = false;
    const SecretName name{candidate->label, flow.random};
    fits_[name] = true;
    if (candidate->label != early_label) flow.proved = flow.random;
    flow.candidates.erase(flow.candidates.begin(), candidate);
    return {Content::Access::opened, opened->type, std::move(opened->bytes), holds(other(from), name)};
  }
  unread_ = unread_ || !completed_13_;
  if (flow.candidates.empty() || flow.gap) return {Content::Access::keyless, record.type, copy(record.payload)};
  if (missed_) {
    flow.keyless_because = "its keys may have changed where bytes are missing";
    return {Content::Access::keyless, record.type, copy(record.payload)};
  }
  flow.candidates.front().opener.skip(record);
  const SecretName tried{flow.candidates.front().label, flow.random};
  fits_.try_emplace(tried, false);
  if (keys_.told_by(from, tried.first, tried.second)) binding_.insert(tried);
  return {Content::Access::refused, record.type, copy(record.payload)};
}

/// A secret that only its sender tells proves that the sender agrees with itself.
bool ConnectionKeys::holds(Side side, const SecretName& secret) const {
  return keys_.told_by(side, secret.first, secret.second) || flow(side).proved == secret.second;
}

std::optional<bool> ConnectionKeys::handshake(Side from, MessageType type, const Body& body, ByteView raw) {
  std::optional<bool> verified;
  if (const auto* finished = std::get_if<Finished>(&body)) verified = verify(from, *finished);
  if (const auto* hello = std::get_if<ClientHello>(&body)) client_hello(*hello);
  if (const auto* hello = std::get_if<ServerHello>(&body))
    type == MessageType::hello_retry_request ? retry(*hello) : server_hello(*hello);

  const bool tls13 = session_.version == Version::tls13;
  const bool outside = type == MessageType::hello_request || type == MessageType::key_update ||
                       (tls13 && type == MessageType::new_session_ticket);
  if (!outside && !completed_13_) append(messages_, raw);

  if (tls13 && type == MessageType::finished) finished_13(from);
  if (tls13 && type == MessageType::key_update) key_update(from);
  if (tls13 && type == MessageType::end_of_early_data) end_early_data();
  return verified;
}

bool ConnectionKeys::changes_keys(MessageType type) const {
  return session_.version == Version::tls13 &&
         (type == MessageType::server_hello || type == MessageType::finished || type == MessageType::key_update ||
          type == MessageType::end_of_early_data);
}

void ConnectionKeys::client_hello(const ClientHello& hello) {
  hello_ = hello;
  if (!retried_) {
    messages_.clear();
    unread_ = false;
  }
  if (!hello.early_data || retried_) return;
  Flow& client = flow(Side::client);
  client.is_protected = true;
  client.early_data = true;
  client.random = hello.random;
  const ByteView secret = this->secret(early_label, hello.random);
  for (const std::uint16_t id : hello.suites) {
    const std::optional<Suite> suite = id >> 8 == 0x13 ? suite_of(id) : std::nullopt;
    if (suite && secret.size() == hash_bytes(*suite)) offer(client, *suite, secret, early_label);
  }
  client.gap = client.candidates.empty();
  if (client.gap) client.keyless_because = no_secret(early_label, hello.random);
}

void ConnectionKeys::retry(const ServerHello& hello) {
  retried_ = true;
  const std::optional<Suite> suite = suite_of(hello.suite);
  if (!suite) return;
  const Bytes hash = transcript_hash(Version::tls13, *suite, messages_);
  messages_ = {static_cast<std::uint8_t>(MessageType::message_hash), 0, 0, static_cast<std::uint8_t>(hash.size())};
  append(messages_, hash);
}

void ConnectionKeys::server_hello(const ServerHello& hello) {
  const Bytes* etm = find(hello.extensions, ext::encrypt_then_mac);
  session_ = {.version = hello.version,
              .suite = suite_of(hello.suite),
              .suite_name = suite_name(hello.suite),
              .client_random = hello_.random,
              .server_random = hello.random,
              .encrypt_then_mac = etm != nullptr,
              .compressed = hello.compression != 0,
              .master = copy(secret(master_label, hello_.random)),
              .key_block = {}};
  retried_ = false;
  if (!has_records_of_13(hello.version)) {
    derive_key_block();
    return;
  }
  if (hello.version != Version::tls13) {
    for (Flow& flow : flows_) {
      flow.is_protected = true;
      flow.keyless_because = version_unknown;
    }
    return;
  }
  for (const Side side : {Side::client, Side::server}) {
    Flow& flow = this->flow(side);
    flow.is_protected = true;
    flow.random = session_.client_random;
    flow.handshake_secret = copy(secret(handshake_label(side), session_.client_random));
    flow.traffic_secret = copy(secret(application_label(side), session_.client_random));
    if (!session_.suite) {
      flow.keyless_because = cannot_open(session_.suite_name);
      continue;
    }
    if (!offer(flow, *session_.suite, flow.handshake_secret, handshake_label(side))) {
      flow.gap = true;
      flow.keyless_because = no_secret(handshake_label(side), session_.client_random);
    }
    offer(flow, *session_.suite, flow.traffic_secret, application_label(side));
  }
}

void ConnectionKeys::finished_13(Side from) {
  Flow& flow = this->flow(from);
  if (!flow.handshake_secret.empty()) {
    flow.handshake_secret.clear();
    flow.candidates.clear();
    if (session_.suite && !offer(flow, *session_.suite, flow.traffic_secret, application_label(from)))
      flow.keyless_because = no_secret(application_label(from), flow.random);
  }
  if (from == Side::client) completed_13_ = true;
}

void ConnectionKeys::key_update(Side from) {
  Flow& flow = this->flow(from);
  flow.candidates.clear();
  if (!session_.suite || flow.traffic_secret.empty()) return;
  flow.traffic_secret = expand_label(*session_.suite, flow.traffic_secret, "traffic upd", flow.traffic_secret.size());
  offer(flow, *session_.suite, flow.traffic_secret, application_label(from));
}

void ConnectionKeys::end_early_data() {
  Flow& client = flow(Side::client);
  std::erase_if(client.candidates, [](const Candidate& candidate) { return candidate.label == early_label; });
  if (!client.handshake_secret.empty()) client.gap = false;
}

std::optional<bool> ConnectionKeys::verify(Side from, const Finished& finished) const {
  const bool tls13 = session_.version == Version::tls13;
  const Bytes& secret = tls13 ? flow(from).handshake_secret : session_.master;
  if (missed_ || unread_ || !session_.suite || secret.empty()) return std::nullopt;
  return finished.verify_data == finished_verify_data(session_.version, *session_.suite, secret, from, messages_);
}

bool ConnectionKeys::offer(Flow& flow, const Suite& suite, ByteView secret, const char* label) {
  if (secret.empty()) return false;
  const Bytes key = expand_label(suite, secret, "key", suite.key_bytes);
  const Bytes iv = expand_label(suite, secret, "iv", 12);
  auto opener = RecordOpener::make(suite, Version::tls13, false, {.key = key, .iv = iv, .mac = {}});
  if (opener) flow.candidates.push_back({std::move(*opener), label});
  return opener.has_value();
}

void ConnectionKeys::derive_key_block() {
  const Version version = session_.version;
  if (!session_.suite || session_.master.empty() || version < Version::tls10 || version > Version::tls12) return;
  const Suite& suite = *session_.suite;
  Bytes seed(session_.server_random.begin(), session_.server_random.end());
  append(seed, session_.client_random);
  const std::size_t one_side = mac_bytes(suite) + suite.key_bytes + iv_bytes(suite);
  session_.key_block = prf(version, suite, session_.master, "key expansion", seed, 2 * one_side);
}

void ConnectionKeys::change_cipher_spec(Side from) {
  const Version version = session_.version;
  const bool server_hello_missed = version == Version::none;
  // Before the ServerHello a client that offers TLS 1.3 sends one that changes nothing (RFC 8446 D.4).
  if (has_records_of_13(version) || (server_hello_missed && (retried_ || (!missed_ && offers_13(hello_))))) return;
  Flow& flow = this->flow(from);
  flow.is_protected = true;
  flow.early_data = false;
  flow.gap = false;
  flow.random = session_.client_random;
  flow.candidates.clear();
  flow.keyless_because.clear();
  if (auto opener = opener_12(from))
    flow.candidates.push_back({std::move(*opener), master_label});
  else if (server_hello_missed)
    flow.keyless_because = hello_missed;
  else if (version < Version::tls10 || version > Version::tls12)
    flow.keyless_because = version_unknown;
  else if (session_.compressed)
    flow.keyless_because = "it is compressed";
  else if (session_.master.empty())
    flow.keyless_because = no_secret(master_label, session_.client_random);
  else
    flow.keyless_because = cannot_open(session_.suite_name);
}

std::optional<RecordOpener> ConnectionKeys::opener_12(Side side) const {
  if (session_.key_block.empty() || session_.compressed) return std::nullopt;
  const Suite& suite = *session_.suite;
  Reader block(session_.key_block);
  const auto pick = [&](std::size_t bytes) {
    const ByteView client = block.take(bytes);
    const ByteView server = block.take(bytes);
    return side == Side::client ? client : server;
  };
  const ByteView mac = pick(mac_bytes(suite));
  const ByteView key = pick(suite.key_bytes);
  const ByteView iv = pick(iv_bytes(suite));
  return RecordOpener::make(suite, session_.version, session_.encrypt_then_mac, {.key = key, .iv = iv, .mac = mac});
}

}  // namespace ti
