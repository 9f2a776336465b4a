#include "pasted/printed_session.hpp"

namespace ti {

namespace {

/// The index behind `label` and its colon, blanks before which do not matter, if they begin at words[at].
std::optional<std::size_t> behind_label(const PastedText& words, std::size_t at, std::string_view label) {
  while (true) {
    const std::string_view word = words[at++].text;
    const std::size_t blank = label.find(' ');
    const std::string_view part = label.substr(0, blank);
    if (!word.starts_with(part)) return std::nullopt;
    const std::string_view rest = word.substr(part.size());
    if (blank == std::string_view::npos) {
      if (rest == ":") return at;
      return rest.empty() && words[at].text == ":" ? std::optional(at + 1) : std::nullopt;
    }
    if (!rest.empty()) return std::nullopt;
    label.remove_prefix(blank + 1);
  }
}

}  // namespace

bool read_session_field(const PastedText& words, std::size_t& at, PrintedSession& session) {
  constexpr std::size_t longest_session_id = 32;
  constexpr std::size_t longest_secret = 48;

  const auto text = [&](std::size_t& i) { return std::string(words[i++].text); };
  const auto reads = [&](std::string_view label, auto& field, auto read) {
    auto i = behind_label(words, at, label);
    if (!i) return false;
    field = read(*i);
    at = *i;
    return true;
  };
  const auto hex = [&](std::size_t longest) {
    return [&, longest](std::size_t& i) { return read_hex(words, i, longest); };
  };
  const auto dump = [&](std::size_t& i) { return read_offset_dump(words, i); };

  return reads("Protocol", session.protocol, text) || reads("Cipher", session.cipher, text) ||
         reads("Session-ID", session.session_id, hex(longest_session_id)) ||
         reads("Master-Key", session.master_key, hex(longest_secret)) ||
         reads("Resumption PSK", session.master_key, hex(longest_secret)) ||
         reads("TLS session ticket", session.ticket, dump);
}

}  // namespace ti
