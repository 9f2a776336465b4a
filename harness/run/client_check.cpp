#include "run/client_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <set>
#include <span>

#include "base/text.hpp"
#include "run/adapter_process.hpp"
#include "run/check_bench.hpp"

namespace ti {

namespace {

using Json = nlohmann::json;

constexpr std::array all_versions{Version::tls10, Version::tls11, Version::tls12, Version::tls13};
constexpr std::string_view nonsense = "nonsense-4711";

bool grease(std::uint16_t number) { return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff); }

/// The first ClientHello, or CheckFailed.
const ClientHello& hello_of(const Attempt& attempt) {
  for (const Message& message : attempt.wire.messages)
    if (const auto* hello = message.as<ClientHello>()) return *hello;
  throw CheckFailed(attempt.recordings.empty() ? "it made no connection" : "it sent no ClientHello");
}

Bytes offered_by(const Attempt& attempt) {
  const Bytes* offered = hello_of(attempt).offered();
  return offered ? *offered : Bytes{};
}

/// The tickets that a connection brought, and in TLS 1.3 what is to be added to their age.
std::vector<const NewSessionTicket*> tickets_of(const Attempt& attempt) {
  std::vector<const NewSessionTicket*> tickets;
  for (const Message& message : attempt.wire.messages)
    if (const auto* ticket = message.as<NewSessionTicket>(); ticket && !ticket->ticket.empty())
      tickets.push_back(ticket);
  return tickets;
}

const NewSessionTicket* find_ticket(const Attempt& attempt, const Bytes& offered) {
  for (const NewSessionTicket* ticket : tickets_of(attempt))
    if (ticket->ticket == offered) return ticket;
  return nullptr;
}

bool sent(const Attempt& attempt, MessageType type) {
  return std::any_of(attempt.wire.messages.begin(), attempt.wire.messages.end(),
                     [&](const Message& message) { return message.from == Side::client && message.type == type; });
}

bool says_close_notify(const Attempt& attempt) {
  return std::any_of(attempt.wire.messages.begin(), attempt.wire.messages.end(), [](const Message& message) {
    const auto* alert = message.as<Alert>();
    return message.from == Side::client && alert && alert->description == alert_close_notify;
  });
}

std::string words_of(const ClientWord& word) { return word.error_stage + ": " + word.error_text.substr(0, 160); }

void want_success(const Attempt& attempt, std::string_view where) {
  if (attempt.hung) throw CheckFailed(fmt::format("{}: the connection does not end", where));
  if (!attempt.word.ok) throw CheckFailed(fmt::format("{}: it fails, {}", where, words_of(attempt.word)));
  if (attempt.handshakes.empty() || attempt.handshakes.front().kind == HandshakeKind::failed)
    throw CheckFailed(fmt::format("{}: it says all is well, but the handshake on the wire did not complete", where));
}

void want_truth(const Attempt& attempt, std::string_view where) {
  const ClientWord& word = attempt.word;
  const std::string version(name(attempt.wire.version));
  if (word.version && *word.version != version)
    throw CheckFailed(fmt::format("{}: it says version {}, the wire {}", where, *word.version, version));
  const bool resumed = attempt.handshakes.front().kind == HandshakeKind::resumed;
  if (word.resumed && *word.resumed != resumed)
    throw CheckFailed(fmt::format("{}: it says resumed: {}, the wire shows a {} handshake", where, *word.resumed,
                                  name(attempt.handshakes.front().kind)));
}

/// What a hello offers beyond the one version that it may; empty when nothing.
std::string beyond(const ClientHello& hello, Version pinned) {
  std::vector<std::uint16_t> offered;
  std::copy_if(hello.versions.begin(), hello.versions.end(), std::back_inserter(offered),
               [](std::uint16_t version) { return !grease(version); });
  if (offered.empty()) offered.push_back(hello.legacy_version);
  for (const std::uint16_t version : offered)
    if (version != static_cast<std::uint16_t>(pinned))
      return fmt::format("pinned to {} its ClientHello offers {:#06x}", name(pinned), version);
  return {};
}

Json hello_order() { return {{"do", "hello"}, {"protocol", 1}}; }

Json nonsense_order() { return {{"do", nonsense}}; }

/// A refusal as clients/PROTOCOL.md has it.
void want_unimplemented(const Json& answer, std::string_view asked) {
  const auto what = answer.find("unimplemented");
  if (answer.value("ok", true) || what == answer.end() || !what->is_string())
    throw CheckFailed(fmt::format("{} is answered {}", asked, answer.dump().substr(0, 200)));
}

void want_error(const Json& answer, std::string_view stage, std::string_view asked) {
  const auto error = answer.find("error");
  const bool good = !answer.value("ok", true) && error != answer.end() && error->is_object() &&
                    error->value("stage", "") == stage && !error->value("text", "").empty();
  if (!good) throw CheckFailed(fmt::format("{} is answered {}", asked, answer.dump().substr(0, 200)));
}

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
      CheckResult seen = co_await outcome(check);
      CapabilityResult result{seen.name, manifest_.capabilities.contains(seen.name), std::nullopt, seen.note};
      if (seen.state != CheckState::skipped) result.observed = seen.state == CheckState::ok;
      report.capabilities.push_back(std::move(result));
    }
    co_await bench_.stop();
    co_return report;
  }

  static std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const Check& check : checks()) names.emplace_back(check.name);
    for (const Check& check : capabilities()) names.emplace_back(check.name);
    return names;
  }

 private:
  /// A check gives what it saw, or throws CheckFailed or CheckSkipped.
  using Body = awaitable<std::string> (ClientCheck::*)();
  struct Check {
    const char* name;
    Body body;
    bool lines = false;  ///< of the line protocol only
    bool quiet = true;   ///< all goes well in it, so nothing may be on stderr
  };

  awaitable<CheckResult> outcome(Check check) {
    CheckResult result{check.name, CheckState::ok, {}};
    try {
      awaitable<std::string> body = (this->*check.body)();
      result.note = co_await std::move(body);
    } catch (const CheckFailed& failed) {
      result.state = CheckState::failed;
      result.note = failed.what();
    } catch (const CheckSkipped& skipped) {
      result.note = skipped.what();
      result.state = CheckState::skipped;
    }
    std::string said = co_await bench_.dismiss();
    if (check.quiet && result.state == CheckState::ok && !said.empty()) stray_ += std::string(check.name) + ": " + said;
    co_return result;
  }

  /// The versions that both the client and some server can be pinned to, the newest first.
  std::vector<Version> versions() const {
    std::vector<Version> versions;
    for (auto version = all_versions.rbegin(); version != all_versions.rend(); ++version)
      if (manifest_.tls.contains(*version) && bench_.can_serve(PeerOrder{*version})) versions.push_back(*version);
    if (versions.empty()) throw CheckSkipped("it has no TLS version in common with a server that is built");
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

  Json connect_order(const Peer& peer) const {
    Json order{{"do", "connect"},          {"connection", 1}, {"host", "127.0.0.1"},
               {"port", peer.tap->port()}, {"offer", "none"}, {"request", http_request}};
    if (manifest_.capabilities.contains("own_clock")) order["clock_offset_s"] = 0;
    return order;
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

  awaitable<std::string> hello() {
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
    if (!timely && !manifest_.capabilities.contains("own_clock"))
      throw CheckFailed("hello does not say the time: " + answer.dump().substr(0, 200));
    co_return fmt::format("{} {}, {}", library, version, carry);
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
    co_return "an unknown command, field, value";
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
    PeerOrder peer_order{version};
    Peer* peer = co_await bench_.peer(std::move(peer_order));
    AdapterProcess adapter = start();
    Json answer = co_await ask(&adapter, configure_order(version, site_));
    if (!answer.value("ok", false)) throw CheckFailed("configure is answered " + answer.dump().substr(0, 200));
    Json refused = configure_order(version, site_);
    refused["ca"] = site_.credentials.client_cert.string();
    refused["server_name"] = "elsewhere.invalid";
    refused[std::string(nonsense)] = true;
    answer = co_await ask(&adapter, refused);
    want_unimplemented(answer, "an unknown field of configure");
    const Json order = connect_order(*peer);
    Json strange = order;
    strange[std::string(nonsense)] = 1;
    answer = co_await ask(&adapter, strange);
    want_unimplemented(answer, "an unknown field of connect");
    answer = co_await ask(&adapter, order);
    const bool connected = answer.value("ok", false);
    co_await bench_.settle(peer);
    if (!connected) throw CheckFailed("after a refused configure, connect is answered " + answer.dump().substr(0, 300));
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
      const std::string where = "TLS " + std::string(name(version));
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
      if (!says_close_notify(attempt)) throw CheckFailed(where + ": it does not send close_notify");
      seen.push_back(version);
    }
    co_return "name, request, close_notify; its word fits the wire: " + listed(seen);
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
    if (tried.empty()) throw CheckSkipped("no server that is built speaks a neighbouring version");
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

  awaitable<std::string> carry() {
    std::vector<Version> offering;
    std::vector<Version> silent;
    for (const Version version : versions()) {
      const Pair at = co_await pair(version);
      const Attempt first = co_await connect(at, 1);
      const Attempt second = co_await connect(at, 2);
      const std::string where = "TLS " + std::string(name(version));
      want_success(first, where);
      want_success(second, where);
      want_truth(second, where);
      if (tickets_of(first).empty()) throw CheckSkipped("the server gave no ticket at " + where);
      const Bytes offered = offered_by(second);
      if (!offered.empty() && !find_ticket(first, offered))
        throw CheckFailed(where + ": it offers a ticket that the first connection did not bring");
      (offered.empty() ? silent : offering).push_back(version);
    }
    if (offering.empty()) throw CheckFailed("a second connection offers no ticket at any of " + listed(silent));
    std::string note = "the second connection offers the ticket of the first: " + listed(offering);
    if (!silent.empty()) note += "; offers nothing: " + listed(silent);
    co_return note;
  }

  awaitable<std::string> offer_none() {
    for (const Version version : versions()) {
      const Pair at = co_await pair(version);
      const Attempt first = co_await connect(at, 1);
      const Attempt second = co_await connect_fresh(at, 2);
      const std::string where = "TLS " + std::string(name(version));
      want_success(first, where);
      want_success(second, where);
      if (!offered_by(second).empty()) throw CheckFailed(where + ": it offers a ticket");
      if (second.handshakes.front().kind != HandshakeKind::full) throw CheckFailed(where + ": it resumes");
    }
    co_return "no ticket offered";
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
      want_refusal(attempt, {"verify", "handshake"}, "TLS " + std::string(name(version)));
      said = words_of(attempt.word);
    }
    co_return said;
  }

  awaitable<std::string> dead_port() {
    Client* client = &bench_.new_client();
    ClientSettings settings{newest(), false, {}};
    co_await bench_.begin(client, std::move(settings));
    const ClientWord word = co_await bench_.attempt_dead_port(client);
    if (word.ok) throw CheckFailed("it says that all went well");
    want_stage(word, {"connect"}, "a dead port");
    co_return words_of(word);
  }

  awaitable<std::string> clock() {
    if (!bench_.can_move_clock()) throw CheckSkipped("needs libfaketime (apt-get install libfaketime)");
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
    if (!bench_.can_move_clock()) throw CheckSkipped("needs libfaketime (apt-get install libfaketime)");
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
    std::vector<Version> seen;
    for (const Version version : versions()) {
      const Pair at = co_await pair(version);
      const std::string where = "TLS " + std::string(name(version));
      const Attempt first = co_await connect(at, 1);
      const Attempt second = co_await connect_fresh(at, 2);
      const Attempt third = co_await connect_saved(at, 3, 1);
      const Attempt fourth = co_await connect(at, 4);
      want_success(first, where);
      want_success(second, where);
      want_success(third, where);
      const Bytes offered = offered_by(third);
      if (offered.empty() && offered_by(fourth).empty()) continue;
      if (offered.empty())
        throw CheckFailed(where + ": told to offer what it kept after connection 1, it offers nothing");
      if (!find_ticket(first, offered))
        throw CheckFailed(where + ": told to offer what it kept after connection 1, it offers another ticket");
      seen.push_back(version);
    }
    if (seen.empty()) throw CheckSkipped("it offers no ticket at all");
    co_return "the ticket of connection 1 after that of 2: " + listed(seen);
  }

  awaitable<std::string> warm() {
    if (exports() || manifest_.program) throw CheckSkipped("each connection is a process of its own");
    std::vector<Version> seen;
    for (const Version version : versions()) {
      const Pair at = co_await pair(version);
      const std::string where = "TLS " + std::string(name(version));
      const Attempt first = co_await connect(at, 1);
      const Attempt second = co_await connect(at, 2);
      ClientSettings settings{version, false, {}};
      co_await bench_.begin(at.client, std::move(settings));
      const Attempt third = co_await connect(at, 1);
      want_success(first, where);
      want_success(second, where);
      want_success(third, where);
      if (offered_by(second).empty()) continue;
      if (!offered_by(third).empty() || third.handshakes.front().kind == HandshakeKind::resumed)
        throw CheckFailed(where + ": after a second configure it still offers a ticket");
      seen.push_back(version);
    }
    if (seen.empty()) throw CheckSkipped("it offers no ticket at all");
    co_return "a second configure forgets the ticket: " + listed(seen);
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
    PeerOrder peer_order{version};
    Peer* peer = co_await bench_.peer(std::move(peer_order));
    AdapterProcess adapter = start();
    Json order = configure_order(version, site_);
    order["ciphers"] = {"ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA"};
    Json answer = co_await ask(&adapter, order);
    if (!answer.value("ok", false)) throw CheckFailed("configure is answered " + answer.dump().substr(0, 200));
    answer = co_await ask(&adapter, connect_order(*peer));
    const Attempt attempt = co_await bench_.settle(peer);
    if (!answer.value("ok", false)) throw CheckFailed("connect is answered " + answer.dump().substr(0, 200));
    const std::set<std::uint16_t> wanted{0xc013, 0xc014};
    const std::set<std::uint16_t> signalling{0x00ff, 0x5600};
    for (const std::uint16_t offered : hello_of(attempt).suites)
      if (!wanted.contains(offered) && !signalling.contains(offered) && !grease(offered))
        throw CheckFailed("told to offer two others, it offers " + suite_name(offered));
    co_return "offers the two it is told at TLS " + std::string(name(version));
  }

  awaitable<std::string> keylog() {
    std::vector<Version> seen;
    for (const Version version : versions()) {
      const std::filesystem::path file = bench_.new_folder("k") / "keys.log";
      ClientSettings settings{version, false, file};
      PeerOrder order{version};
      const Pair at = co_await pair(std::move(settings), std::move(order));
      const Attempt attempt = co_await connect(at, 1);
      const std::string where = "TLS " + std::string(name(version));
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
        {"hello", &ClientCheck::hello, true},
        {"unknown arguments", &ClientCheck::unknown_arguments, true},
        {"unknown commands", &ClientCheck::unknown_commands, true},
        {"broken lines", &ClientCheck::broken_lines, true},
        {"refusals change nothing", &ClientCheck::refusals_change_nothing, true},
        {"end of input", &ClientCheck::end_of_input, true},
        {"whole connection", &ClientCheck::whole_connection},
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
        {"offer_saved", &ClientCheck::offer_saved},
        {"client_certificate", &ClientCheck::client_certificate},
        {"dhe_rsa", &ClientCheck::dhe_rsa},
        {"rsa_kx", &ClientCheck::rsa_kx},
        {"ciphers", &ClientCheck::ciphers},
        {"keylog", &ClientCheck::keylog},
        {"warm", &ClientCheck::warm},
    };
    return table;
  }

  const ClientManifest& manifest_;
  const CheckTools& tools_;
  const Site& site_;
  CheckBench bench_;
  std::string stray_;
};

}  // namespace

bool ClientReport::holds() const {
  return std::none_of(checks.begin(), checks.end(),
                      [](const CheckResult& check) { return check.state == CheckState::failed; }) &&
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

std::vector<std::string> check_names() { return ClientCheck::names(); }

}  // namespace ti
