// What a disturbance does to bytes, and what it says that it did.
#include "run/disturber.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/hand_made.hpp"

namespace ti {
namespace {

using namespace std::chrono_literals;
using hand_made::handshake;
using hand_made::join;
using hand_made::record;
using hand_made::repeat;
using testing::SizeIs;

const Bytes hello = handshake(MessageType::server_hello, repeat(1, 20));
const Bytes ticket = handshake(MessageType::new_session_ticket, repeat(2, 20));

DisturbPlan flip(std::size_t bit) {
  DisturbPlan plan;
  plan.flip = DisturbPlan::Flip{MessageType::new_session_ticket, Side::server, bit};
  return plan;
}

DisturbPlan cut() {
  DisturbPlan plan;
  plan.cut = DisturbPlan::Cut{MessageType::new_session_ticket, Side::server};
  return plan;
}

DisturbPlan records(DisturbPlan::Records how) {
  DisturbPlan plan;
  plan.records = how;
  return plan;
}

/// One connection under a plan.
class Disturber {
 public:
  explicit Disturber(const DisturbPlan& plan) : disturbance_(make_disturbance(plan)) {}

  /// What is passed on of what the server sent in one piece.
  Bytes pass(const Bytes& bytes, Side from = Side::server) { return take(disturbance_->filter(from, bytes)); }
  Bytes finish(Side from = Side::server) { return take(disturbance_->finish(from)); }
  AppliedDisturbance applied() const { return disturbance_->applied(); }
  const Delivery& last() const { return last_; }

 private:
  Bytes take(Delivery delivery) {
    last_ = std::move(delivery);
    Bytes all;
    for (const Piece& piece : last_.pieces) all.insert(all.end(), piece.bytes.begin(), piece.bytes.end());
    return all;
  }

  std::unique_ptr<Disturbance> disturbance_;
  Delivery last_;
};

Bytes flipped(Bytes bytes, std::size_t byte, std::uint8_t mask) {
  bytes[byte] ^= mask;
  return bytes;
}

TEST(Disturber, IsNoneWhereThePlanAsksForNothing) { EXPECT_EQ(make_disturbance(DisturbPlan{}), nullptr); }

TEST(Disturber, FlipsABitOfAMessageThatIsAlone) {
  Disturber disturber(flip(9));
  EXPECT_EQ(disturber.pass(record(hello)), record(hello));
  EXPECT_EQ(disturber.applied().flipped, 0U);
  EXPECT_EQ(disturber.pass(record(ticket)), record(flipped(ticket, 4 + 1, 2)));
  EXPECT_EQ(disturber.applied().flipped, 1U);
}

TEST(Disturber, FlipsABitOfAMessageThatIsNotTheFirstOfItsRecord) {
  Disturber disturber(flip(0));
  EXPECT_EQ(disturber.pass(record(join({hello, ticket}))), record(join({hello, flipped(ticket, 4, 1)})));
  EXPECT_EQ(disturber.applied().flipped, 1U);
}

TEST(Disturber, FlipsABitOfAMessageThatLiesAcrossRecords) {
  for (const std::size_t bit : {0, 40, 159}) {
    Disturber disturber(flip(bit));
    Bytes all;
    for (const std::uint8_t byte : join({hello, ticket})) {
      const Bytes passed = disturber.pass(record(Bytes{byte}));
      all.push_back(passed.back());
    }
    EXPECT_EQ(all, join({hello, flipped(ticket, 4 + bit / 8, static_cast<std::uint8_t>(1U << bit % 8))})) << bit;
    EXPECT_EQ(disturber.applied().flipped, 1U);
  }
}

TEST(Disturber, FlipsABitOfEachMessageOfTheKindThatIsLongEnough) {
  Disturber disturber(flip(80));
  const Bytes empty = handshake(MessageType::new_session_ticket, repeat(0, 6));
  EXPECT_EQ(disturber.pass(record(join({empty, ticket, ticket}))),
            record(join({empty, flipped(ticket, 14, 1), flipped(ticket, 14, 1)})));
  EXPECT_EQ(disturber.applied().flipped, 2U);
}

TEST(Disturber, FlipsNothingThatIsSealedNorWhatTheOtherSideSends) {
  Disturber disturber(flip(0));
  EXPECT_EQ(disturber.pass(record(ticket), Side::client), record(ticket));
  disturber.pass(hand_made::change_cipher_spec());
  EXPECT_EQ(disturber.pass(record(ticket)), record(ticket));
  EXPECT_EQ(disturber.applied().flipped, 0U);
}

TEST(Disturber, CutsBehindTheMessage) {
  Disturber disturber(cut());
  EXPECT_EQ(disturber.pass(record(hello)), record(hello));
  EXPECT_EQ(disturber.last().cut, Cut::none);
  EXPECT_EQ(disturber.pass(join({record(join({ticket, hello})), record(hello)})), record(ticket));
  EXPECT_EQ(disturber.last().cut, Cut::fin);
  EXPECT_TRUE(disturber.applied().cut);
}

TEST(Disturber, CutsBehindAMessageThatLiesAcrossRecords) {
  Disturber disturber(cut());
  const Bytes begin(ticket.begin(), ticket.begin() + 7);
  const Bytes end(ticket.begin() + 7, ticket.end());
  EXPECT_EQ(disturber.pass(record(begin)), record(begin));
  EXPECT_FALSE(disturber.applied().cut);
  EXPECT_EQ(disturber.pass(record(end)), record(end));
  EXPECT_TRUE(disturber.applied().cut);
}

TEST(Disturber, CutsNothingWhereTheMessageDoesNotPassInSight) {
  Disturber disturber(cut());
  disturber.pass(record(hello));
  disturber.pass(hand_made::change_cipher_spec());
  EXPECT_EQ(disturber.pass(record(ticket)), record(ticket));
  EXPECT_EQ(disturber.last().cut, Cut::none);
  EXPECT_FALSE(disturber.applied().cut);
}

TEST(Disturber, SplitsRecordsOfHandshakeMessages) {
  Disturber disturber(records(DisturbPlan::Records::split));
  const Bytes passed = disturber.pass(record(hello));
  EXPECT_THAT(passed, SizeIs(hello.size() + 4 * 5));
  EXPECT_EQ(disturber.applied().split, 1U);
  EXPECT_EQ(disturber.pass(hand_made::change_cipher_spec()), hand_made::change_cipher_spec());
  EXPECT_EQ(disturber.pass(record(hello)), record(hello));
  EXPECT_EQ(disturber.applied().split, 1U);
}

TEST(Disturber, MergesRecordsThatCameTogether) {
  Disturber disturber(records(DisturbPlan::Records::merge));
  EXPECT_EQ(disturber.pass(join({record(hello), record(ticket), hand_made::change_cipher_spec()})),
            join({record(join({hello, ticket})), hand_made::change_cipher_spec()}));
  EXPECT_EQ(disturber.applied().merged, 1U);
  EXPECT_EQ(disturber.applied().as_merged, 0U);
}

TEST(Disturber, MergesNothingWhereThereIsOnlyOneRecord) {
  Disturber disturber(records(DisturbPlan::Records::merge));
  EXPECT_EQ(disturber.pass(record(hello)), record(hello));
  EXPECT_EQ(disturber.applied().merged, 0U);
  EXPECT_EQ(disturber.pass(record(join({hello, ticket}))), record(join({hello, ticket})));
  EXPECT_EQ(disturber.applied().as_merged, 1U);
}

TEST(Disturber, DelaysWhatTheServerSendsAndNothingElse) {
  DisturbPlan plan;
  plan.delay = 50ms;
  Disturber disturber(plan);
  disturber.pass(record(hello), Side::client);
  EXPECT_EQ(disturber.last().pieces.at(0).delay, 0ms);
  EXPECT_EQ(disturber.applied().delayed, 0U);
  disturber.pass(record(hello));
  EXPECT_EQ(disturber.last().pieces.at(0).delay, 50ms);
  EXPECT_EQ(disturber.applied().delayed, 1U);
}

TEST(Disturber, GivesEachByteAPieceOfItsOwn) {
  DisturbPlan plan;
  plan.single_bytes = true;
  Disturber disturber(plan);
  EXPECT_EQ(disturber.pass(record(hello)), record(hello));
  EXPECT_THAT(disturber.last().pieces, SizeIs(record(hello).size()));
}

TEST(Disturber, HoldsBackTheBeginningOfARecordUntilTheEnd) {
  Disturber disturber(flip(0));
  const Bytes whole = record(hello);
  const Bytes begin(whole.begin(), whole.begin() + 9);
  EXPECT_THAT(disturber.pass(begin), SizeIs(0));
  EXPECT_EQ(disturber.finish(), begin);
}

TEST(Disturber, PassesOnWhatIsNotTls) {
  Disturber disturber(flip(0));
  const Bytes text = hand_made::text("HTTP/1.0 400 Bad Request\r\n");
  EXPECT_EQ(disturber.pass(text), text);
  EXPECT_EQ(disturber.pass(text), text);
  Disturber later(flip(0));
  later.pass(record(hello));
  EXPECT_EQ(later.pass(Bytes{22, 3, 3, 0xff, 0xff, 1}), (Bytes{22, 3, 3, 0xff, 0xff, 1}));
}

}  // namespace
}  // namespace ti
