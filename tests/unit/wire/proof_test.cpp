// Public keys that no honest peer sends.
#include "wire/proof.hpp"

#include <gtest/gtest.h>

namespace ti {
namespace {

constexpr std::uint16_t p_256 = 23, x25519 = 29, x448 = 30;

TEST(Proof, AKeyOfX25519OfSmallOrderIsFoundWithAndWithoutItsHighestBit) {
  for (const char* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    Bytes key = from_hex(hex);
    EXPECT_EQ(check_key(x25519, key, Side::client).fault, "is a point of small order") << hex;
    key.back() |= 0x80;
    EXPECT_EQ(check_key(x25519, key, Side::server).fault, "is a point of small order") << hex;
  }
  EXPECT_EQ(check_key(x25519, from_hex("09" + std::string(62, '0')), Side::client).fault, "");
}

TEST(Proof, AKeyOfX448OfSmallOrderIsFound) {
  EXPECT_EQ(check_key(x448, Bytes(56), Side::client).fault, "is a point of small order");
  EXPECT_EQ(check_key(x448, from_hex("05" + std::string(110, '0')), Side::client).fault, "");
}

TEST(Proof, APointBesideTheCurveIsFound) {
  Bytes point = from_hex(
      "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315e"
      "cec"
      "bb6406837bf51f5");
  EXPECT_EQ(check_key(p_256, point, Side::client).fault, "");
  point.back() ^= 1;
  EXPECT_EQ(check_key(p_256, point, Side::client).fault, "is no point of the curve");
}

}  // namespace
}  // namespace ti
