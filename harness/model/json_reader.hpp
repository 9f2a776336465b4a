#pragma once
// JSON as people write it: // comments, no unknown fields, and errors that name file and line.
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace ti {

/// JsonProblem is what the accessors of JsonValue throw; read_json() turns it into a ParseError. It does not leave the
/// parsers.
struct JsonProblem : std::runtime_error {
  JsonProblem(std::size_t line, const std::string& what) : std::runtime_error(what), line(line) {}
  std::size_t line;
};

/// JsonValue is one value with its name and line, so that whoever finds it wrong can say where it stands.
class JsonValue {
 public:
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

  /// The field's name; for the items of a list, the list's name.
  const std::string& name() const { return name_; }
  std::size_t line() const { return line_; }
  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }

  /// Throws a JsonProblem with this value's line.
  [[noreturn]] void fail(const std::string& what) const;

  /// The value as the kind it must have; another kind is a problem that says both.
  const std::string& string() const;
  bool boolean() const;
  double number() const;
  std::int64_t integer() const;
  std::size_t count() const;  ///< an integer that is not negative
  const std::vector<JsonValue>& items() const;
  const std::vector<JsonValue>& members() const;
  std::vector<std::string> strings() const;

  /// The string's place among `words`; another word is a problem that names them all.
  std::size_t word(std::initializer_list<std::string_view> words) const;

  /// A problem of this value unless `word`, which it holds or bears, is one of `words`: "no <what> is called ...".
  void check_word(const std::string& word, const std::vector<std::string>& words, std::string_view what) const;

  /// A member of this object, or nullptr.
  const JsonValue* find(std::string_view name) const;
  /// A member that must be there.
  const JsonValue& at(std::string_view name) const;

  /// This value with each string in it, fields' names apart, as `change` gives it.
  JsonValue with_strings(const std::function<std::string(const std::string&)>& change) const;

  /// Every member must bear one of these names; one that ends in * stands for all that begin so.
  void allow(const std::vector<std::string>& names) const;

 private:
  friend class JsonBuilder;

  std::string name_;
  std::size_t line_ = 1;
  Kind kind_ = Kind::null;
  std::variant<std::monostate, bool, std::int64_t, double, std::string> scalar_;
  std::vector<JsonValue> children_;
};

/// The whole document, called "the file" in errors.
Result<JsonValue> parse_json(std::string_view text, const std::string& where);

/// Parses a document and hands it to `read`; a JsonProblem that it throws becomes an error at `where`:line.
template <class Read>
auto read_json(std::string_view text, const std::string& where, Read read)
    -> Result<decltype(read(std::declval<const JsonValue&>()))> {
  const Result<JsonValue> document = parse_json(text, where);
  if (!document) return document.error();
  try {
    return read(*document);
  } catch (const JsonProblem& problem) {
    return ParseError{problem.what(), where + ":" + std::to_string(problem.line)};
  }
}

/// "a", "b" or "c"
std::string one_of(const std::vector<std::string>& words);

}  // namespace ti
