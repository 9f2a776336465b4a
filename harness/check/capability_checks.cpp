// What a manifest may declare.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "check/adapter_process.hpp"
#include "check/check_facts.hpp"
#include "check/check_tables.hpp"

namespace ti {

namespace {

awaitable<std::string> offer_saved(ClientTrial& trial) {
  for (const Version version : trial.versions()) {
    const ClientTrial::Pair at = co_await trial.pair(version);
    const std::string where = at_version(version);
    const Attempt first = co_await trial.connect(at, 1);
    const Attempt second = co_await trial.connect_fresh(at, 2);
    const Attempt third = co_await trial.connect_saved(at, 3, 1);
    want_success(first, where);
    want_fresh(second, where);
    trial.want_offer(third, first, "told to offer what it kept after connection 1", where);
  }
  co_return "the ticket of connection 1 after that of 2: " + listed(trial.versions());
}

awaitable<std::string> client_certificate(ClientTrial& trial) {
  const Version version = trial.newest();
  ClientSettings settings{version, true, {}};
  PeerOrder order{version};
  order.asks_certificate = true;
  const ClientTrial::Pair at = co_await trial.pair(std::move(settings), std::move(order));
  const Attempt attempt = co_await trial.connect(at, 1);
  want_success(attempt, "asked for its certificate");
  if (!sent(attempt, MessageType::certificate_verify)) throw CheckFailed("asked for its certificate, it shows none");
  co_return "shown at TLS " + std::string(name(version));
}

awaitable<std::string> suite(ClientTrial& trial, std::string only, std::uint16_t number, std::string capability) {
  const Version version = trial.newest_classic();
  ClientSettings settings{version, false, {}};
  PeerOrder order{version};
  order.ciphers = only;
  order.capability = capability;
  const ClientTrial::Pair at = co_await trial.pair(std::move(settings), std::move(order));
  const Attempt attempt = co_await trial.connect(at, 1);
  want_success(attempt, "the server has only " + only);
  if (attempt.wire.suite != number) throw CheckFailed("the wire shows " + suite_name(attempt.wire.suite));
  co_return only + " at TLS " + std::string(name(version));
}

awaitable<std::string> dhe_rsa(ClientTrial& trial) {
  std::string note = co_await suite(trial, "DHE-RSA-AES256-SHA", 0x0039, "dhe_rsa");
  co_return note;
}

awaitable<std::string> rsa_kx(ClientTrial& trial) {
  std::string note = co_await suite(trial, "AES128-SHA", 0x002f, "");
  co_return note;
}

awaitable<std::string> ciphers(ClientTrial& trial) {
  if (trial.manifest().program) throw CheckSkipped("an unmodified program");
  const Version version = trial.newest_classic();
  const bool aead = version == Version::tls12;
  const std::vector<std::string> names =
      aead ? std::vector<std::string>{"ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"}
           : std::vector<std::string>{"ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA"};
  const std::set<std::uint16_t> wanted =
      aead ? std::set<std::uint16_t>{0xc02f, 0xc030} : std::set<std::uint16_t>{0xc013, 0xc014};
  Peer* at = co_await trial.peer(version);
  AdapterProcess adapter = trial.start();
  ConfigureOrder order = trial.configuration(version);
  order.ciphers = names;
  AdapterAnswer answer = co_await trial.ask(&adapter, order);
  want_ok(answer, "configure");
  const ClientTrial::Told told = co_await trial.connect(&adapter, at, trial.fresh_order(*at));
  want_ok(told.answer, "connect");
  const std::set<std::uint16_t> signalling{0x00ff, 0x5600};
  const auto of_tls13 = [](std::uint16_t offered) { return offered >> 8 == 0x13; };  // not among those to choose from
  for (const std::uint16_t offered : hello_of(told.attempt).suites)
    if (!wanted.contains(offered) && !signalling.contains(offered) && !grease(offered) && !of_tls13(offered))
      throw CheckFailed("told to offer two others, it offers " + suite_name(offered));
  order.ciphers = std::vector<std::string>{std::string(nonsense)};
  answer = co_await trial.ask(&adapter, order);
  want_unimplemented(answer, fmt::format("the suite {}", nonsense));
  co_return "offers the two it is told at " + at_version(version);
}

awaitable<std::string> keylog(ClientTrial& trial) {
  std::vector<Version> seen;
  for (const Version version : trial.versions()) {
    const std::filesystem::path file = trial.bench().new_folder("k") / "keys.log";
    ClientSettings settings{version, false, file};
    PeerOrder order{version};
    const ClientTrial::Pair at = co_await trial.pair(std::move(settings), std::move(order));
    const Attempt attempt = co_await trial.connect(at, 1);
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

/// A server's certificate that ends in an hour is over for one that is told to be two hours on.
awaitable<std::string> own_clock(ClientTrial& trial) {
  if (trial.manifest().program) throw CheckSkipped("an unmodified program");
  PeerOrder peer_order{trial.newest()};
  peer_order.certificates = CertificateSet::short_lived;
  Peer* at = co_await trial.bench().peer(std::move(peer_order));
  AdapterProcess adapter = trial.start();
  const Credentials& credentials = trial.bench().context_of_client(CertificateSet::short_lived).credentials;
  const AdapterAnswer answer = co_await trial.ask(&adapter, configure_order(trial.newest(), credentials));
  want_ok(answer, "configure");
  ConnectOrder order = trial.fresh_order(*at);
  order.clock_offset_s = std::chrono::duration<double>(2 * short_life).count();
  const ClientTrial::Told told = co_await trial.connect(&adapter, at, std::move(order));
  if (told.answer.is_refusal()) want_ok(told.answer, "clock_offset_s");
  if (!told.answer.failed()) throw CheckFailed("told to be two hours on, it accepts a certificate that is over");
  co_return "told to be two hours on, it refuses a certificate that is over";
}

awaitable<std::string> warm(ClientTrial& trial) {
  if (trial.manifest().program) throw CheckSkipped("each connection is a process of its own");
  AdapterProcess adapter = trial.start();
  for (const Version version : trial.versions()) {
    Peer* at = co_await trial.peer(version);
    const std::string where = at_version(version);
    const ConfigureOrder configure = trial.configuration(version);
    ConnectOrder order = trial.fresh_order(*at);
    order.fresh = false;
    AdapterAnswer answer = co_await trial.ask(&adapter, configure);
    want_ok(answer, "configure");
    const ClientTrial::Told first = co_await trial.connect(&adapter, at, order);
    want_ok(first.answer, where);
    answer = co_await trial.ask(&adapter, configure);
    want_ok(answer, "a second configure");
    const ClientTrial::Told again = co_await trial.connect(&adapter, at, order);
    want_ok(again.answer, where + ", after a second configure");
    if (!offered_by(again.attempt).empty() || again.attempt.handshakes.front().kind == HandshakeKind::resumed)
      throw CheckFailed(where + ": after a second configure it still offers a ticket");
  }
  co_return "a second configure forgets the ticket: " + listed(trial.versions());
}

}  // namespace

std::span<const ClientCheck> capability_checks() {
  static constexpr ClientCheck table[] = {
      {.name = "offer_saved", .body = offer_saved, .told = true},
      {.name = "client_certificate", .body = client_certificate, .told = true},
      {.name = "dhe_rsa", .body = dhe_rsa},
      {.name = "rsa_kx", .body = rsa_kx},
      {.name = "ciphers", .body = ciphers, .told = true},
      {.name = "keylog", .body = keylog, .told = true},
      {.name = "own_clock", .body = own_clock, .quiet = false, .told = true},
      {.name = "warm", .body = warm},
  };
  return table;
}

}  // namespace ti
