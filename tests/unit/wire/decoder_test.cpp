// Recorded and hand-made connections, opened and unopened, whole and damaged.
#include "wire/decoder.hpp"

#include <gmock/gmock.h>

#include "golden.hpp"
#include "hand_made.hpp"
#include "wire/records.hpp"

namespace ti {
namespace {

using namespace hand_made;
using golden::ladder;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

std::vector<Transcript> decoded(const Capture& capture) {
  std::vector<Transcript> transcripts;
  for (const Recording& recording : capture.connections)
    transcripts.push_back(decode(recording, KeyLog(capture.keylog)));
  return transcripts;
}

std::string keylog_without(const std::string& keylog, const std::string& label) {
  std::string kept;
  for (std::size_t at = 0; at < keylog.size();) {
    const std::size_t end = std::min(keylog.find('\n', at), keylog.size());
    if (keylog.compare(at, label.size(), label) != 0) kept += keylog.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return kept;
}

std::size_t count(const Transcript& transcript, MessageType type) {
  return static_cast<std::size_t>(std::count_if(transcript.messages.begin(), transcript.messages.end(),
                                                [&](const Message& message) { return message.type == type; }));
}

std::vector<std::string> problems(const Transcript& transcript) {
  std::vector<std::string> texts;
  for (const Problem& problem : transcript.problems) texts.push_back(problem.what);
  return texts;
}

/// A recording with the byte at `offset` of one side's stream changed.
Recording damaged(Recording recording, Side side, std::size_t offset) {
  for (Segment& segment : recording.segments) {
    if (segment.from != side) continue;
    if (offset < segment.bytes.size()) {
      segment.bytes[offset] ^= 1;
      break;
    }
    offset -= segment.bytes.size();
  }
  return recording;
}

/// Everything of a recording in one-byte segments.
Recording in_single_bytes(const Recording& recording) {
  Recording split = recording;
  split.segments.clear();
  split.endings.clear();
  for (const Segment& segment : recording.segments)
    for (const std::uint8_t byte : segment.bytes) split.segments.push_back({segment.from, segment.at, {byte}});
  return split;
}

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, OpensWholeAndEveryFinishedIsTrue) {
  for (const Transcript& transcript : decoded(golden::capture(GetParam()))) {
    EXPECT_THAT(problems(transcript), IsEmpty());
    EXPECT_EQ(count(transcript, MessageType::encrypted), 0u);
    EXPECT_TRUE(transcript.sealed_records.empty());
    std::size_t finished = 0;
    for (const Message& message : transcript.messages)
      if (const auto* body = message.as<Finished>()) {
        ++finished;
        EXPECT_EQ(body->verified, true);
      }
    EXPECT_GE(finished, 2u);
    for (const Handshake& handshake : handshakes_of(transcript)) {
      EXPECT_NE(handshake.kind, HandshakeKind::failed);
      EXPECT_TRUE(handshake.finished_visible);
    }
  }
}

TEST_P(Golden, ReadsTheSameFromSingleBytes) {
  const Capture capture = golden::capture(GetParam());
  for (const Recording& recording : capture.connections)
    EXPECT_EQ(ladder(decode(in_single_bytes(recording), KeyLog(capture.keylog))),
              ladder(decode(recording, KeyLog(capture.keylog))));
}

TEST_P(Golden, TellsTheSameStoryWithoutKeys) {
  const Capture capture = golden::capture(GetParam());
  for (const Recording& recording : capture.connections) {
    const auto with = handshakes_of(decode(recording, KeyLog(capture.keylog)));
    const Transcript blind = decode(recording, KeyLog());
    const auto without = handshakes_of(blind);
    ASSERT_FALSE(without.empty());
    EXPECT_EQ(without[0].kind, with[0].kind);
    EXPECT_EQ(without[0].resumed_by, with[0].resumed_by);
    EXPECT_FALSE(without[0].finished_visible);
    EXPECT_GT(blind.sealed_records.at(Side::client), 0u);
    for (const Problem& problem : blind.problems) EXPECT_FALSE(problem.malformed);
  }
}

TEST_P(Golden, AnyDamagedByteIsAProblemOrASmallChangeButNeverACrash) {
  const Capture capture = golden::capture(GetParam());
  const KeyLog keys(capture.keylog);
  for (const Side side : {Side::client, Side::server})
    for (std::size_t offset = 0; offset < 2500; offset += 29) {
      const Transcript transcript = decode(damaged(capture.connections[0], side, offset), keys);
      EXPECT_NO_FATAL_FAILURE(handshakes_of(transcript));
    }
}

TEST_P(Golden, MayEndAnywhere) {
  const Capture capture = golden::capture(GetParam());
  Recording recording = in_single_bytes(capture.connections.back());
  while (recording.segments.size() > 41) {
    recording.segments.resize(recording.segments.size() - 41);
    for (const Problem& problem : decode(recording, KeyLog(capture.keylog)).problems) EXPECT_FALSE(problem.malformed);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Golden,
                         testing::Values("tls10-cbc-renewed", "tls11-cbc", "tls12-gcm", "tls12-ccm8",
                                         "tls12-chacha20-poly1305", "tls12-null-sha", "tls12-renegotiation",
                                         "tls12-session-id", "tls13", "tls13-early-data", "tls13-early-data-refused",
                                         "tls13-retry-key-updates"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Decoder, ShowsARenewalAsItIs) {
  const auto connections = decoded(golden::capture("tls10-cbc-renewed"));
  EXPECT_EQ(ladder(connections[1]),
            "c ClientHello | s ServerHello | s NewSessionTicket | s ChangeCipherSpec | s Finished | "
            "c ChangeCipherSpec | c Finished | c ApplicationData | c ApplicationData | s ApplicationData | "
            "s ApplicationData | c Alert | s Alert");
  EXPECT_EQ(connections[1].version, Version::tls10);
  const auto handshake = handshakes_of(connections[1]).at(0);
  EXPECT_EQ(handshake.kind, HandshakeKind::resumed);
  const auto* offered = connections[1].messages[0].as<ClientHello>()->offered();
  const auto* issued =
      connections[0].messages[handshakes_of(connections[0]).at(0).new_tickets.at(0)].as<NewSessionTicket>();
  ASSERT_TRUE(offered != nullptr && issued != nullptr);
  EXPECT_EQ(*offered, issued->ticket);
}

TEST(Decoder, PlacesMessagesInBytesAndTime) {
  const Capture capture = golden::capture("tls12-gcm");
  const Transcript transcript = decoded(capture)[0];
  EXPECT_EQ(transcript.suite, 0xc02c);
  const Message& hello = transcript.messages[0];
  EXPECT_EQ(hello.offset, 0u);
  EXPECT_EQ(hello.bytes, hello.raw.size());
  EXPECT_EQ(hello.content, ContentType::handshake);
  EXPECT_EQ(hello.protection, Protection::none);
  for (std::size_t i = 1; i < transcript.messages.size(); ++i)
    EXPECT_LE(transcript.messages[i - 1].at, transcript.messages[i].at);
  EXPECT_EQ(transcript.messages.back().protection, Protection::opened);
  ASSERT_THAT(transcript.endings, SizeIs(2));
  EXPECT_LE(transcript.endings[1].before_message, transcript.messages.size());
}

TEST(Decoder, SeesARenegotiation) {
  const Transcript transcript = decoded(golden::capture("tls12-renegotiation"))[0];
  const auto handshakes = handshakes_of(transcript);
  ASSERT_THAT(handshakes, SizeIs(2));
  EXPECT_EQ(transcript.messages[handshakes[1].client_hello].protection, Protection::opened);
}

TEST(Decoder, SeesRetryAndKeyUpdates) {
  const Transcript transcript = decoded(golden::capture("tls13-retry-key-updates"))[0];
  EXPECT_THAT(ladder(transcript), StartsWith("c ClientHello | s HelloRetryRequest | s ChangeCipherSpec | "
                                             "c ChangeCipherSpec | c ClientHello | s ServerHello | "));
  EXPECT_EQ(count(transcript, MessageType::key_update), 4u);
  EXPECT_THAT(handshakes_of(transcript), SizeIs(1));
}

TEST(Decoder, SeesEarlyDataTakenAndRefused) {
  const Transcript taken = decoded(golden::capture("tls13-early-data"))[1];
  EXPECT_EQ(count(taken, MessageType::end_of_early_data), 1u);
  EXPECT_EQ(taken.messages[2].type, MessageType::application_data);
  const Transcript refused = decoded(golden::capture("tls13-early-data-refused"))[1];
  EXPECT_EQ(count(refused, MessageType::end_of_early_data), 0u);
  EXPECT_EQ(refused.messages[2].type, MessageType::application_data);
}

TEST(Decoder, FindsItsWayPastEarlyDataThatItCannotOpen) {
  for (const char* name : {"tls13-early-data", "tls13-early-data-refused"}) {
    Capture capture = golden::capture(name);
    capture.keylog = keylog_without(capture.keylog, "CLIENT_EARLY_TRAFFIC_SECRET");
    const Transcript transcript = decoded(capture)[1];
    EXPECT_THAT(problems(transcript), ElementsAre(HasSubstr("CLIENT_EARLY_TRAFFIC_SECRET")));
    EXPECT_FALSE(transcript.problems[0].malformed);
    EXPECT_EQ(handshakes_of(transcript).at(0).kind, HandshakeKind::resumed);
    EXPECT_EQ(transcript.messages.back().protection, Protection::opened);
  }
}

TEST(Decoder, OpensTheTicketsWithTheApplicationSecretsAlone) {
  Capture capture = golden::capture("tls13");
  capture.keylog = keylog_without(keylog_without(capture.keylog, "CLIENT_HANDSHAKE"), "SERVER_HANDSHAKE");
  const Transcript transcript = decoded(capture)[0];
  EXPECT_EQ(count(transcript, MessageType::new_session_ticket), 2u);
  const auto handshake = handshakes_of(transcript).at(0);
  EXPECT_EQ(handshake.kind, HandshakeKind::full);
  EXPECT_FALSE(handshake.finished_visible);
  EXPECT_THAT(handshake.new_tickets, SizeIs(2));
}

TEST(Decoder, WithOneSidesSecretsOpensThatSide) {
  Capture capture = golden::capture("tls13");
  capture.keylog = keylog_without(capture.keylog, "SERVER");
  const Transcript transcript = decoded(capture)[0];
  EXPECT_EQ(transcript.sealed_records.count(Side::client), 0u);
  EXPECT_GT(transcript.sealed_records.at(Side::server), 4u);
  EXPECT_THAT(problems(transcript), SizeIs(1));
}

/// The first message that was opened from a side under keys that open others too.
Message first_opened(const Transcript& transcript, Side side) {
  return *std::find_if(transcript.messages.begin(), transcript.messages.end(), [&](const Message& message) {
    const bool alone = transcript.version == Version::tls13 && message.content == ContentType::handshake;
    return message.from == side && message.protection == Protection::opened && (side == Side::server || !alone);
  });
}

TEST_P(Golden, ABadMacIsMalformedAndWhatFollowsIsStillOpened) {
  const Capture capture = golden::capture(GetParam());
  const Transcript whole = decoded(capture)[0];
  for (const Side side : {Side::client, Side::server}) {
    const Message opened = first_opened(whole, side);
    const Recording broken = damaged(capture.connections[0], side, opened.offset + record_header_bytes + 9);
    const Transcript transcript = decode(broken, KeyLog(capture.keylog));
    ASSERT_FALSE(transcript.problems.empty());
    EXPECT_THAT(transcript.problems[0].what, HasSubstr("integrity"));
    EXPECT_TRUE(transcript.problems[0].malformed);
    EXPECT_EQ(transcript.problems[0].from, side);
    EXPECT_EQ(transcript.problems[0].offset, opened.offset);
    const Message& refused = transcript.messages[transcript.problems[0].before_message];
    EXPECT_EQ(refused.type, MessageType::encrypted);
    EXPECT_EQ(refused.protection, Protection::sealed);
    EXPECT_EQ(transcript.sealed_records.at(side), 1u);
    EXPECT_EQ(transcript.messages.back().type, MessageType::alert);
  }
}

TEST_P(Golden, WhoOnlyTellsItsOwnSecretProvesNothingOfItsPeer) {
  const Capture capture = golden::capture(GetParam());
  for (const Side teller : {Side::client, Side::server}) {
    const Transcript transcript = decode(capture.connections[0], KeyLog(capture.keylog, teller));
    const auto opened_of = [](Side side) {
      return
          [side](const Message& message) { return message.from == side && message.protection == Protection::opened; };
    };
    const auto& messages = transcript.messages;
    const auto first = std::find_if(messages.begin(), messages.end(), opened_of(teller));
    const auto answer = std::find_if(messages.begin(), messages.end(), opened_of(other(teller)));
    ASSERT_TRUE(first != messages.end() && answer != messages.end());
    EXPECT_EQ(first->receiver_has_key, answer < first) << "until the peer's records open as well";
    EXPECT_TRUE(answer->receiver_has_key) << "its receiver told the secret";
    EXPECT_TRUE(std::find_if(messages.rbegin(), messages.rend(), opened_of(teller))->receiver_has_key);
  }
}

TEST(Decoder, ARefusedFinishedDoesNotCompleteAHandshake) {
  const Capture capture = golden::capture("tls12-gcm");
  const Message finished = first_opened(decoded(capture)[0], Side::server);
  const Recording broken = damaged(capture.connections[0], Side::server, finished.offset + record_header_bytes + 9);
  EXPECT_EQ(handshakes_of(decode(broken, KeyLog(capture.keylog))).at(0).kind, HandshakeKind::failed);
}

TEST(Decoder, AChangedHandshakeMessageMakesEveryFinishedFalse) {
  const Capture capture = golden::capture("tls12-gcm");
  const Transcript whole = decoded(capture)[0];
  const Message& certificate = whole.messages[2];
  ASSERT_EQ(certificate.type, MessageType::certificate);
  const Transcript transcript =
      decode(damaged(capture.connections[0], Side::server, certificate.offset + 60), KeyLog(capture.keylog));
  for (const Message& message : transcript.messages) {
    const auto* finished = message.as<Finished>();
    EXPECT_TRUE(finished == nullptr || finished->verified == false);
  }
  EXPECT_EQ(count(transcript, MessageType::finished), 2u);
}

TEST(Decoder, TheKeyLogOfAnotherConnectionOpensNothing) {
  const Capture capture = golden::capture("tls12-gcm");
  const Transcript transcript = decode(capture.connections[0], KeyLog(golden::capture("tls13").keylog));
  EXPECT_THAT(problems(transcript), Each(HasSubstr("CLIENT_RANDOM")));
  EXPECT_THAT(problems(transcript), SizeIs(2)) << "said once a side";
}

Transcript seen(const Tape& tape) { return decode(tape.recording(), KeyLog()); }

struct Case {
  const char* what;
  bool malformed;
  Bytes bytes;
};

TEST(Decoder, SaysWhatIsWrongWithARecordAndWhere) {
  const Bytes hello = record(client_hello({}));
  const Bytes certificate = handshake(MessageType::certificate, repeat(1, 40));
  const Case cases[] = {
      {"is not a TLS record", true, text("HTTP/1.0 200 OK")},
      {"is not a TLS record", true, {22, 3, 3, 0xff, 0xff, 1}},
      {"cut off after 3 bytes", false, {22, 3, 3}},
      {"cut off after 7 bytes", false, {22, 3, 3, 0, 9, 1, 2}},
      {"message is cut off after 4 bytes", false, record({11, 0, 0xff, 0xff})},
      {"alert is cut off", false, record(ContentType::alert, {2})},
      {"alert record is empty", true, record(ContentType::alert, {})},
      {"an alert has the level 0", true, record(ContentType::alert, {0, 0})},
      {"spread over two records", false, join({record(ContentType::alert, {1}), record(ContentType::alert, {0})})},
      {"bytes follow close_notify", false, record(ContentType::alert, {1, 0, 0})},
      {"single byte 1", true, record(ContentType::change_cipher_spec, {2})},
      {"handshake record is empty", true, record({})},
      {"more than 16384", true, record(ContentType::application_data, repeat(0, 16385))},
      {"interrupts a handshake message", true,
       join({record(Bytes(certificate.begin(), certificate.begin() + 9)), change_cipher_spec()})},
      {"NewSessionTicket: 1 bytes stand", true,
       record(handshake(MessageType::new_session_ticket, {0, 0, 0, 0, 0, 0, 0}))},
  };
  for (const Case& each : cases) {
    Tape tape;
    tape.server(join({hello, each.bytes}));
    const Transcript transcript = seen(tape);
    ASSERT_THAT(transcript.problems, SizeIs(1)) << each.what;
    EXPECT_THAT(transcript.problems[0].what, HasSubstr(each.what));
    EXPECT_EQ(transcript.problems[0].malformed, each.malformed) << each.what;
    EXPECT_EQ(transcript.problems[0].from, Side::server);
    EXPECT_GE(transcript.problems[0].offset, hello.size()) << each.what;
  }
}

TEST(Decoder, TakesProtectedBytesInAnUnprotectedHandshakeRecordForNoMessage) {
  const Bytes hello = record(client_hello({}));
  const Transcript garbled = decode(Tape().client(hello).client(record(repeat(0xee, 40))).recording(), KeyLog());
  ASSERT_EQ(garbled.problems.size(), 1U);
  EXPECT_TRUE(garbled.problems.front().malformed);
  EXPECT_THAT(garbled.problems.front().what, HasSubstr("says that it is"));
  const Bytes begun = {11, 0, 0x40, 0, 1, 2, 3};
  const Transcript cut = decode(Tape().client(hello).server(record(begun)).recording(), KeyLog());
  ASSERT_EQ(cut.problems.size(), 1U);
  EXPECT_FALSE(cut.problems.front().malformed);
}

TEST(Decoder, DoesNotCallAHelloInTheFormOfSsl2Malformed) {
  const Bytes hello = {0x80, 46, 1, 3, 1, 0, 0x15, 0, 0, 0, 0x10};
  const Transcript old = decode(Tape().client(hello).server(record(server_hello({}))).recording(), KeyLog());
  ASSERT_FALSE(old.problems.empty());
  EXPECT_FALSE(old.problems.front().malformed);
  EXPECT_EQ(old.problems.front().missing, Missing::messages);
  const Transcript none = decode(Tape().client({0x80, 46, 2, 3, 1, 0}).recording(), KeyLog());
  ASSERT_FALSE(none.problems.empty());
  EXPECT_TRUE(none.problems.front().malformed);
}

TEST(Decoder, ReadsManyMessagesOfOneRecordAndOneOfMany) {
  const Bytes flight = join({server_hello({}), handshake(MessageType::certificate, repeat(3, 300)),
                             handshake(MessageType::server_hello_done, {})});
  Tape together;
  together.server(record(flight));
  Tape apart;
  for (const std::uint8_t byte : flight) apart.server(record({byte}));
  const std::string expected = "s ServerHello | s Certificate | s ServerHelloDone";
  EXPECT_EQ(ladder(seen(together)), expected);
  EXPECT_EQ(ladder(seen(apart)), expected);
  EXPECT_THAT(problems(seen(apart)), IsEmpty());
}

TEST(Decoder, KnowsHeartbeats) {
  Tape tape;
  tape.client(record(client_hello({}))).server(record(ContentType::heartbeat, {1, 0, 0}));
  EXPECT_EQ(ladder(seen(tape)), "c ClientHello | s Heartbeat");
  EXPECT_THAT(problems(seen(tape)), IsEmpty());
}

/// A recording in which the segments of a side are missing from a message on.
Recording without(Recording recording, Side side, Instant from) {
  const auto missing = [&](const Segment& segment) { return segment.from == side && segment.at >= from; };
  const auto first = std::find_if(recording.segments.begin(), recording.segments.end(), missing);
  recording.gaps = {{side, static_cast<std::size_t>(first - recording.segments.begin()), first->bytes.size()}};
  std::erase_if(recording.segments, missing);
  return recording;
}

TEST_P(Golden, BehindAGapNoFinishedIsCheckedAndNothingIsMalformed) {
  const Capture capture = golden::capture(GetParam());
  const Recording& recording = capture.connections[0];
  for (const Side side : {Side::client, Side::server}) {
    std::set<Instant> times;
    for (const Segment& segment : recording.segments)
      if (segment.from == side) times.insert(segment.at);
    for (const Instant from : times) {
      const Transcript transcript = decode(without(recording, side, from), KeyLog(capture.keylog));
      const auto gap = std::find_if(transcript.problems.begin(), transcript.problems.end(),
                                    [](const Problem& problem) { return problem.missing == Missing::messages; });
      ASSERT_NE(gap, transcript.problems.end());
      EXPECT_EQ(gap->from, side);
      EXPECT_THAT(gap->what, HasSubstr("bytes of the " + std::string(name(side)) + "'s stream are missing"));
      for (const Problem& problem : transcript.problems) EXPECT_FALSE(problem.malformed) << problem.what;
      for (std::size_t i = 0; i < transcript.messages.size(); ++i) {
        const auto* finished = transcript.messages[i].as<Finished>();
        EXPECT_TRUE(finished == nullptr || finished->verified != false);
        EXPECT_TRUE(i < gap->before_message || transcript.messages[i].from != side);
      }
    }
  }
}

/// A key log in which the secrets of that label are others, of the same length.
std::string with_wrong(std::string keylog, std::string_view label) {
  for (std::size_t at = keylog.find(label); at != keylog.npos; at = keylog.find(label, at + 1)) {
    char& last = keylog[std::min(keylog.find('\n', at), keylog.size()) - 1];
    last = last == '0' ? '1' : '0';
  }
  return keylog;
}

TEST_P(Golden, ASecretThatOpensNothingIsTakenForNone) {
  const Capture capture = golden::capture(GetParam());
  std::string wrong = capture.keylog;
  for (const char* label : {"CLIENT_", "SERVER_"}) wrong = with_wrong(std::move(wrong), label);
  const Transcript transcript = decode(capture.connections[0], KeyLog(wrong));
  const Transcript keyless = decode(capture.connections[0], KeyLog());
  EXPECT_EQ(ladder(transcript), ladder(keyless));
  EXPECT_EQ(transcript.problems.size(), keyless.problems.size());
  for (const Problem& problem : transcript.problems) {
    EXPECT_FALSE(problem.malformed);
    EXPECT_THAT(problem.what, HasSubstr("the secret in the key log does not fit"));
  }
}

TEST(Decoder, OneSecretThatDoesNotFitAccusesNobody) {
  const Capture capture = golden::capture("tls13");
  for (const char* label : {"CLIENT_HANDSHAKE", "SERVER_HANDSHAKE", "CLIENT_TRAFFIC", "SERVER_TRAFFIC"}) {
    const Transcript transcript = decode(capture.connections[0], KeyLog(with_wrong(capture.keylog, label)));
    EXPECT_THAT(problems(transcript), ElementsAre(HasSubstr("does not fit (" + std::string(label)))) << label;
    EXPECT_FALSE(transcript.problems.at(0).malformed);
  }
}

TEST(Decoder, ARecordThatTheSendersOwnSecretDoesNotOpenIsItsFault) {
  const Capture capture = golden::capture("tls13");
  const std::pair<const char*, Side> flights[] = {{"CLIENT_HANDSHAKE", Side::client},
                                                  {"SERVER_HANDSHAKE", Side::server}};
  for (const auto& [label, sender] : flights) {
    const std::string wrong = with_wrong(capture.keylog, label);
    const Transcript own = decode(capture.connections[0], KeyLog(wrong, sender));
    ASSERT_FALSE(own.problems.empty()) << label;
    EXPECT_TRUE(own.problems.at(0).malformed);
    EXPECT_EQ(own.problems.at(0).from, sender);
    EXPECT_THAT(own.problems.at(0).what, HasSubstr("fails its integrity check"));
    const Transcript others = decode(capture.connections[0], KeyLog(wrong, other(sender)));
    ASSERT_FALSE(others.problems.empty()) << label;
    EXPECT_FALSE(others.problems.at(0).malformed);
  }
}

TEST(Decoder, ChecksNoFinishedWhereMessagesBeforeItStayedClosed) {
  const std::pair<const char*, const char*> lacking[] = {{"tls13", "SERVER_HANDSHAKE"},
                                                         {"tls13-early-data", "CLIENT_EARLY"}};
  for (const auto& [name, label] : lacking) {
    Capture capture = golden::capture(name);
    capture.keylog = keylog_without(capture.keylog, label);
    for (const Transcript& transcript : decoded(capture))
      EXPECT_TRUE(std::none_of(transcript.messages.begin(), transcript.messages.end(), [](const Message& message) {
        const auto* finished = message.as<Finished>();
        return finished != nullptr && finished->verified == false;
      })) << name;
  }
}

TEST(Decoder, ReadsNothingBehindCloseNotify) {
  Tape tape;
  tape.client(join({record(client_hello({})), alert(1, 0), Bytes{'Q', 'U', 'I', 'T', '\n'}})).server(alert(1, 0));
  const Transcript transcript = seen(tape);
  EXPECT_THAT(transcript.problems, IsEmpty());
  EXPECT_THAT(transcript.messages, SizeIs(3));
  Tape before;
  before.client(join({record(client_hello({})), Bytes{'Q', 'U', 'I', 'T', '\n'}}));
  EXPECT_THAT(seen(before).problems, SizeIs(1));
}

TEST(Decoder, EarlyDataProtectsNothingElseBeforeTls12) {
  const Bytes hello =
      client_hello(join({extension(ext::early_data, {}), extension(ext::supported_versions, {2, 3, 4})}));
  Tape tape;
  tape.client(join({record(hello), record(ContentType::application_data, repeat(7, 40))}))
      .server(record(server_hello({})))
      .client(join({record(ContentType::application_data, repeat(7, 40)), alert(2, 47)}));
  EXPECT_EQ(ladder(seen(tape)), "c ClientHello | c Encrypted | s ServerHello | c Encrypted | c Alert");
}

TEST(Decoder, SaysThatPlaintextBeforeTlsIsSkipped) {
  Tape tape = full_handshake(text("ticket"));
  Recording recording = tape.recording();
  recording.plaintext_bytes = {{Side::client, 10}, {Side::server, 19}};
  const Transcript transcript = decode(recording, KeyLog());
  EXPECT_THAT(problems(transcript), testing::IsSupersetOf({HasSubstr("10 bytes of plaintext stand before TLS begins"),
                                                           HasSubstr("19 bytes of plaintext")}));
  EXPECT_EQ(transcript.messages[0].offset, 10u);
  EXPECT_EQ(transcript.messages[1].offset, 19u);
}

TEST(Decoder, HandshakeBytesAcrossAChangeOfKeysAreMalformed) {
  Tape tape;
  tape.client(record(client_hello({})))
      .server(record(join({server_hello(extension(ext::supported_versions, {3, 4})),
                           handshake(MessageType::encrypted_extensions, {0, 0})})));
  const Transcript transcript = seen(tape);
  ASSERT_THAT(transcript.problems, SizeIs(1));
  EXPECT_THAT(transcript.problems[0].what, HasSubstr("across a change of keys"));
}

TEST(Decoder, SaysWhyARecordIsClosedToIt) {
  const auto closed = [](const Bytes& hello) {
    Tape tape;
    tape.client(record(client_hello({}))).server(join({record(hello), change_cipher_spec(), sealed_finished()}));
    const std::string master = "CLIENT_RANDOM " + to_hex(repeat(0xc1, 32)) + " " + to_hex(repeat(1, 48));
    const Transcript transcript = decode(tape.recording(), KeyLog(master));
    return transcript.problems.empty() ? "" : transcript.problems[0].what;
  };
  EXPECT_THAT(closed(server_hello({}, {}, 0x0300)), HasSubstr("version"));
  EXPECT_THAT(closed(server_hello({}, {}, 0x0303, 0x0005)), HasSubstr("TLS_RSA_WITH_RC4_128_SHA"));
  EXPECT_THAT(closed(server_hello({}, {}, 0x0303, 0x1234)), HasSubstr("0x1234"));
  EXPECT_THAT(closed(server_hello({}, {}, 0x0303, 0xcc13)), HasSubstr("0xcc13")) << "the draft's ChaCha20";
  Bytes compressed = server_hello({});
  compressed[4 + 2 + 32 + 1 + 2] = 1;
  EXPECT_THAT(closed(compressed), HasSubstr("compressed"));
}

TEST(Decoder, ARecordThatIsCutOffLacksTheRestUnlessItsSideEnded) {
  Tape tape;
  tape.client(record(client_hello({}))).server({22, 3, 3, 0, 9, 1});
  EXPECT_EQ(seen(tape).problems.at(0).missing, Missing::messages);
  tape.end(Side::server, Ending::How::fin);
  EXPECT_EQ(seen(tape).problems.at(0).missing, Missing::nothing);
}

TEST(Decoder, PlacesEndingsAmongMessages) {
  Tape tape;
  tape.client(record(client_hello({}))).end(Side::client, Ending::How::reset);
  tape.server(alert(2, 80)).end(Side::server, Ending::How::fin);
  const Transcript transcript = seen(tape);
  ASSERT_THAT(transcript.endings, SizeIs(2));
  EXPECT_EQ(transcript.endings[0].before_message, 1u);
  EXPECT_EQ(transcript.endings[0].how, Ending::How::reset);
  EXPECT_EQ(transcript.endings[1].before_message, 2u);
}

}  // namespace
}  // namespace ti
