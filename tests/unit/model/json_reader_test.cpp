#include "model/json_reader.hpp"

#include <gmock/gmock.h>

namespace ti {
namespace {

/// What a document that should not parse is told.
std::string complaint(std::string_view text) {
  const auto document = parse_json(text, "f.json");
  return document ? "" : document.error().text();
}

/// What a reader's complaint reads like.
template <class Read>
std::string complaint(std::string_view text, Read read) {
  const auto result = read_json(text, "f.json", [&](const JsonValue& file) {
    read(file);
    return true;
  });
  return result ? "" : result.error().text();
}

TEST(JsonReader, ReadsEveryKindOfValue) {
  const auto file =
      parse_json(R"({"a": null, "b": true, "c": -5, "d": 1.5, "e": "x", "f": [1, 2], "g": {"h": 0}})", "f");
  ASSERT_TRUE(file) << file.error().text();
  EXPECT_TRUE(file->at("a").is_null());
  EXPECT_TRUE(file->at("b").boolean());
  EXPECT_EQ(file->at("c").integer(), -5);
  EXPECT_EQ(file->at("d").number(), 1.5);
  EXPECT_EQ(file->at("e").string(), "x");
  EXPECT_EQ(file->at("f").items().at(1).count(), 2U);
  EXPECT_EQ(file->at("g").at("h").number(), 0.0);
}

TEST(JsonReader, KnowsTheLineOfEveryValueEvenOfANumberAtALinesEnd) {
  const auto file = parse_json("{ // a comment\n\n\"a\": 1\n,\"b\":\n\"x\",\n\"c\": [2,\n3\n]}", "f");
  ASSERT_TRUE(file) << file.error().text();
  EXPECT_EQ(file->line(), 1U);
  EXPECT_EQ(file->at("a").line(), 3U);
  EXPECT_EQ(file->at("b").line(), 5U);
  EXPECT_EQ(file->at("c").items().at(0).line(), 6U);
  EXPECT_EQ(file->at("c").items().at(1).line(), 7U);
}

TEST(JsonReader, SaysInPlainWordsWhatIsNotJson) {
  EXPECT_EQ(complaint("{\"a\": 1\n\"b\": 2}"),
            "f.json:2: not JSON: found string literal, but a comma or } must follow a field's value");
  EXPECT_EQ(
      complaint("{\"a\": 1,\n}"),
      "f.json:2: not JSON: found '}', but a field's name in double quotes must stand here (and no comma before a })");
  EXPECT_EQ(complaint("{\"a\" 1}"), "f.json:1: not JSON: found number literal, but a colon must follow a field's name");
  EXPECT_EQ(complaint("[1 2]"), "f.json:1: not JSON: found number literal, but a comma or ] must follow an item");
  EXPECT_EQ(complaint("{} {}"), "f.json:1: not JSON: found '{', but nothing may follow the last }");
  EXPECT_EQ(complaint(""), "f.json:1: not JSON: found end of input, but a value must stand here");
  EXPECT_EQ(complaint("{\n\"a\": tru }"), "f.json:2: not JSON: invalid literal, where a value must stand here");
  EXPECT_THAT(complaint("{\"a\": \"x"), testing::HasSubstr("invalid string: missing closing quote"));
}

TEST(JsonReader, RefusesAFieldThatStandsTwice) {
  EXPECT_EQ(complaint("{\"a\": 1,\n\"b\": 2,\n\"a\": 3}"),
            "f.json:3: \"a\" stands here a second time; it is on line 1");
}

TEST(JsonReader, RefusesWhatIsNestedTooDeeply) {
  EXPECT_EQ(complaint(std::string(100000, '[')), "f.json:1: nested too deeply");
}

TEST(JsonReader, SaysWhatWasFoundAndWhatMustStandThere) {
  EXPECT_EQ(complaint("{\n\"a\": 5}", [](const auto& file) { file.at("a").string(); }),
            "f.json:2: \"a\" must be a string, found a number");
  EXPECT_EQ(complaint("{\"a\": {}}", [](const auto& file) { file.at("a").items(); }),
            "f.json:1: \"a\" must be a list [...], found an object {...}");
  EXPECT_EQ(complaint("[]", [](const auto& file) { file.at("a"); }),
            "f.json:1: \"the file\" must be an object {...}, found a list [...]");
  EXPECT_EQ(complaint("{\"a\": 1.5}", [](const auto& file) { file.at("a").integer(); }),
            "f.json:1: \"a\" must be a whole number");
  EXPECT_EQ(complaint("{\"a\": -1}", [](const auto& file) { file.at("a").count(); }),
            "f.json:1: \"a\" must not be negative, found -1");
  EXPECT_EQ(complaint("{\"a\": 18446744073709551615}", [](const auto& file) { file.at("a").integer(); }),
            "f.json:1: \"a\" must be a whole number");
  EXPECT_EQ(complaint("{\"a\": \"upp\"}",
                      [](const auto& file) {
                        file.at("a").word({"up", "down"});
                      }),
            "f.json:1: \"a\" may be \"up\" or \"down\", found \"upp\"");
  EXPECT_EQ(complaint("{\"g\": {}}", [](const auto& file) { file.at("g").at("h"); }),
            "f.json:1: \"h\" is missing in \"g\"");
}

TEST(JsonReader, GuessesWhatAnUnknownFieldWasMeantToBe) {
  const auto allow = [](const JsonValue& file) { file.allow({"title", "expect", "expect@*"}); };
  EXPECT_EQ(complaint("{\"title\": 1, \"expect@1.3\": 2}", allow), "");
  EXPECT_EQ(complaint("{\n\"titel\": 1}", allow),
            "f.json:2: unknown field \"titel\" in the file: did you mean \"title\"? It may be \"title\", \"expect\" or "
            "\"expect@*\"");
  EXPECT_EQ(complaint("{\"somewhere else\": 1}", allow),
            "f.json:1: unknown field \"somewhere else\" in the file: it may be \"title\", \"expect\" or \"expect@*\"");
}

}  // namespace
}  // namespace ti
