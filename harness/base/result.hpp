#pragma once
// How parsers answer: a value, or an error that says where.
#include <boost/system/result.hpp>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace ti {

/// ParseError says what was found wrong and where, for a person who has the input before them.
struct ParseError {
  std::string what;        ///< one sentence, without the place
  std::string where = {};  ///< file, or file:line, or name of the structure; may be empty
  std::size_t offset = 0;  ///< bytes from the start of the input or structure

  std::string text() const { return where.empty() ? what : where + ": " + what; }
};

/// Called by boost::system::result when value() is asked of an error: a bug of the caller's, made visible.
[[noreturn]] inline void throw_exception_from_error(const ParseError& error, const boost::source_location&) {
  throw std::runtime_error(error.text());
}

template <class T>
using Result = boost::system::result<T, ParseError>;

}  // namespace ti
