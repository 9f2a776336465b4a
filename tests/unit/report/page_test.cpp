// The data of the page: what a browser is told of a run, and that nothing in it can leave its place.
#include "report/page.hpp"

#include <gmock/gmock.h>

#include <zlib.h>
#include <functional>

#include <map>
#include <nlohmann/json.hpp>

#include "model/findings.hpp"

namespace ti {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::SizeIs;

using Files = std::map<std::string, std::string>;

CellResult cell_of(const std::string& id, Outcome outcome = Outcome::pass) {
  CellResult cell;
  cell.id = *CellId::parse(id);
  cell.verdict.outcome = outcome;
  return cell;
}

CellResult failed(const std::string& id, const std::string& reason) {
  CellResult cell = cell_of(id, Outcome::fail);
  cell.verdict.fault = Side::client;
  cell.verdict.rule = "expect-offered";
  cell.verdict.reason = reason;
  return cell;
}

Files page_of(Results results, const std::string& base = "..", const Definitions& definitions = {}) {
  group_cells(results);
  Files files;
  write_page(results, definitions, base, std::identity{},
             [&](const std::string& path, std::string_view text) { files[path] = text; });
  return files;
}

/// What a script hands to ticketInterop.<function>().
std::string handed(const std::string& script, const std::string& function) {
  const std::string begin = "ticketInterop." + function + "(";
  const std::string end = ");\n";
  EXPECT_TRUE(script.starts_with(begin) && script.ends_with(end)) << script.substr(0, 80);
  return script.substr(begin.size(), script.size() - begin.size() - end.size());
}

json index_of(const Files& files) {
  return json::parse(handed(files.at("page/data/index.js"), "index").substr(std::string_view("...").size())).at(0);
}

std::string from_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text.substr(0, text.find('='))) {
    bits = bits << 6 | static_cast<std::uint32_t>(digits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

/// The cells of a chunk, as the browser inflates them.
json cells_of(const Files& files, std::size_t number) {
  const std::string name = "page/data/cells-" + std::to_string(number) + ".js";
  const json arguments = json::parse("[" + handed(files.at(name), "cells") + "]");
  EXPECT_EQ(arguments.at(0), number);
  const std::string packed = from_base64(arguments.at(1));
  std::string text(std::size_t{1} << 22, '\0');
  uLongf size = text.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(text.data()), &size, reinterpret_cast<const Bytef*>(packed.data()),
                       packed.size()),
            Z_OK);
  return json::parse(text.substr(0, size));
}

TEST(Page, HasAllThatItsIndexNames) {
  const Files files = page_of({});
  const std::string& html = files.at("index.html");
  std::size_t named = 0;
  for (const auto& [path, text] : files)
    if (path != "index.html" && html.find("\"" + path + "\"") != std::string::npos) ++named;
  EXPECT_EQ(named, files.size() - 1);
  EXPECT_THAT(html, HasSubstr("Content-Security-Policy"));
  EXPECT_THAT(html, Not(HasSubstr("://")));
}

TEST(Page, ACellIsARowOfNumbersAndItselfInAChunk) {
  Results results;
  results.cells = {cell_of("nginx/gnutls/renew@1.2"), failed("nginx/openssl/renew@1.2", "offered A"),
                   cell_of("nginx/openssl/renew@1.3", Outcome::unsupported)};
  results.cells[2].expected = Outcome::unsupported;
  const Files files = page_of(results);
  const json index = index_of(files);
  EXPECT_EQ(index["columns"]["client"], json({0, 1, 1}));
  EXPECT_EQ(index["columns"]["tls"], json({0, 0, 1}));
  EXPECT_EQ(index["tls"], json({"1.2", "1.3"}));
  EXPECT_EQ(index["verdicts"][index["columns"]["verdict"][2].get<std::size_t>()], "unsupported");
  EXPECT_EQ(index["reasons"][index["columns"]["reason"][1].get<std::size_t>()], "offered A");
  EXPECT_EQ(index["chunks"], json::array({0}));
  EXPECT_EQ(index["base"], "..");
  const json cells = cells_of(files, 0);
  ASSERT_THAT(cells, SizeIs(3));
  EXPECT_EQ(cells[1]["id"], "nginx/openssl/renew@1.2");
}

TEST(Page, ScenariosComeWithTheirPolicyAndTimeline) {
  const std::string definition = R"({"policy":{"renew_after":"10s"},"timeline":[{"at":"0s"}]})";
  const Files files = page_of({}, "..", {{"renew", definition}});
  const json handed_over = json::parse(handed(files.at("page/data/index.js"), "index").substr(3));
  EXPECT_EQ(handed_over.at(1).at("renew"), json::parse(definition));
}

TEST(Page, WhatWasToBeExpectedIsToldApart) {
  Results results;
  results.cells = {failed("a/b/c@1.2", "x"), failed("a/b/d@1.2", "x"), failed("a/b/e@1.2", "x"), cell_of("a/b/f@1.2")};
  results.cells[1].known = true;
  results.cells[1].expected = Outcome::fail;
  results.cells[2].control = Caught::caught;
  results.cells[2].expected = Outcome::fail;
  EXPECT_EQ(index_of(page_of(results))["columns"]["flags"], json({1, 2, 4, 0}));
}

TEST(Page, CellsPointToTheirFindingInTheFindingsOrder) {
  Results results;
  results.cells = {failed("nginx/gnutls/a@1.2", "known"), cell_of("nginx/gnutls/b@1.2"),
                   failed("nginx/openssl/a@1.2", "new")};
  results.cells[0].known = true;
  results.cells[0].expected = Outcome::fail;
  const json index = index_of(page_of(results));
  EXPECT_EQ(index["findings"][0]["state"], "new");
  EXPECT_EQ(index["columns"]["finding"], json({1, -1, 0}));
}

TEST(Page, ManyCellsAreManyChunksEachOfWhichSaysWhereItBegins) {
  Results results;
  for (int i = 0; i < 300; ++i)
    results.cells.push_back(failed("nginx/openssl/s" + std::to_string(1000 + i) + "@1.2", std::string(5000, 'x')));
  const Files files = page_of(results);
  const json starts = index_of(files)["chunks"];
  ASSERT_GT(starts.size(), 2U);
  std::size_t seen = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    EXPECT_EQ(starts[i], seen);
    const json cells = cells_of(files, i);
    EXPECT_EQ(cells[0]["scenario"], "s" + std::to_string(1000 + seen));
    seen += cells.size();
  }
  EXPECT_EQ(seen, 300U);
}

TEST(Page, NoNameLeavesTheScriptThatItStandsIn) {
  Results results;
  const std::string hostile = "</script><script>alert(1)</script><!--\n\xe2\x80\xa8\"]});alert(2);//\x1b[31m\xff";
  results.cells = {failed("nginx/openssl/renew@1.2", hostile)};
  results.servers["nginx"] = {{"version", hostile}};
  results.run.id = hostile;
  const Files files = page_of(results, hostile);
  const std::string& script = files.at("page/data/index.js");
  EXPECT_THAT(script, Not(HasSubstr("<")));
  EXPECT_THAT(script, Not(HasSubstr("\xe2\x80\xa8")));
  EXPECT_EQ(index_of(files)["run"]["id"].get<std::string>().substr(0, 9), "</script>");
  EXPECT_THAT(files, Not(Contains(Key(HasSubstr("script")))));
}

TEST(Page, ScriptJsonIsTheSameJson) {
  const std::string text = R"({"a":"1 < 2 <!-- )"
                           "\xe2\x80\xa9"
                           R"( é"})";
  EXPECT_EQ(json::parse(script_json(text)), json::parse(text));
  EXPECT_EQ(script_json("{\"a\":[1,2]}"), "{\"a\":[1,2]}");
}

}  // namespace
}  // namespace ti
