// mbedTLS's debug output: at level 4 every record is dumped.
#include "pasted/format.hpp"
#include "pasted/named_messages.hpp"
#include "pasted/printed_bytes.hpp"
#include "pasted/reads.hpp"

namespace ti {

namespace {

constexpr std::string_view incoming = "dumping 'input record from network' (";
constexpr std::string_view outgoing = "dumping 'output record sent to network' (";
constexpr std::size_t words_before_length = 6;

}  // namespace

bool is_mbedtls(const PastedText& words) {
  return words.holds("record from network'") || words.holds("handshake client step") || words.holds("=> handshake") ||
         words.holds("=> write client hello") || words.holds("=> parse server hello") || words.holds("client state: ");
}

void read_mbedtls(const PastedText& words, Pasted& pasted) {
  PrintedBytes bytes;
  for (std::size_t at = 0; at < words.size();) {
    const bool own = words.stands(at, outgoing);
    if (is_elision(words, at)) bytes.gap();
    if (!own && !words.stands(at, incoming)) {
      ++at;
      continue;
    }
    at += own ? words_before_length : words_before_length - 1;
    const std::string_view length = words[at].text.substr(std::min<std::size_t>(1, words[at].text.size()));
    const std::size_t declared = number_at(length).value_or(0);
    while (at < words.size() && !is_offset_dump(words, at) && !words.stands(at, "dumping")) ++at;
    const Bytes dumped = read_offset_dump(words, at, declared);
    bytes.add(own, dumped, declared - dumped.size());
  }
  if (bytes.empty()) {
    pasted.notes.emplace_back("mbedTLS prints what passed only from debug level 4 on (mbedtls_debug_set_threshold(4))");
    return;
  }
  add_connections(bytes.transcripts({}), pasted);
}

}  // namespace ti
