#pragma once
// A client on trial: the orders that its checks are made of. Each throws what CheckBench does.
#include <array>
#include <set>
#include <string>
#include <vector>

#include "check/adapter_process.hpp"
#include "check/check_bench.hpp"

namespace ti {

inline constexpr std::array all_versions{Version::tls10, Version::tls11, Version::tls12, Version::tls13};

class ClientTrial {
 public:
  /// A client at a version, ready, before a server of that version.
  struct Pair {
    Client* client;
    Peer* peer;
  };

  /// A connection that an adapter was told in a line of one's own.
  struct Told {
    AdapterAnswer answer;
    Attempt attempt;
  };

  /// All that is given outlives it. Without libfaketime only those that are told the time can be moved in it.
  ClientTrial(const ClientManifest& manifest, const RunContext& context, std::vector<const ServerManifest*> servers,
              std::filesystem::path libfaketime);

  const ClientManifest& manifest() const { return manifest_; }
  const RunContext& context() const { return context_; }
  CheckBench& bench() { return bench_; }

  /// The versions that both the client and some server can be pinned to, the newest first. CheckImpossible when none.
  std::vector<Version> versions() const;
  Version newest() const { return versions().front(); }
  /// The newest below TLS 1.3, or CheckSkipped.
  Version newest_classic() const;

  bool exports() const { return manifest_.carry == Carry::session_export; }
  bool has_own_clock() const { return manifest_.capabilities.contains("own_clock"); }

  /// Whether the manifest says that it cannot do `what`; then that stands beside what the check saw.
  bool excused(const std::string& what);
  /// What it was excused for since the last call, in words.
  std::set<std::string> take_excuses();

  // By the line protocol.
  AdapterProcess start(const std::vector<std::string>& arguments = {});
  ConfigureOrder configuration(Version version) const { return configure_order(version, context_.credentials); }
  /// A connection to that peer which offers nothing.
  ConnectOrder fresh_order(const Peer& peer) const;
  awaitable<AdapterAnswer> ask(AdapterProcess* adapter, ConfigureOrder order);
  awaitable<Told> connect(AdapterProcess* adapter, Peer* peer, ConnectOrder order);
  awaitable<Told> connect(AdapterProcess* adapter, Peer* peer, std::string line);

  // By the client's own driver.
  awaitable<Peer*> peer(Version version);
  awaitable<Pair> pair(ClientSettings settings, PeerOrder order);
  awaitable<Pair> pair(Version version);
  awaitable<Attempt> connect(Pair at, std::size_t number);
  awaitable<Attempt> connect_fresh(Pair at, std::size_t number);
  awaitable<Attempt> connect_saved(Pair at, std::size_t number, std::size_t after);

  /// A connection that resumes, if it can, by a ticket that `before` brought: `which` says why by that one.
  void want_offer(const Attempt& attempt, const Attempt& before, const std::string& which, const std::string& where);

  std::string stray;  ///< what it wrote to stderr where all went well, by check

 private:
  const ClientManifest& manifest_;
  const RunContext& context_;
  CheckBench bench_;
  std::set<std::string> excuses_;
};

}  // namespace ti
