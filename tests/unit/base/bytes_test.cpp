#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace ti {
namespace {

TEST(Hex, GoesThereAndBack) {
  const Bytes bytes = {0x00, 0x0f, 0xff, 0xa5};
  EXPECT_EQ(to_hex(bytes), "000fffa5");
  EXPECT_EQ(from_hex("000fffa5"), bytes);
  EXPECT_EQ(from_hex("000FFFA5"), bytes);
  EXPECT_EQ(to_hex({}), "");
}

TEST(Hex, WhatIsNotHexadecimalIsEmpty) {
  for (const char* wrong : {"", "0", "0g", "00 11", "0x00", "-1"}) EXPECT_TRUE(from_hex(wrong).empty()) << wrong;
}

TEST(Text, IsSeenAsBytesAndBack) {
  EXPECT_EQ(to_hex(as_bytes("az")), "617a");
  EXPECT_EQ(as_text(as_bytes("any text")), "any text");
}

TEST(Reader, TakesBigEndianNumbers) {
  const Bytes bytes = from_hex(
      "01"
      "0203"
      "040506"
      "0708090a"
      "0b0c0d0e0f101112");
  Reader reader(bytes);
  EXPECT_EQ(reader.u8(), 0x01U);
  EXPECT_EQ(reader.u16(), 0x0203U);
  EXPECT_EQ(reader.u24(), 0x040506U);
  EXPECT_EQ(reader.at(), 6U);
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(reader.u32(), 0x0708090aU);
  EXPECT_EQ(reader.left(), 8U);
  EXPECT_EQ(reader.u64(), 0x0b0c0d0e0f101112U);
  EXPECT_TRUE(reader.done());
}

TEST(Reader, TakesVectorsByTheirLength) {
  const Bytes bytes = from_hex(
      "02aabb"
      "0001cc"
      "000000"
      "dd");
  Reader reader(bytes);
  EXPECT_EQ(to_hex(reader.vec8()), "aabb");
  EXPECT_EQ(to_hex(reader.vec16()), "cc");
  EXPECT_EQ(to_hex(reader.vec24()), "");
  EXPECT_EQ(to_hex(reader.rest()), "dd");
  EXPECT_TRUE(reader.done());
}

TEST(Reader, AReadPastTheEndGivesNothingFromThenOn) {
  const Bytes bytes = from_hex("0102");
  Reader reader(bytes);
  EXPECT_EQ(reader.u24(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0U);
  EXPECT_EQ(reader.left(), 0U);
  EXPECT_TRUE(reader.rest().empty());
  EXPECT_FALSE(reader.done());
}

TEST(Reader, AVectorLongerThanWhatIsLeftIsNotTaken) {
  const Bytes bytes = from_hex("05aabb");
  Reader reader(bytes);
  EXPECT_TRUE(reader.vec8().empty());
  EXPECT_FALSE(reader.ok());
}

TEST(Reader, AbsurdLengthsDoNotOverflow) {
  const Bytes bytes = from_hex("aabbcc");
  Reader reader(bytes);
  reader.u8();
  EXPECT_TRUE(reader.take(SIZE_MAX).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(Reader, NothingIsDoneAtOnce) {
  Reader reader({});
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.done());
}

}  // namespace
}  // namespace ti
