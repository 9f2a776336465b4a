// Go's `>>> Flow 1 (client to server)` dumps, as crypto/tls keeps them in its test data: every byte that passed.
#include "pasted/format.hpp"
#include "pasted/printed_bytes.hpp"
#include "pasted/reads.hpp"

namespace ti {

bool is_go_flow(const PastedText& words) { return words.holds("(client to server)") && words.holds("Flow "); }

void read_go_flow(const PastedText& words, Pasted& pasted) {
  constexpr std::size_t offset_digits = 8;
  std::size_t last = 0;
  PrintedBytes bytes(PrintedBytes::Order::wire);
  for (std::size_t at = 0; at < words.size();) {
    const bool client = words.stands(at, "(client to server)");
    if (words[at].text == "Flow") {
      const std::size_t number = number_at(words[at + 1].text).value_or(0);
      if (number == 1) bytes.next_connection();
      if (number != 1 && number != last + 1) bytes.gap();
      last = number;
    }
    if (is_elision(words, at)) bytes.gap();
    if (!client && !words.stands(at, "(server to client)")) {
      ++at;
      continue;
    }
    at += 3;
    const Bytes dumped = read_offset_dump(words, at);
    while (at < words.size() && words[at].text.find('|') != std::string_view::npos) ++at;
    const bool more_rows = at < words.size() && words[at].text.size() == offset_digits && words[at].text != ">>>";
    bytes.add(client, dumped, more_rows || dumped.empty() ? 1 : 0);
  }
  add_connections(bytes.transcripts({}), pasted);
}

}  // namespace ti
