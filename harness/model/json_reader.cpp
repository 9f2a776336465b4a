#include "model/json_reader.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace ti {

namespace {

std::string_view describe(JsonValue::Kind kind) {
  switch (kind) {
    case JsonValue::Kind::null:
      return "null";
    case JsonValue::Kind::boolean:
      return "true or false";
    case JsonValue::Kind::number:
      return "a number";
    case JsonValue::Kind::string:
      return "a string";
    case JsonValue::Kind::array:
      return "a list [...]";
    case JsonValue::Kind::object:
      return "an object {...}";
  }
  return "";
}

std::string in_quotes(std::string_view text) { return '"' + std::string(text) + '"'; }

/// How far the parser has read: the lexer looks at most one character past a token, and a line's end belongs to its
/// line, so the last character read always stands on the token's line.
struct Progress {
  std::size_t next_line = 1;
  std::size_t line = 1;
};

class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Progress* progress) : at_(at), progress_(progress) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    progress_->line = progress_->next_line;
    if (*at_ == '\n') ++progress_->next_line;
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  Progress* progress_;
};

std::string between(const std::string& text, std::string_view begin, char end) {
  const std::size_t from = text.find(begin);
  if (from == std::string::npos) return "";
  const std::size_t start = from + begin.size();
  return text.substr(start, text.find(end, start) - start);
}

std::string plain_words(const std::string& library_message) {
  if (library_message.find("parse an empty input") != std::string::npos)  // as nlohmann 3.11.3 has it
    return "not JSON: found end of input, but a value must stand here";
  const std::string place = between(library_message, "while parsing ", '-');
  const std::string unexpected = between(library_message, "unexpected ", ';');
  const std::string unreadable = between(library_message, "- invalid ", ';');
  std::string wanted = "a value must stand here";
  if (place == "object key ") wanted = "a field's name in double quotes must stand here (and no comma before a })";
  if (place == "object separator ") wanted = "a colon must follow a field's name";
  if (place == "object ") wanted = "a comma or } must follow a field's value";
  if (place == "array ") wanted = "a comma or ] must follow an item";
  if (library_message.find("; expected end of input") != std::string::npos) wanted = "nothing may follow the last }";
  if (!unexpected.empty()) return "not JSON: found " + unexpected + ", but " + wanted;
  return "not JSON: " + (unreadable.empty() ? "unreadable text" : "invalid " + unreadable) + ", where " + wanted;
}

constexpr std::size_t deepest = 100;

}  // namespace

/// Builds the tree from the library's events.
class JsonBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  JsonBuilder(const Progress& progress, JsonValue& root) : progress_(progress), root_(root) {}

  bool null() override { return add(JsonValue::Kind::null, {}); }
  bool boolean(bool value) override { return add(JsonValue::Kind::boolean, value); }
  bool number_integer(std::int64_t value) override { return add(JsonValue::Kind::number, value); }
  bool number_unsigned(std::uint64_t value) override {
    if (std::in_range<std::int64_t>(value)) return add(JsonValue::Kind::number, static_cast<std::int64_t>(value));
    return add(JsonValue::Kind::number, static_cast<double>(value));
  }
  bool number_float(double value, const std::string&) override { return add(JsonValue::Kind::number, value); }
  bool string(std::string& value) override { return add(JsonValue::Kind::string, std::move(value)); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(JsonValue::Kind::object); }
  bool start_array(std::size_t) override { return open(JsonValue::Kind::array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    for (const JsonValue& member : stack_.back()->children_) {
      if (member.name_ == name)
        throw JsonProblem(progress_.line, in_quotes(name) + " stands here a second time; it is on line " +
                                              std::to_string(member.line_));
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    throw JsonProblem(progress_.line, plain_words(error.what()));
  }

 private:
  template <class Scalar>
  bool add(JsonValue::Kind kind, Scalar&& scalar) {
    place(kind).scalar_ = std::forward<Scalar>(scalar);
    return true;
  }
  bool add(JsonValue::Kind kind, std::monostate) {
    place(kind);
    return true;
  }

  bool open(JsonValue::Kind kind) {
    if (stack_.size() == deepest) throw JsonProblem(progress_.line, "nested too deeply");
    JsonValue& value = place(kind);
    stack_.push_back(&value);
    return true;
  }

  bool close() {
    stack_.pop_back();
    return true;
  }

  JsonValue& place(JsonValue::Kind kind) {
    JsonValue* value = &root_;
    if (stack_.empty()) {
      value->name_ = "the file";
    } else {
      JsonValue& parent = *stack_.back();
      value = &parent.children_.emplace_back();
      value->name_ = parent.kind_ == JsonValue::Kind::object ? std::move(key_) : parent.name_;
    }
    value->kind_ = kind;
    value->line_ = progress_.line;
    return *value;
  }

  const Progress& progress_;
  JsonValue& root_;
  std::vector<JsonValue*> stack_;
  std::string key_;
};

void JsonValue::fail(const std::string& what) const { throw JsonProblem(line_, what); }

namespace {

void expect_kind(const JsonValue& value, JsonValue::Kind wanted) {
  if (value.kind() == wanted) return;
  value.fail(in_quotes(value.name()) + " must be " + std::string(describe(wanted)) + ", found " +
             std::string(describe(value.kind())));
}

}  // namespace

const std::string& JsonValue::string() const {
  expect_kind(*this, Kind::string);
  return std::get<std::string>(scalar_);
}

bool JsonValue::boolean() const {
  expect_kind(*this, Kind::boolean);
  return std::get<bool>(scalar_);
}

double JsonValue::number() const {
  expect_kind(*this, Kind::number);
  const auto* whole = std::get_if<std::int64_t>(&scalar_);
  return whole ? static_cast<double>(*whole) : std::get<double>(scalar_);
}

std::int64_t JsonValue::integer() const {
  expect_kind(*this, Kind::number);
  const auto* whole = std::get_if<std::int64_t>(&scalar_);
  if (!whole) fail(in_quotes(name_) + " must be a whole number");
  return *whole;
}

std::size_t JsonValue::count() const {
  const std::int64_t value = integer();
  if (value < 0) fail(in_quotes(name_) + " must not be negative, found " + std::to_string(value));
  return static_cast<std::size_t>(value);
}

const std::vector<JsonValue>& JsonValue::items() const {
  expect_kind(*this, Kind::array);
  return children_;
}

const std::vector<JsonValue>& JsonValue::members() const {
  expect_kind(*this, Kind::object);
  return children_;
}

std::vector<std::string> JsonValue::strings() const {
  std::vector<std::string> texts;
  for (const JsonValue& item : items()) texts.push_back(item.string());
  return texts;
}

std::size_t JsonValue::word(std::initializer_list<std::string_view> words) const {
  const auto found = std::find(words.begin(), words.end(), string());
  if (found == words.end())
    fail(in_quotes(name_) + " may be " + one_of({words.begin(), words.end()}) + ", found " + in_quotes(string()));
  return static_cast<std::size_t>(found - words.begin());
}

const JsonValue* JsonValue::find(std::string_view name) const {
  const auto found =
      std::find_if(members().begin(), members().end(), [&](const JsonValue& m) { return m.name_ == name; });
  return found == members().end() ? nullptr : &*found;
}

const JsonValue& JsonValue::at(std::string_view name) const {
  const JsonValue* member = find(name);
  if (!member) fail(in_quotes(name) + " is missing in " + (name_ == "the file" ? name_ : in_quotes(name_)));
  return *member;
}

JsonValue JsonValue::with_strings(const std::function<std::string(const std::string&)>& change) const {
  JsonValue changed = *this;
  if (kind_ == Kind::string) changed.scalar_ = change(std::get<std::string>(scalar_));
  for (JsonValue& child : changed.children_) child = child.with_strings(change);
  return changed;
}

void JsonValue::check_word(const std::string& word, const std::vector<std::string>& words,
                           std::string_view what) const {
  if (std::find(words.begin(), words.end(), word) != words.end()) return;
  fail("no " + std::string(what) + " is called " + in_quotes(word) + ":" + did_you_mean(word, words) + " It may be " +
       one_of(words));
}

void JsonValue::allow(const std::vector<std::string>& names) const {
  for (const JsonValue& member : members()) {
    const auto matches = [&](const std::string& name) { return glob_match(name, member.name_); };
    if (std::any_of(names.begin(), names.end(), matches)) continue;
    const std::string guess = did_you_mean(member.name_, names);
    member.fail("unknown field " + in_quotes(member.name_) + " in " + (name_ == "the file" ? name_ : in_quotes(name_)) +
                ":" + (guess.empty() ? "" : guess + " It may be") + (guess.empty() ? " it may be " : " ") +
                one_of(names));
  }
}

Result<JsonValue> parse_json(std::string_view text, const std::string& where) {
  Progress progress;
  JsonValue root;
  JsonBuilder builder(progress, root);
  try {
    nlohmann::json::sax_parse(CountingIterator(text.data(), &progress),
                              CountingIterator(text.data() + text.size(), &progress), &builder,
                              nlohmann::json::input_format_t::json, true, true);
  } catch (const JsonProblem& problem) {
    return ParseError{problem.what(), where + ":" + std::to_string(problem.line)};
  }
  return root;
}

std::string one_of(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += in_quotes(words[i]);
  }
  return text;
}

}  // namespace ti
