// What is a decision in a server's log, and what is not.
#include "endpoints/decision_log.hpp"

#include <gtest/gtest.h>

namespace ti {
namespace {

constexpr const char* name_of_a_key = "00112233445566778899aabbccddeeff";

std::string line(const std::string& op, const std::string& age, const std::string& result) {
  return "ticket-key op=" + op + " key=" + name_of_a_key + " age=" + age + " result=" + result;
}

TEST(DecisionLog, BothOperationsAreRead) {
  const auto sealed = parse_decision(line("encrypt", "3", "1"));
  ASSERT_TRUE(sealed);
  EXPECT_TRUE(sealed->encrypt);
  EXPECT_EQ(sealed->key, name_of_a_key);
  EXPECT_EQ(sealed->age, 3);
  EXPECT_EQ(sealed->result, 1);
  const auto opened = parse_decision(line("decrypt", "15", "2"));
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->encrypt);
  EXPECT_EQ(opened->result, 2);
}

TEST(DecisionLog, ADashIsNoAge) {
  const auto decision = parse_decision(line("decrypt", "-", "0"));
  ASSERT_TRUE(decision);
  EXPECT_FALSE(decision->age);
}

TEST(DecisionLog, AgesAndResultsMayBeNegative) {
  const auto decision = parse_decision(line("decrypt", "-5", "-1"));
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->age, -5);
  EXPECT_EQ(decision->result, -1);
}

TEST(DecisionLog, OtherWordsMayStandBeforeAndAfter) {
  const auto decision =
      parse_decision("2030/01/01 12:00:00 [notice] 7#7: " + line("decrypt", "15", "1") + ", client: unix:\r");
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->age, 15);
  EXPECT_EQ(decision->result, 1);
}

TEST(DecisionLog, WhatIsNotWholeIsNoDecision) {
  for (const char* other : {"", "ticket-key", "ticket-key op=encrypt", "ticket-key op=encrypt key=ab age=0",
                            "ticket-key op=encrypt key=ab result=1", "op=encrypt key=ab age=0 result=1"})
    EXPECT_FALSE(parse_decision(other)) << other;
  EXPECT_FALSE(parse_decision(line("rotate", "0", "1")));
  EXPECT_FALSE(parse_decision(line("encrypt", "0", "yes")));
  EXPECT_FALSE(parse_decision(line("encrypt", "0", "99999999999999999999")));
}

TEST(DecisionLog, ServersTellErrorsInTheirOwnWords) {
  for (const char* error : {"140:error:0A000126:SSL routines", "ERROR", "[crit] SSL_do_handshake() failed",
                            "==9==ERROR: AddressSanitizer", "[emerg] bind() failed", "[alert] worker died"})
    EXPECT_TRUE(tells_of_error(error)) << error;
  for (const char* other : {"ACCEPT", "", "[notice] start worker process", "0 errors"})
    EXPECT_FALSE(tells_of_error(other)) << other;
}

}  // namespace
}  // namespace ti
