// What is seen on the wire.
#include <fmt/format.h>
#include <algorithm>

#include <set>

#include "check/adapter_process.hpp"
#include "check/check_facts.hpp"
#include "check/check_tables.hpp"

namespace ti {

namespace {

void want_close_notify(ClientTrial& trial, const Attempt& attempt, std::string_view where) {
  if (!says_close_notify(attempt) && !trial.excused("close_notify"))
    throw CheckFailed(fmt::format("{}: it does not send close_notify", where));
}

awaitable<std::string> whole_connection(ClientTrial& trial) {
  std::vector<Version> seen;
  for (const Version version : trial.versions()) {
    const ClientTrial::Pair at = co_await trial.pair(version);
    const Attempt attempt = co_await trial.connect(at, 1);
    const std::string where = at_version(version);
    want_success(attempt, where);
    want_truth(attempt, where);
    if (attempt.recordings.size() != 1)
      throw CheckFailed(
          fmt::format("{}: it makes {} TCP connections for one connect", where, attempt.recordings.size()));
    if (attempt.wire.version != version)
      throw CheckFailed(fmt::format("{}: the wire shows {}", where, name(attempt.wire.version)));
    if (!offered_by(attempt).empty()) throw CheckFailed(where + ": its first connection offers a ticket");
    if (hello_of(attempt).server_name != "localhost") throw CheckFailed(where + ": it does not send the server's name");
    if (!sent(attempt, MessageType::application_data)) throw CheckFailed(where + ": it does not send the request");
    want_close_notify(trial, attempt, where);
    seen.push_back(version);
  }
  co_return "name, request, close_notify; its word fits the wire: " + listed(seen);
}

void want_short(const ClientTrial::Told& told, const std::string& where) {
  want_ok(told.answer, where);
  if (told.attempt.handshakes.empty() || told.attempt.handshakes.front().kind == HandshakeKind::failed)
    throw CheckFailed(where + ": the handshake on the wire did not complete");
  if (told.attempt.handshakes.front().kind == HandshakeKind::resumed)
    throw CheckFailed(where + ": told to offer none, it resumes");
  if (const std::size_t read = word_in(told.answer).response_bytes.value_or(0); read != 0)
    throw CheckFailed(fmt::format("{}: it says that it received {} bytes", where, read));
}

/// A reset discards what the tap has not read yet.
bool was_reset_by_client(const Attempt& attempt) {
  return std::ranges::any_of(attempt.wire.endings, [](const TranscriptEnding& ending) {
    return ending.from == Side::client && ending.how == Ending::How::reset;
  });
}

/// The server says nothing before it is asked: a client that reads, or asks unbidden, is found out. A close_notify is
/// not asked for: what is left unread may have the kernel reset the connection first; nor then the request, which the
/// reset may have overtaken.
awaitable<std::string> short_connections(ClientTrial& trial) {
  AdapterProcess adapter = trial.start();
  std::vector<Version> seen;
  for (const Version version : trial.versions()) {
    Peer* at = co_await trial.peer(version);
    const AdapterAnswer configured = co_await trial.ask(&adapter, trial.configuration(version));
    want_ok(configured, "configure");
    ConnectOrder order = trial.fresh_order(*at);
    order.read_response = false;
    const ClientTrial::Told asking = co_await trial.connect(&adapter, at, order);
    want_short(asking, at_version(version) + ", told to read nothing");
    if (!sent(asking.attempt, MessageType::application_data) && !was_reset_by_client(asking.attempt))
      throw CheckFailed(at_version(version) + ", told to read nothing: it does not send the request");
    order.send_request = false;
    const ClientTrial::Told silent = co_await trial.connect(&adapter, at, order);
    const std::string where = at_version(version) + ", told to send and read nothing";
    want_short(silent, where);
    if (sent(silent.attempt, MessageType::application_data)) throw CheckFailed(where + ": it sends a request");
    seen.push_back(version);
  }
  co_return "reads nothing, sends nothing: " + listed(seen);
}

void want_stage(ClientTrial& trial, const ClientWord& word, const std::set<std::string>& stages,
                std::string_view where) {
  if (word.error_text.empty()) throw CheckFailed(fmt::format("{}: it fails without a word", where));
  if (!trial.manifest().program && !stages.contains(word.error_stage))
    throw CheckFailed(fmt::format("{}: it fails at stage {}", where, words_of(word)));
}

void want_refusal(ClientTrial& trial, const Attempt& attempt, const std::set<std::string>& stages,
                  std::string_view where) {
  if (attempt.hung) throw CheckFailed(fmt::format("{}: the connection does not end", where));
  if (attempt.word.ok) throw CheckFailed(fmt::format("{}: it says that all went well", where));
  if (sent(attempt, MessageType::application_data)) throw CheckFailed(fmt::format("{}: it sends its request", where));
  want_stage(trial, attempt.word, stages, where);
}

/// What is not declared may be refused or done, but not pretended.
awaitable<std::string> undeclared_versions(ClientTrial& trial) {
  if (trial.manifest().program) co_return "";
  std::string tried;
  AdapterProcess adapter = trial.start();
  for (const Version version : all_versions) {
    if (trial.manifest().tls.contains(version) || !trial.bench().can_serve(PeerOrder{version})) continue;
    const AdapterAnswer configured = co_await trial.ask(&adapter, trial.configuration(version));
    if (configured.is_refusal()) continue;
    want_ok(configured, "configure with undeclared " + at_version(version));
    Peer* at = co_await trial.peer(version);
    const ClientTrial::Told told = co_await trial.connect(&adapter, at, trial.fresh_order(*at));
    if (told.attempt.recordings.empty()) continue;
    if (const std::string wrong = beyond(hello_of(told.attempt), version); !wrong.empty()) throw CheckFailed(wrong);
    tried += fmt::format(", undeclared {}", name(version));
  }
  co_return tried;
}

awaitable<std::string> version_bounds(ClientTrial& trial) {
  std::string tried;
  for (const Version pinned : trial.versions()) {
    for (const Version other : all_versions) {
      const int distance = static_cast<int>(other) - static_cast<int>(pinned);
      if (distance != 1 && distance != -1) continue;
      if (!trial.bench().can_serve(PeerOrder{other})) continue;
      ClientSettings settings{pinned, false, {}};
      PeerOrder order{other};
      const ClientTrial::Pair at = co_await trial.pair(std::move(settings), std::move(order));
      const Attempt attempt = co_await trial.connect(at, 1);
      if (const std::string wrong = beyond(hello_of(attempt), pinned); !wrong.empty()) throw CheckFailed(wrong);
      const std::string where = fmt::format("pinned to {}, the server to {}", name(pinned), name(other));
      want_refusal(trial, attempt, {"handshake"}, where);
      tried += fmt::format("{}{} against {}", tried.empty() ? "" : ", ", name(pinned), name(other));
    }
  }
  if (tried.empty()) throw CheckImpossible("no server that is built speaks a neighbouring version");
  std::string undeclared = co_await undeclared_versions(trial);
  co_return tried + undeclared;
}

awaitable<std::string> carry(ClientTrial& trial) {
  for (const Version version : trial.versions()) {
    const ClientTrial::Pair at = co_await trial.pair(version);
    const std::string where = at_version(version);
    const Attempt first = co_await trial.connect(at, 1);
    const Attempt second = co_await trial.connect(at, 2);
    const Attempt third = co_await trial.connect_fresh(at, 3);
    const Attempt fourth = co_await trial.connect(at, 4);
    want_success(first, where);
    trial.want_offer(second, first, "where it should offer that of connection 1", where);
    want_fresh(third, where);
    trial.want_offer(fourth, third, "where it should offer that of connection 3, a full handshake", where);
    for (const Attempt* attempt : {&second, &third, &fourth})
      if (attempt->word.ok) want_truth(*attempt, where);
  }
  co_return "offers the ticket of the last connection, after a full handshake too: " + listed(trial.versions());
}

awaitable<void> ticketless(ClientTrial& trial, Client* client, std::size_t number) {
  PeerOrder order{Version::tls13};
  order.gives_tickets = false;
  ClientTrial::Pair at{client, nullptr};
  at.peer = co_await trial.bench().peer(std::move(order));
  const Attempt attempt = co_await trial.connect_fresh(at, number);
  want_fresh(attempt, "a server without tickets");
}

/// What is kept stays kept while connections that start afresh bring nothing. Below TLS 1.3 a session without a
/// ticket is something too.
awaitable<std::string> offer_none(ClientTrial& trial) {
  for (const Version version : trial.versions()) {
    const ClientTrial::Pair at = co_await trial.pair(version);
    const std::string where = at_version(version);
    const Attempt first = co_await trial.connect(at, 1);
    ConnectOrder dead;
    dead.connection = 2;
    dead.fresh = true;
    const ClientWord lost = co_await trial.bench().attempt_dead_port(at.client, std::move(dead));
    want_success(first, where);
    if (lost.ok) throw CheckFailed(where + ": of a dead port it says that all went well");
    if (version == Version::tls13) co_await ticketless(trial, at.client, 3);
    const Attempt fourth = co_await trial.connect(at, 4);
    const Attempt fifth = co_await trial.connect_fresh(at, 5);
    trial.want_offer(fourth, first, "though connections that were to offer none brought no other", where);
    want_fresh(fifth, where);
  }
  co_return "no ticket offered, and none forgotten: " + listed(trial.versions());
}

awaitable<std::string> refused_certificate(ClientTrial& trial, CertificateSet certificates) {
  std::string said;
  for (const Version version : trial.versions()) {
    ClientSettings settings{version, false, {}};
    PeerOrder order{version};
    order.certificates = certificates;
    const ClientTrial::Pair at = co_await trial.pair(std::move(settings), std::move(order));
    const Attempt attempt = co_await trial.connect(at, 1);
    if (attempt.word.ok && trial.excused("options")) continue;
    want_refusal(trial, attempt, {"verify", "handshake"}, at_version(version));
    said = words_of(attempt.word);
  }
  co_return said;
}

awaitable<std::string> strange_authority(ClientTrial& trial) {
  std::string note = co_await refused_certificate(trial, CertificateSet::strange_ca);
  co_return note;
}

awaitable<std::string> other_server_name(ClientTrial& trial) {
  std::string note = co_await refused_certificate(trial, CertificateSet::other_name);
  co_return note;
}

awaitable<std::string> dead_port(ClientTrial& trial) {
  Client* client = &trial.bench().new_client();
  ClientSettings settings{trial.newest(), false, {}};
  co_await trial.bench().begin(client, std::move(settings));
  ConnectOrder order;
  const ClientWord word = co_await trial.bench().attempt_dead_port(client, std::move(order));
  if (word.ok) throw CheckFailed("it says that all went well");
  want_stage(trial, word, {"connect"}, "a dead port");
  co_return words_of(word);
}

awaitable<std::string> clock(ClientTrial& trial) {
  if (!trial.bench().can_move_clock()) throw CheckImpossible("needs libfaketime (apt-get install libfaketime)");
  const Version version = trial.newest();
  ClientSettings settings{version, false, {}};
  PeerOrder order{version};
  order.certificates = CertificateSet::short_lived;
  const ClientTrial::Pair at = co_await trial.pair(std::move(settings), std::move(order));
  const Attempt before = co_await trial.connect_fresh(at, 1);
  want_success(before, "a certificate that ends in an hour");
  co_await trial.bench().clock_of(*at.client).advance_to(2 * short_life);
  const Attempt after = co_await trial.connect_fresh(at, 2);
  want_refusal(trial, after, {"verify", "handshake"}, "two hours later the certificate is over");
  co_return "a certificate that ends in an hour is refused two hours later: " + words_of(after.word);
}

awaitable<std::string> ticket_age(ClientTrial& trial) {
  if (!trial.bench().can_move_clock()) throw CheckImpossible("needs libfaketime (apt-get install libfaketime)");
  if (!trial.manifest().tls.contains(Version::tls13)) throw CheckSkipped("a matter of TLS 1.3");
  constexpr std::chrono::seconds moved{100};
  constexpr std::int64_t slack_ms = 2500;  // some count whole seconds
  const ClientTrial::Pair at = co_await trial.pair(Version::tls13);
  const Attempt first = co_await trial.connect(at, 1);
  const auto measured = std::chrono::steady_clock::now();
  co_await trial.bench().clock_of(*at.client).advance_to(moved);
  const Attempt second = co_await trial.connect(at, 2);
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

awaitable<std::string> stray(ClientTrial& trial) {
  if (!trial.stray.empty()) throw CheckFailed(trial.stray.substr(0, 400));
  co_return "nothing";
}

}  // namespace

std::span<const ClientCheck> wire_checks() {
  static constexpr ClientCheck table[] = {
      {"whole connection", whole_connection},
      {"short connections", short_connections, true},
      {"version bounds", version_bounds, false, false},
      {"carry", carry},
      {"offer none", offer_none},
      {"strange CA", strange_authority, false, false},
      {"other server name", other_server_name, false, false},
      {"dead port", dead_port, false, false},
      {"clock", clock, false, false},
      {"ticket age", ticket_age},
  };
  return table;
}

std::span<const ClientCheck> last_check() {
  static constexpr ClientCheck table[] = {{"stderr", stray}};
  return table;
}

}  // namespace ti
