#pragma once
// The "connect" and "expect" objects of a step.
#include "model/json_reader.hpp"
#include "model/scenario.hpp"

namespace ti {

Connect read_connect(const JsonValue& value);

/// The fields of `value` laid over `base`: a field that is there replaces, one that is not leaves what was.
Expect read_expect(const JsonValue& value, Expect base);

}  // namespace ti
