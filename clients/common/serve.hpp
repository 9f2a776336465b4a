#pragma once

#include "common/adapter.hpp"

#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string_view>

namespace ti::adapter {

/// One way to start an adapter: the whole of its arguments (one word, or "" for none) and what they make.
struct FrontDoor {
  std::string_view argument;
  std::unique_ptr<Adapter> (*make)();
};

/// The body of an adapter's main(): picks the front door by the arguments, serves stdin and stdout until the end of
/// input, and gives the exit status: 0, 1 if an answer could not be written, 89 for arguments it does not know.
int run(int argc, const char* const* argv, std::initializer_list<FrontDoor> front_doors);

/// Answers each line of `commands` with one line in `answers`, flushed. False if an answer could not be written.
bool serve(Adapter& adapter, std::istream& commands, std::ostream& answers);

}  // namespace ti::adapter
