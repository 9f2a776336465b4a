#include "wire/records.hpp"

#include <gmock/gmock.h>

#include "hand_made.hpp"

namespace ti {
namespace {

using namespace hand_made;

TEST(RecordReader, CutsRecordsHoweverTheBytesArrive) {
  const Bytes two = join({record(ContentType::handshake, {1, 2, 3}), alert(1, 0)});
  RecordReader reader;
  std::vector<Record> seen;
  for (const std::uint8_t byte : two) {
    reader.add(Bytes{byte});
    while (const auto record = reader.next()) {
      EXPECT_EQ(record->version, 0x0303);
      seen.push_back(*record);
    }
  }
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].type, 22);
  EXPECT_EQ(seen[0].offset, 0u);
  EXPECT_EQ(seen[1].type, 21);
  EXPECT_EQ(seen[1].offset, 8u);
  EXPECT_EQ(reader.left(), 0u);
}

TEST(RecordReader, StopsAtWhatIsNoRecord) {
  const Bytes good = alert(1, 0);
  for (const Bytes& bad : {text("GET / HTTP/1.0"), Bytes{22, 2, 0, 0, 1, 1}, Bytes{22, 3, 3, 0x48, 0x01, 0}}) {
    RecordReader reader;
    reader.add(join({good, bad}));
    EXPECT_TRUE(reader.next().has_value());
    EXPECT_FALSE(reader.next().has_value());
    EXPECT_TRUE(reader.broken());
    EXPECT_EQ(reader.offset(), good.size());
    reader.add(good);
    EXPECT_FALSE(reader.next().has_value());
  }
}

TEST(RecordReader, TakesTheLargestRecord) {
  RecordReader reader;
  reader.add(record(ContentType::application_data, repeat(0, max_record_payload)));
  EXPECT_TRUE(reader.next().has_value());
}

TEST(HandshakeAssembler, JoinsAndSplits) {
  const Bytes first = handshake(MessageType::certificate, repeat(1, 10));
  const Bytes second = handshake(MessageType::server_hello_done, {});
  const Bytes both = join({first, second});
  HandshakeAssembler assembler;
  assembler.add(ByteView(both).first(3), 100);
  EXPECT_FALSE(assembler.next().has_value());
  EXPECT_TRUE(assembler.pending());
  EXPECT_EQ(assembler.pending_offset(), 100u);
  assembler.add(ByteView(both).subspan(3), 200);
  const auto one = assembler.next();
  const auto two = assembler.next();
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->raw, first);
  EXPECT_EQ(one->offset, 100u);
  EXPECT_EQ(two->raw, second);
  EXPECT_EQ(two->offset, 200u);
  EXPECT_FALSE(assembler.pending());
}

TEST(HandshakeAssembler, WaitsForAnAbsurdLengthWithoutTakingMemoryForIt) {
  HandshakeAssembler assembler;
  assembler.add(Bytes{11, 0xff, 0xff, 0xff, 1}, 0);
  EXPECT_FALSE(assembler.next().has_value());
  EXPECT_EQ(assembler.pending_bytes(), 5u);
  assembler.drop();
  EXPECT_FALSE(assembler.pending());
}

}  // namespace
}  // namespace ti
