#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ti::adapter {

/// Two lower-case digits for each byte.
std::string to_hex(std::string_view bytes);

/// RFC 4648 section 4, padded, without line breaks.
std::string to_base64(std::string_view bytes);

/// The bytes, or nothing if `text` is not what to_base64 would have written.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace ti::adapter
