#pragma once
// A connection as a capture from elsewhere holds it.
#include <optional>
#include <string>
#include <vector>

#include "base/recording.hpp"

namespace ti {

/// Remark is what the reader of a capture knows of one side's bytes beside them.
struct Remark {
  Side from;
  std::size_t after_segment;  ///< number of segments recorded before what it is about
  std::string what;
  bool in_doubt;  ///< it is not certain which bytes the peer took
};

/// CaptureRecording is a recording, and what a tap never has to say of one.
struct CaptureRecording : Recording {
  std::vector<Remark> remarks;
  bool beginning_unseen = false;  ///< what stands first may follow something that was not captured
  /// The beginning of what the server answered, if it does not speak TLS: nothing of it is in the segments.
  std::optional<std::string> plain_answer;
};

}  // namespace ti
