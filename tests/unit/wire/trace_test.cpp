#include "wire/trace.hpp"

#include <gmock/gmock.h>

#include "hand_made.hpp"
#include "wire/decoder.hpp"

namespace ti {
namespace {

using namespace hand_made;

TEST(Trace, ReadsAsSClientPrintsIt) {
  Tape tape;
  tape.server(join({record(server_hello({}, {}, 0x0302)), record(new_session_ticket(text("0123456789")))}))
      .client(join({alert(2, 10), change_cipher_spec(), sealed_finished()}))
      .end(Side::client, Ending::How::reset);
  const std::string text = trace_text(decode(tape.recording(), KeyLog()));
  EXPECT_THAT(text, testing::StartsWith("   0.001000 <<< TLS 1.1, Handshake [length 002c], ServerHello\n"
                                        "    02 00 00 28 03 02 5e 5e 5e 5e 5e 5e 5e 5e 5e 5e\n"));
  EXPECT_THAT(text, testing::HasSubstr("   0.001000 <<< TLS 1.1, Handshake [length 0014], NewSessionTicket\n"
                                       "    04 00 00 10 00 00 01 2c 00 0a 30 31 32 33 34 35\n"
                                       "    36 37 38 39\n"));
  EXPECT_THAT(text, testing::HasSubstr("   0.002000 >>> TLS 1.1, Alert [length 0002], fatal unexpected_message\n"
                                       "    02 0a\n"
                                       "   0.002000 >>> TLS 1.1, ChangeCipherSpec [length 0001]\n"
                                       "    01\n"
                                       "    problem in the client's bytes at 13: a protected record cannot be opened: "
                                       "the key log holds no usable CLIENT_RANDOM for it\n"
                                       "   0.002000 >>> TLS 1.1, Handshake [length 0028], encrypted\n"
                                       "    ee ee"));
  EXPECT_THAT(text, testing::EndsWith("   0.002000 >>> RST\n"));
}

TEST(Trace, OfNothingIsEmpty) { EXPECT_EQ(trace_text(Transcript()), ""); }

}  // namespace
}  // namespace ti
