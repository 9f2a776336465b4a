// What a program says of a command line that it does not understand, and what is no such thing.
#include "endpoints/program_client.hpp"

#include <gtest/gtest.h>

namespace ti {
namespace {

TEST(UsageComplaint, IsTheLineInWhichTheProgramComplains) {
  for (const char* line : {"s_client: Unknown option: -nonsense", "s_client: Option unknown option -nonsense",
                           "curl: option --nonsense: is unknown", "x: invalid option -- 'z'",
                           "x: unrecognized option '--nonsense'", "error: unexpected argument '--nonsense' found"})
    EXPECT_EQ(usage_complaint("starting\n" + std::string(line) + "\nUse -help for summary.\n"), line);
}

TEST(UsageComplaint, IsNotAnErrorOfTls) {
  EXPECT_EQ(usage_complaint(""), "");
  EXPECT_EQ(usage_complaint("CONNECTED(00000003)\n140:error:0A00010B:SSL routines::wrong version number\n"), "");
  EXPECT_EQ(usage_complaint("the session file is unknown\nno option left\n"), "");
}

}  // namespace
}  // namespace ti
