#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ti::adapter {

enum class Tls { v1_0, v1_1, v1_2, v1_3 };

enum class Carry { cache, exported };

enum class Stage { protocol, connect, handshake, verify, write, read, close };

/// How a connection ended that did not go well. `text` is the library's own words, `code` its number or name for them.
struct Failure {
  Stage stage;
  std::string text;
  std::optional<std::string> code = {};
};

/// A command or value that the adapter does not know how to carry out. Thrown before anything has changed.
struct Unimplemented {
  std::string what;
};

/// Who is speaking. `tls` names the versions that the library found can be pinned to; empty: those of the manifest.
/// `cannot` has, by the manifest's words for capabilities, why the library found lacks one.
struct Hello {
  std::string library;
  std::string version;
  Carry carry = Carry::cache;
  std::vector<Tls> tls = {};
  std::map<std::string, std::string> cannot = {};
};

/// Paths of PEM files.
struct ClientCertificate {
  std::string cert;
  std::string key;
};

/// The `configure` command. `tls` is both minimum and maximum. `server_name` is sent as SNI and must be the name in the
/// server's certificate; `ca` is a PEM file with the only trusted root. `ciphers` names the TLS <= 1.2 suites to offer
/// in OpenSSL's spelling; none means all that the library has. `keylog` is a file to append NSS key log lines to.
struct Settings {
  Tls tls = Tls::v1_2;
  std::string server_name;
  std::string ca;
  std::optional<ClientCertificate> certificate;
  std::optional<std::vector<std::string>> ciphers;
  std::optional<std::string> keylog;
};

/// What to offer: what comes naturally, nothing, or the session as it was kept after connection `after`.
struct Offer {
  enum class Kind { latest, none, saved };
  Kind kind = Kind::latest;
  int after = 0;
};

/// The `connect` command. `session` is set only for Carry::exported and is what to load, decoded; it is empty when
/// there is nothing to offer. `read_response` false: close at once after writing.
struct ConnectOrder {
  int connection = 0;
  std::string host;
  std::uint16_t port = 0;
  Offer offer;
  std::optional<std::string> session;
  std::optional<std::string> request;
  bool read_response = true;
};

/// What the library told. What it does not tell stays empty; nothing here is guessed. `version` is "1.0" to "1.3",
/// `session_id` raw bytes, `tickets_received` the sessions that the library handed over or made visible, `session`
/// (Carry::exported) the serialised bytes that an application would store now.
struct ConnectResult {
  std::optional<bool> resumed;
  std::optional<std::string> version;
  std::optional<std::string> cipher;
  std::optional<std::string> session_id;
  std::optional<int> tickets_received;
  std::optional<std::size_t> response_bytes;
  std::optional<std::string> session;
};

/// One TLS library through one front door. All the rest of clients/PROTOCOL.md is in serve.hpp.
class Adapter {
 public:
  virtual ~Adapter() = default;

  virtual Hello hello() const = 0;

  /// Forgets sessions, settings and caches and begins anew. Throws Unimplemented with nothing changed, or a Failure of
  /// Stage::protocol if a file cannot be used.
  virtual void configure(const Settings& settings) = 0;

  /// Makes one whole connection and then keeps the session as an application would. Fills in `result` as it learns, so
  /// that what was known before a Failure is reported with it. Throws Failure, or Unimplemented with nothing changed.
  virtual void connect(const ConnectOrder& order, ConnectResult& result) = 0;
};

}  // namespace ti::adapter
