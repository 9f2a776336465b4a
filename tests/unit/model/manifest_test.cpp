#include "model/manifest.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ti {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

/// A folder of manifests that lives as long as a test.
struct Folder {
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("ti-manifests-" + std::to_string(::getpid()));
};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) ADD_FAILURE() << what << " is not there";
  return text.replace(at, what.size(), by);
}

TEST(FillIn, ReplacesVariablesAndLeavesOtherBraces) {
  const std::map<std::string, std::string> variables = {{"dir", "/d"}, {"tls", "ssl_protocols {x};"}};
  EXPECT_EQ(fill_in("{dir}/a {tls} { b } {} {A} {9} {dir", variables).value(),
            "/d/a ssl_protocols {x}; { b } {} {A} {9} {dir");
  EXPECT_EQ(fill_in("http { x {dir}; }", variables).value(), "http { x /d; }");
  EXPECT_EQ(fill_in("{{dir}}", variables).value(), "{/d}");
  EXPECT_EQ(fill_in("", variables).value(), "");
}

TEST(FillIn, AnUnknownVariableIsAnError) {
  const auto result = fill_in("abc {dri}", {{"dir", ""}, {"key", ""}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().what, "unknown variable \"dri\": did you mean \"dir\"? It may be \"dir\" or \"key\"");
  EXPECT_EQ(result.error().offset, 4U);
}

const std::string server_text = R"({ // a comment
  "title": "A server", "library": "L", "binary": "s", "version": ["{binary}", "-v"],
  "argv": ["{binary}", "{tls}", "{policy}", "-unix", "{socket}"],
  "env": {"A": "{dir}"},
  "files": {"s.conf": "s.conf.in"},
  "listen": "unix",
  "ready": "ACCEPT",
  "tls": {"1.2": {"args": ["-tls1_2"]}, "1.3": {"config": "p 1.3;"}},
  "policy": {
    "renew_after": {"args": ["-r", "{value}"], "config": "r {value};"},
    "tickets": {"values": {"on": {}, "off": {"args": ["-no"]}}}
  },
  "capabilities": ["keylog"],
  "warm": true
})";

struct Servers : testing::Test {
  std::string complaint(const std::string& text) {
    folder.write("thing/server.json", text);
    const auto server = parse_server_manifest(folder.path / "thing");
    return server ? "no complaint" : server.error().text();
  }
  std::string complaint(const std::string& what, const std::string& by) {
    return complaint(replaced(server_text, what, by));
  }
  void SetUp() override { folder.write("thing/s.conf.in", "dir {dir};\n{tls} {policy}\nx { y }\n"); }
  Folder folder;
};

TEST_F(Servers, EveryFieldIsRead) {
  folder.write("thing/server.json", server_text);
  const ServerManifest server = parse_server_manifest(folder.path / "thing").value();
  EXPECT_EQ(server.id, "thing");
  EXPECT_EQ(server.folder, folder.path / "thing");
  EXPECT_EQ(server.title, "A server");
  EXPECT_EQ(server.library, "L");
  EXPECT_EQ(server.binary, "s");
  EXPECT_THAT(server.version, ElementsAre("{binary}", "-v"));
  EXPECT_EQ(server.argv.size(), 5U);
  EXPECT_EQ(server.env.at("A"), "{dir}");
  EXPECT_THAT(server.files.at("s.conf"), HasSubstr("x { y }"));
  EXPECT_TRUE(server.unix_socket);
  EXPECT_EQ(server.ready, "ACCEPT");
  EXPECT_THAT(server.tls.at(Version::tls12).args, ElementsAre("-tls1_2"));
  EXPECT_EQ(server.tls.at(Version::tls13).config, "p 1.3;");
  EXPECT_THAT(server.policy.at("renew_after").any.args, ElementsAre("-r", "{value}"));
  EXPECT_EQ(server.policy.at("renew_after").any.config, "r {value};");
  EXPECT_THAT(server.policy.at("renew_after").values, IsEmpty());
  EXPECT_THAT(server.policy.at("tickets").values.at("off").args, ElementsAre("-no"));
  EXPECT_THAT(server.capabilities, ElementsAre("keylog"));
  EXPECT_TRUE(server.warm);
}

TEST_F(Servers, ComplainsWithFileAndLine) {
  EXPECT_THAT(complaint("\"ready\"", "\"redy\""),
              AllOf(HasSubstr("thing/server.json:7: unknown field \"redy\""), HasSubstr("did you mean \"ready\"?")));
  EXPECT_THAT(complaint("{socket}", "{sockt}"),
              AllOf(HasSubstr("server.json:3: unknown variable \"sockt\""), HasSubstr("did you mean \"socket\"?")));
  EXPECT_THAT(complaint("\"renew_after\"", "\"renew_atfer\""), HasSubstr("did you mean \"renew_after\"?"));
  EXPECT_THAT(complaint("\"off\"", "\"maybe\""), HasSubstr("\"maybe\" is not a value of \"tickets\""));
  EXPECT_THAT(complaint("\"1.3\"", "\"1.4\""), HasSubstr("a TLS version is"));
  EXPECT_THAT(complaint("\"unix\"", "\"udp\""), HasSubstr("\"listen\" may be \"unix\" or \"tcp\""));
  EXPECT_THAT(complaint("\"args\": [\"-tls1_2\"]", "\"arg\": []"), HasSubstr("did you mean \"args\"?"));
  EXPECT_THAT(complaint("\"ready\"", "\"library_version\": \"L\", \"ready\""), HasSubstr("must have a group"));
  EXPECT_THAT(complaint("[\"-tls1_2\"]", "[\"{value}\"]"), HasSubstr("unknown variable \"value\""));
  EXPECT_THAT(complaint("\"title\": \"A server\",", ""), HasSubstr("\"title\" is missing in the file"));
  EXPECT_THAT(complaint("[\"keylog\"]", "[\"keylgo\"]"), HasSubstr("no capability of servers is called \"keylgo\""));
}

TEST_F(Servers, AFragmentMayBeVariablesOfTheEnvironment) {
  folder.write("thing/server.json",
               replaced(replaced(server_text, R"("config": "r {value};")", R"("env": {"RENEW": "{value} {dir}"})"),
                        "\"warm\"", "\"hook\": true, \"warm\""));
  const ServerManifest server = parse_server_manifest(folder.path / "thing").value();
  EXPECT_EQ(server.policy.at("renew_after").any.env.at("RENEW"), "{value} {dir}");
  EXPECT_TRUE(server.hook);
  EXPECT_THAT(complaint(R"("config": "r {value};")", R"("env": {"RENEW": "{valeu}"})"),
              HasSubstr("unknown variable \"valeu\""));
}

TEST_F(Servers, AControlNamesItsRuleOccasionAndPeers) {
  EXPECT_EQ(complaint("\"ready\"", "\"control\": {\"rule\": \"r\", \"occasion\": \"o\", \"with\": [\"c\"]}, \"ready\""),
            "no complaint");
  EXPECT_THAT(complaint("\"ready\"", "\"control\": {\"rule\": \"r\", \"with\": []}, \"ready\""),
              HasSubstr("\"occasion\" is missing"));
}

TEST_F(Servers, AServerOnTcpSaysHowItsPortIsFound) {
  EXPECT_THAT(complaint("\"unix\"", "\"tcp\""), HasSubstr("\"listen_port\" is missing"));
  EXPECT_THAT(complaint("\"unix\"", "\"tcp\", \"listen_port\": \"port [0-9]+\""), HasSubstr("must have a group"));
  EXPECT_THAT(complaint("\"unix\"", "\"tcp\", \"listen_port\": \"port ([0-9]+\""),
              HasSubstr("not a regular expression"));
  EXPECT_EQ(complaint("\"unix\"", "\"tcp\", \"listen_port\": \"port ([0-9]+)\""), "no complaint");
  EXPECT_THAT(complaint("\"unix\"", "\"unix\", \"listen_port\": \"(x)\""), HasSubstr("is for \"listen\": \"tcp\""));
}

TEST_F(Servers, OneThatIsLikeAnotherReplacesWhatItGives) {
  folder.write("thing/server.json", server_text);
  folder.write("other/o.in", "o {policy}\n");
  folder.write("other/server.json", R"json({"like": "thing", "title": "Another", "library_version": "L (.+)",
    "files": {"o.conf": "o.in"}, "tls": {"1.0": {}}, "policy": {"expire_after": {"args": ["{value}"]}}, "warm": false})json");
  const ServerManifest server = parse_server_manifest(folder.path / "other").value();
  EXPECT_EQ(server.id, "other");
  EXPECT_EQ(server.folder, folder.path / "other");
  EXPECT_EQ(server.title, "Another");
  EXPECT_EQ(server.library, "L");
  EXPECT_EQ(server.library_version, "L (.+)");
  EXPECT_EQ(server.binary, "s");
  EXPECT_EQ(server.argv.size(), 5U);
  EXPECT_EQ(server.env.at("A"), "{dir}");
  EXPECT_THAT(server.files, ElementsAre(Pair("o.conf", "o {policy}\n")));
  EXPECT_TRUE(server.unix_socket);
  EXPECT_THAT(server.tls, ElementsAre(Pair(Version::tls10, testing::_)));
  EXPECT_THAT(server.policy, ElementsAre(Pair("expire_after", testing::_)));
  EXPECT_THAT(server.capabilities, ElementsAre("keylog"));
  EXPECT_FALSE(server.warm);
}

TEST_F(Servers, OneThatIsLikeAnotherKeepsTheOthersTemplates) {
  folder.write("thing/server.json", server_text);
  folder.write("other/server.json", R"({"like": "thing", "title": "Another"})");
  EXPECT_THAT(parse_server_manifest(folder.path / "other").value().files.at("s.conf"), HasSubstr("dir {dir};"));
}

TEST_F(Servers, OneThatIsLikeAnotherOnTcp) {
  folder.write("other/server.json", replaced(server_text, "\"unix\",\n  \"ready\"",
                                             "\"tcp\", \"listen_port\": \"port ([0-9]+)\",\n  \"ready\""));
  folder.write("other/s.conf.in", "");
  folder.write("thing/server.json", R"({"like": "other", "title": "t"})");
  EXPECT_EQ(parse_server_manifest(folder.path / "thing").value().listen_port, "port ([0-9]+)");
  folder.write("thing/server.json", R"json({"like": "other", "title": "t", "listen_port": "at ([0-9]+)"})json");
  EXPECT_EQ(parse_server_manifest(folder.path / "thing").value().listen_port, "at ([0-9]+)");
}

TEST_F(Servers, LikeNamesAServerOfItsOwn) {
  folder.write("other/server.json", R"({"like": "thing", "title": "Another"})");
  EXPECT_THAT(complaint(R"({"like": "othr", "title": "t"})"),
              AllOf(HasSubstr("thing/server.json:1: no other server is called \"othr\""),
                    HasSubstr("did you mean \"other\"?")));
  EXPECT_THAT(complaint(R"({"like": "../x", "title": "t"})"), HasSubstr("no other server is called \"../x\""));
  EXPECT_THAT(complaint(R"({"like": "thing", "title": "t"})"), HasSubstr("no other server is called \"thing\""));
  EXPECT_THAT(complaint(R"({"like": "other", "title": "t"})"),
              HasSubstr("what is like another cannot be the model of a third"));
  EXPECT_THAT(complaint(R"({"like": "other"})"), HasSubstr("other/server.json:1: "));
  folder.write("other/server.json", "{");
  EXPECT_THAT(complaint(R"({"like": "other", "title": "t"})"),
              AllOf(HasSubstr("thing/server.json:1: "), HasSubstr("other/server.json:1: not JSON")));
  folder.write("other/server.json", replaced(server_text, "\"files\": {\"s.conf\": \"s.conf.in\"},", ""));
  EXPECT_THAT(complaint(R"({"like": "other"})"), HasSubstr("\"title\" is missing in the file"));
  EXPECT_EQ(complaint(R"({"like": "other", "title": "t"})"), "no complaint");
}

TEST_F(Servers, ATemplatesFaultsAreFoundAtOnce) {
  folder.write("thing/s.conf.in", "a\nb {dirr}\n");
  EXPECT_THAT(complaint(server_text),
              AllOf(HasSubstr("server.json:5: "), HasSubstr("s.conf.in:2: unknown variable \"dirr\"")));
  EXPECT_THAT(complaint("s.conf.in", "none.in"), HasSubstr("none.in: cannot be read: No such file"));
}

TEST_F(Servers, ABrokenOneCostsOnlyItself) {
  folder.write("thing/server.json", server_text);
  folder.write("another/server.json", replaced(server_text, "\"files\": {\"s.conf\": \"s.conf.in\"},", ""));
  folder.write("broken/server.json", "{");
  folder.write("common/notes.txt", "");
  std::vector<ParseError> errors;
  const auto servers = load_servers(folder.path, errors);
  ASSERT_EQ(servers.size(), 2U);
  EXPECT_EQ(servers[0].id, "another");
  EXPECT_EQ(servers[1].id, "thing");
  EXPECT_EQ(errors.size(), 1U);
}

TEST_F(Servers, AFolderWhoseNameIsNoIdIsAnError) {
  folder.write("copy of thing/server.json", server_text);
  std::vector<ParseError> errors;
  EXPECT_TRUE(load_servers(folder.path, errors).empty());
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0].text(), HasSubstr("copy of thing: \"copy of thing\" cannot be an id"));
}

const std::string client_text = R"({
  "library": "L", "seen": "7", "driver": "lines", "argv": ["{build}/adapter"], "env": {"A": "1", "B": "1"},
  "needs": [{"file": "/f", "install": "i"}, {"program": "p", "install": "j"}],
  "build_needs": [{"program": "b", "install": "k"}],
  "optional": true,
  "tls": ["1.2", "1.3"],
  "capabilities": ["keylog"],
  "clients": {
    "z": {"front_door": "one", "carry": "cache", "args": ["x"]},
    "a": {"front_door": "two", "carry": "export", "env": {"B": "2"}, "tls": ["1.2"], "capabilities": ["warm"],
          "seen": "8", "cannot": {"resume": "because", "close_notify": "so"}}
  },
  "cannot": {"ciphers": "why", "resume": "why"}
})";

const std::string program_text = R"json({
  "library": "L", "driver": "program", "argv": ["p", "{host}:{port}", "{tls}", "{session_in}"],
  "fragments": {"tls": {"1.2": ["-2"]}, "session_in": ["-in", "{file}"], "session_out": ["-out", "{file}"],
                "certificate": ["-c", "{cert}", "{key}"], "keylog": ["-k", "{file}"]},
  "stdin": "GET {x}", "version": ["p", "-v"], "said": {"resumed": "Reused", "cipher": "C (.*)"}, "exit_ok": [0, 3],
  "tls": ["1.2"],
  "clients": {"p": {"front_door": "d", "carry": "export"}}
})json";

struct Clients : testing::Test {
  std::string complaint(const std::string& text) {
    folder.write("thing/client.json", text);
    const auto clients = parse_client_manifest(folder.path / "thing");
    return clients ? "no complaint" : clients.error().text();
  }
  Folder folder;
};

TEST_F(Clients, FolderAndEntryAreMerged) {
  folder.write("thing/client.json", client_text);
  const auto clients = parse_client_manifest(folder.path / "thing").value();
  ASSERT_EQ(clients.size(), 2U);
  const ClientManifest& z = clients[0];
  EXPECT_EQ(z.id, "z");
  EXPECT_EQ(z.library, "L");
  EXPECT_EQ(z.seen, "7");
  EXPECT_EQ(z.front_door, "one");
  EXPECT_EQ(z.carry, Carry::cache);
  EXPECT_THAT(z.argv, ElementsAre("{build}/adapter", "x"));
  EXPECT_EQ(z.needs.at(0).file, "/f");
  EXPECT_EQ(z.needs.at(1).program, "p");
  EXPECT_EQ(z.needs.at(1).install, "j");
  EXPECT_EQ(z.build_needs.at(0).program, "b");
  EXPECT_TRUE(z.optional);
  EXPECT_THAT(z.tls, ElementsAre(Version::tls12, Version::tls13));
  EXPECT_THAT(z.capabilities, ElementsAre("keylog"));
  EXPECT_EQ(z.cannot.at("ciphers"), "why");
  EXPECT_FALSE(z.program);
  const ClientManifest& a = clients[1];
  EXPECT_EQ(a.carry, Carry::session_export);
  EXPECT_THAT(a.argv, ElementsAre("{build}/adapter"));
  EXPECT_EQ(a.env.at("A") + a.env.at("B"), "12");
  EXPECT_THAT(a.tls, ElementsAre(Version::tls12));
  EXPECT_THAT(a.capabilities, ElementsAre("warm"));
  EXPECT_EQ(a.seen, "8");
  EXPECT_THAT(a.cannot, ElementsAre(Pair("ciphers", "why"), Pair("close_notify", "so"), Pair("resume", "because")));
}

TEST_F(Clients, AProgramIsRead) {
  folder.write("thing/client.json", program_text);
  const ClientManifest client = parse_client_manifest(folder.path / "thing").value().at(0);
  ASSERT_TRUE(client.program);
  EXPECT_THAT(client.program->tls.at(Version::tls12), ElementsAre("-2"));
  EXPECT_THAT(client.program->session_in, ElementsAre("-in", "{file}"));
  EXPECT_THAT(client.program->session_out, ElementsAre("-out", "{file}"));
  EXPECT_THAT(client.program->certificate, ElementsAre("-c", "{cert}", "{key}"));
  EXPECT_THAT(client.program->keylog, ElementsAre("-k", "{file}"));
  EXPECT_EQ(client.program->input, "GET {x}");
  EXPECT_THAT(client.program->version, ElementsAre("p", "-v"));
  EXPECT_EQ(client.program->said.at("resumed"), "Reused");
  EXPECT_THAT(client.program->exit_ok, ElementsAre(0, 3));
}

TEST_F(Clients, ComplainsWithFileAndLine) {
  EXPECT_THAT(complaint(replaced(client_text, "\"optional\"", "\"optinal\"")),
              AllOf(HasSubstr("thing/client.json:5: "), HasSubstr("did you mean \"optional\"?")));
  EXPECT_THAT(complaint(replaced(client_text, "\"file\": \"/f\"", "\"x\": 1")), HasSubstr("unknown field \"x\""));
  EXPECT_THAT(complaint(replaced(client_text, "\"file\": \"/f\", ", "")),
              HasSubstr("either a \"file\" or a \"program\""));
  EXPECT_THAT(complaint(replaced(client_text, "{build}", "{buidl}")), HasSubstr("did you mean \"build\"?"));
  EXPECT_THAT(complaint(replaced(client_text, "\"cache\"", "\"memory\"")), HasSubstr("may be \"cache\" or \"export\""));
  EXPECT_THAT(complaint(replaced(client_text, "\"optional\": true", "\"stdin\": \"x\"")),
              HasSubstr("\"stdin\" is for \"driver\": \"program\""));
  EXPECT_THAT(complaint(replaced(client_text, "\"1.3\"", "\"1.2\"")), HasSubstr("stands in \"tls\" twice"));
  EXPECT_THAT(complaint(replaced(client_text, "[\"keylog\"]", "[\"keylgo\"]")), HasSubstr("did you mean \"keylog\"?"));
  EXPECT_THAT(complaint(replaced(client_text, "[\"warm\"]", "[\"wram\"]")), HasSubstr("did you mean \"warm\"?"));
  EXPECT_THAT(
      complaint(replaced(client_text, "\"ciphers\": \"why\"", "\"cipers\": \"why\"")),
      AllOf(HasSubstr("no thing that a client may lack is called \"cipers\""), HasSubstr("did you mean \"ciphers\"?")));
  EXPECT_THAT(complaint(replaced(client_text, "\"close_notify\"", "\"close-notify\"")),
              HasSubstr("did you mean \"close_notify\"?"));
}

TEST_F(Clients, SayWhatOtherBuildsAreLookedForBy) {
  const char* builds = R"("builds": {"libraries": ["libx", "liby"], "header": "x/x.h", "program": ["bin/x"],
    "compile": ["{source}/make", "{out}"], "may_lack": [["-v", "{host}"]], "security_levels": ">=1.1.0"}, "tls":)";
  folder.write("thing/client.json", replaced(client_text, "\"tls\":", builds));
  const auto recipe = parse_client_manifest(folder.path / "thing").value().front().builds;
  ASSERT_TRUE(recipe);
  EXPECT_THAT(recipe->libraries, ElementsAre("libx", "liby"));
  EXPECT_EQ(recipe->header, "x/x.h");
  EXPECT_THAT(recipe->program, ElementsAre("bin/x"));
  EXPECT_THAT(recipe->may_lack, ElementsAre(ElementsAre("-v", "{host}")));
  const std::string text = replaced(client_text, "\"tls\":", builds);
  EXPECT_THAT(complaint(replaced(text, ">=1.1.0", "new")), HasSubstr("must be a range"));
  EXPECT_THAT(complaint(replaced(text, "{out}", "{uot}")), HasSubstr("did you mean \"out\"?"));
  EXPECT_THAT(complaint(replaced(client_text, "\"tls\":", R"("builds": {}, "tls":)")),
              HasSubstr("names neither a library nor a program"));
}

TEST_F(Clients, OneThatIsLikeAnotherReplacesWhatItGives) {
  folder.write("other/client.json",
               replaced(program_text, R"("argv": ["p",)", R"("binary": "p", "seen": "7", "argv": ["{binary}",)"));
  folder.write("thing/client.json", R"json({"like": "other", "binary": "{source}/q", "needs": [], "stdin": "",
    "env": {"LD_LIBRARY_PATH": "/mine"}, "capabilities": ["keylog"],
    "clients": {"q": {"front_door": "d", "carry": "export"}}})json");
  const auto clients = parse_client_manifest(folder.path / "thing").value();
  ASSERT_EQ(clients.size(), 1U);
  const ClientManifest& client = clients[0];
  EXPECT_EQ(client.id, "q");
  EXPECT_EQ(client.folder, folder.path / "thing");
  EXPECT_EQ(client.library, "L");
  EXPECT_EQ(client.seen, "");
  EXPECT_EQ(client.binary, "{source}/q");
  EXPECT_THAT(client.argv, ElementsAre("{binary}", "{host}:{port}", "{tls}", "{session_in}"));
  EXPECT_THAT(client.env, ElementsAre(Pair("LD_LIBRARY_PATH", "/mine")));
  EXPECT_THAT(client.tls, ElementsAre(Version::tls12));
  EXPECT_THAT(client.capabilities, ElementsAre("keylog"));
  ASSERT_TRUE(client.program);
  EXPECT_EQ(client.program->input, "");
  EXPECT_THAT(client.program->session_in, ElementsAre("-in", "{file}"));
  EXPECT_THAT(client.program->exit_ok, ElementsAre(0, 3));
}

TEST_F(Clients, OneThatIsLikeAnotherUsesItsBuildUntilItHasOneOfItsOwn) {
  folder.write("other/client.json", client_text);
  folder.write("other/build.sh", "");
  const std::string mine = R"({"like": "other", "clients": {"mine": {"front_door": "d", "carry": "cache"}}})";
  folder.write("thing/client.json", mine);
  const ClientManifest without = parse_client_manifest(folder.path / "thing").value().at(0);
  EXPECT_EQ(without.adapter_folder, folder.path / "other");
  EXPECT_TRUE(without.optional);
  EXPECT_THAT(complaint(replaced(mine, "\"clients\"", "\"optional\": false, \"clients\"")),
              HasSubstr("this one has no build.sh"));
  folder.write("thing/build.sh", "");
  EXPECT_EQ(complaint(replaced(mine, "\"clients\"", "\"optional\": false, \"clients\"")), "no complaint");
  const ClientManifest with = parse_client_manifest(folder.path / "thing").value().at(0);
  EXPECT_EQ(with.adapter_folder, folder.path / "thing");
  EXPECT_FALSE(with.optional);
}

TEST_F(Clients, LikeNamesAFolderOfItsOwn) {
  folder.write("other/client.json", client_text);
  const std::string mine = R"({"like": "other", "clients": {"mine": {"front_door": "d", "carry": "cache"}}})";
  EXPECT_EQ(complaint(mine), "no complaint");
  EXPECT_THAT(complaint(replaced(mine, "other", "othr")),
              AllOf(HasSubstr("thing/client.json:1: no other folder of clients is called \"othr\""),
                    HasSubstr("did you mean \"other\"?")));
  EXPECT_THAT(complaint(replaced(mine, "other", "thing")), HasSubstr("no other folder of clients is called"));
  EXPECT_THAT(complaint(replaced(mine, "\"like\": \"other\"", "\"like\": \"other\", \"driver\": \"lines\"")),
              HasSubstr("\"driver\" is that of the client that this one is like"));
  EXPECT_THAT(complaint(R"({"like": "other"})"), HasSubstr("\"clients\" is missing"));
  folder.write("other/client.json", replaced(mine, "other", "thing"));
  EXPECT_THAT(complaint(mine), HasSubstr("what is like another cannot be the model of a third"));
  folder.write("other/client.json", "{");
  EXPECT_THAT(complaint(mine), AllOf(HasSubstr("thing/client.json:1: "), HasSubstr("other/client.json:1: not JSON")));
}

TEST_F(Clients, ComplainsOfPrograms) {
  EXPECT_THAT(complaint(replaced(program_text, "\"export\"", "\"cache\"")), HasSubstr("its \"carry\" is \"export\""));
  EXPECT_THAT(complaint(replaced(program_text, "C (.*)", "C")), HasSubstr("must have a group"));
  EXPECT_THAT(complaint(replaced(program_text, "\"resumed\"", "\"reused\"")), HasSubstr("did you mean \"resumed\"?"));
  EXPECT_THAT(complaint(replaced(program_text, "\"-in\", \"{file}\"", "\"{cert}\"")),
              HasSubstr("unknown variable \"cert\""));
  EXPECT_THAT(complaint(replaced(program_text, "[0, 3]", "[256]")), HasSubstr("an exit code is 0 to 255"));
}

TEST_F(Clients, AnIdIsOneWordOfCellsIds) {
  for (const char* wrong : {"", ".", "..", "a/z", "z@1.2", "a z", "z*", "\\u00e9"})
    EXPECT_THAT(complaint(replaced(client_text, "\"z\"", '"' + std::string(wrong) + '"')),
                AllOf(HasSubstr("thing/client.json:9: "), HasSubstr("cannot be an id")))
        << wrong;
  for (const char* right : {"z_client-0.12.18_Get", "...", "-"})
    EXPECT_EQ(complaint(replaced(client_text, "\"z\"", '"' + std::string(right) + '"')), "no complaint") << right;
}

TEST_F(Clients, AnIdIsUniqueOverAllFolders) {
  folder.write("one/client.json", client_text);
  folder.write("two/client.json", client_text);
  std::vector<ParseError> errors;
  const auto clients = load_clients(folder.path, errors);
  ASSERT_EQ(clients.size(), 2U);
  EXPECT_EQ(clients[0].id, "a");
  EXPECT_EQ(clients[0].folder.filename(), "one");
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_THAT(errors[0].text(), AllOf(HasSubstr("two/client.json"), HasSubstr("client \"z\" is described in ")));
}

}  // namespace
}  // namespace ti
