#include "run/client_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <set>
#include <span>

#include "base/text.hpp"
#include "run/adapter_process.hpp"
#include "run/check_facts.hpp"
#include "run/versions.hpp"

namespace ti {

namespace {

using Json = nlohmann::json;

constexpr std::array all_versions{Version::tls10, Version::tls11, Version::tls12, Version::tls13};
constexpr std::string_view nonsense = "nonsense-4711";

Json hello_order() { return {{"do", "hello"}, {"protocol", 1}}; }

Json nonsense_order() { return {{"do", nonsense}}; }

/// A refusal as clients/PROTOCOL.md has it.
bool is_refusal(const Json& answer) {
  const auto what = answer.find("unimplemented");
  return !answer.value("ok", true) && what != answer.end() && what->is_string();
}

void want_unimplemented(const Json& answer, std::string_view asked) {
  if (!is_refusal(answer)) throw CheckFailed(fmt::format("{} is answered {}", asked, answer.dump().substr(0, 200)));
}

/// CheckRefused if it is `unimplemented`.
void want_ok(const Json& answer, std::string_view asked) {
  if (is_refusal(answer)) throw CheckRefused("the adapter does not implement " + answer["unimplemented"].dump());
  if (!answer.value("ok", false))
    throw CheckFailed(fmt::format("{} is answered {}", asked, answer.dump().substr(0, 200)));
}

void want_error(const Json& answer, std::string_view stage, std::string_view asked) {
  const auto error = answer.find("error");
  const bool good = !answer.value("ok", true) && error != answer.end() && error->is_object() &&
                    error->value("stage", "") == stage && !error->value("text", "").empty();
  if (!good) throw CheckFailed(fmt::format("{} is answered {}", asked, answer.dump().substr(0, 200)));
}

std::string at_version(Version version) { return "TLS " + std::string(name(version)); }

/// Versions by what was seen at each: "1.2 1.3".
std::string listed(const std::vector<Version>& versions) {
  std::string text;
  for (const Version version : versions) text += (text.empty() ? "" : " ") + std::string(name(version));
  return text;
}

class ClientCheck {
 public:
  ClientCheck(const ClientManifest& manifest, const CheckTools& tools, const Site& site)
      : manifest_(manifest), tools_(tools), site_(site), bench_(site, manifest, tools.servers, tools.libfaketime) {}

  awaitable<ClientReport> run() {
    ClientReport report;
    for (const Check& check : checks()) {
      if (!glob_match(tools_.only, check.name) && check.body != &ClientCheck::stray) continue;
      CheckResult result;
      if (check.lines && manifest_.program)
        result = CheckResult{check.name, CheckState::skipped, "an unmodified program"};
      else
        result = co_await outcome(check);
      report.checks.push_back(std::move(result));
    }
    for (const Check& check : capabilities()) {
      if (!glob_match(tools_.only, check.name)) continue;
      const CheckResult seen = co_await outcome(check);
      CapabilityResult result{seen.name, manifest_.capabilities.contains(seen.name), std::nullopt, false, seen.note};
      if (seen.state == CheckState::ok || seen.state == CheckState::excused) result.observed = true;
      if (seen.state == CheckState::failed) result.observed = false;
      result.ignored = check.told && seen.state == CheckState::failed && !refused_;
      report.capabilities.push_back(std::move(result));
    }
    co_await bench_.stop();
    co_return report;
  }

  static std::vector<std::string> check_names() { return names_of(checks()); }
  static std::vector<std::string> capability_names() { return names_of(capabilities()); }

 private:
  /// A check gives what it saw, or throws CheckFailed, CheckSkipped or CheckImpossible.
  using Body = awaitable<std::string> (ClientCheck::*)();
  struct Check {
    const char* name;
    Body body;
    bool lines = false;  ///< of the line protocol only
    bool quiet = true;   ///< all goes well in it, so nothing may be on stderr
    bool told = false;   ///< of a capability: the adapter is told to use it, and must refuse if it cannot
  };

  static std::vector<std::string> names_of(std::span<const Check> checks) {
    std::vector<std::string> names;
    for (const Check& check : checks) names.emplace_back(check.name);
    return names;
  }

  awaitable<CheckResult> outcome(Check check) {
    CheckResult result{check.name, CheckState::ok, {}};
    refused_ = false;
    excuses_.clear();
    try {
      awaitable<std::string> body = (this->*check.body)();
      result.note = co_await std::move(body);
    } catch (const CheckRefused& refused) {
      refused_ = true;
      result.state = CheckState::failed;
      result.note = refused.what();
    } catch (const CheckFailed& failed) {
      result.state = CheckState::failed;
      result.note = failed.what();
    } catch (const CheckSkipped& skipped) {
      result.state = CheckState::skipped;
      result.note = skipped.what();
    } catch (const CheckImpossible& impossible) {
      result.state = CheckState::impossible;
      result.note = impossible.what();
    }
    if (result.state == CheckState::ok && !excuses_.empty()) result.state = CheckState::excused;
    for (const std::string& excuse : excuses_) result.note += "; " + excuse;
    std::string said = co_await bench_.dismiss();
    if (check.quiet && result.state == CheckState::ok && !said.empty()) stray_ += std::string(check.name) + ": " + said;
    co_return result;
  }

  /// Whether the manifest says that it cannot do `what`; then that stands beside what the check saw.
  bool excused(const std::string& what) {
    const auto cannot = manifest_.cannot.find(what);
    if (cannot == manifest_.cannot.end()) return false;
    excuses_.insert("it cannot " + what + ": " + cannot->second);
    return true;
  }

  /// The versions that both the client and some server can be pinned to, the newest first.
  std::vector<Version> versions() const {
    std::vector<Version> versions;
    for (auto version = all_versions.rbegin(); version != all_versions.rend(); ++version)
      if (manifest_.tls.contains(*version) && bench_.can_serve(PeerOrder{*version})) versions.push_back(*version);
    if (versions.empty()) throw CheckImpossible("it has no TLS version in common with a server that is built");
    return versions;
  }

  Version newest() const { return versions().front(); }

  /// The newest below TLS 1.3.
  Version newest_classic() const {
    for (const Version version : versions())
      if (version < Version::tls13) return version;
    throw CheckSkipped("a matter of TLS 1.2 and below");
  }

  bool exports() const { return manifest_.carry == Carry::session_export; }

  bool has_own_clock() const { return manifest_.capabilities.contains("own_clock"); }

  Json connect_order(const Peer& peer) const {
    Json order{{"do", "connect"},          {"connection", 1}, {"host", "127.0.0.1"},
               {"port", peer.tap->port()}, {"offer", "none"}, {"request", http_request}};
    if (has_own_clock()) order["clock_offset_s"] = 0;
    return order;
  }

  /// A connection to the peer, told by an order of one's own.
  struct Told {
    Json answer;
    Attempt attempt;
  };
  awaitable<Told> connect(AdapterProcess* adapter, Peer* peer, Json order) {
    Json answer = co_await ask(adapter, std::move(order));
    Attempt attempt = co_await bench_.settle(peer);
    Told told{std::move(answer), std::move(attempt)};
    co_return told;
  }

  awaitable<Peer*> peer(Version version) {
    PeerOrder order{version};
    Peer* peer = co_await bench_.peer(std::move(order));
    co_return peer;
  }

  AdapterProcess start(const std::vector<std::string>& arguments = {}) {
    return AdapterProcess(manifest_, site_, bench_.new_folder("a"), arguments);
  }

  awaitable<Json> ask(AdapterProcess* adapter, Json order) {
    std::string line = order.dump();
    Json answer = co_await adapter->ask(std::move(line));
    co_return answer;
  }

  /// A client at a version, ready, before a server of that version.
  struct Pair {
    Client* client;
    Peer* peer;
  };
  awaitable<Pair> pair(ClientSettings settings, PeerOrder order) {
    Pair made{nullptr, nullptr};
    const World world = order.world;
    made.peer = co_await bench_.peer(std::move(order));
    made.client = &bench_.new_client(world);
    co_await bench_.begin(made.client, std::move(settings));
    co_return made;
  }

  awaitable<Pair> pair(Version version) {
    ClientSettings settings{version, false, {}};
    PeerOrder order{version};
    Pair made = co_await pair(std::move(settings), std::move(order));
    co_return made;
  }

  awaitable<Attempt> connect(Pair at, std::size_t number) {
    ConnectOrder order;
    order.connection = number;
    Attempt attempt = co_await bench_.attempt(at.client, at.peer, std::move(order));
    co_return attempt;
  }

  awaitable<Attempt> connect_fresh(Pair at, std::size_t number) {
    ConnectOrder order;
    order.connection = number;
    order.fresh = true;
    Attempt attempt = co_await bench_.attempt(at.client, at.peer, std::move(order));
    co_return attempt;
  }

  awaitable<Attempt> connect_saved(Pair at, std::size_t number, std::size_t after) {
    ConnectOrder order;
    order.connection = number;
    order.offer_connection = after;
    Attempt attempt = co_await bench_.attempt(at.client, at.peer, std::move(order));
    co_return attempt;
  }

  // What is said in lines.

  /// What differs from the version that the manifest has seen is told: users have others.
  std::string beside_seen(const std::string& version) const {
    return version.find(manifest_.seen) == std::string::npos ? "; its manifest was written by " + manifest_.seen : "";
  }

  awaitable<std::string> hello() {
    if (manifest_.program) {
      const Facts facts = co_await client_facts(manifest_, site_, std::filesystem::path());
      const std::string version = facts.at("version");
      co_return version + beside_seen(version);
    }
    AdapterProcess adapter = start();
    const Json answer = co_await ask(&adapter, hello_order());
    if (!answer.value("ok", false) || answer.value("protocol", 0) != 1)
      throw CheckFailed("hello is answered " + answer.dump().substr(0, 200));
    const std::string library = word(answer, "library");
    const std::string version = word(answer, "version");
    const std::string carry = word(answer, "carry");
    if (!manifest_.library.empty() && library != manifest_.library)
      throw CheckFailed(fmt::format("it says its library is {}, its manifest {}", library, manifest_.library));
    if (carry != (exports() ? "export" : "cache"))
      throw CheckFailed(fmt::format("it says its carry is {}, its manifest {}", carry, exports() ? "export" : "cache"));
    const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    const auto time = answer.find("time");
    const bool timely = time != answer.end() && time->is_number() && std::abs(time->get<double>() - now) < 10;
    if (!timely && !has_own_clock()) throw CheckFailed("hello does not say the time: " + answer.dump().substr(0, 200));
    co_return fmt::format("{} {}, {}{}", library, version, carry, beside_seen(version));
  }

  static std::string word(const Json& answer, const char* field) {
    const auto found = answer.find(field);
    if (found == answer.end() || !found->is_string() || found->get_ref<const std::string&>().empty())
      throw CheckFailed(fmt::format("hello does not say its {}: {}", field, answer.dump().substr(0, 200)));
    return found->get<std::string>();
  }

  awaitable<std::string> unknown_arguments() {
    const std::vector<std::string> arguments{std::string(nonsense)};
    AdapterProcess adapter = start(arguments);
    const Exit exit = co_await adapter.finish();
    if (exit != Exit(Exited{89})) throw CheckFailed(fmt::format("started with {} it {}", nonsense, text(exit)));
    co_return "exit 89";
  }

  awaitable<std::string> unknown_commands() {
    AdapterProcess adapter = start();
    Json answer = co_await ask(&adapter, nonsense_order());
    want_unimplemented(answer, "an unknown command");
    Json order = hello_order();
    order[std::string(nonsense)] = 1;
    answer = co_await ask(&adapter, order);
    want_unimplemented(answer, "an unknown field of hello");
    order = configure_order(newest(), site_);
    order[std::string(nonsense)] = "x";
    answer = co_await ask(&adapter, order);
    want_unimplemented(answer, "an unknown field of configure");
    order = configure_order(newest(), site_);
    order["tls"] = "9.9";
    answer = co_await ask(&adapter, order);
    want_unimplemented(answer, "configure with TLS 9.9");
    co_await unknown_orders(&adapter);
    co_return "an unknown command, field, value";
  }

  awaitable<void> unknown_orders(AdapterProcess* adapter) {
    Peer* at = co_await peer(newest());
    const Json answer = co_await ask(adapter, configure_order(newest(), site_));
    want_ok(answer, "configure");
    for (const char* field : {"offer", "read"}) {
      Json order = connect_order(*at);
      order[field] = nonsense;
      const Told told = co_await connect(adapter, at, std::move(order));
      want_unimplemented(told.answer, fmt::format("connect with {} {}", field, nonsense));
      if (!told.attempt.recordings.empty())
        throw CheckFailed(fmt::format("told to {} {} it makes a connection", field, nonsense));
    }
  }

  awaitable<std::string> broken_lines() {
    AdapterProcess adapter = start();
    for (const char* line : {"this is not JSON", "[1, 2]", "{\"do\": \"hello\"", "17"}) {
      const std::string sent(line);
      const Json answer = co_await adapter.ask(sent);
      want_error(answer, "protocol", sent);
    }
    const Json answer = co_await ask(&adapter, hello_order());
    if (!answer.value("ok", false)) throw CheckFailed("after broken lines, hello is answered " + answer.dump());
    co_return "error at stage protocol, and it goes on";
  }

  awaitable<std::string> refusals_change_nothing() {
    const Version version = newest();
    Peer* at = co_await peer(version);
    AdapterProcess adapter = start();
    Json answer = co_await ask(&adapter, configure_order(version, site_));
    want_ok(answer, "configure");
    Json refused = configure_order(version, site_);
    refused["ca"] = site_.credentials.client_cert.string();
    refused["server_name"] = "elsewhere.invalid";
    refused[std::string(nonsense)] = true;
    answer = co_await ask(&adapter, refused);
    want_unimplemented(answer, "an unknown field of configure");
    const Json order = connect_order(*at);
    Json strange = order;
    strange[std::string(nonsense)] = 1;
    answer = co_await ask(&adapter, strange);
    want_unimplemented(answer, "an unknown field of connect");
    const Told told = co_await connect(&adapter, at, order);
    want_ok(told.answer, "after a refused configure, connect");
    co_return "a connection goes well after them";
  }

  awaitable<std::string> end_of_input() {
    AdapterProcess adapter = start();
    co_await ask(&adapter, hello_order());
    const Exit exit = co_await adapter.finish();
    if (exit != Exit(Exited{0})) throw CheckFailed("at the end of its input it " + text(exit));
    if (!adapter.stray().empty()) throw CheckFailed("it writes to stderr: " + adapter.stray().substr(0, 200));
    co_return "exit 0";
  }

  // What is seen on the wire.

  awaitable<std::string> whole_connection() {
    std::vector<Version> seen;
    for (const Version version : versions()) {
      const Pair at = co_await pair(version);
      const Attempt attempt = co_await connect(at, 1);
      const std::string where = at_version(version);
      want_success(attempt, where);
      want_truth(attempt, where);
      if (attempt.recordings.size() != 1)
        throw CheckFailed(
            fmt::format("{}: it makes {} TCP connections for one connect", where, attempt.recordings.size()));
      if (attempt.wire.version != version)
        throw CheckFailed(fmt::format("{}: the wire shows {}", where, name(attempt.wire.version)));
      if (!offered_by(attempt).empty()) throw CheckFailed(where + ": its first connection offers a ticket");
      if (hello_of(attempt).server_name != "localhost")
        throw CheckFailed(where + ": it does not send the server's name");
      if (!sent(attempt, MessageType::application_data)) throw CheckFailed(where + ": it does not send the request");
      want_close_notify(attempt, where);
      seen.push_back(version);
    }
    co_return "name, request, close_notify; its word fits the wire: " + listed(seen);
  }

  void want_close_notify(const Attempt& attempt, std::string_view where) {
    if (!says_close_notify(attempt) && !excused("close_notify"))
      throw CheckFailed(fmt::format("{}: it does not send close_notify", where));
  }

  /// The server says nothing before it is asked: a client that reads, or asks unbidden, is found out. A close_notify is
  /// not asked for: what is left unread may have the kernel reset the connection first.
  awaitable<std::string> short_connections() {
    AdapterProcess adapter = start();
    std::vector<Version> seen;
    for (const Version version : versions()) {
      Peer* at = co_await peer(version);
      const Json configured = co_await ask(&adapter, configure_order(version, site_));
      want_ok(configured, "configure");
      Json order = connect_order(*at);
      order["read"] = "none";
      const Told asking = co_await connect(&adapter, at, order);
      want_short(asking, at_version(version) + ", told to read nothing");
      if (!sent(asking.attempt, MessageType::application_data))
        throw CheckFailed(at_version(version) + ", told to read nothing: it does not send the request");
      order["request"] = nullptr;
      const Told silent = co_await connect(&adapter, at, order);
      const std::string where = at_version(version) + ", told to send and read nothing";
      want_short(silent, where);
      if (sent(silent.attempt, MessageType::application_data)) throw CheckFailed(where + ": it sends a request");
      seen.push_back(version);
    }
    co_return "reads nothing, sends nothing: " + listed(seen);
  }

  void want_short(const Told& told, const std::string& where) {
    want_ok(told.answer, where);
    if (told.attempt.handshakes.empty() || told.attempt.handshakes.front().kind == HandshakeKind::failed)
      throw CheckFailed(where + ": the handshake on the wire did not complete");
    if (told.attempt.handshakes.front().kind == HandshakeKind::resumed)
      throw CheckFailed(where + ": told to offer none, it resumes");
    const auto read = told.answer.find("response_bytes");
    if (read != told.answer.end() && read->is_number() && *read != 0)
      throw CheckFailed(fmt::format("{}: it says that it received {} bytes", where, read->dump()));
  }

  awaitable<std::string> version_bounds() {
    std::string tried;
    for (const Version pinned : versions()) {
      for (const Version other : all_versions) {
        const int distance = static_cast<int>(other) - static_cast<int>(pinned);
        if (distance != 1 && distance != -1) continue;
        if (!bench_.can_serve(PeerOrder{other})) continue;
        ClientSettings settings{pinned, false, {}};
        PeerOrder order{other};
        const Pair at = co_await pair(std::move(settings), std::move(order));
        const Attempt attempt = co_await connect(at, 1);
        if (const std::string wrong = beyond(hello_of(attempt), pinned); !wrong.empty()) throw CheckFailed(wrong);
        const std::string where = fmt::format("pinned to {}, the server to {}", name(pinned), name(other));
        want_refusal(attempt, {"handshake"}, where);
        tried += fmt::format("{}{} against {}", tried.empty() ? "" : ", ", name(pinned), name(other));
      }
    }
    if (tried.empty()) throw CheckImpossible("no server that is built speaks a neighbouring version");
    std::string undeclared = co_await undeclared_versions();
    co_return tried + undeclared;
  }

  /// What is not declared may be refused or done, but not pretended.
  awaitable<std::string> undeclared_versions() {
    if (manifest_.program) co_return "";
    std::string tried;
    AdapterProcess adapter = start();
    for (const Version version : all_versions) {
      if (manifest_.tls.contains(version) || !bench_.can_serve(PeerOrder{version})) continue;
      const Json configured = co_await ask(&adapter, configure_order(version, site_));
      if (is_refusal(configured)) continue;
      want_ok(configured, "configure with undeclared " + at_version(version));
      Peer* at = co_await peer(version);
      const Told told = co_await connect(&adapter, at, connect_order(*at));
      if (told.attempt.recordings.empty()) continue;
      if (const std::string wrong = beyond(hello_of(told.attempt), version); !wrong.empty()) throw CheckFailed(wrong);
      tried += fmt::format(", undeclared {}", name(version));
    }
    co_return tried;
  }

  void want_refusal(const Attempt& attempt, const std::set<std::string>& stages, std::string_view where) const {
    if (attempt.hung) throw CheckFailed(fmt::format("{}: the connection does not end", where));
    if (attempt.word.ok) throw CheckFailed(fmt::format("{}: it says that all went well", where));
    if (sent(attempt, MessageType::application_data)) throw CheckFailed(fmt::format("{}: it sends its request", where));
    want_stage(attempt.word, stages, where);
  }

  void want_stage(const ClientWord& word, const std::set<std::string>& stages, std::string_view where) const {
    if (word.error_text.empty()) throw CheckFailed(fmt::format("{}: it fails without a word", where));
    if (!manifest_.program && !stages.contains(word.error_stage))
      throw CheckFailed(fmt::format("{}: it fails at stage {}", where, words_of(word)));
  }

  /// A connection that resumes, if it can: the ticket must be one that `before` brought.
  void want_offer(const Attempt& attempt, const Attempt& before, const std::string& which, const std::string& where) {
    if (tickets_of(before).empty()) throw CheckImpossible("the server gave no ticket at " + where);
    const Bytes offered = offered_by(attempt);
    if (offered.empty() && excused("resume")) return;
    if (offered.empty()) throw CheckFailed(fmt::format("{}: it offers no ticket, {}", where, which));
    if (!find_ticket(before, offered)) throw CheckFailed(fmt::format("{}: it offers another ticket, {}", where, which));
    if (attempt.word.ok || !excused("resume")) want_success(attempt, where);
  }

  void want_fresh(const Attempt& attempt, const std::string& where) {
    want_success(attempt, where);
    if (!offered_by(attempt).empty()) throw CheckFailed(where + ": told to offer none, it offers a ticket");
    if (attempt.handshakes.front().kind != HandshakeKind::full)
      throw CheckFailed(where + ": told to offer none, it resumes");
  }

  awaitable<std::string> carry() {
    for (const Version version : versions()) {
      const Pair at = co_await pair(version);
      const std::string where = at_version(version);
      const Attempt first = co_await connect(at, 1);
      const Attempt second = co_await connect(at, 2);
      const Attempt third = co_await connect_fresh(at, 3);
      const Attempt fourth = co_await connect(at, 4);
      want_success(first, where);
      want_offer(second, first, "where it should offer that of connection 1", where);
      want_fresh(third, where);
      want_offer(fourth, third, "where it should offer that of connection 3, a full handshake", where);
      for (const Attempt* attempt : {&second, &third, &fourth})
        if (attempt->word.ok) want_truth(*attempt, where);
    }
    co_return "offers the ticket of the last connection, after a full handshake too: " + listed(versions());
  }

  /// What is kept stays kept while connections that start afresh bring nothing. Below TLS 1.3 a session without a
  /// ticket is something too.
  awaitable<std::string> offer_none() {
    for (const Version version : versions()) {
      const Pair at = co_await pair(version);
      const std::string where = at_version(version);
      const Attempt first = co_await connect(at, 1);
      ConnectOrder dead;
      dead.connection = 2;
      dead.fresh = true;
      const ClientWord lost = co_await bench_.attempt_dead_port(at.client, std::move(dead));
      want_success(first, where);
      if (lost.ok) throw CheckFailed(where + ": of a dead port it says that all went well");
      if (version == Version::tls13) co_await ticketless(at.client, 3);
      const Attempt fourth = co_await connect(at, 4);
      const Attempt fifth = co_await connect_fresh(at, 5);
      want_offer(fourth, first, "though connections that were to offer none brought no other", where);
      want_fresh(fifth, where);
    }
    co_return "no ticket offered, and none forgotten: " + listed(versions());
  }

  awaitable<void> ticketless(Client* client, std::size_t number) {
    PeerOrder order{Version::tls13};
    order.gives_tickets = false;
    Pair at{client, nullptr};
    at.peer = co_await bench_.peer(std::move(order));
    const Attempt attempt = co_await connect_fresh(at, number);
    want_fresh(attempt, "a server without tickets");
  }

  awaitable<std::string> strange_authority() {
    std::string note = co_await refused_certificate(World::strange_ca);
    co_return note;
  }

  awaitable<std::string> other_server_name() {
    std::string note = co_await refused_certificate(World::other_name);
    co_return note;
  }

  awaitable<std::string> refused_certificate(World world) {
    std::string said;
    for (const Version version : versions()) {
      ClientSettings settings{version, false, {}};
      PeerOrder order{version};
      order.world = world;
      const Pair at = co_await pair(std::move(settings), std::move(order));
      const Attempt attempt = co_await connect(at, 1);
      want_refusal(attempt, {"verify", "handshake"}, at_version(version));
      said = words_of(attempt.word);
    }
    co_return said;
  }

  awaitable<std::string> dead_port() {
    Client* client = &bench_.new_client();
    ClientSettings settings{newest(), false, {}};
    co_await bench_.begin(client, std::move(settings));
    ConnectOrder order;
    const ClientWord word = co_await bench_.attempt_dead_port(client, std::move(order));
    if (word.ok) throw CheckFailed("it says that all went well");
    want_stage(word, {"connect"}, "a dead port");
    co_return words_of(word);
  }

  awaitable<std::string> clock() {
    if (!bench_.can_move_clock()) throw CheckImpossible("needs libfaketime (apt-get install libfaketime)");
    const Version version = newest();
    ClientSettings settings{version, false, {}};
    PeerOrder order{version};
    order.world = World::short_lived;
    const Pair at = co_await pair(std::move(settings), std::move(order));
    const Attempt before = co_await connect_fresh(at, 1);
    want_success(before, "a certificate that ends in an hour");
    co_await bench_.clock_of(*at.client).advance_to(2 * short_life);
    const Attempt after = co_await connect_fresh(at, 2);
    want_refusal(after, {"verify", "handshake"}, "two hours later the certificate is over");
    co_return "a certificate that ends in an hour is refused two hours later: " + words_of(after.word);
  }

  awaitable<std::string> ticket_age() {
    if (!bench_.can_move_clock()) throw CheckImpossible("needs libfaketime (apt-get install libfaketime)");
    if (!manifest_.tls.contains(Version::tls13)) throw CheckSkipped("a matter of TLS 1.3");
    constexpr std::chrono::seconds moved{100};
    constexpr std::int64_t slack_ms = 2500;  // some count whole seconds
    const Pair at = co_await pair(Version::tls13);
    const Attempt first = co_await connect(at, 1);
    const auto measured = std::chrono::steady_clock::now();
    co_await bench_.clock_of(*at.client).advance_to(moved);
    const Attempt second = co_await connect(at, 2);
    const auto passed =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - measured);
    want_success(first, "the first connection");
    const ClientHello& hello = hello_of(second);
    if (hello.psks.empty()) throw CheckSkipped("it offers no ticket in TLS 1.3");
    const NewSessionTicket* ticket = find_ticket(first, hello.psks.front().identity);
    if (!ticket || !ticket->age_add) throw CheckSkipped("its ticket is not one that the first connection brought");
    const std::uint32_t age_ms = hello.psks.front().obfuscated_ticket_age - *ticket->age_add;
    const std::int64_t wanted_ms = std::chrono::milliseconds(moved).count();
    if (age_ms < wanted_ms - slack_ms || age_ms > wanted_ms + passed.count() + slack_ms)
      throw CheckFailed(
          fmt::format("its clock was moved on by {} s, the age of its ticket is {} ms", moved.count(), age_ms));
    co_return fmt::format("moved on by {} s, the ticket's age is {} ms", moved.count(), age_ms);
  }

  awaitable<std::string> stray() {
    if (!stray_.empty()) throw CheckFailed(stray_.substr(0, 400));
    co_return "nothing";
  }

  // What is declared.

  awaitable<std::string> offer_saved() {
    for (const Version version : versions()) {
      const Pair at = co_await pair(version);
      const std::string where = at_version(version);
      const Attempt first = co_await connect(at, 1);
      const Attempt second = co_await connect_fresh(at, 2);
      const Attempt third = co_await connect_saved(at, 3, 1);
      want_success(first, where);
      want_fresh(second, where);
      want_offer(third, first, "told to offer what it kept after connection 1", where);
    }
    co_return "the ticket of connection 1 after that of 2: " + listed(versions());
  }

  awaitable<std::string> warm() {
    if (manifest_.program) throw CheckSkipped("each connection is a process of its own");
    AdapterProcess adapter = start();
    for (const Version version : versions()) {
      Peer* at = co_await peer(version);
      const std::string where = at_version(version);
      const Json configure = configure_order(version, site_);
      Json order = connect_order(*at);
      order["offer"] = "latest";
      Json answer = co_await ask(&adapter, configure);
      want_ok(answer, "configure");
      const Told first = co_await connect(&adapter, at, order);
      want_ok(first.answer, where);
      answer = co_await ask(&adapter, configure);
      want_ok(answer, "a second configure");
      const Told again = co_await connect(&adapter, at, order);
      want_ok(again.answer, where + ", after a second configure");
      if (!offered_by(again.attempt).empty() || again.attempt.handshakes.front().kind == HandshakeKind::resumed)
        throw CheckFailed(where + ": after a second configure it still offers a ticket");
    }
    co_return "a second configure forgets the ticket: " + listed(versions());
  }

  awaitable<std::string> client_certificate() {
    const Version version = newest();
    ClientSettings settings{version, true, {}};
    PeerOrder order{version};
    order.asks_certificate = true;
    const Pair at = co_await pair(std::move(settings), std::move(order));
    const Attempt attempt = co_await connect(at, 1);
    want_success(attempt, "asked for its certificate");
    if (!sent(attempt, MessageType::certificate_verify)) throw CheckFailed("asked for its certificate, it shows none");
    co_return "shown at TLS " + std::string(name(version));
  }

  awaitable<std::string> dhe_rsa() {
    std::string note = co_await suite("DHE-RSA-AES256-SHA", 0x0039, "dhe_rsa");
    co_return note;
  }

  awaitable<std::string> rsa_kx() {
    std::string note = co_await suite("AES128-SHA", 0x002f, "");
    co_return note;
  }

  awaitable<std::string> suite(std::string only, std::uint16_t number, std::string capability) {
    const Version version = newest_classic();
    ClientSettings settings{version, false, {}};
    PeerOrder order{version};
    order.ciphers = only;
    order.capability = capability;
    const Pair at = co_await pair(std::move(settings), std::move(order));
    const Attempt attempt = co_await connect(at, 1);
    want_success(attempt, "the server has only " + only);
    if (attempt.wire.suite != number) throw CheckFailed("the wire shows " + suite_name(attempt.wire.suite));
    co_return only + " at TLS " + std::string(name(version));
  }

  awaitable<std::string> ciphers() {
    if (manifest_.program) throw CheckSkipped("an unmodified program");
    const Version version = newest_classic();
    const bool aead = version == Version::tls12;
    const Json names = aead ? Json{"ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"}
                            : Json{"ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA"};
    const std::set<std::uint16_t> wanted =
        aead ? std::set<std::uint16_t>{0xc02f, 0xc030} : std::set<std::uint16_t>{0xc013, 0xc014};
    Peer* at = co_await peer(version);
    AdapterProcess adapter = start();
    Json order = configure_order(version, site_);
    order["ciphers"] = names;
    Json answer = co_await ask(&adapter, order);
    want_ok(answer, "configure");
    const Told told = co_await connect(&adapter, at, connect_order(*at));
    want_ok(told.answer, "connect");
    const std::set<std::uint16_t> signalling{0x00ff, 0x5600};
    const auto of_tls13 = [](std::uint16_t offered) { return offered >> 8 == 0x13; };  // not among those to choose from
    for (const std::uint16_t offered : hello_of(told.attempt).suites)
      if (!wanted.contains(offered) && !signalling.contains(offered) && !grease(offered) && !of_tls13(offered))
        throw CheckFailed("told to offer two others, it offers " + suite_name(offered));
    order["ciphers"] = {nonsense};
    answer = co_await ask(&adapter, order);
    want_unimplemented(answer, fmt::format("the suite {}", nonsense));
    co_return "offers the two it is told at " + at_version(version);
  }

  /// A server's certificate that ends in an hour is over for one that is told to be two hours on.
  awaitable<std::string> own_clock() {
    if (manifest_.program) throw CheckSkipped("an unmodified program");
    PeerOrder peer_order{newest()};
    peer_order.world = World::short_lived;
    Peer* at = co_await bench_.peer(std::move(peer_order));
    AdapterProcess adapter = start();
    const Json answer = co_await ask(&adapter, configure_order(newest(), bench_.site_of_client(World::short_lived)));
    want_ok(answer, "configure");
    Json order = connect_order(*at);
    order["clock_offset_s"] = std::chrono::seconds(2 * short_life).count();
    const Told told = co_await connect(&adapter, at, std::move(order));
    if (is_refusal(told.answer)) want_ok(told.answer, "clock_offset_s");
    if (told.answer.value("ok", true))
      throw CheckFailed("told to be two hours on, it accepts a certificate that is over");
    co_return "told to be two hours on, it refuses a certificate that is over";
  }

  awaitable<std::string> keylog() {
    std::vector<Version> seen;
    for (const Version version : versions()) {
      const std::filesystem::path file = bench_.new_folder("k") / "keys.log";
      ClientSettings settings{version, false, file};
      PeerOrder order{version};
      const Pair at = co_await pair(std::move(settings), std::move(order));
      const Attempt attempt = co_await connect(at, 1);
      const std::string where = at_version(version);
      want_success(attempt, where);
      std::ifstream in(file, std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
      const Transcript opened = decode(attempt.recordings.front(), KeyLog(text));
      const auto verified = [](const Message& message) {
        const auto* finished = message.as<Finished>();
        return finished && finished->verified.value_or(false);
      };
      if (std::count_if(opened.messages.begin(), opened.messages.end(), verified) != 2)
        throw CheckFailed(fmt::format("{}: its key log ({} bytes) does not open the connection", where, text.size()));
      seen.push_back(version);
    }
    co_return "opens both Finished: " + listed(seen);
  }

  static std::span<const Check> checks() {
    static constexpr Check table[] = {
        {"hello", &ClientCheck::hello},
        {"unknown arguments", &ClientCheck::unknown_arguments, true},
        {"unknown commands", &ClientCheck::unknown_commands, true},
        {"broken lines", &ClientCheck::broken_lines, true},
        {"refusals change nothing", &ClientCheck::refusals_change_nothing, true},
        {"end of input", &ClientCheck::end_of_input, true},
        {"whole connection", &ClientCheck::whole_connection},
        {"short connections", &ClientCheck::short_connections, true},
        {"version bounds", &ClientCheck::version_bounds, false, false},
        {"carry", &ClientCheck::carry},
        {"offer none", &ClientCheck::offer_none},
        {"strange CA", &ClientCheck::strange_authority, false, false},
        {"other server name", &ClientCheck::other_server_name, false, false},
        {"dead port", &ClientCheck::dead_port, false, false},
        {"clock", &ClientCheck::clock, false, false},
        {"ticket age", &ClientCheck::ticket_age},
        {"stderr", &ClientCheck::stray},
    };
    return table;
  }

  static std::span<const Check> capabilities() {
    static constexpr Check table[] = {
        {.name = "offer_saved", .body = &ClientCheck::offer_saved, .told = true},
        {.name = "client_certificate", .body = &ClientCheck::client_certificate, .told = true},
        {.name = "dhe_rsa", .body = &ClientCheck::dhe_rsa},
        {.name = "rsa_kx", .body = &ClientCheck::rsa_kx},
        {.name = "ciphers", .body = &ClientCheck::ciphers, .told = true},
        {.name = "keylog", .body = &ClientCheck::keylog, .told = true},
        {.name = "own_clock", .body = &ClientCheck::own_clock, .quiet = false, .told = true},
        {.name = "warm", .body = &ClientCheck::warm},
    };
    return table;
  }

  const ClientManifest& manifest_;
  const CheckTools& tools_;
  const Site& site_;
  CheckBench bench_;
  std::string stray_;
  bool refused_ = false;           // the check under way ended with CheckRefused
  std::set<std::string> excuses_;  // that it came upon
};

}  // namespace

bool ClientReport::holds() const {
  return std::none_of(checks.begin(), checks.end(),
                      [](const CheckResult& check) {
                        return check.state == CheckState::failed || check.state == CheckState::impossible;
                      }) &&
         std::all_of(capabilities.begin(), capabilities.end(),
                     [](const CapabilityResult& capability) { return capability.holds(); });
}

awaitable<ClientReport> check_client(ClientManifest manifest, CheckTools tools, const Site& site) {
  ClientCheck check(manifest, tools, site);
  ClientReport report = co_await check.run();
  co_return report;
}

awaitable<ClientManifest> manifest_of_command(std::vector<std::string> argv, std::set<std::string> capabilities,
                                              const Site& site) {
  ClientManifest manifest;
  manifest.argv = std::move(argv);
  manifest.capabilities = std::move(capabilities);
  try {
    const TempDir folder(*site.guardian);
    AdapterProcess adapter(manifest, site, folder.path());
    const Json hello = co_await adapter.ask(R"({"do":"hello","protocol":1})");
    if (hello.value("carry", "") == "export") manifest.carry = Carry::session_export;
    for (const Version version : all_versions) {
      std::string line = configure_order(version, site).dump();
      const Json answer = co_await adapter.ask(std::move(line));
      if (answer.value("ok", false)) manifest.tls.insert(version);
    }
  } catch (const CheckFailed&) {
    co_return manifest;  // what it did wrong, the checks will say
  }
  co_return manifest;
}

std::vector<std::string> check_names() { return ClientCheck::check_names(); }

std::vector<std::string> capability_names() { return ClientCheck::capability_names(); }

}  // namespace ti
