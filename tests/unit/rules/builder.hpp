#pragma once
// Transcripts and cells by hand: a test says what passed, message by message, and changes what it is about.
#include <string>
#include <utility>
#include <vector>

#include "rules/registry.hpp"
#include "wire/extensions.hpp"

namespace ti::made {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr std::uint16_t suite_12 = 0x002f;  ///< RSA: no ServerKeyExchange, and every version has it
inline constexpr std::uint16_t x25519 = 29;
inline constexpr std::uint16_t aes_128_sha256 = 0x1301;
inline constexpr std::uint16_t aes_256_sha384 = 0x1302;

/// A ticket whose first 16 bytes name its key, as servers/CONTRACT.md has it.
inline Bytes ticket(char key, char body) {
  Bytes bytes(16, static_cast<std::uint8_t>(key));
  bytes.insert(bytes.end(), 64, static_cast<std::uint8_t>(body));
  return bytes;
}

inline Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

inline Bytes request() {
  constexpr std::string_view text = "GET / HTTP/1.0\r\n\r\n";
  return {text.begin(), text.end()};
}

/// A public key of X25519.
inline Bytes share(std::uint8_t mark = 9) {
  Bytes key(32);
  key[0] = mark;
  return key;
}

/// What a ClientHello of TLS 1.3 must have, in extensions.
inline std::vector<Extension> extensions_13() {
  return {{ext::supported_versions, {2, 3, 4}},
          {ext::supported_groups, {0, 4, 0, x25519, 0, 23}},
          {ext::signature_algorithms, {0, 2, 4, 3}},
          {ext::psk_key_exchange_modes, {1, 1}},
          {ext::key_share, joined({{0, 36, 0, x25519, 0, 32}, share()})}};
}

/// Wire is one connection being put together.
class Wire {
 public:
  explicit Wire(Version version = Version::tls12) {
    c.transcript.version = version;
    c.transcript.suite = version == Version::tls13 ? aes_128_sha256 : suite_12;
    if (version != Version::tls13) c.transcript.master_secret = Bytes(48, 's');
    c.client.answered = true;
    c.client.ok = true;
  }

  ObservedConnection c;

  bool tls13() const { return c.transcript.version == Version::tls13; }
  std::size_t size() const { return c.transcript.messages.size(); }
  Message& operator[](std::size_t i) { return c.transcript.messages[i]; }
  template <class T>
  T& body(std::size_t i) {
    return std::get<T>(c.transcript.messages[i].body);
  }

  Wire& send(Side from, MessageType type, Body body = {}, std::size_t bytes = 60) {
    Message message;
    message.from = from;
    message.type = type;
    message.body = std::move(body);
    message.bytes = bytes;
    message.at = milliseconds(size());
    message.raw = Bytes(bytes);
    message.receiver_has_key = true;
    if (type == MessageType::change_cipher_spec) message.content = ContentType::change_cipher_spec;
    if (type == MessageType::alert) message.content = ContentType::alert;
    if (type == MessageType::application_data) message.content = ContentType::application_data;
    if (type == MessageType::application_data && from == Side::client) message.raw = request();
    if (tls13() && keyed_ && type != MessageType::change_cipher_spec) message.protection = Protection::opened;
    keyed_ = keyed_ || type == MessageType::server_hello;
    c.transcript.messages.push_back(std::move(message));
    return *this;
  }
  Wire& client(MessageType type, Body body = {}) { return send(Side::client, type, std::move(body)); }
  Wire& server(MessageType type, Body body = {}) { return send(Side::server, type, std::move(body)); }
  Wire& alert(Side from, std::uint8_t description) {
    return send(from, MessageType::alert, Alert{.level = 2, .description = description}, 2);
  }
  Wire& sealed(Side from, ContentType content, std::size_t bytes) {
    send(from, MessageType::encrypted, {}, bytes);
    c.transcript.messages.back().content = content;
    c.transcript.messages.back().protection = Protection::sealed;
    ++c.transcript.sealed_records[from];
    return *this;
  }
  Wire& finished(Side from, std::optional<bool> verified = true) {
    send(from, MessageType::finished, Finished{.verify_data = Bytes(12), .verified = verified});
    c.transcript.messages.back().protection = Protection::opened;
    return *this;
  }

  /// `offered`: the ticket to resume, empty for none.
  Wire& client_hello(const Bytes& offered = {}, std::uint32_t obfuscated_age = 0) {
    ClientHello hello;
    hello.legacy_version = static_cast<std::uint16_t>(std::min(c.transcript.version, Version::tls12));
    hello.server_name = "localhost";
    hello.suites = {suite_12, aes_128_sha256, aes_256_sha384};
    if (tls13()) {
      hello.versions = {0x0304};
      hello.psk_modes = {1};
      hello.psk_modes_present = true;
      hello.key_share = true;
      hello.extensions = extensions_13();
      if (!offered.empty()) {
        hello.psks = {{offered, obfuscated_age}};
        hello.binders = {Bytes(32)};
        hello.extensions.push_back({ext::pre_shared_key, {}});
      }
    } else {
      hello.ticket = offered;
      hello.extensions = {{ext::session_ticket, offered}};
      if (!offered.empty()) hello.session_id = Bytes(32, 7);
    }
    return client(MessageType::client_hello, hello);
  }
  Wire& server_hello(bool promised, const Bytes& session_id = {}) {
    ServerHello hello;
    hello.legacy_version = static_cast<std::uint16_t>(std::min(c.transcript.version, Version::tls12));
    hello.version = c.transcript.version;
    hello.suite = c.transcript.suite;
    hello.session_id = session_id;
    hello.ticket_promised = promised;
    hello.key_share = tls13();
    if (promised) hello.extensions.push_back({ext::session_ticket, {}});
    if (tls13())
      hello.extensions = {{ext::supported_versions, {3, 4}}, {ext::key_share, joined({{0, x25519, 0, 32}, share(10)})}};
    return server(MessageType::server_hello, hello);
  }
  /// Puts extension 23 (RFC 7627) into the hellos so far: the client's, the server's, both or none.
  Wire& extended(bool in_client_hello, bool in_server_hello) {
    for (Message& message : c.transcript.messages)
      if (auto* hello = std::get_if<ClientHello>(&message.body); hello != nullptr && in_client_hello)
        hello->extensions.push_back({ext::extended_master_secret, {}});
      else if (auto* answer = std::get_if<ServerHello>(&message.body); answer != nullptr && in_server_hello)
        answer->extensions.push_back({ext::extended_master_secret, {}});
    return *this;
  }
  Wire& new_ticket(const Bytes& ticket, std::uint32_t lifetime = 300) {
    NewSessionTicket issued;
    issued.lifetime = lifetime;
    issued.ticket = ticket;
    if (tls13()) {
      const auto mark = static_cast<std::uint8_t>(ticket.empty() ? 0 : ticket.back());
      issued.age_add = 0x1000U + mark;
      issued.nonce = {mark};
    }
    return server(MessageType::new_session_ticket, issued);
  }
  Wire& change(Side from) { return send(from, MessageType::change_cipher_spec, {}, 1); }

  /// TLS <= 1.2, full, with a ticket unless it is empty; `offered` was refused.
  Wire& full(const Bytes& issued, const Bytes& offered = {}) {
    client_hello(offered).server_hello(!issued.empty()).server(MessageType::certificate);
    server(MessageType::server_hello_done).client(MessageType::client_key_exchange);
    change(Side::client).finished(Side::client);
    if (!issued.empty()) new_ticket(issued);
    return change(Side::server).finished(Side::server);
  }
  /// TLS <= 1.2, abbreviated; renewed by `issued` unless it is empty.
  Wire& resumed(const Bytes& offered, const Bytes& issued = {}) {
    resumption_flight(offered, issued);
    return change(Side::client).finished(Side::client);
  }
  Wire& resumption_flight(const Bytes& offered, const Bytes& issued) {
    client_hello(offered).server_hello(!issued.empty(), Bytes(32, 7));
    if (!issued.empty()) new_ticket(issued, 0);
    return change(Side::server).finished(Side::server);
  }
  Wire& full_13(const Bytes& issued, const Bytes& offered = {}, std::uint32_t age = 0) {
    client_hello(offered, age).server_hello(false).server(MessageType::encrypted_extensions, EncryptedExtensions{});
    server(MessageType::certificate).server(MessageType::certificate_verify).finished(Side::server);
    finished(Side::client);
    return issued.empty() ? *this : new_ticket(issued);
  }
  Wire& resumed_13(const Bytes& offered, std::uint32_t age, const Bytes& issued = {}) {
    client_hello(offered, age).server_hello(false);
    body<ServerHello>(size() - 1).selected_psk = std::uint16_t{0};
    server(MessageType::encrypted_extensions, EncryptedExtensions{}).finished(Side::server).finished(Side::client);
    return issued.empty() ? *this : new_ticket(issued);
  }
  /// The request and its answer, and both sides' good ends.
  Wire& data() {
    client(MessageType::application_data).server(MessageType::application_data);
    send(Side::server, MessageType::alert, Alert{.level = 1, .description = 0}, 2);
    return end(Side::server).end(Side::client);
  }
  Wire& end(Side from, Ending::How how = Ending::How::fin, bool by_harness = false) {
    c.transcript.endings.push_back({from, how, milliseconds(size()), size(), by_harness});
    return *this;
  }

  /// The client says that it came to an error.
  Wire& failed(const char* stage = "handshake", const char* text = "it broke") {
    c.client.ok = false;
    c.client.error_stage = stage;
    c.client.error_text = text;
    return *this;
  }
  Wire& at(seconds when) {
    c.at = when;
    return *this;
  }
  /// One of several connections in a step of the timeline.
  Wire& among_others(std::size_t step) {
    c.step = step;
    c.sole = false;
    return *this;
  }
  /// The server's log tells of a decision: on the ticket that was offered or, sealing, the last that came.
  Wire& decided(bool encrypt, std::optional<std::int64_t> age, int result) {
    Bytes ticket;
    for (const Message& message : c.transcript.messages)
      if (const auto* hello = message.as<ClientHello>(); hello != nullptr && !encrypt && hello->offered() != nullptr)
        ticket = *hello->offered();
      else if (const auto* issued = message.as<NewSessionTicket>(); issued != nullptr && encrypt)
        ticket = issued->ticket;
    return decided(encrypt, ticket, age, result);
  }
  Wire& decided(bool encrypt, const Bytes& ticket, std::optional<std::int64_t> age, int result) {
    const std::string key = to_hex(ByteView(ticket).first(std::min<std::size_t>(ticket.size(), 16)));
    c.server.decisions.push_back({encrypt, key, age, result});
    return *this;
  }

 private:
  bool keyed_ = false;
};

/// A cell of these connections. The client's word on resumption is what the wire shows, unless a test changed it.
inline Observation cell(std::vector<Wire> wires) {
  Observation cell;
  for (Wire& wire : wires) {
    if (cell.tls == Version::none) cell.tls = wire.c.transcript.version;
    wire.c.handshakes = handshakes_of(wire.c.transcript);
    cell.connections.push_back(std::move(wire.c));
  }
  return cell;
}

inline const Bytes a = ticket('k', 'a');
inline const Bytes b = ticket('l', 'b');
inline const Bytes c = ticket('m', 'c');

/// The obfuscated age of a ticket that the builder issued, so many milliseconds later.
inline std::uint32_t aged(const Bytes& ticket, std::uint32_t age_ms) { return 0x1000U + ticket.back() + age_ms; }

inline Wire wire(Version version = Version::tls12) { return Wire(version); }
inline Wire wire_13() { return Wire(Version::tls13); }

/// A full handshake at 0 s that brings A.
inline Wire first() { return wire().full(a).data(); }
/// The same with extended master secret.
inline Wire first_extended() { return first().extended(true, true); }
inline Wire first_13() { return wire_13().full_13(a).data(); }

}  // namespace ti::made
