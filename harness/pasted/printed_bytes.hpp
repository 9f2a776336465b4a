#pragma once
// Record bytes that a text prints, to transcripts.
#include <string>
#include <vector>

#include "wire/keylog.hpp"
#include "wire/transcript.hpp"

namespace ti {

/// PrintedBytes takes what one program says that it wrote and read, in order, over any number of connections. Only
/// whole records are passed on: where a text lacks bytes, its side is not read any further, and nobody is accused.
class PrintedBytes {
 public:
  /// Order::wire where the text prints what passed on the wire, and not what one side read and wrote.
  enum class Order : bool { of_a_side, wire };
  explicit PrintedBytes(Order order = Order::of_a_side) : order_(order) {}

  /// Bytes from the side that prints the text (or its peer). `missing` of those behind them are not printed.
  void add(bool own, ByteView bytes, std::size_t missing = 0);
  /// Something is left out here, of either side.
  void gap();
  /// Another connection begins.
  void next_connection();

  bool empty() const { return connections_.empty(); }

  /// The transcript of each connection. Whose text it is follows from the messages: ClientHello, ServerHello and others
  /// that only one side sends.
  std::vector<Transcript> transcripts(const KeyLog& keys) const;
  /// The random of the last connection's first ClientHello, by which a key log names it; empty if it is not there.
  Bytes client_random() const;

 private:
  struct Flow {
    Bytes pending;       ///< bytes of a record that is not whole yet
    bool begun = false;  ///< a record was seen: what stands before the first is no TLS
    bool lost = false;   ///< behind a gap
    bool protects = false;
  };
  struct Connection {
    Flow flows[2];                  ///< the peer's, its own
    std::vector<Segment> segments;  ///< from: client is the one whose text it is
    std::vector<Gap> gaps;
  };

  Connection& connection();
  void take_record(bool own, ByteView record);
  void lose(bool own, std::size_t bytes);

  Order order_;
  std::vector<Connection> connections_;
};

}  // namespace ti
