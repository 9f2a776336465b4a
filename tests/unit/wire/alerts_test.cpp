// Alerts and the borders of their records.
#include <gmock/gmock.h>

#include "hand_made.hpp"
#include "wire/decoder.hpp"

namespace ti {
namespace {

using namespace hand_made;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// A conversation of that version in which the server then sends alert records.
Transcript with_alerts(std::initializer_list<Bytes> payloads, Version version = Version::tls12) {
  Tape tape;
  tape.client(record(client_hello({})));
  const Bytes chosen = extension(ext::supported_versions, {3, 4});
  tape.server(record(server_hello(version == Version::tls13 ? chosen : Bytes{}, {}, 0x0303,
                                  version == Version::tls13 ? 0x1301 : 0xc02f)));
  for (const Bytes& payload : payloads) tape.server(record(ContentType::alert, payload));
  return decode(tape.recording(), KeyLog(""));
}

std::vector<int> alerts(const Transcript& transcript) {
  std::vector<int> all;
  for (const Message& message : transcript.messages)
    if (const auto* alert = message.as<Alert>()) all.push_back(alert->description);
  return all;
}

TEST(Alerts, TwoMayShareARecordBelowTls13) {
  const Transcript transcript = with_alerts({{1, 90, 1, 0}});
  EXPECT_THAT(alerts(transcript), ElementsAre(90, 0));
  EXPECT_THAT(transcript.problems, IsEmpty());
}

TEST(Alerts, OneMayLieAcrossRecordsBelowTls13) {
  const Transcript transcript = with_alerts({{2}, {40}});
  EXPECT_THAT(alerts(transcript), ElementsAre(40));
  ASSERT_THAT(transcript.problems, SizeIs(1)) << "which not everybody takes";
  EXPECT_FALSE(transcript.problems[0].malformed);
}

TEST(Alerts, BehindCloseNotifyNothingIsRead) { EXPECT_THAT(alerts(with_alerts({{1, 0, 2, 40}})), ElementsAre(0)); }

TEST(Alerts, HalfAnAlertIsNone) {
  for (const auto& payloads : {std::initializer_list<Bytes>{{2}}, std::initializer_list<Bytes>{{2, 40, 2}}})
    EXPECT_THAT(with_alerts(payloads).problems, SizeIs(1));
}

// Whoever answers half an alert has not seen what it is: it stands where its half came, before the answer.
TEST(Alerts, HalfOfOneStandsBeforeWhatAnswersIt) {
  Tape tape;
  tape.client(record(client_hello({}))).server(record(server_hello({}, {}, 0x0303, 0xc02f)));
  tape.server(record(ContentType::alert, {2})).client(record(ContentType::alert, {2, 10}));
  tape.end(Side::server, Ending::How::fin);
  const Transcript transcript = decode(tape.recording(), KeyLog(""));
  ASSERT_THAT(transcript.problems, SizeIs(1));
  EXPECT_EQ(transcript.problems[0].before_message, 2U);
  EXPECT_EQ(transcript.problems[0].missing, Missing::content);
}

TEST(Alerts, InTls13EachHasARecordOfItsOwn) {
  EXPECT_THAT(alerts(with_alerts({{2, 40}}, Version::tls13)), ElementsAre(40));
  const Transcript transcript = with_alerts({{1, 90, 1, 0}}, Version::tls13);
  EXPECT_THAT(alerts(transcript), IsEmpty());
  EXPECT_THAT(transcript.problems, SizeIs(1));
}

}  // namespace
}  // namespace ti
