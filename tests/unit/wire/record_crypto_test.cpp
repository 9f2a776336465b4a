// Records of one direction, opened by keys of one's own.
#include "wire/record_crypto.hpp"

#include <gtest/gtest.h>

#include "cbc_sealer.hpp"
#include "hand_made.hpp"

namespace ti {
namespace {

using namespace hand_made;

TEST(RecordOpener, OpensTripleDesWhichNoLibraryHereNegotiates) {
  const Suite suite = *suite_of(0x000a);
  const Bytes key = repeat(3, 24);
  const Bytes iv = repeat(4, 8);
  const Bytes mac = repeat(5, 20);
  CbcSealer sealer(suite, key, iv, mac);
  auto opener = RecordOpener::make(suite, Version::tls10, false, {.key = key, .iv = iv, .mac = mac});
  ASSERT_TRUE(opener.has_value());
  for (const char* content : {"first", "second, by the chained IV", ""}) {
    RecordReader reader;
    reader.add(sealer.seal(ContentType::application_data, text(content)));
    const auto opened = opener->open(*reader.next());
    ASSERT_TRUE(opened.has_value()) << content;
    EXPECT_EQ(opened->bytes, text(content));
  }
}

TEST(RecordOpener, IsNotMadeOfKeysThatDoNotFit) {
  const Suite suite = *suite_of(0x1301);
  const Bytes key = repeat(1, 16);
  EXPECT_TRUE(RecordOpener::make(suite, Version::tls13, false, {.key = key, .iv = repeat(1, 12), .mac = {}}));
  EXPECT_FALSE(RecordOpener::make(suite, Version::tls13, false, {.key = key, .iv = repeat(1, 11), .mac = {}}));
  EXPECT_FALSE(RecordOpener::make(suite, Version::tls13, false, {.key = {}, .iv = repeat(1, 12), .mac = {}}));
}

}  // namespace
}  // namespace ti
