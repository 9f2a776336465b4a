#include "model/expect_reader.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/fields.hpp"

namespace ti {

namespace {

/// "none", and every alert that can end a connection in error: close_notify and its like never do (is_error).
std::vector<std::string> all_alert_names() {
  std::vector<std::string> names = {"none"};
  for (unsigned number = 0; number < 256; ++number) {
    const Alert alert{.level = 2, .description = static_cast<std::uint8_t>(number)};
    const std::string name = alert_name(alert.description);
    if (name.find(' ') == std::string::npos && is_error(alert, Version::tls12)) names.push_back(name);
  }
  return names;
}

std::vector<std::string> all_message_names() {
  std::vector<std::string> names;
  for (unsigned number = 0; number <= static_cast<unsigned>(MessageType::application_data); ++number) {
    const std::string_view message = name(static_cast<MessageType>(number));
    if (message_type_of(message) == static_cast<MessageType>(number)) names.emplace_back(message);
  }
  return names;
}

Side read_side(const JsonValue& value) { return value.word({"client", "server"}) == 0 ? Side::client : Side::server; }

MessageType read_message(const JsonValue& value) {
  value.check_word(value.string(), all_message_names(), "message");
  return *message_type_of(value.string());
}

/// Each of the server's flights is held so long, and all of a connection has to come to its end within its deadline:
/// what the tap did must not strike it.
std::chrono::milliseconds read_delay(const JsonValue& value) {
  constexpr std::chrono::seconds longest(1);
  const auto delay = read_duration(value);
  if (delay > longest) value.fail("\"delay\" is at most \"1s\", found \"" + value.string() + '"');
  return delay;
}

DisturbPlan read_disturb_plan(const JsonValue& value) {
  value.allow({"segments", "records", "delay", "cut", "flip"});
  DisturbPlan disturb;
  if (const auto* segments = value.find("segments")) {
    segments->word({"1"});
    disturb.single_bytes = true;
  }
  if (const auto* records = value.find("records"))
    disturb.records =
        records->word({"split", "merge"}) == 0 ? DisturbPlan::Records::split : DisturbPlan::Records::merge;
  if (const auto* delay = value.find("delay")) disturb.delay = read_delay(*delay);
  if (const auto* cut = value.find("cut")) {
    cut->allow({"after", "from"});
    disturb.cut = DisturbPlan::Cut{read_message(cut->at("after")), read_side(cut->at("from"))};
  }
  if (const auto* flip = value.find("flip")) {
    flip->allow({"message", "from", "bit"});
    disturb.flip =
        DisturbPlan::Flip{read_message(flip->at("message")), read_side(flip->at("from")), flip->at("bit").count()};
  }
  if (!disturb.any()) value.fail("\"disturb\" must hold a disturbance");
  return disturb;
}

Expect::Hint read_hint(const JsonValue& value) {
  if (value.string() == "nonzero") return {.nonzero = true};
  return {.nonzero = false, .exactly = read_seconds(value)};
}

std::string read_alert(const JsonValue& value) {
  static const std::vector<std::string> names = all_alert_names();
  value.check_word(value.string(), names, "error alert");
  return value.string();
}

HandshakeKind read_handshake(const JsonValue& value) {
  static constexpr HandshakeKind kinds[] = {HandshakeKind::full, HandshakeKind::resumed, HandshakeKind::failed};
  return kinds[value.word({"full", "resumed", "failed"})];
}

/// A ticket's name, or one of the words that may stand in its place here. The other words, and spellings of them, name
/// no ticket: who writes "None" does not mean a ticket of that name.
std::string read_ticket(const JsonValue& value, const std::vector<std::string>& words) {
  static const std::vector<std::string> reserved = {"none", "any", "latest"};
  const std::string& word = value.string();
  if (std::find(words.begin(), words.end(), word) != words.end()) return word;
  if (word.empty()) value.fail("\"" + value.name() + "\" must not be empty");
  const std::string lower = lower_case(word);
  if (std::find(reserved.begin(), reserved.end(), lower) != reserved.end()) {
    const std::string meant = did_you_mean(lower, words);
    value.fail("\"" + value.name() + "\" may be " + one_of(words) + " or a ticket's name, found \"" + word + '"' +
               (meant.empty() ? "" : ":") + meant);
  }
  if (const std::string wrong = wrong_in_id(word); !wrong.empty()) value.fail(wrong);
  return word;
}

/// true, which is the one value that asks for something.
bool read_true(const JsonValue& value) {
  if (!value.boolean()) value.fail("\"" + value.name() + "\" may only be true: false asks for nothing");
  return true;
}

}  // namespace

Connect read_connect(const JsonValue& value) {
  value.allow({"offer", "read", "disturb", "certificate"});
  Connect connect;
  if (const auto* offer = value.find("offer")) connect.offer = read_ticket(*offer, {"latest", "none"});
  if (const auto* read = value.find("read")) connect.read_response = read->word({"all", "none"}) == 0;
  if (const auto* disturb = value.find("disturb")) connect.disturb = read_disturb_plan(*disturb);
  if (const auto* certificate = value.find("certificate")) connect.certificate = certificate->boolean();
  return connect;
}

Expect read_expect(const JsonValue& value, Expect base) {
  value.allow({"handshake", "offered", "new_ticket", "ticket_count", "hint", "alert", "closed_by", "no_client_hello",
               "peer_certificate"});
  Expect expect = std::move(base);
  if (const auto* handshake = value.find("handshake")) expect.handshake = read_handshake(*handshake);
  if (const auto* offered = value.find("offered")) expect.offered = read_ticket(*offered, {"none", "any"});
  if (const auto* ticket = value.find("new_ticket")) expect.new_ticket = read_ticket(*ticket, {"none", "any"});
  if (const auto* count = value.find("ticket_count")) expect.ticket_count = count->count();
  if (const auto* hint = value.find("hint")) expect.hint = read_hint(*hint);
  if (const auto* alert = value.find("alert")) expect.alert = read_alert(*alert);
  if (const auto* closed = value.find("closed_by")) expect.closed_by = read_side(*closed);
  if (const auto* quiet = value.find("no_client_hello")) expect.no_client_hello = read_true(*quiet);
  if (const auto* peer = value.find("peer_certificate")) {
    peer->word({"asked", "shown"});
    expect.peer_certificate = peer->string();
  }
  return expect;
}

}  // namespace ti
