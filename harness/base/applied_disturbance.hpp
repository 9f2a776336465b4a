#pragma once
// What the harness did to a connection on its way, as against what a scenario asked of it.
#include <cstddef>

namespace ti {

/// AppliedDisturbance counts what really was done. What was asked for and found nothing to be done to does not count.
struct AppliedDisturbance {
  std::size_t flipped = 0;    ///< messages of which a bit was changed
  std::size_t split = 0;      ///< records that were divided
  std::size_t merged = 0;     ///< records that were joined to the one before them
  std::size_t as_merged = 0;  ///< records that held several messages, or the end of one and more, as they were sent
  std::size_t delayed = 0;    ///< times that bytes were held back
  bool cut = false;           ///< both sides were closed after the message that was named
};

}  // namespace ti
