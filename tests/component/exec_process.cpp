#include "exec/process.hpp"
#include "exec/task_group.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <memory>

#include "base/text.hpp"
#include "exec/temp_dir.hpp"
#include "exec_test.hpp"
#include "where/where.hpp"

namespace ti {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class ProcessTest : public ExecTest {
 protected:
  static awaitable<std::string> all(Pipe& pipe) {
    std::string text;
    auto buffer = asio::dynamic_buffer(text);
    co_await asio::async_read(pipe, buffer, asio::as_tuple(use_awaitable));
    co_return text;
  }

  static awaitable<std::string> line(Pipe& pipe) {
    std::string text;
    auto buffer = asio::dynamic_buffer(text);
    const std::size_t n = co_await asio::async_read_until(pipe, buffer, '\n', use_awaitable);
    co_return text.substr(0, n - 1);
  }

  std::string output(const Launch& launch) {
    Process process(executor(), guardian_, launch);
    std::string text = run(all(process.out));
    EXPECT_EQ(run(process.wait()), Exit(Exited{0}));
    return text;
  }

  std::string failure(const Launch& launch) {
    try {
      const Process process(executor(), guardian_, launch);
    } catch (const boost::system::system_error& error) {
      return error.what();
    }
    return "it started";
  }

  static bool exists(pid_t pid) { return ::kill(pid, 0) == 0; }

  /// Children of ours that have ended and that nobody reaped.
  static std::size_t zombies() {
    std::size_t count = 0;
    siginfo_t info{};
    while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) ++count;
    return count;
  }
};

TEST_F(ProcessTest, TellsExitFifteenFromSigterm) {
  Process exits(executor(), guardian_, shell("exit 15"));
  Process is_killed(executor(), guardian_, shell("kill -TERM $$"));
  EXPECT_EQ(run(exits.wait()), Exit(Exited{15}));
  EXPECT_EQ(run(is_killed.wait()), Exit(Signalled{SIGTERM}));
  EXPECT_EQ(text(*exits.ended()), "exited with 15");
  EXPECT_EQ(text(*is_killed.ended()), "killed by signal 15 (Terminated)");
}

TEST_F(ProcessTest, MayBeWaitedForBySeveralAndAgain) {
  Launch launch = program({"cat"});
  launch.input = true;
  Process cat(executor(), guardian_, launch);
  std::vector<Exit> exits;
  for (int i = 0; i < 2; ++i) {
    asio::co_spawn(io_, cat.wait(), [&](const std::exception_ptr&, Exit exit) { exits.push_back(exit); });
  }
  io_.poll();
  EXPECT_TRUE(exits.empty());
  cat.in.close();
  EXPECT_EQ(run(cat.wait()), Exit(Exited{0}));
  io_.poll();
  EXPECT_THAT(exits, ElementsAre(Exit(Exited{0}), Exit(Exited{0})));
  EXPECT_EQ(run(cat.wait()), Exit(Exited{0}));
}

TEST_F(ProcessTest, NamesTheProgramThatCannotBeStarted) {
  EXPECT_THAT(failure(program({"/no/such/program"})), HasSubstr("cannot start /no/such/program: No such file"));
  EXPECT_THAT(failure(program({"/dev/null"})), HasSubstr("cannot start /dev/null: Permission denied"));
  EXPECT_THAT(failure(program({"no-such-program"})), HasSubstr("cannot find no-such-program in PATH"));
  Launch nowhere = program({"cat"});
  nowhere.cwd = "/no/such/folder";
  EXPECT_THAT(failure(nowhere), HasSubstr("cannot enter the folder to start /usr/bin/cat: No such file"));
  EXPECT_EQ(zombies(), 0U);
}

TEST_F(ProcessTest, LooksPastAFolderOfItsPathThatCannotBeRead) {
  const TempDir folder(guardian_);
  std::filesystem::create_symlink("loop", folder.path() / "loop");
  Launch launch = program({"echo", "found"});
  launch.env["PATH"] = (folder.path() / "loop").string() + ":/usr/bin:/bin";
  EXPECT_EQ(output(launch), "found\n");
}

TEST_F(ProcessTest, GivesItsArgumentsEnvironmentAndFolderAndNothingElse) {
  ::setenv("TI_LEAK", "1", 1);
  Launch launch = program({"env"});
  launch.env["A"] = "x y";
  EXPECT_EQ(output(launch), "A=x y\nPATH=/usr/bin:/bin\n" + guardian_.mark() + "\n");
  EXPECT_EQ(output(program({"printf", "%s|", "a b", "$HOME", ""})), "a b|$HOME||");
  Launch there = program({"pwd"});
  there.cwd = "/usr";
  EXPECT_EQ(output(there), "/usr\n");
}

TEST_F(ProcessTest, InheritsNoDescriptorAboveStderr) {
  const int leaky = ::open("/dev/null", O_RDONLY);
  ASSERT_EQ(::dup2(leaky, 200), 200);
  EXPECT_EQ(output(shell("cd /proc/$$/fd && echo *")), "0 1 2 3\n") << "3 being the folder that the shell reads";
  ::close(leaky);
  ::close(200);
}

TEST_F(ProcessTest, InheritsNoBlockedOrIgnoredSignal) {
  sigset_t usr1;
  ::sigemptyset(&usr1);
  ::sigaddset(&usr1, SIGUSR1);
  ::sigprocmask(SIG_BLOCK, &usr1, nullptr);
  ::signal(SIGHUP, SIG_IGN);
  const std::string status = output(program({"grep", "-E", "SigBlk|SigIgn", "/proc/self/status"}));
  EXPECT_EQ(status, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  ::sigprocmask(SIG_UNBLOCK, &usr1, nullptr);
  ::signal(SIGHUP, SIG_DFL);
}

TEST_F(ProcessTest, ADeadlineEndsOneWaitAndNotAnother) {
  Launch launch = program({"cat"});
  launch.input = true;
  Process process(executor(), guardian_, launch);
  std::optional<bool> in_time;
  std::optional<bool> patient;
  const auto wait = [&](Deadline deadline, std::optional<bool>* ended) -> awaitable<void> {
    const bool seen = co_await process.ends_by(deadline);
    *ended = seen;
  };
  TaskGroup waits(executor());
  waits.spawn(wait(deadline_in(1ms), &in_time));
  waits.spawn(wait(soon(), &patient));
  run_until([&] { return in_time.has_value(); });
  EXPECT_EQ(in_time, false);
  EXPECT_FALSE(patient);
  process.in.close();
  run(waits.join());
  EXPECT_EQ(patient, true);
  EXPECT_TRUE(run(process.ends_by(deadline_in(0ms))));
}

TEST_F(ProcessTest, AWaitCanBeCancelled) {
  Launch launch = program({"cat"});
  launch.input = true;
  Process process(executor(), guardian_, launch);
  const auto wait = [&]() -> awaitable<void> { co_await process.wait(); };
  TaskGroup waits(executor());
  waits.spawn(wait());
  waits.cancel();
  run(waits.join());
  EXPECT_FALSE(process.ended());
}

TEST_F(ProcessTest, OneChildDoesNotKeepAnothersInputOpen) {
  Launch launch = program({"cat"});
  launch.input = true;
  Process first(executor(), guardian_, launch);
  Process second(executor(), guardian_, launch);
  first.in.close();
  EXPECT_EQ(run(with_deadline(soon(), first.wait())), Exit(Exited{0}));
  EXPECT_FALSE(second.ended());
  EXPECT_TRUE(exists(second.id()));
}

TEST_F(ProcessTest, AChildDoesNotKeepASocketOpen) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Launch launch = program({"cat"});
  launch.input = true;
  Process child(executor(), guardian_, launch);
  ::close(ends[0]);
  Pipe far_end(io_, ends[1]);
  EXPECT_EQ(run(with_deadline(soon(), all(far_end))), "");
  EXPECT_TRUE(exists(child.id()));
}

TEST_F(ProcessTest, MergesStderrIntoStdout) {
  Launch launch = shell("echo out; echo err >&2; echo out");
  launch.output = Launch::Output::merged;
  EXPECT_EQ(output(launch), "out\nerr\nout\n");
  launch.output = Launch::Output::separate;
  Process process(executor(), guardian_, launch);
  EXPECT_EQ(run(all(process.out)), "out\nout\n");
  EXPECT_EQ(run(all(process.err)), "err\n");
}

TEST_F(ProcessTest, AWriteToAProcessThatIsGoneIsAnError) {
  Launch launch = program({"true"});
  launch.input = true;
  Process process(executor(), guardian_, launch);
  run(process.wait());
  boost::system::error_code error;
  asio::write(process.in, asio::buffer("x", 1), error);
  EXPECT_EQ(error, boost::system::errc::broken_pipe);
}

TEST_F(ProcessTest, StopsWithSigterm) {
  Launch launch = shell("trap 'exit 3' TERM; echo ready; while :; do read x || :; done");
  launch.input = true;
  Process process(executor(), guardian_, launch);
  EXPECT_EQ(run(line(process.out)), "ready");
  EXPECT_EQ(run(process.stop(30s)), Exit(Exited{3}));
}

TEST_F(ProcessTest, StopLeavesNoGrandchildThatIgnoresSigterm) {
  Process process(executor(), guardian_, shell("trap '' TERM; sleep 1000 & trap - TERM; echo $!; wait"));
  const pid_t grandchild = std::stoi(run(line(process.out)));
  ASSERT_TRUE(exists(grandchild));
  EXPECT_EQ(run(process.stop(30s)), Exit(Signalled{SIGTERM}));
  EXPECT_FALSE(exists(grandchild));
}

TEST_F(ProcessTest, KillsWhatIgnoresSigtermAfterTheGrace) {
  Process process(executor(), guardian_, shell("trap '' TERM; echo ready; exec sleep 1000"));
  run(line(process.out));
  EXPECT_EQ(run(process.stop(10ms)), Exit(Signalled{SIGKILL}));
}

TEST_F(ProcessTest, AProgramThatExitsLeavesNothingBehind) {
  Process process(executor(), guardian_, shell("sleep 1000 & echo $!"));
  const pid_t left = std::stoi(run(line(process.out)));
  EXPECT_EQ(run(process.wait()), Exit(Exited{0}));
  EXPECT_FALSE(exists(left));
}

TEST_F(ProcessTest, DestructionKillsTheGroupAndReaps) {
  auto process = std::make_unique<Process>(executor(), guardian_, shell("sleep 1000 & echo $!; wait"));
  const pid_t grandchild = std::stoi(run(line(process->out)));
  const pid_t child = process->id();
  process.reset();
  EXPECT_FALSE(exists(child));
  EXPECT_FALSE(exists(grandchild));
}

TEST_F(ProcessTest, RunsThreeHundredAtOnce) {
  Launch launch = program({"cat"});
  launch.input = true;
  launch.output = Launch::Output::discard;
  std::vector<std::unique_ptr<Process>> processes;
  for (int i = 0; i < 300; ++i) processes.push_back(std::make_unique<Process>(executor(), guardian_, launch));
  for (auto& process : processes) process->in.close();
  for (auto& process : processes) EXPECT_EQ(run(with_deadline(soon(), process->wait())), Exit(Exited{0}));
  EXPECT_EQ(zombies(), 0U);
}

TEST_F(ProcessTest, AHarnessThatIsKilledLeavesNeitherProcessNorFolder) {
  Process harness(executor(), guardian_, program({where::doomed_harness()}));
  std::vector<Pipe> doomed;
  std::vector<pid_t> ids;
  std::string said;
  auto buffer = asio::dynamic_buffer(said);
  while (std::count(said.begin(), said.end(), '\n') < 5) {
    asio::read(harness.out, buffer, asio::transfer_at_least(1));
  }
  const std::vector<std::string> lines = split(said, '\n');
  for (int i = 0; i < 4; ++i) {
    ids.push_back(std::stoi(lines[i]));
    doomed.emplace_back(io_, open_pidfd(ids.back()));
  }
  const std::filesystem::path folder = lines[4];
  ASSERT_TRUE(std::filesystem::exists(folder / "file"));

  ::kill(harness.id(), SIGKILL);
  EXPECT_EQ(run(harness.wait()), Exit(Signalled{SIGKILL}));
  for (const std::size_t i : {1U, 2U, 3U, 0U}) {  // each becomes ours to reap when its parent is dead
    run(with_deadline(soon(), doomed[i].async_wait(Pipe::wait_read, use_awaitable)));
    ::waitpid(ids[i], nullptr, 0);
  }
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(ProcessTest, ATempFolderIsPrivateAndGoesWithItsObject) {
  std::filesystem::path path;
  {
    const TempDir folder(guardian_);
    path = folder.path();
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
    std::filesystem::create_directories(path / "a" / "b");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace ti
