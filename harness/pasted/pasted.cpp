#include "pasted/pasted.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "pasted/format.hpp"
#include "wire/whole_trace.hpp"

namespace ti {

namespace {

bool is_wolfssl(const PastedText& words) { return words.holds("wolfSSL Entering") || words.holds("wolfSSL Leaving"); }
bool is_schannel(const PastedText& words) { return words.holds("Schannel") && words.holds("Event"); }
bool is_nss_trace(const PastedText& words) { return words.holds("SSL[") && words.holds("handshake message"); }
bool is_dtls(const PastedText& words) { return words.holds(">>> DTLS") || words.holds("<<< DTLS"); }

/// The table. To add a format: its file, and a row. The order is that in which one that tells less gives way.
constexpr Format formats[] = {
    {"openssl s_client and s_server", is_openssl, read_openssl, "-msg"},
    {"tshark -T json, ek or pdml", is_tshark_fields, read_tshark_fields, {}},
    {"packets in hexadecimal (tcpdump -X, tshark -x)", is_packet_dump, read_packet_dump, {}},
    {"tshark -V", is_tshark_details, read_tshark_details, "tshark -T json"},
    {"Go's flow dumps", is_go_flow, read_go_flow, {}},
    {"curl -v and --trace", is_curl, read_curl, "curl --trace -"},
    {"javax.net.debug", is_jsse, read_jsse, "-Djavax.net.debug=all"},
    {"GnuTLS's debug output", is_gnutls, read_gnutls, "a capture"},
    {"mbedTLS's debug output", is_mbedtls, read_mbedtls, "debug level 4"},
    {"ssldump", is_ssldump, read_ssldump, "ssldump -AHx"},
    {"hostap's -dd", is_hostap, read_hostap, {}},
    {"FreeRADIUS -X", is_freeradius, read_freeradius, "a capture"},
    {"nginx's log", is_nginx, read_nginx, "a capture"},
    {"libssl's states (-state)", is_library_states, read_library_states, "-msg"},
    {"tshark's one-line summaries", is_tshark_lines, read_tshark_lines, "tshark -T json"},
    {"wolfSSL's debug output", is_wolfssl, nullptr, "a capture"},
    {"Schannel's events", is_schannel, nullptr, "a capture"},
    {"NSS's SSLTRACE", is_nss_trace, nullptr, "a capture"},
    {"DTLS messages", is_dtls, nullptr, {}},
};

bool is_missing(const Problem& problem) { return problem.missing != Missing::nothing; }

std::size_t doubts(const PrintedConnection& connection) {
  const auto& problems = connection.transcript.problems;
  std::size_t sealed = 0;
  for (const auto& [side, records] : connection.transcript.sealed_records) sealed += records;
  return sealed + static_cast<std::size_t>(std::count_if(problems.begin(), problems.end(), is_missing));
}

using Randoms = std::pair<std::array<std::uint8_t, 32>, std::array<std::uint8_t, 32>>;

/// What makes a TLS connection itself, however often it was printed: both hellos' randoms.
std::optional<Randoms> randoms_of(const PrintedConnection& connection) {
  Randoms randoms;
  bool client = false;
  for (const Message& message : connection.transcript.messages) {
    if (const auto* hello = message.as<ClientHello>(); hello != nullptr && !client) {
      randoms.first = hello->random;
      client = true;
    }
    if (const auto* hello = message.as<ServerHello>(); hello != nullptr && client) {
      randoms.second = hello->random;
      return randoms;
    }
  }
  return std::nullopt;
}

/// A connection that a text tells twice (of either side, or in two formats) is one: the telling that lacks least stays.
void leave_out_retold(Pasted& pasted) {
  std::map<Randoms, std::size_t> first;
  std::vector<PrintedConnection> kept;
  std::size_t again = 0;
  for (PrintedConnection& connection : pasted.connections) {
    const auto randoms = randoms_of(connection);
    const auto [found, is_new] = randoms ? first.emplace(*randoms, kept.size()) : std::pair(first.end(), true);
    if (is_new) {
      kept.push_back(std::move(connection));
      continue;
    }
    ++again;
    PrintedConnection& other = kept[found->second];
    if (doubts(connection) < doubts(other)) std::swap(connection.transcript, other.transcript);
    other.sessions.insert(other.sessions.end(), connection.sessions.begin(), connection.sessions.end());
    other.errors.insert(other.errors.end(), connection.errors.begin(), connection.errors.end());
  }
  pasted.connections = std::move(kept);
  if (again > 0)
    pasted.notes.push_back(std::to_string(again) + (again == 1 ? " connection is" : " connections are") +
                           " told twice in this text, and counted once");
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text.append(i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") += names[i];
  return text;
}

ParseError refusal(const PastedText& words) {
  std::vector<std::string> names;
  for (const Format& format : formats) names.emplace_back(format.name);
  return {"no TLS connection that can be read. Looked for what these print: " + list(names) + "; the text has " +
              std::to_string(words.size()) + " words, which begin \"" + words.snippet(0) + "\"",
          words.place(0)};
}

bool says_nothing(const Pasted& pasted) {
  return pasted.connections.empty() && pasted.capture.empty() && pasted.notes.empty();
}

/// A trace of ours that is whole tells what the tap saw.
Pasted pasted_of(CellTrace trace) {
  Pasted pasted;
  pasted.formats.emplace_back("ticket-interop's trace");
  pasted.whole_cell = trace.whole;
  pasted.said = std::move(trace.said);
  for (Transcript& transcript : trace.connections) pasted.connections.push_back({std::move(transcript), {}, {}});
  return pasted;
}

}  // namespace

Result<Pasted> read_pasted(std::string_view text) {
  if (std::optional<CellTrace> trace = read_cell_trace(text)) return pasted_of(std::move(*trace));
  const PastedText words(text);
  Pasted pasted;
  std::vector<std::string> unread;
  for (const Format& format : formats) {
    if (!format.recognise(words)) continue;
    if (format.read == nullptr) {
      unread.push_back(std::string(format.name) +
                       (format.instead.empty() ? "" : " (" + std::string(format.instead) + " would show more)"));
      continue;
    }
    pasted.formats.emplace_back(format.name);
    format.read(words, pasted);
  }
  leave_out_retold(pasted);
  if (says_nothing(pasted) && !unread.empty())
    return ParseError{"this is the text of " + list(unread) + ", which is known and not read", words.place(0)};
  if (says_nothing(pasted)) return refusal(words);
  if (std::all_of(pasted.connections.begin(), pasted.connections.end(),
                  [](const PrintedConnection& connection) { return connection.transcript.messages.empty(); }) &&
      !pasted.connections.empty())
    pasted.notes.emplace_back(
        "the text tells how connections ended, and none of their messages: s_client -msg (or s_server -msg) shows "
        "them");
  for (const std::string& name : unread) pasted.notes.push_back("not read: what is of " + name);
  return pasted;
}

}  // namespace ti
