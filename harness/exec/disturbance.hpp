#pragma once
// What may be done to a connection's bytes on their way through the tap.
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/applied_disturbance.hpp"
#include "base/recording.hpp"

namespace ti {

/// Piece is written onwards in one write of its own.
struct Piece {
  Bytes bytes;
  std::chrono::nanoseconds delay{0};  ///< waited before it is written
};

enum class Cut : std::uint8_t { none, fin, reset };

struct Delivery {
  std::vector<Piece> pieces;
  Cut cut = Cut::none;  ///< how both sides are closed once the pieces are written
};

/// Disturbance belongs to one connection and sees both its directions, in the order in which bytes were read.
class Disturbance {
 public:
  virtual ~Disturbance() = default;

  /// What to write onwards now, for what `from` has just sent. It may hold bytes back.
  virtual Delivery filter(Side from, ByteView bytes) = 0;

  /// `from` has sent its last byte: what was held back goes now, before the FIN.
  virtual Delivery finish(Side from) = 0;

  /// What it has done until now.
  virtual AppliedDisturbance applied() const { return {}; }
};

/// Makes one for each connection, or none (null) for a connection to leave alone. `index` counts the tap's connections
/// from 0.
using MakeDisturbance = std::function<std::unique_ptr<Disturbance>(std::size_t index)>;

}  // namespace ti
