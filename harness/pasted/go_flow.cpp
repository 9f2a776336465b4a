// Go's `>>> Flow 1 (client to server)` dumps, as crypto/tls keeps them in its test data: every byte that passed.
#include "pasted/format.hpp"
#include "pasted/printed_bytes.hpp"
#include "pasted/reads.hpp"

namespace ti {

bool is_go_flow(const PastedText& words) { return words.holds("(client to server)") && words.holds("Flow "); }

void read_go_flow(const PastedText& words, Pasted& pasted) {
  PrintedBytes bytes(PrintedBytes::Order::wire);
  for (std::size_t at = 0; at < words.size();) {
    const bool client = words.stands(at, "(client to server)");
    if (words[at].text == "Flow" && words[at + 1].text == "1") bytes.next_connection();
    if (is_elision(words, at)) bytes.gap();
    if (!client && !words.stands(at, "(server to client)")) {
      ++at;
      continue;
    }
    at += 3;
    bytes.add(client, read_offset_dump(words, at));
  }
  add_connections(bytes.transcripts({}), pasted);
}

}  // namespace ti
