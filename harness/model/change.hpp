#pragma once
// One verdict against an earlier one of the same cell.
#include <cstdint>
#include <string>
#include <string_view>

#include "model/results.hpp"

namespace ti {

/// How a cell ended now, against how it ended before. `none`: a fail with the same fault and rule is none.
enum class ChangeKind : std::uint8_t {
  none,
  new_failure,      ///< it fails and did not
  changed_reason,   ///< it fails by another's fault or another rule
  not_judged,       ///< error or inconclusive, and was not
  lost_capability,  ///< unsupported, and was not
  fixed,            ///< it passes, and failed
  other,            ///< it can be judged, or run, and could not
  appeared,
  disappeared,
};
std::string_view name(ChangeKind kind);

/// "pass", "fail client expect-offered".
std::string in_words(const BaselineVerdict& verdict);

ChangeKind change_between(const BaselineVerdict& before, const BaselineVerdict& now);

}  // namespace ti
