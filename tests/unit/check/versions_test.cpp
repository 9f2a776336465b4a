// What is told of a program that gave no answer.
#include "check/versions.hpp"

#include <gtest/gtest.h>

namespace ti {
namespace {

TEST(WhySilent, TheLoadersWordsComeFirst) {
  EXPECT_EQ(
      why_silent("it exited with 1",
                 "warning: old\n./adapter: /lib/libc.so.6: version `GLIBC_2.38' not found (required by ./adapter)\n"),
      "./adapter: /lib/libc.so.6: version `GLIBC_2.38' not found (required by ./adapter) (it exited with 1)");
  EXPECT_EQ(why_silent("it exited with 127", "./adapter: symbol lookup error: ./adapter: undefined symbol: SSL_new\n"),
            "./adapter: symbol lookup error: ./adapter: undefined symbol: SSL_new (it exited with 127)");
}

TEST(WhySilent, WhatElseItPrintedFollowsWhatWasSeen) {
  EXPECT_EQ(why_silent("it exited with 1", ""), "it exited with 1");
  EXPECT_EQ(why_silent("it exited with 1", "Traceback\nboom\n"),
            "it exited with 1; it printed: Traceback; it printed: boom");
}

}  // namespace
}  // namespace ti
