// Alerts in answer to recorded messages: whether all that bears on them was checked, and what then is said.
#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "recorded_cell.hpp"
#include "rules/registry.hpp"
#include "wire/extensions.hpp"

namespace ti {
namespace {

using testing::HasSubstr;

/// The first connection of a recording up to a message of the server's, which the client answers with an alert; the
/// scenario wanted a full handshake.
Observation refused(const char* name, MessageType last, std::uint8_t description) {
  Observation seen = made::recorded(name);
  seen.connections.resize(1);
  seen.has_expectations = seen.by_our_tap = true;
  ObservedConnection& connection = seen.connections[0];
  connection.expect.handshake = HandshakeKind::full;
  connection.client.answered = true;
  connection.client.error_stage = "handshake";
  Transcript& transcript = connection.transcript;
  transcript.messages.resize(made::find(seen, Side::server, last) + 1);
  transcript.endings.clear();
  Message alert;
  alert.type = MessageType::alert;
  alert.content = ContentType::alert;
  alert.at = transcript.messages.back().at;
  alert.body = Alert{.level = 2, .description = description};
  transcript.messages.push_back(alert);
  connection.handshakes = handshakes_of(transcript);
  return seen;
}

TEST(Conformance, BlamesWhoComplainsOfWhatWasCheckedAndFoundRight) {
  for (const std::uint8_t description : {alert_unexpected_message, alert_illegal_parameter, alert_decode_error,
                                         alert_internal_error, alert_unsupported_extension}) {
    const Verdict below_13 = judge(refused("tls12-gcm", MessageType::server_hello_done, description));
    EXPECT_EQ(below_13.fault, Side::client) << alert_name(description) << ": " << below_13.reason;
    EXPECT_EQ(below_13.rule, "harness-legal-flight-accepted");
    const Verdict of_13 = judge(refused("tls13", MessageType::finished, description));
    EXPECT_EQ(of_13.fault, Side::client) << alert_name(description) << ": " << of_13.reason;
  }
}

constexpr std::uint8_t bad_certificate = 42;
constexpr std::uint8_t certificate_expired = 45;
constexpr std::uint8_t certificate_unknown = 46;
constexpr std::uint8_t unknown_ca = 48;
/// A client also says decrypt_error of a signature in the certificate that is not its issuer's.
constexpr std::uint8_t complaints_of_certificate[] = {bad_certificate, certificate_expired, certificate_unknown,
                                                      unknown_ca, alert_decrypt_error};

Observation refused_certificate(std::uint8_t description) {
  Observation seen = refused("tls12-gcm", MessageType::server_hello_done, description);
  seen.trust = made::trust_in_certificate(seen);
  return seen;
}

TEST(Conformance, BlamesWhoRefusesACertificateThatLeadsToTheRunsCa) {
  for (const std::uint8_t description : complaints_of_certificate) {
    const Verdict verdict = judge(refused_certificate(description));
    EXPECT_EQ(verdict.outcome, Outcome::fail) << alert_name(description) << ": " << verdict.reason;
    EXPECT_EQ(verdict.fault, Side::client) << alert_name(description) << ": " << verdict.reason;
  }
}

Bytes ca_of_others() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 86400);
  X509_set_pubkey(made.get(), key.get());
  X509_sign(made.get(), key.get(), EVP_sha256());
  Bytes der(static_cast<std::size_t>(i2d_X509(made.get(), nullptr)));
  std::uint8_t* to = der.data();
  i2d_X509(made.get(), &to);
  return der;
}

TEST(Conformance, BlamesWhoShowsACertificateThatIsNotGoodForTheRun) {
  constexpr std::int64_t most_of_a_century = std::int64_t{90} * 366 * 86400;
  const auto expect_fault_of_server = [](const Observation& seen, const char* why) {
    const Verdict verdict = judge(seen);
    EXPECT_EQ(verdict.rule, "rfc5280-6.1-path") << why;
    EXPECT_EQ(verdict.fault, Side::server) << why;
    EXPECT_THAT(verdict.reason, HasSubstr(why));
  };
  for (const std::uint8_t description : complaints_of_certificate) {
    Observation late = refused_certificate(description);
    late.connections[0].at += std::chrono::seconds(most_of_a_century);
    expect_fault_of_server(late, "expired");
    Observation early = refused_certificate(description);
    early.trust->unix_time -= 7200;
    expect_fault_of_server(early, "not yet valid");
    Observation foreign = refused_certificate(description);
    foreign.trust->ca = ca_of_others();
    expect_fault_of_server(foreign, "self");
  }
}

TEST(Conformance, LeavesOpenWhetherACertificateIsTrustedWhereNobodyKnowsByWhom) {
  for (const std::uint8_t description : complaints_of_certificate) {
    const Verdict verdict = judge(refused("tls12-gcm", MessageType::server_hello_done, description));
    EXPECT_EQ(verdict.outcome, Outcome::inconclusive) << verdict.rule;
    EXPECT_THAT(verdict.reason, HasSubstr("whom the client trusts"));
    Observation no_ca = refused_certificate(description);
    no_ca.trust->ca = {0x30, 0};
    EXPECT_EQ(judge(no_ca).outcome, Outcome::inconclusive);
  }
}

TEST(Conformance, HoldsOnlyTheServersCertificateAgainstTheServersName) {
  Observation seen = made::recorded("tls13");
  seen.trust = made::trust_in_certificate(seen);
  seen.trust->server_name = "elsewhere.invalid";
  auto& messages = seen.connections[0].transcript.messages;
  Message shown = messages[made::find(seen, Side::server, MessageType::certificate)];
  const std::size_t before = made::find(seen, Side::client, MessageType::finished);
  shown.from = Side::client;
  shown.at = messages[before].at;
  messages.insert(messages.begin() + static_cast<std::ptrdiff_t>(before), shown);
  seen.connections[0].handshakes = handshakes_of(seen.connections[0].transcript);
  std::vector<Side> wrong;
  for (const Breach& breach : judge(seen).breaches)
    if (breach.rule == "rfc5280-6.1-path") wrong.push_back(breach.actor);
  EXPECT_EQ(wrong, std::vector{Side::server});
}

TEST(Conformance, SaysWhichCheckAnUnknownKindOfKeyPrevents) {
  Observation seen = refused("tls13", MessageType::finished, alert_illegal_parameter);
  for (Message& message : seen.connections[0].transcript.messages)
    if (auto* hello = std::get_if<ServerHello>(&message.body)) {
      for (Extension& extension : hello->extensions)
        if (extension.type == ext::key_share) extension.data = {0x7a, 0x7b, 0, 1, 7};
    } else if (auto* asked = std::get_if<ClientHello>(&message.body)) {
      for (Extension& extension : asked->extensions)
        if (extension.type == ext::key_share) extension.data = {0, 5, 0x7a, 0x7b, 0, 1, 7};
      for (Extension& extension : asked->extensions)
        if (extension.type == ext::supported_groups) extension.data = {0, 2, 0x7a, 0x7b};
    }
  const Verdict verdict = judge(seen);
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive) << verdict.rule << verdict.reason;
  EXPECT_THAT(verdict.reason, HasSubstr("keys of group 31355"));
}

// RFC 8879: OpenSSL 3.5 and others compress the client's certificate, by algorithms that are not undone here.
TEST(Conformance, TakesACompressedClientCertificateForShown) {
  for (const bool shown : {true, false}) {
    Observation seen = made::recorded("tls13");
    seen.has_expectations = seen.by_our_tap = true;
    for (ObservedConnection& connection : seen.connections) connection.client.answered = connection.client.ok = true;
    seen.connections[0].expect.peer_certificate = "shown";
    auto& messages = seen.connections[0].transcript.messages;
    const auto insert = [&](std::size_t before, Side from, MessageType type, const Bytes& raw) {
      Message made = messages[before];
      made.from = from;
      made.type = type;
      made.body = {};
      made.raw = raw;
      made.bytes = raw.size();
      messages.insert(messages.begin() + static_cast<std::ptrdiff_t>(before), made);
    };
    messages[made::find(seen, Side::server, MessageType::certificate_verify)].raw.clear();
    insert(made::find(seen, Side::server, MessageType::certificate), Side::server, MessageType::certificate_request,
           {13, 0, 0, 18, 0, 0, 15, 0, 13, 0, 4, 0, 2, 4, 3, 0, 27, 0, 3, 2, 0, 2});
    const std::uint8_t length = shown ? 200 : 4;
    insert(made::find(seen, Side::client, MessageType::finished), Side::client, MessageType::compressed_certificate,
           {25, 0, 0, 9, 0, 2, 0, 0, length, 0, 0, 1, 7});
    if (shown)
      insert(made::find(seen, Side::client, MessageType::finished), Side::client, MessageType::certificate_verify,
             {15, 0, 0, 5, 4, 3, 0, 1, 7});
    seen.connections[0].handshakes = handshakes_of(seen.connections[0].transcript);
    const Verdict verdict = judge(seen);
    EXPECT_EQ(verdict.rule == "expect-peer-certificate", !shown) << verdict.reason;
    EXPECT_NE(verdict.rule, "rfc8446-4-in-order") << verdict.reason;
  }
}

/// The alert that a client sends last, made one of another kind.
void say(Observation& seen, std::uint8_t level, std::uint8_t description) {
  seen.connections[0].transcript.messages.back().body = Alert{.level = level, .description = description};
  seen.connections[0].handshakes = handshakes_of(seen.connections[0].transcript);
}

TEST(Conformance, BlamesWhoSaysFarewellInAHandshakeInWhichNothingIsWrong) {
  for (const std::uint8_t farewell : {alert_close_notify, alert_user_canceled}) {
    Observation seen = refused_certificate(alert_internal_error);
    say(seen, 1, farewell);
    auto& transcript = seen.connections[0].transcript;
    transcript.endings.push_back(
        {Side::server, Ending::How::fin, transcript.messages.back().at, transcript.messages.size(), false});
    const Verdict verdict = judge(seen);
    EXPECT_EQ(verdict.fault, Side::client) << verdict.reason;
    EXPECT_THAT(verdict.reason, HasSubstr(alert_name(farewell)));
    seen.trust.reset();
    EXPECT_EQ(judge(seen).outcome, Outcome::inconclusive) << "it may not trust the certificate";
  }
}

TEST(Conformance, LeavesOpenWhetherAWarningIsToBeBorne) {
  Observation seen = refused_certificate(alert_unexpected_message);
  auto& messages = seen.connections[0].transcript.messages;
  Message warning = messages.back();
  warning.from = Side::server;
  warning.body = Alert{.level = 1, .description = alert_no_renegotiation};
  messages.insert(messages.end() - 1, warning);
  seen.connections[0].handshakes = handshakes_of(seen.connections[0].transcript);
  const Verdict verdict = judge(seen);
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive) << verdict.rule;
  EXPECT_THAT(verdict.reason, HasSubstr("no_renegotiation"));
}

TEST(Conformance, ASecretThatOnlyTheSenderHasProvesNoMac) {
  for (const bool shared : {true, false}) {
    Observation seen = refused("tls13", MessageType::finished, alert_bad_record_mac);
    for (Message& message : seen.connections[0].transcript.messages) message.receiver_has_key = shared;
    const Verdict verdict = judge(seen);
    EXPECT_EQ(verdict.outcome, shared ? Outcome::fail : Outcome::inconclusive) << verdict.reason;
  }
}

TEST(Conformance, FindsTheBreachThatDrewAnAlert) {
  Observation seen = refused("tls12-gcm", MessageType::server_hello_done, alert_decrypt_error);
  auto& messages = seen.connections[0].transcript.messages;
  messages[made::find(seen, Side::server, MessageType::server_key_exchange)].raw.back() ^= 1;
  const Verdict verdict = judge(seen);
  EXPECT_EQ(verdict.fault, Side::server);
  EXPECT_EQ(verdict.rule, "rfc5246-7.4.3-signature");
}

}  // namespace
}  // namespace ti
