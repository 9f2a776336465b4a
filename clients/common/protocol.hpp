#pragma once

#include "common/adapter.hpp"

#include <string>
#include <string_view>

namespace ti::adapter {

/// The line protocol of clients/PROTOCOL.md for one adapter, without any input or output: a line in, a line out.
class Conversation {
 public:
  /// `adapter` must outlive the conversation.
  explicit Conversation(Adapter& adapter);

  /// The answer, without a newline. Never throws what the adapter may throw by its contract.
  std::string answer(std::string_view line);

 private:
  Adapter& adapter_;
  bool configured_ = false;
};

}  // namespace ti::adapter
