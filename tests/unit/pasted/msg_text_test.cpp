#include "pasted/pasted.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "where/where.hpp"
#include "wire/trace.hpp"

namespace ti {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Connections = std::vector<PrintedConnection>;

std::string golden(const std::string& name) {
  std::ifstream file(where::source() / "tests/golden" / name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::string& seed() {
  static const std::string text = golden("seed/renewal-report-2012.txt");
  return text;
}

constexpr const char* no_hello = "the text begins behind the ClientHello";

/// Most of the texts here are pieces: that they begin behind the ClientHello is another test's.
Connections parse(std::string_view text) {
  auto pasted = read_pasted(text);
  EXPECT_TRUE(pasted) << (pasted ? "" : pasted.error().text());
  if (!pasted) return {};
  for (PrintedConnection& connection : pasted->connections)
    std::erase_if(connection.transcript.problems, [](const Problem& problem) { return problem.what == no_hello; });
  return pasted->connections;
}

std::string error_of(std::string_view text) {
  const auto pasted = read_pasted(text);
  return pasted ? "no error" : pasted.error().text();
}

/// All that matters of what was read, a line a thing.
std::string story(const Connections& connections) {
  std::string text;
  for (const PrintedConnection& connection : connections) {
    const Transcript& transcript = connection.transcript;
    text += "connection " + std::string(name(transcript.version)) + " " + std::to_string(transcript.suite) + "\n";
    for (const Message& message : transcript.messages)
      text += std::string(name(message.from)) + " " + std::string(name(message.type)) + " " +
              std::to_string(message.bytes) + (message.protection == Protection::opened ? " opened " : " ") +
              std::to_string(message.body.index()) + " " + to_hex(message.raw) + "\n";
    for (const Problem& problem : transcript.problems) text += "problem " + problem.what + "\n";
    for (const PrintedSession& session : connection.sessions)
      text += "session " + session.protocol + " " + session.cipher + (session.reused ? " reused " : " ") +
              to_hex(session.session_id) + " " + to_hex(session.master_key) + " " + to_hex(session.ticket) + "\n";
    for (const std::string& error : connection.errors) text += error + "\n";
  }
  return text;
}

std::vector<std::string> types(const Transcript& transcript) {
  std::vector<std::string> types;
  for (const Message& message : transcript.messages)
    types.push_back(std::string(message.from == Side::client ? "> " : "< ") + std::string(name(message.type)));
  return types;
}

template <class T>
const T& body(const Transcript& transcript, std::size_t index) {
  return std::get<T>(transcript.messages.at(index).body);
}

std::string with_line_breaks(const std::string& text, std::size_t width) {
  std::string wrapped;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n", i), text.size());
    if (column > 0 && column + end - i > width) {
      wrapped.back() = '\n';
      column = 0;
    }
    wrapped += text.substr(i, end - i) + " ";
    column += end - i + 1;
    i = end + 1;
  }
  return wrapped;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

const std::string server_hello =
    "<<< TLS 1.2, Handshake [length 0030], ServerHello\n"
    "    02 00 00 2c 03 03 00 01 02 03 04 05 06 07 08 09\n"
    "    0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19\n"
    "    1a 1b 1c 1d 1e 1f 00 c0 2f 00 00 04 00 23 00 00\n";

TEST(MsgTextSeed, first_run_gave_no_messages_but_an_end_state) {
  const Connections runs = parse(seed());
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_THAT(runs[0].transcript.messages, IsEmpty());
  ASSERT_THAT(runs[0].sessions, SizeIs(1));
  const PrintedSession& session = runs[0].sessions[0];
  EXPECT_EQ(session.protocol, "TLSv1");
  EXPECT_EQ(session.cipher, "DHE-RSA-AES256-SHA");
  EXPECT_FALSE(session.reused);
  EXPECT_EQ(to_hex(session.session_id), "f502ae12e3b1c1b637c8c27551f7349f1ed286f85d4adf539ce864ed175df559");
  EXPECT_THAT(session.master_key, SizeIs(48));
  EXPECT_THAT(session.ticket, SizeIs(160));
  EXPECT_THAT(to_hex(session.ticket), EndsWith("c88b12722e5b1193935b296b070145bd"));
}

TEST(MsgTextSeed, second_run_tells_the_true_story) {
  const Connections runs = parse(seed());
  ASSERT_THAT(runs, SizeIs(2));
  const Transcript& transcript = runs[1].transcript;
  EXPECT_EQ(transcript.vantage, Vantage::client_callback);
  EXPECT_EQ(transcript.version, Version::tls10);
  EXPECT_EQ(transcript.suite, 0x0039);
  EXPECT_THAT(transcript.problems, IsEmpty());
  EXPECT_THAT(types(transcript),
              ElementsAre("> ClientHello", "< ServerHello", "< NewSessionTicket", "< ChangeCipherSpec", "< Finished",
                          "> ChangeCipherSpec", "> Finished", "> ClientHello", "< NewSessionTicket", "> Alert"));

  EXPECT_EQ(*body<ClientHello>(transcript, 0).offered(), runs[0].sessions[0].ticket);
  EXPECT_TRUE(body<ServerHello>(transcript, 1).ticket_promised);
  EXPECT_EQ(body<NewSessionTicket>(transcript, 2).ticket, runs[1].sessions.at(0).ticket);
  EXPECT_EQ(transcript.messages[2].protection, Protection::none);
  EXPECT_EQ(transcript.messages[4].protection, Protection::opened);
  EXPECT_EQ(body<ClientHello>(transcript, 7).ticket, Bytes());
  EXPECT_NE(body<NewSessionTicket>(transcript, 8).ticket, body<NewSessionTicket>(transcript, 2).ticket);
  EXPECT_EQ(body<Alert>(transcript, 9).level, 2);
  EXPECT_EQ(body<Alert>(transcript, 9).description, alert_unexpected_message);
  EXPECT_EQ(transcript.messages[9].raw, (Bytes{2, 10}));

  EXPECT_TRUE(runs[1].sessions[0].reused);
  EXPECT_THAT(runs[1].errors, ElementsAre("error:14092072:SSL routines:SSL3_GET_SERVER_HELLO:bad message "
                                          "type:s3_clnt.c:862"))
      << "the error in the server's log is not the client's";
}

TEST(MsgTextSeed, mail_programs_change_nothing) {
  const std::string plain = story(parse(seed()));
  for (const std::size_t width : {18u, 40u, 72u, 100u}) {
    const std::string wrapped = with_line_breaks(seed(), width);
    for (const std::string quote : {"", "> ", ">", ">>", ">> ", "> > > ", ">>>", ">>> ", "\t> "})
      EXPECT_TRUE(story(parse(quote + replaced(wrapped, "\n", "\n" + quote))) == plain) << quote << width;
    EXPECT_TRUE(story(parse(replaced(wrapped, "\n", "\r\n"))) == plain);
    EXPECT_TRUE(story(parse(replaced(wrapped, " ", "\t"))) == plain);
    EXPECT_TRUE(story(parse(replaced(wrapped, " ", "\xc2\xa0"))) == plain);
    const std::string html = replaced(replaced(replaced(wrapped, "&", "&amp;"), ">", "&gt;"), "<", "&lt;");
    EXPECT_TRUE(story(parse(replaced(html, "'", "&#39;"))) == plain);
    EXPECT_TRUE(story(parse("> " + replaced(replaced(html, "'", "&#x27;"), "\n", "\n> "))) == plain);
  }
}

TEST(MsgTextSeed, quoting_by_bars_and_names_changes_nothing) {
  const std::string plain = story(parse(seed()));
  const std::string wrapped = with_line_breaks(seed(), 72);
  for (const std::string quote : {"| ", "JD> ", "JD>> ", "> JD> ", "| > ", "  | "})
    EXPECT_TRUE(story(parse(quote + replaced(wrapped, "\n", "\n" + quote))) == plain) << quote;
}

std::string hard_wrapped(const std::string& text, std::size_t width) {
  std::string wrapped;
  for (std::size_t at = 0; at < text.size(); at += width) wrapped += text.substr(at, width) + "\n";
  return wrapped;
}

TEST(MsgTextSeed, lines_broken_amid_words_are_joined) {
  const std::string plain = story(parse(seed()));
  for (const std::size_t width : {60u, 72u, 73u, 80u, 200u}) {
    const std::string wrapped = hard_wrapped(seed(), width);
    EXPECT_TRUE(story(parse(wrapped)) == plain) << width;
    const Connections quoted = parse("| " + replaced(wrapped, "\n", "\r\n| "));
    const auto& problems = quoted.back().transcript.problems;
    EXPECT_TRUE(story(quoted) == plain || (!problems.empty() && problems[0].missing == Missing::messages))
        << "an arrow that begins a line looks like quoting: " << width;
  }
}

TEST(MsgTextSeed, quoted_printable_is_read) {
  const std::string plain = story(parse(seed()));
  std::string encoded = replaced(replaced(seed(), "=", "=3D"), ">", "=3E");
  EXPECT_TRUE(story(parse(encoded)) == plain);
  EXPECT_TRUE(story(parse(replaced(hard_wrapped(replaced(seed(), "=", "=3D"), 75), "\n", "=\n"))) == plain)
      << "a soft break may even split an escape, though none should";
  encoded.clear();
  for (std::size_t at = 0; at < seed().size(); at += 60)
    encoded += replaced(seed().substr(at, 60), "=", "=3D") + "=\r\n";
  EXPECT_TRUE(story(parse(encoded)) == plain);
  EXPECT_TRUE(story(parse(replaced(with_line_breaks(seed(), 60), "=", "=3D"))) == plain);
}

TEST(MsgTextSeed, a_dump_with_a_piece_elided_still_has_its_type) {
  const std::string dump = "02 00 00 ";
  const std::size_t hello = seed().find("ServerHello " + dump);
  ASSERT_NE(hello, seed().npos);
  std::string elided = seed();
  elided.replace(hello + 30, 90, "[...] ");
  const Transcript transcript = parse(elided).at(1).transcript;
  EXPECT_EQ(types(transcript), types(parse(seed()).at(1).transcript));
  EXPECT_EQ(transcript.version, Version::tls10) << "as the text says of the messages that follow";
  ASSERT_THAT(transcript.problems, SizeIs(1));
  EXPECT_EQ(transcript.problems[0].before_message, 1u);
  EXPECT_EQ(transcript.problems[0].missing, Missing::content);
  EXPECT_FALSE(transcript.problems[0].malformed);
}

TEST(MsgText, a_header_that_cannot_be_read_hides_a_message) {
  const Transcript transcript =
      parse(server_hello + "<<< TLS\n> 1.2, Hand shake or so [length 0010], Fin\n").at(0).transcript;
  EXPECT_THAT(types(transcript), ElementsAre("< ServerHello"));
  EXPECT_EQ(transcript.problems.at(0).missing, Missing::messages);
  EXPECT_EQ(transcript.problems.at(0).before_message, 1u);
}

TEST(MsgText, bytes_without_a_header_hide_a_message) {
  const std::string rows = server_hello.substr(server_hello.find('\n'));
  const Transcript transcript = parse("CONNECTED(00000003)" + rows + server_hello).at(0).transcript;
  EXPECT_EQ(transcript.problems.at(0).missing, Missing::messages);
  EXPECT_EQ(transcript.problems.at(0).before_message, 0u);
}

TEST(MsgText, a_client_hello_that_cannot_be_read_begins_no_connection) {
  std::string text = seed();
  text.replace(text.rfind("ClientHello 01 00 00 e9") + 40, 60, "[...] ");
  EXPECT_THAT(parse(text), SizeIs(2));
}

TEST(MsgText, a_row_that_is_missing_does_not_change_the_type) {
  std::string first_row_lost = server_hello;
  first_row_lost.erase(50, 52);
  const Transcript transcript = parse(first_row_lost).at(0).transcript;
  EXPECT_THAT(types(transcript), ElementsAre("< ServerHello"));
  ASSERT_THAT(transcript.problems, SizeIs(1));
  EXPECT_EQ(transcript.problems[0].missing, Missing::content);
}

TEST(MsgText, an_alert_whose_bytes_are_missing_is_still_one) {
  const Transcript transcript = parse("<<< TLS 1.2, Alert [length 0002], fatal unexpected_message").at(0).transcript;
  EXPECT_THAT(types(transcript), ElementsAre("< Alert"));
  EXPECT_EQ(transcript.messages[0].as<Alert>(), nullptr);
  EXPECT_EQ(transcript.problems.at(0).missing, Missing::content);
}

TEST(MsgText, what_is_missing_of_a_message_that_nobody_looks_into_matters_not) {
  const Transcript transcript =
      parse(server_hello + "<<< TLS 1.2, Handshake [length 0300], Certificate\n    0b 00 02 fc [...]\n")
          .at(0)
          .transcript;
  EXPECT_THAT(types(transcript), ElementsAre("< ServerHello", "< Certificate"));
  EXPECT_EQ(transcript.problems.at(0).missing, Missing::nothing);
}

TEST(MsgText, a_message_that_the_client_refused_is_missed) {
  const Connections runs = parse(golden("msg_text/openssl-3.0-msg-double-ticket.txt"));
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_THAT(runs[0].transcript.problems, IsEmpty());
  ASSERT_THAT(runs[1].transcript.problems, SizeIs(1));
  const Problem& problem = runs[1].transcript.problems[0];
  EXPECT_EQ(problem.from, Side::server);
  EXPECT_EQ(problem.before_message, runs[1].transcript.messages.size() - 1);
  EXPECT_THAT(problem.what, HasSubstr("nothing is printed of a record of 244 bytes"));
  EXPECT_EQ(problem.missing, Missing::messages);
}

TEST(MsgText, openssl_3_msg_of_tls_1_2) {
  const Connections runs = parse(golden("msg_text/openssl-3.0-msg-tls1_2.txt"));
  ASSERT_THAT(runs, SizeIs(2));
  const Transcript& full = runs[0].transcript;
  EXPECT_THAT(types(full), ElementsAre("> ClientHello", "< ServerHello", "< Certificate", "< ServerKeyExchange",
                                       "< ServerHelloDone", "> ClientKeyExchange", "> ChangeCipherSpec", "> Finished",
                                       "< NewSessionTicket", "< ChangeCipherSpec", "< Finished", "< Alert", "> Alert"));
  EXPECT_EQ(full.version, Version::tls12);
  EXPECT_EQ(body<NewSessionTicket>(full, 8).lifetime, 7200u);
  EXPECT_EQ(body<NewSessionTicket>(full, 8).ticket, runs[0].sessions.at(0).ticket);
  EXPECT_EQ(full.messages[0].record_version, 0x0301);
  EXPECT_EQ(full.messages[1].record_version, 0x0303);
  EXPECT_EQ(full.messages[2].offset, 5 + full.messages[1].bytes) << "the record of the ServerHello stands before it";
  EXPECT_EQ(*body<ClientHello>(runs[1].transcript, 0).offered(), runs[0].sessions.at(0).ticket);
  EXPECT_TRUE(runs[1].sessions.at(0).reused);
}

TEST(MsgText, openssl_3_msg_of_tls_1_3) {
  const Connections runs = parse(golden("msg_text/openssl-3.0-msg-tls1_3.txt"));
  ASSERT_THAT(runs, SizeIs(2));
  const Transcript& resumed = runs[1].transcript;
  EXPECT_THAT(types(resumed),
              ElementsAre("> ClientHello", "< ServerHello", "< ChangeCipherSpec", "< EncryptedExtensions", "< Finished",
                          "> ChangeCipherSpec", "> Finished", "< NewSessionTicket", "< Alert", "> Alert"));
  EXPECT_EQ(resumed.version, Version::tls13);
  EXPECT_EQ(*body<ClientHello>(resumed, 0).offered(), runs[0].sessions.at(1).ticket);
  EXPECT_EQ(body<ServerHello>(resumed, 1).selected_psk, 0);
  EXPECT_EQ(resumed.messages[1].protection, Protection::none);
  EXPECT_EQ(resumed.messages[2].protection, Protection::none);
  EXPECT_EQ(resumed.messages[3].protection, Protection::opened);
  EXPECT_EQ(body<NewSessionTicket>(resumed, 7).ticket, runs[1].sessions.at(0).ticket);
  EXPECT_THAT(runs[1].sessions.at(0).master_key, SizeIs(48)) << "the resumption PSK";
}

TEST(MsgText, trace_tells_what_msg_tells) {
  for (const std::string version : {"tls1_2", "tls1_3"}) {
    const Connections msg = parse(golden("msg_text/openssl-3.0-msg-" + version + ".txt"));
    const Connections trace = parse(golden("msg_text/openssl-3.0-trace-" + version + ".txt"));
    ASSERT_EQ(trace.size(), msg.size());
    for (std::size_t i = 0; i < msg.size(); ++i) {
      const Transcript& traced = trace[i].transcript;
      EXPECT_EQ(types(traced), types(msg[i].transcript));
      EXPECT_EQ(traced.version, msg[i].transcript.version);
      EXPECT_EQ(traced.suite, msg[i].transcript.suite);
      EXPECT_THAT(traced.problems, IsEmpty());
      for (std::size_t j = 0; j < traced.messages.size(); ++j) {
        EXPECT_EQ(traced.messages[j].protection, msg[i].transcript.messages[j].protection);
        EXPECT_EQ(traced.messages[j].body.index(), msg[i].transcript.messages[j].body.index());
      }
      EXPECT_EQ(body<ClientHello>(traced, 0).extensions.size(),
                body<ClientHello>(msg[i].transcript, 0).extensions.size());
      EXPECT_EQ(body<ClientHello>(traced, 0).suites, body<ClientHello>(msg[i].transcript, 0).suites);
      EXPECT_EQ(body<ClientHello>(traced, 0).versions, body<ClientHello>(msg[i].transcript, 0).versions);
      EXPECT_EQ(body<ClientHello>(traced, 0).psk_modes, body<ClientHello>(msg[i].transcript, 0).psk_modes);
      EXPECT_EQ(body<ClientHello>(traced, 0).server_name, "localhost");
    }
    EXPECT_EQ(*body<ClientHello>(trace[1].transcript, 0).offered(), trace[0].sessions.back().ticket);
  }
}

TEST(MsgText, trace_gives_tickets_session_ids_and_alerts) {
  const Transcript old = parse(golden("msg_text/openssl-3.0-trace-tls1_2.txt")).at(0).transcript;
  EXPECT_TRUE(body<ServerHello>(old, 1).ticket_promised);
  EXPECT_EQ(body<NewSessionTicket>(old, 8).lifetime, 7200u);
  EXPECT_THAT(body<NewSessionTicket>(old, 8).ticket, SizeIs(176));
  EXPECT_EQ(old.messages[8].bytes, 186u);
  EXPECT_THAT(old.messages[8].raw, IsEmpty()) << "its bytes are not printed";
  EXPECT_EQ(body<Alert>(old, 12).description, alert_close_notify);

  const Connections runs = parse(golden("msg_text/openssl-3.0-trace-tls1_3.txt"));
  const auto& ticket = body<NewSessionTicket>(runs.at(0).transcript, 9);
  EXPECT_EQ(ticket.ticket, runs[0].sessions.at(0).ticket);
  EXPECT_THAT(ticket.nonce, SizeIs(8));
  EXPECT_TRUE(ticket.age_add);
  EXPECT_EQ(body<ServerHello>(runs.at(1).transcript, 1).session_id,
            body<ClientHello>(runs[1].transcript, 0).session_id);
}

TEST(MsgText, a_line_that_is_missing_in_a_trace_is_noticed) {
  const std::string text = golden("msg_text/openssl-3.0-trace-tls1_2.txt");
  const auto missing = [&](const std::string& line) {
    std::string less = text;
    less.erase(less.find(line), line.size());
    const auto problems = parse(less).at(0).transcript.problems;
    return problems.empty() ? Missing::nothing : problems[0].missing;
  };
  EXPECT_EQ(missing("        extension_type=session_ticket(35), length=0\n"), Missing::content);
  EXPECT_EQ(missing("    NewSessionTicket, Length=182\n"), Missing::messages);
  EXPECT_EQ(missing("Received Record\n"), Missing::messages);
  EXPECT_EQ(missing("  Content Type = Alert (21)\n"), Missing::messages);
}

TEST(MsgText, joined_trace_reads_the_same) {
  const std::string text = golden("msg_text/openssl-3.0-trace-tls1_3.txt");
  EXPECT_EQ(story(parse(replaced(text, "\n", " "))), story(parse(text)));
}

TEST(MsgText, a_dump_that_is_cut_is_a_problem_not_the_peers) {
  const std::string text = "\n" + server_hello.substr(0, server_hello.size() - 10) + "\n\nthen nothing\n";
  const Transcript transcript = parse(text).at(0).transcript;
  ASSERT_THAT(transcript.messages, SizeIs(1));
  EXPECT_EQ(transcript.messages[0].type, MessageType::server_hello);
  EXPECT_EQ(transcript.messages[0].bytes, 48u);
  EXPECT_EQ(transcript.messages[0].body.index(), 0u);
  ASSERT_THAT(transcript.problems, SizeIs(1));
  EXPECT_FALSE(transcript.problems[0].malformed);
  EXPECT_EQ(transcript.problems[0].before_message, 0u);
  EXPECT_EQ(transcript.problems[0].what, "line 2, word 1: a dump of 48 bytes ends after 45");
}

TEST(MsgText, header_lines_alone_still_give_the_order) {
  const Transcript transcript = parse(
                                    ">>> TLS 1.2, Handshake [length 00b7], ClientHello\n"
                                    "<<< TLS 1.2, Handshake [length 0041], ServerHello\n"
                                    "<<< TLS 1.2, ChangeCipherSpec [length 0001]\n")
                                    .at(0)
                                    .transcript;
  EXPECT_THAT(types(transcript), ElementsAre("> ClientHello", "< ServerHello", "< ChangeCipherSpec"));
  EXPECT_THAT(transcript.problems, SizeIs(3));
}

TEST(MsgText, more_bytes_than_the_length_are_a_problem) {
  const auto problems = [](const std::string& after) {
    return parse("<<< TLS 1.2, Alert [length 0002], warning close_notify 01 00" + after).at(0).transcript.problems;
  };
  EXPECT_THAT(problems(""), IsEmpty());
  EXPECT_THAT(problems(" 10 seconds later it ended"), IsEmpty());
  EXPECT_THAT(problems(" 140460452914880:error:14092072:SSL routines"), IsEmpty());
  ASSERT_THAT(problems(" 00\n---"), SizeIs(1));
  EXPECT_THAT(problems(" 00\n---")[0].what, HasSubstr("behind a dump of 2 bytes stand 1 more"));
  EXPECT_THAT(problems(" 00 ff 12 and so on"), SizeIs(1));
}

TEST(MsgText, a_message_that_contradicts_itself_is_the_peers_problem) {
  EXPECT_THAT(parse(server_hello).at(0).transcript.problems, IsEmpty());
  const Transcript transcript = parse(replaced(server_hello, "02 00 00 2c", "02 00 00 2d")).at(0).transcript;
  ASSERT_THAT(transcript.problems, SizeIs(1));
  EXPECT_TRUE(transcript.problems[0].malformed);
}

TEST(MsgText, standard_error_amid_a_dump_is_taken_out) {
  const std::string plain = story(parse(server_hello));
  for (const std::size_t at : {55u, 60u, 61u, 103u, 104u, 108u, 110u, 200u}) {
    std::string text = server_hello;
    text.insert(at, "Can't use SSL_get_servername\ndepth=0 CN = localhost\nverify return:1\n");
    EXPECT_TRUE(story(parse(text)) == plain) << text;
  }
}

TEST(MsgText, record_headers_without_names_are_read) {
  const Transcript transcript = parse("<<< ??? [length 0005]\n    16 03 03 00 30\n" + server_hello +
                                      "<<< ??? [length 0005]\n    14 03 03 00 01\n"
                                      "<<< TLS 1.2 ChangeCipherSpec [length 0001]\n    01\n"
                                      "<<< ??? [length 0005]\n    17 03 03 00 40\n")
                                    .at(0)
                                    .transcript;
  EXPECT_THAT(types(transcript), ElementsAre("< ServerHello", "< ChangeCipherSpec", "< ApplicationData"));
  EXPECT_EQ(transcript.messages[1].offset, 53u);
  EXPECT_EQ(transcript.messages[2].bytes, 0x40u);
}

TEST(MsgText, a_dump_of_no_bytes_says_nothing) {
  for (const char* const content : {"InnerContent", "RecordHeader", "Handshake", "Alert"})
    if (const auto pasted = read_pasted(std::string("<<< TLS 1.3, ") + content + " [length 0000] <<<")) {
      EXPECT_THAT(pasted->connections.at(0).transcript.problems, Not(IsEmpty())) << content;
    }
}

TEST(MsgText, runs_are_told_apart_without_connected) {
  const std::string run = replaced(golden("msg_text/openssl-3.0-msg-tls1_2.txt"), "CONNECTED(00000003)", "");
  const Connections runs = parse(run);
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_THAT(types(runs[1].transcript), SizeIs(8));
  EXPECT_EQ(runs[1].transcript.messages[0].record_version, 0x0301);
  EXPECT_THAT(parse(replaced(seed(), "CONNECTED(00000003)", "")).back().transcript.messages, SizeIs(10))
      << "a renegotiation stays in its connection";
}

TEST(MsgText, our_own_trace_reads_back) {
  for (const char* const name : {"msg_text/openssl-3.0-msg-tls1_2.txt", "msg_text/openssl-3.0-msg-tls1_3.txt"}) {
    const Transcript transcript = parse(golden(name)).at(1).transcript;
    const Transcript again = parse(trace_text(transcript)).at(0).transcript;
    EXPECT_EQ(types(again), types(transcript));
    EXPECT_THAT(again.problems, IsEmpty());
    for (std::size_t i = 0; i < again.messages.size(); ++i)
      EXPECT_EQ(again.messages[i].raw, transcript.messages[i].raw);
  }
}

TEST(MsgText, a_ticket_dump_ends_where_its_text_says) {
  const auto ticket = [](const std::string& dump) {
    return parse("CONNECTED(00000003) SSL-Session: TLS session ticket: " + dump + " Start Time: 1\n---\n" +
                 server_hello)
        .at(0)
        .sessions.at(0)
        .ticket;
  };
  EXPECT_EQ(ticket("0000 - 61 62   ab"), (Bytes{0x61, 0x62}));
  EXPECT_EQ(ticket("0000 - 61 20 62 63   a bc"), (Bytes{0x61, 0x20, 0x62, 0x63}));
  EXPECT_EQ(ticket("0000 - 01 02 03 04 05 06 07 08-   ........"), (Bytes{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_THAT(ticket("0000 - 8d 9c a1 95 0d 0d 52 5c-61 31 3e 0e 5c 49 5b 09  0010 - 71 cf"), SizeIs(18))
      << "the column of characters may be missing";
  EXPECT_THAT(ticket("0000 - 8d 9c a1 95 0d 0d 52 5c-61 31 3e 0e 5c 49 5b 09 ?? x  0010 - 71 cf   q."), SizeIs(18))
      << "or changed";
}

TEST(MsgText, errors_say_what_was_looked_for_and_where) {
  EXPECT_THAT(error_of(""), HasSubstr("no TLS connection that can be read. Looked for what these print: openssl"));
  EXPECT_THAT(error_of("Dear list,\n> my client fails."), HasSubstr("begin \"Dear list, my client fails.\""));
  EXPECT_THAT(error_of(">>> DTLS 1.2, Handshake [length 0004], ClientHello"),
              HasSubstr("the text of DTLS messages, which is known and not read"));
  EXPECT_THAT(error_of(">>> [length 0004] >>> TLS 1.2, Handshake [length zz]"), HasSubstr("no TLS connection"));
}

TEST(MsgText, a_server_that_prints_is_the_server) {
  const auto pasted =
      read_pasted(replaced(server_hello, "<<<", ">>>") + "<<< TLS 1.2, Alert [length 0002], fatal 02 0a");
  ASSERT_TRUE(pasted);
  const Transcript& transcript = pasted->connections.at(0).transcript;
  EXPECT_THAT(types(transcript), ElementsAre("< ServerHello", "> Alert"));
  EXPECT_EQ(transcript.vantage, Vantage::server_callback);
  EXPECT_EQ(transcript.problems.at(0).what, no_hello);
  EXPECT_EQ(transcript.problems.at(0).missing, Missing::messages);
}

TEST(MsgText, ReadsByTheVersionInTheHeadersWhereTheServerHelloIsMissing) {
  const std::string whole = golden("msg_text/openssl-3.0-msg-tls1_3.txt");
  const std::string tail = whole.substr(whole.find("<<< TLS 1.3, Handshake [length 0020], EncryptedExtensions"));
  for (const PrintedConnection& connection : parse(tail))
    for (const Problem& problem : connection.transcript.problems) EXPECT_FALSE(problem.malformed) << problem.what;
}

TEST(MsgText, AServerHelloThatIsDamagedMayHaveBeenARetry) {
  const std::string whole = golden("msg_text/openssl-3.0-msg-tls1_3.txt");
  std::size_t at = whole.find("ServerHello\n");
  ASSERT_NE(at, std::string::npos);
  const std::size_t second_row = whole.find('\n', at + std::string("ServerHello\n").size());
  std::string damaged = whole;
  damaged.erase(second_row + 5, 1);
  const Transcript transcript = parse(damaged).at(0).transcript;
  EXPECT_TRUE(std::any_of(transcript.problems.begin(), transcript.problems.end(),
                          [](const Problem& problem) { return problem.missing == Missing::messages; }));
}

TEST(MsgText, AnErrorPrintedBeforeAllElseBeginsNoRun) {
  const std::string whole = golden("msg_text/openssl-3.0-msg-tls1_3.txt");
  EXPECT_THAT(parse("CONNECTED(00000003)\n" + whole), SizeIs(parse(whole).size()));
}

}  // namespace
}  // namespace ti
