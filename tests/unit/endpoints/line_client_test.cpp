// What an adapter answers to a connect, and what is no answer.
#include "endpoints/line_client.hpp"

#include <gmock/gmock.h>

namespace ti {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Optional;

ClientWord word(const std::string& fields) { return parse_answer(R"({"ok": true, )" + fields + "}").word; }

std::string complaint(const std::string& fields) {
  try {
    word(fields);
  } catch (const HarnessError& error) {
    return error.what();
  }
  return "no complaint";
}

TEST(ParseAnswer, TakesCountsAsTheyAre) {
  const ClientWord told = word(R"("tickets_received": 0, "response_bytes": 9223372036854775807)");
  EXPECT_THAT(told.tickets_received, Optional(0U));
  EXPECT_THAT(told.response_bytes, Optional(std::size_t{9223372036854775807U}));
  EXPECT_FALSE(word(R"("tickets_received": null)").tickets_received);
  EXPECT_FALSE(word(R"("resumed": false)").response_bytes);
}

TEST(ParseAnswer, WhatIsNoCountIsNoAnswer) {
  for (const char* key : {"tickets_received", "response_bytes"})
    for (const char* value :
         {"-1", "1.5", "1e30", "9223372036854775808", "18446744073709551616", "true", "\"1\"", "[]"})
      EXPECT_THAT(complaint("\"" + std::string(key) + "\": " + value),
                  AllOf(HasSubstr("its answer is not as clients/PROTOCOL.md says"), HasSubstr(value)))
          << key;
}

TEST(ParseAnswer, NorIsAFieldOfAnotherKind) {
  EXPECT_THAT(complaint(R"("resumed": 1)"), HasSubstr("not as clients/PROTOCOL.md says"));
  EXPECT_THAT(complaint(R"("version": 1.2)"), HasSubstr("not as clients/PROTOCOL.md says"));
}

TEST(ConfigureLine, HasAScriptOnlyWhereThereIsOne) {
  asio::io_context loop;
  const RunContext context{loop.get_executor(), nullptr, {}, {}, {}, {}, {}};
  EXPECT_THAT(configure_line({Version::tls12}, context), testing::Not(HasSubstr("script")));
  EXPECT_THAT(configure_line({Version::tls12, false, {}, "lies.script"}, context),
              HasSubstr(R"("script":"lies.script")"));
}

}  // namespace
}  // namespace ti
