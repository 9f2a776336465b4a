#pragma once
// What the tests of the run layer share: one cell of real programs, any part of which a test may spoil.
#include <fstream>
#include <iterator>

#include "exec/temp_dir.hpp"
#include "exec_test.hpp"
#include "report/listener.hpp"
#include "rules/registry.hpp"
#include "run/cell.hpp"
#include "run/runner.hpp"
#include "where/where.hpp"

namespace ti {

class RunTest : public ExecTest {
 protected:
  RunTest() {
    Result<ServerManifest> server = parse_server_manifest(source() / "servers/openssl");
    Result<std::vector<ClientManifest>> clients = parse_client_manifest(source() / "clients/openssl");
    server_ = server.value();
    for (const ClientManifest& client : clients.value())
      if (client.id == "openssl") client_ = client;
    server_.binary = (source() / "build/servers/openssl" / server_.binary).string();
    scenario_ = scenario("renewal/renew");
    mode_.libfaketime = find_libfaketime().value();
  }

  void SetUp() override {
    ASSERT_TRUE(std::filesystem::exists(server_.binary))
        << "the server openssl is not built: servers/openssl/build.sh build/servers/openssl";
    before_ = children();
  }

  /// Whatever a cell's programs did, none of them is left.
  void TearDown() override { EXPECT_EQ(children(), before_); }

  /// The processes that this one has, by number.
  static std::string children() {
    std::string numbers;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream in(thread.path() / "children");
      for (std::string number; in >> number;) numbers += number + " ";
    }
    return numbers;
  }

  static std::filesystem::path source() { return where::source(); }

  static Scenario scenario(const std::string& name) {
    const std::filesystem::path file = source() / "scenarios" / (name + ".json");
    std::ifstream in(file);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    return parse_scenario(text, file.stem().string(), file.string(), should_rules()).value();
  }

  /// Made once for all tests of this program: they cost an RSA key.
  static const Credentials& credentials() {
    static const Guardian guardian;
    static const TempDir folder(guardian);
    static const Credentials made = make_credentials(folder.path());
    return made;
  }

  void fake_client(const std::string& fault) {
    client_.argv.insert(client_.argv.begin(), {where::fake_client(), fault});
    client_.id = fault;
  }

  /// A server of which only the fault is left.
  void fake_server(const std::string& fault) {
    server_.argv = {where::fake_server(), fault, "{socket}"};
    server_.id = fault;
  }

  /// A fault in front of the real server.
  void fake_front(const std::string& fault) {
    std::replace(server_.argv.begin(), server_.argv.end(), std::string("{socket}"), std::string("{dir}/back.sock"));
    server_.argv.insert(server_.argv.begin(), {where::fake_server(), fault, "{socket}", "{dir}/back.sock"});
    server_.id = fault;
  }

  PlannedCell planned(Version tls = Version::tls12) const {
    return {{server_.id, client_.id, scenario_.id, tls}, &server_, &client_, &scenario_, {}};
  }

  /// Runs the cell in a slot of its own and gives its result.
  CellResult cell(Version tls = Version::tls12) { return run(in_new_slot(planned(tls))).result; }

  awaitable<CellEnd> in_new_slot(PlannedCell cell) {
    Slot slot(context_, mode_);
    CellSettings settings{results_.path(), Keep::none};
    CellEnd end = co_await run_cell(std::move(cell), slot, std::move(settings));
    co_await slot.clear();
    co_return end;
  }

  ServerManifest server_;
  ClientManifest client_;
  Scenario scenario_;
  RunContext context_{executor(),
                      &guardian_,
                      credentials(),
                      source() / "build/servers",
                      where::clients_build(),
                      source() / "build/clients",
                      {}};
  SlotMode mode_;
  std::string before_;
  const TempDir results_{guardian_};
};

/// Heard keeps what a run tells.
struct Heard final : Listener {
  void run_started(const Results&, std::size_t, std::size_t) override {}
  void cell_ended(const CellResult& cell) override { cells.push_back(cell); }
  void cell_recalled(const CellResult&) override {}
  void run_ended(const RunFacts&, bool) override {}

  std::vector<CellResult> cells;
};

/// The verdict in words: "pass", "fail client expect-offered", "error".
inline std::string in_short(const Verdict& verdict) {
  std::string text(name(verdict.outcome));
  if (verdict.fault) text += " " + std::string(name(*verdict.fault)) + " " + verdict.rule;
  return text;
}

/// All that the verdict says to a person, a line each: the reason first, then what followed.
inline std::string told(const Verdict& verdict) {
  std::string text = verdict.reason;
  for (const Consequence& consequence : verdict.consequences) text += "\n" + consequence.what;
  return text;
}

}  // namespace ti
