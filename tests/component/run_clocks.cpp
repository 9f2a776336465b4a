// Whose clock moves, and whose does not.
#include "check/clock_check.hpp"
#include "run_test.hpp"

namespace ti {
namespace {

class RunClocks : public RunTest {
 protected:
  ClockState of_server() { return run(clock_of_server(server_, {&client_}, context_, mode_.libfaketime)); }
  ClockState of_client() { return run(clock_of_client(client_, {&server_}, context_, mode_.libfaketime)); }

  /// Starts the program without libfaketime.
  static void stop_clock(std::vector<std::string>& argv) {
    argv.insert(argv.begin(), {"/usr/bin/env", "-u", "LD_PRELOAD"});
  }
};

TEST_F(RunClocks, AServersClockMoves) { EXPECT_EQ(of_server(), ClockState::moves); }

TEST_F(RunClocks, AServersClockMovesAndItsLogTellsNothing) {
  server_.argv.erase(std::find(server_.argv.begin(), server_.argv.end(), "-ticket_log"));
  EXPECT_EQ(of_server(), ClockState::moves);
}

TEST_F(RunClocks, AServersClockStandsStill) {
  stop_clock(server_.argv);
  EXPECT_EQ(of_server(), ClockState::stands_still);
}

TEST_F(RunClocks, AServersClockStandsStillAndItsLogTellsNothing) {
  stop_clock(server_.argv);
  server_.argv.erase(std::find(server_.argv.begin(), server_.argv.end(), "-ticket_log"));
  client_.argv.insert(client_.argv.begin(), {where::fake_client(), "none"});
  EXPECT_EQ(of_server(), ClockState::stands_still);
}

TEST_F(RunClocks, AClientsClockMoves) { EXPECT_EQ(of_client(), ClockState::moves); }

TEST_F(RunClocks, AClientsClockStandsStill) {
  stop_clock(client_.argv);
  EXPECT_EQ(of_client(), ClockState::stands_still);
}

TEST_F(RunClocks, AClientThatCannotBeDrivenTellsNothing) {
  client_.argv = {"/bin/false"};
  EXPECT_EQ(of_client(), ClockState::not_told);
}

}  // namespace
}  // namespace ti
