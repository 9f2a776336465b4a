#pragma once
// Text from anywhere, made fit for where it goes. Names and reasons may come from a hostile peer or results file.
#include <string>
#include <string_view>

namespace ti {

/// UTF-8 without anything that a terminal obeys or XML refuses: control characters are shown as \x1b, what is no UTF-8
/// as U+FFFD. Line breaks are shown as blanks.
std::string shown(std::string_view text);

/// For XML, as text and within quotes of either kind.
std::string xml_text(std::string_view text);

/// For a line of Markdown or a cell of its tables: neither markup nor HTML.
std::string markdown_text(std::string_view text);

/// One field of RFC 4180: in quotes where it must be. A spreadsheet takes none for a formula.
std::string csv_field(std::string_view text);

/// A path below the results as a relative reference of RFC 3986: each byte that is not plain as %XX.
std::string uri_path(std::string_view path);

}  // namespace ti
