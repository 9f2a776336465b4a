// The rules against what was really recorded (tests/golden): healthy as it stands, and broken by one change.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "pasted/pasted.hpp"
#include "rules/recorded_tape.hpp"
#include "where/where.hpp"

namespace ti {
namespace {

using recorded::observed;
using recorded::Tape;
using recorded::text;
using std::chrono::seconds;
using enum MessageType;

constexpr const char* healthy[] = {"tls10-cbc-renewed",
                                   "tls11-cbc",
                                   "tls12-ccm8",
                                   "tls12-chacha20-poly1305",
                                   "tls12-gcm",
                                   "tls12-null-sha",
                                   "tls12-renegotiation",
                                   "tls12-session-id",
                                   "tls13-early-data-refused",
                                   "tls13-early-data",
                                   "tls13",
                                   "tls13-retry-key-updates"};

TEST(Recorded, FindsNothingInWhatIsHealthy) {
  for (const char* name : healthy)
    for (const bool with_keys : {true, false}) {
      SCOPED_TRACE(name);
      Tape tape(name, with_keys);
      const Verdict verdict = tape.judged();
      EXPECT_EQ(verdict.outcome, Outcome::pass) << text(verdict);
      EXPECT_THAT(verdict.breaches, testing::IsEmpty()) << text(verdict);
    }
}

struct Corruption {
  std::string_view rule;
  const char* golden;
  Place (*make)(Tape&);              ///< breaks the rule; where
  std::string_view decided_by = {};  ///< the rule that decides when it is another
};

constexpr Corruption corruptions[] = {
    // RFC 5077, server
    {"rfc5077-3.2-announced-only-if-asked", "tls12-session-id",
     [](Tape& t) {
       t.body<ServerHello>(t.server(1, server_hello)).ticket_promised = true;
       return t.server(1, server_hello);
     }},
    {"rfc5077-3.3-unannounced", "tls12-gcm",
     [](Tape& t) {
       t.body<ServerHello>(t.server(1, server_hello)).ticket_promised = false;
       return t.server(1, new_session_ticket);
     }},
    {"rfc5077-3.3-promised-not-sent", "tls10-cbc-renewed",
     [](Tape& t) { return t.drop(t.server(2, new_session_ticket)); }},
    {"rfc5077-3.3-one-ticket", "tls10-cbc-renewed",
     [](Tape& t) {
       const std::size_t done = *t.client(2, finished).message + 1;
       t.copy(t.server(2, finished), {2, done});
       t.copy(t.server(2, change_cipher_spec), {2, done});
       return t.copy(t.server(2, new_session_ticket), {2, done});
     }},
    {"rfc5077-3.3-one-ticket", "tls12-gcm",
     [](Tape& t) {
       return t.copy(t.server(1, new_session_ticket), {1, *t.server(1, new_session_ticket).message + 1});
     }},
    {"rfc5077-3.3-before-ccs", "tls10-cbc-renewed",
     [](Tape& t) { return t.move(t.server(2, new_session_ticket), t.server(2, finished)); }},
    {"rfc5077-3.3-after-client-finished", "tls12-chacha20-poly1305",
     [](Tape& t) { return t.move(t.server(1, new_session_ticket), t.client(1, client_key_exchange)); }},
    {"rfc5077-3.3-counted-in-finished", "tls10-cbc-renewed",
     [](Tape& t) {
       t.body<Finished>(t.server(2, finished)).verified = false;
       return t.server(2, finished);
     }},
    {"rfc5077-3.4-empty-session-id", "tls12-ccm8",
     [](Tape& t) {
       t.body<ServerHello>(t.server(1, server_hello)).session_id = Bytes(32, 7);
       return t.server(1, server_hello);
     }},
    {"rfc5077-3.4-echo-session-id", "tls11-cbc",
     [](Tape& t) {
       t.body<ServerHello>(t.server(2, server_hello)).session_id.clear();
       return t.server(2, server_hello);
     }},
    {"rfc5077-5.2-own-tickets-only", "tls12-gcm",
     [](Tape& t) {
       t.through_tap();
       t.body<ClientHello>(t.client(2, client_hello)).ticket->back() ^= 1;
       return t.server(2, server_hello);
     },
     "rfc5077-3.2-only-issued-tickets"},
    // RFC 5077, client
    {"rfc5077-3.2-only-issued-tickets", "tls12-gcm",
     [](Tape& t) {
       t.through_tap();
       t.body<ClientHello>(t.client(2, client_hello)).ticket->front() ^= 1;
       return t.client(2, client_hello);
     }},
    {"rfc5077-3.3-renewed-offered", "tls10-cbc-renewed",
     [](Tape& t) {
       t.cell.connections.push_back(t.connection(2));
       return t.client(3, client_hello);
     }},
    {"rfc5077-3.3-hint-expired", "tls12-gcm",
     [](Tape& t) {
       t.later(2, seconds(7300));
       return t.client(2, client_hello);
     }},
    {"rfc5077-3.3-finished-first", "tls12-gcm",
     [](Tape& t) {
       t.body<Finished>(t.server(1, finished)).verified = false;
       return t.client(2, client_hello);
     },
     "rfc5077-3.3-counted-in-finished"},
    {"rfc5077-3.2-drop-after-failure", "tls12-gcm",
     [](Tape& t) {
       t.cell.connections.push_back(t.connection(2));
       t.cut_with_alert(t.server(2, finished), Side::client, 10);
       return t.client(3, client_hello);
     },
     "harness-legal-flight-accepted"},
    // what a resumed session keeps
    {"rfc7627-5.3-asked-again", "tls12-gcm",
     [](Tape& t) {
       t.drop_extended_master_secret<ClientHello>(t.client(2, client_hello));
       return t.client(2, client_hello);
     }},
    {"rfc7627-5.3-not-resumed-without", "tls11-cbc",
     [](Tape& t) {
       t.drop_extended_master_secret<ClientHello>(t.client(2, client_hello));
       return t.server(2, server_hello);
     },
     "rfc7627-5.3-asked-again"},
    {"rfc7627-5.3-answered", "tls10-cbc-renewed",
     [](Tape& t) {
       t.drop_extended_master_secret<ServerHello>(t.server(2, server_hello));
       return t.server(2, server_hello);
     }},
    {"rfc7627-5.3-not-resumed-with", "tls12-gcm",
     [](Tape& t) {
       t.drop_extended_master_secret<ServerHello>(t.server(1, server_hello));
       return t.server(2, server_hello);
     }},
    {"rfc5246-7.4.1.2-suite-offered", "tls12-gcm",
     [](Tape& t) {
       t.body<ClientHello>(t.client(2, client_hello)).suites = {0x0005};
       return t.client(2, client_hello);
     }},
    {"rfc5246-7.4.1.3-suite-kept", "tls12-gcm",
     [](Tape& t) {
       t.body<ServerHello>(t.server(2, server_hello)).suite = 0x0005;
       return t.server(2, server_hello);
     }},
    {"rfc5246-7-prf-kept", "tls12-gcm",
     [](Tape& t) {
       t.body<ServerHello>(t.server(2, server_hello)).version = Version::tls11;
       return t.server(2, server_hello);
     }},
    {"rfc5246-7.4.1.3-straight-to-finished", "tls12-gcm",
     [](Tape& t) { return t.copy(t.server(1, certificate), t.server(2, change_cipher_spec)); }},
    // TLS itself
    {"rfc5246-7.4.9-finished", "tls11-cbc",
     [](Tape& t) {
       t.body<Finished>(t.client(1, finished)).verified = false;
       return t.client(1, finished);
     }},
    {"rfc8446-4.4.4-finished", "tls13",
     [](Tape& t) {
       t.body<Finished>(t.client(2, finished)).verified = false;
       return t.client(2, finished);
     }},
    // RFC 8446, server
    {"rfc8446-4.6.1-lifetime", "tls13",
     [](Tape& t) {
       t.body<NewSessionTicket>(t.server(1, new_session_ticket)).lifetime = 604801;
       return t.server(1, new_session_ticket);
     }},
    {"rfc8446-4.6.1-not-empty", "tls13-retry-key-updates",
     [](Tape& t) {
       t.body<NewSessionTicket>(t.server(1, new_session_ticket)).ticket.clear();
       return t.server(1, new_session_ticket);
     }},
    {"rfc8446-4.6.1-age-add-fresh", "tls13",
     [](Tape& t) {
       t.body<NewSessionTicket>(t.server(2, new_session_ticket)).age_add =
           t.body<NewSessionTicket>(t.server(1, new_session_ticket)).age_add;
       return t.server(2, new_session_ticket);
     }},
    {"rfc8446-4.6.1-nonce-unique", "tls13",
     [](Tape& t) {
       const Place first = t.server(1, new_session_ticket);
       const Place second = t.find(1, Side::server, new_session_ticket, *first.message + 1);
       t.body<NewSessionTicket>(second).nonce = t.body<NewSessionTicket>(first).nonce;
       return second;
     }},
    {"rfc8446-4.2-ticket-extensions", "tls13",
     [](Tape& t) {
       t.body<NewSessionTicket>(t.server(1, new_session_ticket)).extensions.push_back({ext::server_name, {}});
       return t.server(1, new_session_ticket);
     }},
    {"rfc8446-4.6.1-after-finished", "tls13",
     [](Tape& t) { return t.move(t.server(1, new_session_ticket), t.server(1, finished)); }},
    {"rfc8446-4.2.9-usable-ticket", "tls13-retry-key-updates",
     [](Tape& t) {
       t.body<ClientHello>(t.find(1, Side::client, client_hello, 1)).psk_modes = {7};
       return t.server(1, new_session_ticket);
     }},
    {"rfc8446-4.2.9-mode-offered", "tls13",
     [](Tape& t) {
       t.body<ClientHello>(t.client(2, client_hello)).psk_modes = {0};
       return t.server(2, server_hello);
     }},
    {"rfc8446-4.2.11-selection-in-range", "tls13",
     [](Tape& t) {
       t.body<ServerHello>(t.server(2, server_hello)).selected_psk = std::uint16_t{1};
       return t.server(2, server_hello);
     }},
    {"rfc8446-4.6.1-same-hash", "tls13",
     [](Tape& t) {
       t.body<ServerHello>(t.server(2, server_hello)).suite = 0x1301;
       return t.server(2, server_hello);
     }},
    {"rfc8446-4.3.2-no-certificate", "tls13",
     [](Tape& t) { return t.copy(t.server(1, certificate), t.server(2, finished)); }},
    {"rfc8446-4.6.2-post-handshake-auth", "tls13",
     [](Tape& t) {
       Message request;
       request.from = Side::server;
       request.type = certificate_request;
       return t.insert(t.client(1, application_data), request);
     }},
    {"rfc8446-4.2.10-early-data", "tls13-early-data",
     [](Tape& t) {
       t.body<ServerHello>(t.server(2, server_hello)).selected_psk.reset();
       return t.server(2, encrypted_extensions);
     }},
    {"rfc8446-4.2.11.2-binder-checked", "tls13",
     [](Tape& t) {
       t.through_tap();
       t.connection(2).connect.disturb.flip = DisturbPlan::Flip{client_hello, Side::client, 0};
       t.connection(2).applied.flipped = 1;
       t.body<ClientHello>(t.client(2, client_hello)).psks.front().identity.back() ^= 1;
       return t.server(2, server_hello);
     }},
    {"rfc8446-4.6.1-own-tickets-only", "tls13",
     [](Tape& t) {
       t.through_tap();
       t.body<ClientHello>(t.client(2, client_hello)).psks.front().identity.back() ^= 1;
       return t.server(2, server_hello);
     },
     "rfc8446-4.6.1-only-issued-tickets"},
    // RFC 8446, client
    {"rfc8446-4.2.11-psk-last", "tls13",
     [](Tape& t) {
       auto& extensions = t.body<ClientHello>(t.client(2, client_hello)).extensions;
       std::iter_swap(extensions.end() - 1, extensions.end() - 2);
       return t.client(2, client_hello);
     }},
    {"rfc8446-4.2.9-modes-present", "tls13",
     [](Tape& t) {
       t.body<ClientHello>(t.client(2, client_hello)).psk_modes_present = false;
       return t.client(2, client_hello);
     }},
    {"rfc8446-2.2-key-share", "tls13",
     [](Tape& t) {
       t.body<ClientHello>(t.client(2, client_hello)).key_share = false;
       return t.client(2, client_hello);
     }},
    {"rfc8446-4.6.1-one-place", "tls13",
     [](Tape& t) {
       ClientHello& hello = t.body<ClientHello>(t.client(2, client_hello));
       hello.ticket = hello.psks.front().identity;
       return t.client(2, client_hello);
     }},
    {"rfc8446-4.6.1-only-issued-tickets", "tls13",
     [](Tape& t) {
       t.through_tap();
       t.body<ClientHello>(t.client(2, client_hello)).psks.front().identity.front() ^= 1;
       return t.client(2, client_hello);
     }},
    {"rfc8446-4.6.1-seven-days", "tls13",
     [](Tape& t) {
       t.later(2, seconds(8 * 86400));
       return t.client(2, client_hello);
     }},
    {"rfc8446-4.2.11.1-lifetime", "tls13",
     [](Tape& t) {
       t.later(2, seconds(7300));
       return t.client(2, client_hello);
     }},
    {"rfc8446-4.6.1-lifetime-zero", "tls13",
     [](Tape& t) {
       for (Message& message : t.messages(1))
         if (auto* ticket = std::get_if<NewSessionTicket>(&message.body)) ticket->lifetime = 0;
       return t.client(2, client_hello);
     }},
    {"rfc8446-4.2.11.1-age", "tls13",
     [](Tape& t) {
       t.body<ClientHello>(t.client(2, client_hello)).psks.front().obfuscated_ticket_age += 60000;
       return t.client(2, client_hello);
     }},
    {"rfc8446-4.6.1-suite-of-hash", "tls13",
     [](Tape& t) {
       t.body<ClientHello>(t.client(2, client_hello)).suites = {0x1301};
       return t.client(2, client_hello);
     },
     "rfc5246-7.4.1.3-suite-offered"},
    {"rfc8446-4.6.1-same-server-name", "tls13",
     [](Tape& t) {
       t.body<ClientHello>(t.client(2, client_hello)).server_name = "elsewhere.example";
       return t.client(2, client_hello);
     }},
    {"rfc8446-C.4-single-use", "tls13",
     [](Tape& t) {
       t.cell.connections.push_back(t.connection(2));
       t.drop(t.server(3, new_session_ticket));
       return t.client(3, client_hello);
     }},
    {"rfc8446-4.2.11-selection-checked", "tls13",
     [](Tape& t) {
       t.body<ServerHello>(t.server(2, server_hello)).selected_psk = std::uint16_t{1};
       return t.client(2, finished);
     },
     "rfc8446-4.2.11-selection-in-range"},
    {"rfc8446-4.2.11-selection-checked", "tls13",
     [](Tape& t) {
       t.body<ServerHello>(t.server(2, server_hello)).suite = 0x1301;
       return t.client(2, finished);
     },
     "rfc8446-4.6.1-same-hash"},
    {"rfc8446-4.2.11-selection-checked", "tls13",
     [](Tape& t) {
       t.body<ServerHello>(t.server(2, server_hello)).key_share = false;
       t.body<ClientHello>(t.client(2, client_hello)).psk_modes = {1};
       return t.client(2, finished);
     },
     "rfc8446-4.2.9-mode-offered"},
    {"rfc8446-4.1.2-no-renegotiation", "tls13", [](Tape& t) { return t.copy(t.client(1, client_hello), t.last(1)); }},
    {"rfc8446-6.2-drop-after-alert", "tls13",
     [](Tape& t) {
       t.body<Alert>(t.last(1)) = Alert{.level = 2, .description = 80};
       t.connection(1).transcript.endings.clear();
       return t.client(2, client_hello);
     },
     "harness-legal-flight-accepted"},
    // RFC 9149
    {"rfc9149-3-encrypted-extensions-only", "tls13-retry-key-updates",
     [](Tape& t) {
       t.body<ServerHello>(t.server(1, hello_retry_request)).extensions.push_back({ext::ticket_request, {2}});
       return t.server(1, hello_retry_request);
     }},
    {"rfc9149-3-answered-only-if-asked", "tls13",
     [](Tape& t) {
       t.body<EncryptedExtensions>(t.server(1, encrypted_extensions)).ticket_request = std::uint8_t{2};
       return t.server(1, encrypted_extensions);
     }},
    {"rfc9149-3-answer-checked", "tls13",
     [](Tape& t) {
       t.body<EncryptedExtensions>(t.server(1, encrypted_extensions)).ticket_request = std::uint8_t{2};
       return t.client(1, finished);
     },
     "rfc9149-3-answered-only-if-asked"},
    {"rfc9149-3-answer-checked", "tls13-retry-key-updates",
     [](Tape& t) {
       t.body<ServerHello>(t.server(1, server_hello)).extensions.push_back({ext::ticket_request, {2}});
       return t.client(1, finished);
     },
     "rfc9149-3-encrypted-extensions-only"},
    {"rfc9149-3-not-more-than-asked", "tls13",
     [](Tape& t) {
       t.body<ClientHello>(t.client(1, client_hello)).ticket_request = TicketRequest{1, 1};
       t.body<EncryptedExtensions>(t.server(1, encrypted_extensions)).ticket_request = std::uint8_t{1};
       return t.find(1, Side::server, new_session_ticket, *t.server(1, new_session_ticket).message + 1);
     }},
    {"rfc9149-3-same-after-retry", "tls13-retry-key-updates",
     [](Tape& t) {
       t.body<ClientHello>(t.client(1, client_hello)).ticket_request = TicketRequest{2, 1};
       return t.find(1, Side::client, client_hello, 1);
     }},
    // what draws an alert
    {"rfc5077-3.3-renewal-accepted", "tls10-cbc-renewed",
     [](Tape& t) { return t.cut_with_alert(t.server(2, finished), Side::client, 10); }},
    {"rfc5077-3.3-ticket-accepted", "tls12-gcm",
     [](Tape& t) { return t.cut_with_alert(t.server(1, finished), Side::client, 10); }},
    {"rfc5077-3.3-empty-ticket-accepted", "tls12-gcm",
     [](Tape& t) {
       t.body<NewSessionTicket>(t.server(1, new_session_ticket)).ticket.clear();
       return t.cut_with_alert(t.server(1, finished), Side::client, 50);
     }},
    {"rfc5077-3.2-unusable-ticket", "tls12-gcm",
     [](Tape& t) { return t.cut_with_alert(t.client(2, client_hello), Side::server, 50); }},
    {"rfc8446-4.6.1-ticket-accepted", "tls13",
     [](Tape& t) { return t.cut_with_alert(t.server(2, new_session_ticket), Side::client, 10); }},
    {"rfc8446-4.6.1-unknown-extensions", "tls13",
     [](Tape& t) {
       t.body<NewSessionTicket>(t.server(2, new_session_ticket)).extensions.push_back({0x1234, {}});
       return t.cut_with_alert(t.server(2, new_session_ticket), Side::client, 47);
     }},
    {"rfc8446-4.2.11-unknown-psk", "tls13",
     [](Tape& t) { return t.cut_with_alert(t.client(2, client_hello), Side::server, 50); },
     "harness-legal-flight-accepted"},
    {"harness-legal-flight-accepted", "tls12-gcm",
     [](Tape& t) { return t.cut_with_alert(t.server(1, server_hello_done), Side::client, 10); }},
};

TEST(Recorded, CatchesOneChangeToWhatWasHealthy) {
  for (const Corruption& corruption : corruptions) {
    SCOPED_TRACE(std::string(corruption.rule) + " in " + corruption.golden);
    const Rule* rule = find_rule(corruption.rule);
    ASSERT_NE(rule, nullptr);
    Tape tape(corruption.golden);
    const Place at = corruption.make(tape);
    const Verdict verdict = tape.judged();
    const auto found = std::find_if(verdict.breaches.begin(), verdict.breaches.end(), [&](const Breach& breach) {
      return breach.rule == corruption.rule && breach.at.connection == at.connection && breach.at.message == at.message;
    });
    EXPECT_NE(found, verdict.breaches.end()) << text(verdict);
    if (rule->severity == Severity::should && corruption.decided_by.empty()) {
      EXPECT_EQ(verdict.outcome, Outcome::pass) << text(verdict);
      continue;
    }
    EXPECT_EQ(verdict.outcome, Outcome::fail) << text(verdict);
    EXPECT_EQ(verdict.rule, corruption.decided_by.empty() ? corruption.rule : corruption.decided_by) << text(verdict);
  }
}

TEST(Recorded, SeesTheSecondTicketOfThePeerThatMisbehaves) {
  Tape opened("tls10-double-ticket");
  const Verdict verdict = opened.judged();
  EXPECT_EQ(verdict.rule, "rfc5077-3.3-one-ticket") << text(verdict);
  Tape sealed("tls10-double-ticket", false);
  const Verdict unread = sealed.judged();
  EXPECT_EQ(unread.rule, "rfc5246-7.4-nothing-after-finished") << text(unread);
  EXPECT_EQ(unread.fault, Side::server);
}

// --- the report of 2012, as it stands and as a mail program may have left it ---

/// Judges the report with the dump of one message replaced, from its title to the next one's.
Verdict judge_report(const std::string& title = "", const std::string& instead = "") {
  std::ifstream in(where::source() / "tests/golden/seed/renewal-report-2012.txt");
  std::string report{std::istreambuf_iterator<char>(in), {}};
  if (const std::size_t at = report.find(title); !title.empty()) {
    const std::size_t begin = at + title.size();
    report.replace(begin, report.find_first_of("<>", begin) - begin, instead);
  }
  Observation cell;
  cell.has_expectations = cell.by_our_tap = false;
  const auto printed = read_pasted(report);
  EXPECT_TRUE(printed.has_value());
  if (printed)
    for (const PrintedConnection& connection : printed->connections)
      cell.connections.push_back(observed(connection.transcript));
  return judge(cell);
}

TEST(Recorded, BlamesTheServerOf2012WhateverDumpIsElided) {
  for (const char* title : {"", "], ServerHello", "], NewSessionTicket", "], ClientHello", "], Finished"}) {
    SCOPED_TRACE(title);
    const Verdict verdict = judge_report(title, " [...] ");
    EXPECT_EQ(verdict.outcome, Outcome::fail) << text(verdict);
    EXPECT_EQ(verdict.rule, "rfc5077-3.3-one-ticket") << text(verdict);
    EXPECT_EQ(verdict.fault, Side::server);
    EXPECT_EQ(verdict.breaches.size(), 1U) << text(verdict);
  }
}

/// As the text parser leaves a message whose dump is damaged: its kind is known, and nothing more.
void damage(Tape& tape, Place at) {
  Message& message = tape.messages(at.connection)[*at.message];
  message.body = {};
  Transcript& transcript = tape.connection(at.connection).transcript;
  transcript.problems.push_back(
      {message.from, message.offset, *at.message, "a dump of 89 bytes ends after 4", false, Missing::content});
  if (message.type == server_hello) transcript.version = Version::none;
}

TEST(Recorded, DoesNotAccuseWhoeverSendsAnAlertWhenAHelloCouldNotBeRead) {
  Tape tape("tls10-cbc-renewed");
  damage(tape, tape.server(2, server_hello));
  tape.cut_with_alert(tape.server(2, finished), Side::client, 10);
  const Verdict verdict = tape.judged();
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive) << text(verdict);
  EXPECT_THAT(verdict.reason, testing::HasSubstr("a dump of 89 bytes ends after 4"));
}

TEST(Recorded, DoesNotAccuseOfWhatAGapMayHold) {
  Tape tape("tls10-cbc-renewed");
  const Place ticket = tape.drop(tape.server(2, new_session_ticket));
  tape.connection(2).transcript.problems.push_back(
      {Side::server, 1, *ticket.message, "218 bytes were not captured", false, Missing::messages});
  const Verdict verdict = tape.judged();
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive) << text(verdict);
  EXPECT_THAT(verdict.reason, testing::HasSubstr("218 bytes were not captured"));
}

TEST(Recorded, SaysThatAllCouldNotBeJudgedWhereNothingSpeaksAgainstAnybody) {
  Tape tape("tls12-gcm");
  damage(tape, tape.server(1, server_hello));
  const Verdict verdict = tape.judged();
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive) << text(verdict);
  EXPECT_THAT(verdict.breaches, testing::IsEmpty()) << text(verdict);
}

}  // namespace
}  // namespace ti
