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

TEST(LibraryFile, IsTheOneThatBearsTheName) {
  const std::string maps =
      "7f00-7f01 r--p 00000000 fe:00 1  /lib/libnssutil3.so\n"
      "7f01-7f02 r-xp 00000000 fe:00 1  /lib/libnss3.so\n"
      "7f02-7f03 r--p 00000000 fe:00 1  /opt/mine/libssl.so.3\n"
      "7f03-7f04 rw-p 00000000 00:00 0  [heap]\n";
  EXPECT_EQ(library_file(maps, "NSS"), "/lib/libnss3.so");
  EXPECT_EQ(library_file(maps, "OpenSSL"), "/opt/mine/libssl.so.3");
  EXPECT_EQ(library_file("7f03-7f04 rw-p 00000000 00:00 0  [heap]\n", "NSS"), "");
}

}  // namespace
}  // namespace ti
