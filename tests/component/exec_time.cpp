#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <fstream>
#include <set>

#include "exec/alarm.hpp"
#include "exec/clock.hpp"
#include "exec/event.hpp"
#include "exec/task_group.hpp"
#include "exec/temp_dir.hpp"
#include "exec_test.hpp"

namespace ti {
namespace {

using namespace std::chrono_literals;

awaitable<int> fails() {
  throw std::runtime_error("broken");
  co_return 0;
}
awaitable<void> never() {
  Event event;
  co_await event.wait(Deadline::max());
}

using AlarmTest = ExecTest;

TEST_F(AlarmTest, RingsOnceAtTheDeadline) {
  int rung = 0;
  const Alarm alarm(executor(), deadline_in(1ms), [&] { ++rung; });
  EXPECT_FALSE(alarm.rang());
  run_until([&] { return rung > 0; });
  EXPECT_TRUE(alarm.rang());
  EXPECT_EQ(rung, 1);
}

TEST_F(AlarmTest, IsSilentOnceItIsGone) {
  bool rang = false;
  bool later = false;
  std::optional<Alarm> called_off(std::in_place, executor(), deadline_in(0ms), [&] { rang = true; });
  called_off.reset();
  const Alarm other(executor(), deadline_in(1ms), [&] { later = true; });
  run_until([&] { return later; });
  EXPECT_FALSE(rang);
}

TEST_F(AlarmTest, MayBeCalledOffByWhatItRings) {
  std::optional<Alarm> alarm;
  bool rang = false;
  alarm.emplace(executor(), deadline_in(1ms), [&] {
    rang = true;
    alarm.reset();
  });
  run_until([&] { return rang; });
  EXPECT_FALSE(alarm);
}

using TaskGroupTest = ExecTest;

TEST_F(TaskGroupTest, JoinThrowsTheFirstErrorAfterAllHaveEnded) {
  TaskGroup tasks(executor());
  bool ended = false;
  const auto fail = []() -> awaitable<void> { co_await fails(); };
  const auto wait = [&]() -> awaitable<void> {
    Timer timer(executor(), 5ms);
    co_await timer.async_wait(use_awaitable);
    ended = true;
  };
  tasks.spawn(fail());
  tasks.spawn(wait());
  EXPECT_THAT([&] { run(tasks.join()); }, testing::ThrowsMessage<std::runtime_error>("broken"));
  EXPECT_TRUE(ended);
  EXPECT_NO_THROW(run(tasks.join()));
}

TEST_F(TaskGroupTest, DestructionCancels) {
  {
    TaskGroup tasks(executor());
    tasks.spawn(never());
    io_.poll();
  }
  io_.restart();
  io_.run();
}

class ClockTest : public ExecTest {
 protected:
  void SetUp() override {
    const auto library = find_libfaketime();
    if (!library) GTEST_SKIP() << "libfaketime is not installed";
    library_ = *library;
  }

  const TempDir folder_{guardian_};
  std::filesystem::path library_;
};

/// Seconds of the program's time ahead of ours, at each line we send it.
class Watch {
 public:
  Watch(const ClockControl& clock, Executor executor, const Guardian& guardian)
      : process_(executor, guardian, launch(clock)) {}

  awaitable<double> ahead() {
    const double before = now();
    co_await asio::async_write(process_.in, asio::buffer("\n", 1), use_awaitable);
    std::string line;
    auto buffer = asio::dynamic_buffer(line);
    co_await asio::async_read_until(process_.out, buffer, '\n', use_awaitable);
    co_return std::stod(line) - before;
  }

 private:
  static Launch launch(const ClockControl& clock) {
    Launch launch;
    launch.argv = {"perl", "-MTime::HiRes=time", "-e", "$| = 1; printf qq(%.6f\\n), time while <STDIN>"};
    launch.env = clock.env();
    launch.env["PATH"] = "/usr/bin:/bin";
    launch.input = true;
    return launch;
  }
  static double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  }

  Process process_;
};

TEST_F(ClockTest, MovesTheTimeOfARunningProgram) {
  VirtualClock clock(guardian_, folder_.path() / "clock", library_);
  Watch watch(clock, executor(), guardian_);
  const double first = run(watch.ahead());
  EXPECT_GE(first, 0);
  EXPECT_LT(first, 30);
  run(clock.begin(0ms));
  EXPECT_EQ(run(clock.advance_to(1'000'000ms)), 0ns);
  const double ahead = run(watch.ahead());
  EXPECT_GE(ahead, clock.offset_s() - 0.001);
  EXPECT_LT(ahead, clock.offset_s() + 30);
}

awaitable<void> read_line(Pipe& from, std::string& line) {
  co_await asio::async_read_until(from, asio::dynamic_buffer(line), '\n', use_awaitable);
}

std::set<std::string> in_shared_memory() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm")) names.insert(entry.path().filename());
  return names;
}

TEST_F(ClockTest, AProgramThatIsKilledLeavesNothingInSharedMemory) {
  const std::set<std::string> before = in_shared_memory();
  std::optional<VirtualClock> clock;
  clock.emplace(guardian_, folder_.path() / "clock", library_);
  std::string names = clock->env().at("FAKETIME_SHARED");
  names.erase(names.find(' '));
  const std::string name = names.substr(1);
  Launch launch = shell("echo $$; exec sleep 100");
  launch.env.merge(clock->env());
  launch.output = Launch::Output::merged;
  std::string own = "faketime_shm_";
  {
    Process process(executor(), guardian_, launch);
    std::string said;
    run(read_line(process.out, said));
    own += said.substr(0, said.find('\n'));
    run(process.stop(0ms));
  }
  EXPECT_TRUE(in_shared_memory().contains(name));
  EXPECT_TRUE(in_shared_memory().contains("sem." + name));
  clock.reset();
  for (const std::string& left : in_shared_memory()) {
    EXPECT_THAT(left, testing::Not(testing::HasSubstr(name)));
    EXPECT_TRUE(left != own || before.contains(own));
  }
}

TEST_F(ClockTest, CountsFromTheBeginningOfTheCellAndNeverGoesBack) {
  VirtualClock clock(guardian_, folder_.path() / "clock", library_, 5s);
  EXPECT_EQ(clock.offset_s(), 5);
  run(clock.begin(10s));
  EXPECT_EQ(clock.offset_s(), 15);
  EXPECT_EQ(run(clock.advance_to(100s)), 0ns);
  EXPECT_LE(clock.offset_s(), 115);
  EXPECT_GT(clock.offset_s(), 85);
  const double there = clock.offset_s();
  EXPECT_GT(run(clock.advance_to(50s)), 20s);
  EXPECT_EQ(clock.offset_s(), there);
}

TEST_F(ClockTest, TheFileIsWholeAtEveryMoment) {
  const std::filesystem::path file = folder_.path() / "clock";
  VirtualClock clock(guardian_, file, library_);
  std::ifstream held(file);
  run(clock.begin(1h));
  double seconds = -1;
  held >> seconds;
  EXPECT_EQ(seconds, 0);
  for (int hours = 1; hours < 4; ++hours) {
    std::ifstream fresh(file);
    fresh >> seconds;
    EXPECT_EQ(seconds, hours * 3600);
    run(clock.begin(1h));
  }
}

TEST_F(ClockTest, TheRealClockWaitsAndTellsItsLateness) {
  RealClock clock;
  run(clock.begin(0ms));
  const Stopwatch stopwatch;
  EXPECT_GE(run(clock.advance_to(20ms)), 0ns);
  EXPECT_GE(stopwatch.now(), 15ms);
  EXPECT_GE(run(clock.advance_to(0ms)), 20ms);
  EXPECT_EQ(clock.offset_s(), 0);
  EXPECT_TRUE(clock.env().empty());
}

}  // namespace
}  // namespace ti
