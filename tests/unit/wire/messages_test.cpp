#include "wire/messages.hpp"

#include <gmock/gmock.h>

#include "hand_made.hpp"
#include "wire/suites.hpp"

namespace ti {
namespace {

using namespace hand_made;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string problem_of(const Bytes& raw, Version version = Version::tls12) {
  std::string problem;
  const Body body = parse_handshake_body(raw, version, &problem);
  EXPECT_EQ(problem.empty(), body.index() != 0) << "either a body or a problem";
  return problem;
}

template <class T>
T parsed(const Bytes& raw, Version version = Version::tls12) {
  std::string problem;
  const Body body = parse_handshake_body(raw, version, &problem);
  EXPECT_EQ(problem, "");
  const T* found = std::get_if<T>(&body);
  EXPECT_NE(found, nullptr);
  return found == nullptr ? T() : *found;
}

TEST(Names, GoThereAndBack) {
  for (const Version version : {Version::ssl30, Version::tls10, Version::tls11, Version::tls12, Version::tls13})
    EXPECT_EQ(version_of(name(version)), version);
  EXPECT_EQ(version_of("1.4"), Version::none);
  for (int number = 0; number < 300; ++number) {
    const auto type = static_cast<MessageType>(number);
    const std::string_view text = name(type);
    EXPECT_TRUE(text == "UnknownHandshake" || message_type_of(text) == type) << number;
  }
  EXPECT_EQ(message_type_of("newsessionticket"), MessageType::new_session_ticket);
  EXPECT_EQ(message_type_of("NewTicket"), std::nullopt);
}

TEST(Names, OfAlertsAndSuites) {
  EXPECT_EQ(alert_name(10), "unexpected_message");
  EXPECT_EQ(alert_name(200), "alert 200");
  EXPECT_EQ(suite_name(0x0039), "TLS_DHE_RSA_WITH_AES_256_CBC_SHA");
  EXPECT_EQ(suite_name(0x1234), "0x1234");
}

TEST(Alerts, AreErrorsByLevelBelow13AndByKindIn13) {
  EXPECT_TRUE(is_error({2, 10}, Version::tls12));
  EXPECT_FALSE(is_error({1, 112}, Version::tls12));
  EXPECT_TRUE(is_error({1, 112}, Version::tls13));
  for (const std::uint8_t quiet : {0, 90}) EXPECT_FALSE(is_error({2, quiet}, Version::tls13));
  EXPECT_TRUE(is_error({1, 100}, Version::tls13)) << "no_renegotiation is none of TLS 1.3";
  EXPECT_FALSE(is_error({1, 100}, Version::tls12));
}

TEST(Suites, AreUnderstoodByName) {
  const auto gcm = suite_of(0xc030);
  ASSERT_TRUE(gcm.has_value());
  EXPECT_EQ(gcm->kind, CipherKind::gcm);
  EXPECT_STREQ(gcm->cipher, "AES-256-GCM");
  EXPECT_STREQ(gcm->prf_hash, "SHA384");
  EXPECT_EQ(gcm->mac_hash, nullptr);

  const auto cbc = suite_of(0x0039);
  ASSERT_TRUE(cbc.has_value());
  EXPECT_EQ(cbc->kind, CipherKind::cbc);
  EXPECT_STREQ(cbc->mac_hash, "SHA1");
  EXPECT_STREQ(cbc->prf_hash, "SHA256");

  const auto ccm8 = suite_of(0x1305);
  ASSERT_TRUE(ccm8.has_value());
  EXPECT_EQ(ccm8->tag_bytes, 8u);
  EXPECT_EQ(suite_of(0xc0ad)->tag_bytes, 16u);

  EXPECT_FALSE(suite_of(0x0005)) << "RC4";
  EXPECT_FALSE(suite_of(0x00ff)) << "a signal, not a suite";
  EXPECT_FALSE(suite_of(0x1234));
  EXPECT_FALSE(suite_of(0x13ff)) << "among those of TLS 1.3, but none of them";
}

TEST(ClientHelloBody, HoldsWhatTheTicketRulesAskFor) {
  const Bytes psk = extension(ext::pre_shared_key,
                              join({vec16(join({vec16(text("old")), {0, 0, 0, 9}})), vec16(vec8(repeat(1, 32)))}));
  const auto hello = parsed<ClientHello>(client_hello(
      join({extension(ext::server_name, vec16(join({{0}, vec16(text("example.org"))}))),
            extension(ext::session_ticket, text("ticket")), extension(ext::supported_versions, {4, 3, 4, 3, 3}),
            extension(ext::psk_key_exchange_modes, {1, 1}), extension(ext::ticket_request, {2, 1}),
            extension(ext::early_data, {}), extension(ext::key_share, {0, 0}), psk}),
      repeat(5, 32)));
  EXPECT_EQ(hello.session_id, repeat(5, 32));
  EXPECT_EQ(hello.server_name, "example.org");
  EXPECT_EQ(hello.ticket, text("ticket"));
  EXPECT_THAT(hello.versions, ElementsAre(0x0304, 0x0303));
  EXPECT_THAT(hello.psk_modes, ElementsAre(1));
  EXPECT_TRUE(hello.psk_modes_present && hello.early_data && hello.key_share);
  ASSERT_TRUE(hello.ticket_request.has_value());
  EXPECT_EQ(hello.ticket_request->new_session_count, 2);
  EXPECT_EQ(hello.ticket_request->resumption_count, 1);
  ASSERT_EQ(hello.psks.size(), 1u);
  EXPECT_EQ(hello.psks[0].obfuscated_ticket_age, 9u);
  EXPECT_EQ(hello.binders.size(), 1u);
  EXPECT_EQ(*hello.offered(), text("old"));
}

TEST(ClientHelloBody, OffersATicketOnlyIfItIsNotEmpty) {
  EXPECT_EQ(parsed<ClientHello>(client_hello(extension(ext::session_ticket, {}))).offered(), nullptr);
  EXPECT_EQ(*parsed<ClientHello>(client_hello(extension(ext::session_ticket, {7}))).offered(), Bytes{7});
}

TEST(ClientHelloBody, MayEndBeforeTheExtensions) {
  const Bytes old =
      handshake(MessageType::client_hello, join({u16(0x0301), repeat(1, 32), {0}, vec16({0, 57}), {1, 0}}));
  EXPECT_THAT(parsed<ClientHello>(old).extensions, IsEmpty());
}

struct Malformed {
  const char* what;
  Bytes raw;
};

TEST(ClientHelloBody, SaysWhatIsMalformed) {
  const Bytes start = join({u16(0x0303), repeat(1, 32), {0}});
  const auto hello = [](const Bytes& body) { return handshake(MessageType::client_hello, body); };
  const Malformed cases[] = {
      {"session ID does", hello(u16(0x0303))},
      {"longer than 32", hello(join({u16(0x0303), repeat(1, 32), vec8(repeat(2, 33)), vec16({0, 57}), {1, 0}}))},
      {"odd length", hello(join({start, vec16({0, 57, 0}), {1, 0}}))},
      {"no cipher suite", hello(join({start, vec16({}), {1, 0}}))},
      {"no compression", hello(join({start, vec16({0, 57}), {0}}))},
      {"cut short", hello(join({start, vec16({0, 57}), {9, 0}}))},
      {"extensions are cut short", hello(join({start, vec16({0, 57}), {1, 0}, {0, 9, 0}}))},
      {"longer than the block", client_hello({0, 35, 0, 9, 1})},
      {"extension 35 stands twice", client_hello(join({extension(35, {}), extension(35, {})}))},
      {"extension 43 is malformed", client_hello(extension(ext::supported_versions, {3, 3, 4}))},
      {"extension 43 is malformed", client_hello(extension(ext::supported_versions, {0}))},
      {"extension 45 is malformed", client_hello(extension(ext::psk_key_exchange_modes, {}))},
      {"extension 42 is malformed", client_hello(extension(ext::early_data, {1}))},
      {"extension 58 is malformed", client_hello(extension(ext::ticket_request, {1}))},
      {"extension 0 is malformed", client_hello(extension(ext::server_name, {0, 9, 0}))},
      {"extension 41 is malformed", client_hello(extension(ext::pre_shared_key, {0, 0, 0, 0}))},
      {"1 bytes stand after", hello(join({start, vec16({0, 57}), {1, 0}, vec16({}), {7}}))},
  };
  for (const Malformed& each : cases) EXPECT_THAT(problem_of(each.raw), HasSubstr(each.what)) << each.what;
}

TEST(ServerHelloBody, NegotiatesTheVersion) {
  EXPECT_EQ(parsed<ServerHello>(server_hello({}, {}, 0x0301)).version, Version::tls10);
  const auto hello = parsed<ServerHello>(
      server_hello(join({extension(ext::supported_versions, {3, 4}), extension(ext::pre_shared_key, {0, 1}),
                         extension(ext::session_ticket, {}), extension(ext::key_share, {1})})));
  EXPECT_EQ(hello.version, Version::tls13);
  EXPECT_EQ(hello.selected_psk, 1);
  EXPECT_TRUE(hello.ticket_promised && hello.key_share);
}

TEST(ServerHelloBody, SaysWhatIsMalformed) {
  EXPECT_THAT(problem_of(handshake(MessageType::server_hello, {3, 3})), HasSubstr("session ID"));
  EXPECT_THAT(problem_of(server_hello(extension(ext::supported_versions, {3}))), HasSubstr("43"));
  EXPECT_THAT(problem_of(server_hello(extension(ext::pre_shared_key, {3}))), HasSubstr("41"));
}

TEST(EncryptedExtensionsBody, HoldsEarlyDataAndTicketCount) {
  const Bytes block = vec16(join({extension(ext::early_data, {}), extension(ext::ticket_request, {3})}));
  const auto message = parsed<EncryptedExtensions>(handshake(MessageType::encrypted_extensions, block));
  EXPECT_TRUE(message.early_data);
  EXPECT_EQ(message.ticket_request, 3);
  EXPECT_THAT(problem_of(handshake(MessageType::encrypted_extensions, {})), HasSubstr("cut short"));
  EXPECT_THAT(problem_of(handshake(MessageType::encrypted_extensions, vec16(extension(ext::early_data, {1})))),
              HasSubstr("42"));
}

TEST(NewSessionTicketBody, BelowTls13) {
  const auto message = parsed<NewSessionTicket>(new_session_ticket(text("t")));
  EXPECT_EQ(message.lifetime, 300u);
  EXPECT_EQ(message.ticket, text("t"));
  EXPECT_FALSE(message.age_add.has_value());
  EXPECT_THAT(parsed<NewSessionTicket>(new_session_ticket({})).ticket, IsEmpty()) << "RFC 5077 3.3 allows it";
}

TEST(NewSessionTicketBody, BelowTls13IsReadStrictly) {
  EXPECT_THAT(problem_of(handshake(MessageType::new_session_ticket, {0, 0, 0, 0, 0, 0, 0, 0})),
              HasSubstr("2 bytes stand after its end"))
      << "a DTLS implementation's length written twice";
  EXPECT_THAT(problem_of(handshake(MessageType::new_session_ticket, {0, 0, 0, 0})), HasSubstr("cut short"));
  EXPECT_THAT(problem_of(handshake(MessageType::new_session_ticket, {0, 0, 0, 0, 0, 9, 1})), HasSubstr("cut short"));
  EXPECT_THAT(problem_of(handshake(MessageType::new_session_ticket, {})), HasSubstr("cut short"));
}

TEST(NewSessionTicketBody, OfTls13) {
  const Bytes start = join({{0, 0, 0, 9}, {1, 2, 3, 4}, vec8({7}), vec16(text("t"))});
  const auto message = parsed<NewSessionTicket>(
      handshake(MessageType::new_session_ticket, join({start, vec16(extension(ext::early_data, {0, 0, 64, 0}))})),
      Version::tls13);
  EXPECT_EQ(message.age_add, 0x01020304u);
  EXPECT_EQ(message.nonce, Bytes{7});
  EXPECT_EQ(message.ticket, text("t"));
  EXPECT_NE(find(message.extensions, ext::early_data), nullptr);
  EXPECT_THAT(problem_of(handshake(MessageType::new_session_ticket, start), Version::tls13), HasSubstr("cut short"));
  EXPECT_THAT(problem_of(handshake(MessageType::new_session_ticket, join({start, vec16({}), {0}})), Version::tls13),
              HasSubstr("1 bytes stand"));
}

TEST(HandshakeBody, WithAWrongLengthIsAProblem) {
  EXPECT_THAT(problem_of({}), HasSubstr("length"));
  EXPECT_THAT(problem_of({1, 0, 0}), HasSubstr("length"));
  EXPECT_THAT(problem_of({4, 0xff, 0xff, 0xff, 0}), HasSubstr("length"));
}

TEST(HandshakeBody, OfOtherMessagesIsNotRead) {
  std::string problem;
  EXPECT_EQ(parse_handshake_body(handshake(MessageType::certificate, {9, 9}), Version::tls12, &problem).index(), 0u);
  EXPECT_EQ(problem, "");
}

}  // namespace
}  // namespace ti
