#include "model/scenario_sense.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace ti {

namespace {

using MessageTypes = std::vector<MessageType>;

/// What a side sends in the clear, as handshake messages: all that the tap can know by name.
const MessageTypes& plain_messages(Side from, Version version) {
  using enum MessageType;
  static const MessageTypes client_13 = {client_hello};
  static const MessageTypes server_13 = {server_hello};
  static const MessageTypes client = {client_hello, certificate, client_key_exchange, certificate_verify};
  static const MessageTypes server = {server_hello,        certificate,       certificate_status, server_key_exchange,
                                      certificate_request, server_hello_done, new_session_ticket};
  if (version == Version::tls13) return from == Side::client ? client_13 : server_13;
  return from == Side::client ? client : server;
}

/// The most bytes that the body of such a message can have (RFC 5246 7.4, RFC 5077 3.3).
std::size_t longest_body(MessageType type) {
  constexpr std::size_t any = (1U << 24U) - 1;
  constexpr std::size_t list = 2 + 0xffff;
  switch (type) {
    case MessageType::server_hello_done:
      return 0;
    case MessageType::server_hello:
      return 2 + 32 + 1 + 32 + 2 + 1 + list;
    case MessageType::new_session_ticket:
      return 4 + list;
    default:
      return any;
  }
}

std::string at_version(Version version) { return " at TLS " + std::string(name(version)); }

/// One step at one version, with the places of its words.
class Sense {
 public:
  Sense(const JsonValue& value, const Step& step, const StepBefore& before, const Scenario& scenario, Version version)
      : value_(value),
        connect_(*step.connect),
        expect_(step.expect_at.at(version)),
        before_(before),
        scenario_(scenario),
        version_(version) {}

  void check() const {
    disturbance();
    offer();
    resumption();
    tickets();
    certificate();
  }

 private:
  /// The word of an expectation where it was written for this version.
  const JsonValue& word(std::string_view field) const {
    const JsonValue* found = nullptr;
    for (const JsonValue& member : value_.members()) {
      if (!member.name().starts_with("expect")) continue;
      const std::vector<std::string> versions = split(member.name().substr(member.name().find('@') + 1), ',');
      const bool overrides = std::find(versions.begin(), versions.end(), name(version_)) != versions.end();
      const JsonValue* here = overrides || member.name() == "expect" ? member.find(field) : nullptr;
      if (here && (overrides || !found)) found = here;
    }
    return found ? *found : value_;
  }

  [[noreturn]] void never_holds(std::string_view field, const std::string& why) const {
    word(field).fail("\"" + std::string(field) + "\" can never hold here" + at_version(version_) + ": " + why);
  }

  void passes(const JsonValue& place, MessageType type, Side from, const char* what) const {
    const MessageTypes& plain = plain_messages(from, version_);
    if (std::find(plain.begin(), plain.end(), type) != plain.end()) return;
    std::vector<std::string> names;
    for (const MessageType each : plain) names.emplace_back(name(each));
    place.fail("no " + std::string(name(type)) + " of the " + std::string(name(from)) + " can be " + what +
               at_version(version_) + ": in the clear it sends " + one_of(names));
  }

  void disturbance() const {
    const DisturbPlan& plan = connect_.disturb;
    if (plan.cut) {
      const JsonValue& cut = value_.at("connect").at("disturb").at("cut");
      passes(cut.at("after"), plan.cut->after, plan.cut->from, "seen passing");
    }
    if (!plan.flip) return;
    const JsonValue& flip = value_.at("connect").at("disturb").at("flip");
    passes(flip.at("message"), plan.flip->message, plan.flip->from, "flipped");
    if (plan.flip->bit / 8 >= longest_body(plan.flip->message))
      flip.at("bit").fail("a " + std::string(name(plan.flip->message)) + " has no bit " +
                          std::to_string(plan.flip->bit) + ": its body has at most " +
                          std::to_string(longest_body(plan.flip->message)) + " bytes");
  }

  void offer() const {
    if (!expect_.offered) return;
    const std::string& offered = *expect_.offered;
    if (before_.nothing_offered && offered == "any") never_holds("offered", "no ticket can have come before");
    if (connect_.offer == "latest") return;
    const bool fits = connect_.offer == "none" ? offered == "none" : offered == "any" || offered == connect_.offer;
    if (!fits)
      never_holds("offered", "the step makes the client offer " +
                                 (connect_.offer == "none" ? std::string("nothing") : '"' + connect_.offer + '"'));
  }

  void resumption() const {
    if (expect_.handshake != HandshakeKind::resumed) return;
    if (before_.nothing_opens)
      never_holds("handshake", "the server has just started, with new keys: it can open no ticket yet");
    if (connect_.offer == "none" || expect_.offered == "none")
      never_holds("handshake", "a client that offers no ticket cannot resume by one");
    if (expect_.peer_certificate) never_holds("peer_certificate", "a resumption shows no certificates");
  }

  void tickets() const {
    const bool off = scenario_.policy.word("tickets") == "off";
    const bool none = expect_.new_ticket == "none";
    const bool some = expect_.new_ticket && !none;
    const bool tls13 = version_ == Version::tls13;
    if (off && some) never_holds("new_ticket", "the policy says \"tickets\": \"off\"");
    if (off && expect_.hint) never_holds("hint", "the policy says \"tickets\": \"off\"");
    if (expect_.ticket_count) ticket_count(*expect_.ticket_count, off, none, some);
    if (none && expect_.hint && (tls13 || expect_.ticket_count != 1))
      never_holds("hint", "\"new_ticket\" is \"none\": there is no ticket to look at");
  }

  void ticket_count(std::size_t count, bool off, bool none, bool some) const {
    const bool tls13 = version_ == Version::tls13;
    if (off && count > 0) never_holds("ticket_count", "the policy says \"tickets\": \"off\"");
    if (some && count == 0) never_holds("ticket_count", "\"new_ticket\" wants one");
    if (count == 0 && expect_.hint) never_holds("hint", "\"ticket_count\" is 0: there is no ticket to look at");
    if (none && count > (tls13 ? 0U : 1U))
      never_holds("ticket_count", std::string("\"new_ticket\" is \"none\"") +
                                      (tls13 ? "" : ", which leaves room for one empty ticket"));
  }

  void certificate() const {
    const bool asked = scenario_.policy.word("client_certificate") == "request";
    if (expect_.peer_certificate && !asked)
      never_holds("peer_certificate", R"(the policy does not say "client_certificate": "request")");
    if (expect_.peer_certificate == "shown" && !connect_.certificate)
      never_holds("peer_certificate", "the step gives the client no certificate to show (\"certificate\": true)");
    if (connect_.certificate && !asked)
      value_.at("connect")
          .at("certificate")
          .fail(R"("certificate" means nothing here: the policy does not say "client_certificate": "request")");
  }

  const JsonValue& value_;
  const Connect& connect_;
  const Expect& expect_;
  const StepBefore& before_;
  const Scenario& scenario_;
  Version version_;
};

bool runs_at(const Scenario& scenario, Version from, Version to) {
  return std::any_of(scenario.tls.begin(), scenario.tls.end(),
                     [&](Version version) { return version >= from && version <= to; });
}

std::string versions_text(Version from, Version to) {
  return "TLS " + std::string(name(from)) + (from == to ? "" : " to " + std::string(name(to)));
}

void check_policy(const JsonValue& policy, const Scenario& scenario, std::string_view key, Version from, Version to) {
  const JsonValue* value = policy.find(key);
  if (value && !runs_at(scenario, from, to))
    value->fail("\"" + std::string(key) + "\" means nothing here: it is about " + versions_text(from, to) +
                ", and the scenario is not run there");
}

}  // namespace

void check_step_sense(const JsonValue& value, const Step& step, const StepBefore& before, const Scenario& scenario) {
  for (const Version version : scenario.tls) Sense(value, step, before, scenario, version).check();
}

void check_scenario_sense(const JsonValue& file, const Scenario& scenario, const std::vector<NamedRule>& known) {
  const JsonValue* ciphers = file.find("ciphers");
  if (ciphers && runs_at(scenario, Version::tls13, Version::tls13))
    ciphers->fail("\"ciphers\" means nothing at TLS 1.3, at which the scenario is run: it holds suites of TLS <= 1.2");
  check_policy(file.at("policy"), scenario, "tickets_per_handshake", Version::tls13, Version::tls13);
  check_policy(file.at("policy"), scenario, "renewed_hint", Version::tls10, Version::tls12);
  for (const NamedRule& rule : known)
    if (scenario.rules.contains(rule.id) && !runs_at(scenario, rule.from, rule.to))
      file.at("rules").fail("\"" + rule.id + "\" can never be broken here: it is about " +
                            versions_text(rule.from, rule.to) + ", and the scenario is not run there");
}

}  // namespace ti
