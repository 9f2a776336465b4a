#pragma once
// What a client is tried out on: servers with honest and with wrong certificates, a tap before each, a clock for each
// client.
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "endpoints/client.hpp"
#include "endpoints/server.hpp"
#include "exec/tap.hpp"
#include "exec/temp_dir.hpp"
#include "wire/decoder.hpp"

namespace ti {

/// CheckFailed is what a client did wrong; CheckRefused that it answered `unimplemented`; CheckSkipped why a check does
/// not apply to it; CheckImpossible what is missing here to make one that does.
struct CheckFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct CheckRefused : CheckFailed {
  using CheckFailed::CheckFailed;
};
struct CheckImpossible : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct CheckSkipped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// CertificateSet is one set of certificates: what the server shows, and the CA that the client is given.
enum class CertificateSet : std::uint8_t {
  honest,
  strange_ca,   ///< the server's certificate is signed by another CA than the client's, for the right name
  other_name,   ///< signed by the client's CA, for another name
  short_lived,  ///< honest, but the certificate ends in an hour
};
inline constexpr std::chrono::hours short_life{1};

/// PeerOrder is what is wanted of a server. Any that can do it will do.
struct PeerOrder {
  Version tls = Version::none;
  std::string ciphers = {};
  bool asks_certificate = false;
  bool gives_tickets = true;
  std::string capability = {};  ///< that the server must have; empty: none
  CertificateSet certificates = CertificateSet::honest;

  bool operator==(const PeerOrder&) const = default;
};

/// Peer is a running server with its tap.
struct Peer {
  PeerOrder order;
  std::unique_ptr<Server> server;
  std::unique_ptr<Tap> tap;
  KeyLog keys;
};

/// Attempt is one connection: the client's word, and what passed.
struct Attempt {
  ClientWord word;
  std::vector<Recording> recordings;  ///< of every TCP connection that the client made for it
  Transcript wire;                    ///< of the first one, opened with the server's keys
  std::vector<Handshake> handshakes;
  bool hung = false;  ///< the harness closed it at the step's deadline
};

/// CheckBench owns servers and clients; clients are those of one manifest.
class CheckBench {
 public:
  /// `context` and `manifest` outlive the bench, `servers` are those that are built. Without libfaketime there is only
  /// the clock of clients that are told the time.
  CheckBench(const RunContext& context, const ClientManifest& manifest, std::vector<const ServerManifest*> servers,
             std::filesystem::path libfaketime);

  /// Whether some built server can do it.
  bool can_serve(const PeerOrder& order) const { return choose(order) != nullptr; }

  /// A running server. Throws CheckImpossible when none can do it, HarnessError when it does not come up.
  awaitable<Peer*> peer(PeerOrder order);

  /// Makes a client that belongs to the bench until dismiss(). Its clock is its own, and stands at the real time.
  Client& new_client(CertificateSet certificates = CertificateSet::honest);
  ClockControl& clock_of(const Client& client);
  bool can_move_clock() const;

  /// Makes the client ready. Throws CheckFailed, or CheckRefused.
  awaitable<void> begin(Client* client, ClientSettings settings);

  /// One connection to the peer; `order.port` is filled in. Throws CheckFailed when the client does not answer as
  /// clients/PROTOCOL.md says, CheckRefused when it does not implement the order.
  awaitable<Attempt> attempt(Client* client, Peer* peer, ConnectOrder order);

  /// What has passed at the peer since the last attempt, once it is over; the client's word stays empty.
  awaitable<Attempt> settle(Peer* peer);

  /// One connection to a port where nothing listens.
  awaitable<ClientWord> attempt_dead_port(Client* client, ConnectOrder order);

  /// Ends all clients; gives what they wrote to stderr.
  awaitable<std::string> dismiss();

  /// Ends all servers.
  awaitable<void> stop();

  /// The context as a client sees it whose server is of this set.
  const RunContext& context_of_client(CertificateSet certificates);
  std::filesystem::path new_folder(const char* kind);

 private:
  struct Guest {
    std::unique_ptr<ClockControl> clock;
    std::unique_ptr<Client> client;
  };

  const ServerManifest* choose(const PeerOrder& order) const;
  const RunContext& context_of_server(CertificateSet certificates);
  awaitable<ClientWord> told(Client* client, ConnectOrder order, Deadline deadline);

  const RunContext& context_;
  const ClientManifest& manifest_;
  std::vector<const ServerManifest*> servers_;
  std::filesystem::path libfaketime_;
  TempDir folder_;
  std::size_t folders_ = 0;
  Stopwatch watch_;
  std::map<CertificateSet, RunContext> contexts_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<Guest> guests_;
};

}  // namespace ti
