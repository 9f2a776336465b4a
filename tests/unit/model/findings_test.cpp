// What makes one bug of many failing cells, and what does not.
#include "model/findings.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace ti {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Results facts_of_run() {
  Results facts;
  for (const char* id : {"gnutls", "gnutls-callback"})
    facts.clients[id] = {{"library", "GnuTLS"}, {"version", "GnuTLS 3.7.9"}};
  facts.clients["gnutls=3.8.9"] = {{"library", "GnuTLS"}, {"version", "GnuTLS 3.8.9"}};
  facts.clients["openssl"] = {{"library", "OpenSSL"}, {"version", "OpenSSL 3.0.19"}};
  facts.clients["openssl-broken"] = {{"library", "OpenSSL"}, {"control", "rfc5077-3.3-renewed"}};
  facts.servers["nginx"] = {{"library", "OpenSSL"}, {"version", "nginx/1.22.1"}};
  facts.servers["openssl"] = {{"library", "OpenSSL"}, {"version", "OpenSSL 3.0.20"}};
  return facts;
}

/// A client that offers the old ticket in its third connection.
CellResult stale(const std::string& id, const std::string& reason = "the client offered A (issued at 0 s), not B") {
  CellResult cell;
  cell.id = *CellId::parse(id);
  cell.verdict.outcome = Outcome::fail;
  cell.verdict.fault = Side::client;
  cell.verdict.rule = "expect-offered";
  cell.verdict.reason = reason;
  cell.verdict.at = Place{3, 0};
  cell.connections.resize(3);
  cell.connections[2].handshake = "full";
  cell.connections[2].messages = {{Side::client, "ClientHello", 200, 25000, false, "offers A"}};
  return cell;
}

CellResult known(CellResult cell) {
  cell.known = true;
  cell.known_link = "KNOWN.md#gnutls";
  cell.known_note = "It keeps the old one";
  cell.expected = Outcome::fail;
  return cell;
}

std::vector<Finding> grouped(const std::vector<CellResult>& cells, const Results& facts = facts_of_run()) {
  FindingsOfRun findings(facts);
  for (const CellResult& cell : cells) findings.add(cell);
  return findings.list();
}

TEST(Findings, OneBugOfALibraryIsOneFinding) {
  const auto found =
      grouped({stale("nginx/gnutls/renew@1.2"),
               stale("openssl/gnutls-callback/chain@1.0", "the client offered B2 (issued at 12 s), not C"),
               stale("openssl/gnutls=3.8.9/renew@1.2")});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].subject, "GnuTLS");
  EXPECT_EQ(found[0].cells, 3U);
  EXPECT_THAT(found[0].versions, ElementsAre("GnuTLS 3.7.9", "GnuTLS 3.8.9"));
  EXPECT_THAT(found[0].servers, ElementsAre("nginx", "openssl"));
  EXPECT_THAT(found[0].clients, ElementsAre("gnutls", "gnutls-callback", "gnutls=3.8.9"));
  EXPECT_THAT(found[0].tls, ElementsAre(Version::tls10, Version::tls12));
}

TEST(Findings, WhoeverDiffersInRuleSideOrWireIsAFindingOfItsOwn) {
  const CellResult first = stale("nginx/gnutls/renew@1.2");
  CellResult rule = stale("nginx/gnutls/a@1.2");
  rule.verdict.rule = "rfc5077-3.3-finished-first";
  CellResult side = stale("nginx/gnutls/b@1.2");
  side.verdict.fault = Side::server;
  CellResult message = stale("nginx/gnutls/c@1.2");
  message.connections[2].messages[0].type = "Alert";
  CellResult note = stale("nginx/gnutls/d@1.2");
  note.connections[2].messages[0].note = "asks for a ticket";
  CellResult handshake = stale("nginx/gnutls/e@1.2");
  handshake.connections[2].handshake = "resumed";
  const CellResult library = stale("nginx/openssl/renew@1.2");
  const CellResult modern = stale("nginx/gnutls/renew@1.3");
  const CellResult words = stale("nginx/gnutls/f@1.2", "the client offered no ticket, not B");
  EXPECT_THAT(grouped({first, rule, side, message, note, handshake, library, modern, words}), SizeIs(9));
}

TEST(Findings, AServersFaultIsOfItsIdNotOfItsLibrary) {
  CellResult twice = stale("nginx/gnutls/renew@1.2");
  twice.verdict.fault = Side::server;
  CellResult other = stale("openssl/gnutls/renew@1.2");
  other.verdict.fault = Side::server;
  CellResult build = stale("openssl=3.5.9/openssl/renew@1.2");
  build.verdict.fault = Side::server;
  const auto found = grouped({twice, other, build});
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].subject, "openssl");
  EXPECT_EQ(found[0].cells, 2U);
  EXPECT_EQ(found[1].subject, "nginx");
}

TEST(Findings, WhatPassedOrBlamesNobodyIsNone) {
  CellResult passed = stale("nginx/gnutls/renew@1.2");
  passed.verdict = {};
  CellResult broke = stale("nginx/gnutls/renew@1.2");
  broke.verdict.outcome = Outcome::error;
  EXPECT_THAT(grouped({passed, broke}), IsEmpty());
}

TEST(Findings, AnIdIsTheSameInEveryRunAndFitForAFile) {
  const auto first = grouped({known(stale("nginx/gnutls/renew@1.2"))});
  const auto later = grouped({stale("openssl/gnutls/chain@1.1")});
  EXPECT_EQ(first[0].id, later[0].id);
  EXPECT_TRUE(first[0].id.starts_with("client-gnutls-expect-offered-"));
  Results facts = facts_of_run();
  facts.clients["gnutls"]["library"] = "../</script>\n\033[31m";
  const std::string id = grouped({stale("nginx/gnutls/renew@1.2")}, facts)[0].id;
  EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos) << id;
}

TEST(Findings, IsNewWhileACellIsUnexpectedAndSaysHowMany) {
  const auto found = grouped({known(stale("nginx/gnutls/a@1.2")), known(stale("nginx/gnutls/b@1.2")),
                              stale("nginx/gnutls/renew-kept@1.2"), known(stale("nginx/openssl/renew@1.2"))});
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].state, FindingState::fresh);
  EXPECT_EQ(found[0].unexpected, 1U);
  EXPECT_EQ(found[0].known, 2U);
  EXPECT_EQ(found[0].example, "nginx/gnutls/renew-kept@1.2") << "of what is new, a new cell is the example";
  EXPECT_EQ(found[1].state, FindingState::known);
  EXPECT_EQ(found[1].links.at("KNOWN.md#gnutls"), "It keeps the old one");
}

TEST(Findings, TheClearestExampleDoesNotHangOnTheOrder) {
  CellResult longer = stale("nginx/gnutls/aa@1.2");
  longer.connections.resize(9);
  std::vector<CellResult> cells{longer, stale("nginx/gnutls/renew-twice@1.2"), stale("openssl/gnutls/renew@1.2"),
                                stale("nginx/gnutls/renew@1.2")};
  EXPECT_EQ(grouped(cells)[0].example, "nginx/gnutls/renew@1.2");
  std::ranges::reverse(cells);
  EXPECT_EQ(grouped(cells)[0].example, "nginx/gnutls/renew@1.2");
}

TEST(Findings, AControlIsNotMixedWithItsLibrary) {
  CellResult control = stale("nginx/openssl-broken/renew@1.2");
  control.control = Caught::caught;
  control.expected = Outcome::fail;
  const auto found = grouped({control, stale("nginx/openssl/renew@1.2")});
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].subject, "OpenSSL");
  EXPECT_EQ(found[0].state, FindingState::fresh);
  EXPECT_EQ(found[1].subject, "openssl-broken");
  EXPECT_EQ(found[1].state, FindingState::control);
}

TEST(Findings, AreToldInOneParagraph) {
  EXPECT_EQ(in_words(grouped({known(stale("nginx/gnutls/renew@1.2")), stale("nginx/gnutls/chain@1.1")})[0]),
            "GnuTLS (client, GnuTLS 3.7.9) breaks expect-offered below TLS 1.3, in a full handshake, at the client's "
            "ClientHello (offers a ticket): the client offered a ticket (issued at # s), not a ticket. Seen in 2 "
            "cells: client gnutls with server nginx, TLS 1.1 to 1.2, in 2 scenarios. New: 1 cell of them was not to be "
            "expected. Known: It keeps the old one (KNOWN.md#gnutls). Clearest in nginx/gnutls/chain@1.1, connection "
            "3 message 0: the client offered A (issued at 0 s), not B.");
}

TEST(Findings, ACellWithoutItsMessagesIsWhatItWasSaidToBe) {
  Results results = facts_of_run();
  results.cells = {known(stale("nginx/gnutls/renew@1.2"))};
  group_cells(results);
  Results small = results;
  small.cells[0].connections.clear();
  small.cells[0].known_note.clear();
  const std::string was = small.cells[0].finding;
  group_cells(small);
  EXPECT_EQ(small.cells[0].finding, was);
  EXPECT_EQ(in_words(small.findings[0]), in_words(results.findings[0]));
}

}  // namespace
}  // namespace ti
