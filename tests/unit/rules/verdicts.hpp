#pragma once
// What tests say of a verdict.
#include <gmock/gmock.h>

#include <string>

#include "builder.hpp"

namespace ti::made {

inline void expect_fail(const Verdict& verdict, Side fault, std::string_view rule, Place at) {
  EXPECT_EQ(verdict.outcome, Outcome::fail) << verdict.reason;
  EXPECT_EQ(verdict.fault, fault) << verdict.reason;
  EXPECT_EQ(verdict.rule, rule) << verdict.reason;
  ASSERT_TRUE(verdict.at);
  EXPECT_EQ(verdict.at->connection, at.connection);
  EXPECT_EQ(verdict.at->message, at.message);
}

inline void expect_doubt(const Verdict& verdict, const std::string& about) {
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive) << verdict.rule << ": " << verdict.reason;
  EXPECT_FALSE(verdict.fault);
  EXPECT_THAT(verdict.reason, testing::HasSubstr(about));
}

inline void expect_pass(const Verdict& verdict) {
  EXPECT_EQ(verdict.outcome, Outcome::pass) << verdict.rule << ": " << verdict.reason;
}

/// A consequence at that message, of which these words are told.
inline auto consequence(std::size_t message, const std::string& what) {
  using testing::Field;
  return AllOf(Field(&Consequence::what, testing::HasSubstr(what)),
               Field(&Consequence::at, Field(&Place::message, std::optional(message))));
}

}  // namespace ti::made
