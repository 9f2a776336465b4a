// No file and no function is longer than a reader holds in mind (CONTRIBUTING.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "sources.hpp"

namespace ti {
namespace {

using sources::sources_below;
using sources::text_of;

constexpr std::size_t most_lines = 600;           // of a file
constexpr std::size_t most_lines_of_a_body = 80;  // of a function

std::size_t lines_of(const std::string& source) {
  return static_cast<std::size_t>(std::count(source.begin(), source.end(), '\n'));
}

/// Whether a line as clang-format leaves it opens the body of a function: of a namespace or of a class, not of another.
bool opens_body(const std::string& line) {
  const std::size_t indent = line.find_first_not_of(' ');
  if (indent == line.npos || indent > 2 || !line.ends_with("{")) return false;
  for (const char* other : {"namespace", "struct ", "class ", "union ", "enum ", "extern "})
    if (line.compare(indent, std::string(other).size(), other) == 0) return false;
  return line.find(" = ") == line.npos && !line.ends_with("={") && line.find(')') != line.npos;
}

/// How long the longest body of a source is, its first and last line included.
std::size_t longest_body(const std::string& source) {
  std::size_t longest = 0;
  std::size_t number = 0;
  std::optional<std::size_t> opened;
  std::string end;
  std::istringstream lines(source);
  for (std::string line; std::getline(lines, line); ++number) {
    if (!opened && opens_body(line)) {
      opened = number;
      end = std::string(line.find_first_not_of(' '), ' ') + "}";
    } else if (opened && line.starts_with(end)) {
      longest = std::max(longest, number - *opened + 1);
      opened.reset();
    }
  }
  return longest;
}

std::string body_of(std::size_t lines, const std::string& head) {
  std::string source = head + "\n";
  for (std::size_t line = 2; line < lines; ++line) source += "    work();\n";
  const std::size_t indent = head.find_first_not_of(' ');
  return source + std::string(indent, ' ') + "}\n";
}

TEST(Size, ABodyIsMeasured) {
  EXPECT_EQ(longest_body(body_of(80, "void f() {")), 80U);
  EXPECT_EQ(longest_body("class A {\n" + body_of(81, "  int f() const {") + "};\n"), 81U);
  EXPECT_EQ(longest_body(body_of(5, "void f() {") + body_of(9, "TEST(A, b) {") + body_of(7, "void g() {")), 9U);
  EXPECT_EQ(longest_body(body_of(90, "namespace ti {")), 0U);
  EXPECT_EQ(longest_body(body_of(90, "constexpr int table[] = {")), 0U);
}

TEST(Size, NoFunctionIsTooLongToRead) {
  for (const char* folder : {"harness", "clients", "servers"})
    for (const std::filesystem::path& file : sources_below(folder))
      EXPECT_LE(longest_body(text_of(file)), most_lines_of_a_body) << file;
}

TEST(Size, NoFileIsTooLongToRead) {
  for (const char* folder : {"harness", "clients", "servers", "tests"})
    for (const std::filesystem::path& file : sources_below(folder))
      EXPECT_LE(lines_of(text_of(file)), most_lines) << file;
}

}  // namespace
}  // namespace ti
