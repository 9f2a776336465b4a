#pragma once
// JSON straight into a string: no tree in between, for what is written once per cell.
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace ti {

/// JsonWriter sets the commas; the caller pairs begin and end. Text need not be UTF-8: what is not becomes U+FFFD.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  /// The name of the member whose value comes next.
  JsonWriter& key(std::string_view name);

  JsonWriter& null() { return plain("null"); }
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool truth) { return plain(truth ? "true" : "false"); }
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) JsonWriter& value(Number number) { return plain(std::to_string(number)); }
  /// Rounded to three places; null when it is not finite.
  JsonWriter& value(double number);

  /// null for an empty text.
  JsonWriter& value_or_null(std::string_view text) { return text.empty() ? null() : value(text); }

  template <class T>
  JsonWriter& field(std::string_view name, const T& what) {
    return key(name).value(what);
  }
  JsonWriter& field_or_null(std::string_view name, std::string_view text) { return key(name).value_or_null(text); }

  /// The next value or member begins on a line of its own.
  JsonWriter& new_line();

  std::string take() { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& plain(std::string_view text);
  void separate();
  void append_string(std::string_view text);

  std::string out_;
  bool comma_due_ = false;
};

}  // namespace ti
