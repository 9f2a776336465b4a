#pragma once
// Numbers of things, as people read them.
#include <string>

#include "model/results.hpp"

namespace ti {

/// "5,414"
std::string in_groups(std::size_t number);

/// "1 cell", "5,414 cells".
std::string counted(std::size_t count, const std::string& thing);

/// "12 pass, 1 fail": what there is, in the order that matters.
std::string totals_text(const Totals& totals);

}  // namespace ti
