#include <boost/asio/write.hpp>

#include "exec/line_channel.hpp"
#include "exec/output_log.hpp"
#include "exec_test.hpp"

namespace ti {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class LineChannelTest : public ExecTest {
 protected:
  static Launch talker(const std::string& script) {
    Launch launch = shell(script);
    launch.input = true;
    return launch;
  }

  /// What a request to a program of this script fails with.
  std::string failure(const std::string& script) {
    Process process(executor(), guardian_, talker(script));
    LineChannel channel(process, clock_);
    try {
      return "it answered " + run(channel.request("hello", soon()));
    } catch (const ChannelError& error) {
      return error.what();
    }
  }
};

TEST_F(LineChannelTest, AsksAndIsAnsweredLineByLine) {
  Process process(executor(), guardian_, talker("while read x; do echo \"got $x\"; done"));
  LineChannel channel(process, clock_);
  EXPECT_EQ(run(channel.request("one", soon())), "got one");
  EXPECT_EQ(run(channel.request("two", soon())), "got two");
  const std::vector<ChannelLine> transcript = channel.take_transcript();
  ASSERT_THAT(transcript, SizeIs(4));
  EXPECT_EQ(transcript[0].way, ChannelLine::Way::to_process);
  EXPECT_EQ(transcript[0].text, "one");
  EXPECT_EQ(transcript[1].way, ChannelLine::Way::from_process);
  EXPECT_EQ(transcript[1].text, "got one");
  EXPECT_LE(transcript[0].at, transcript[1].at);
  EXPECT_THAT(channel.take_transcript(), SizeIs(0));
}

TEST_F(LineChannelTest, ALongLinePassesBothWays) {
  Launch launch = program({"cat"});
  launch.input = true;
  Process process(executor(), guardian_, launch);
  LineChannel channel(process, clock_);
  const std::string line(60000, 'x');
  EXPECT_EQ(run(channel.request(line, soon())), line);
}

TEST_F(LineChannelTest, EndOfOutputTellsHowTheProcessEnded) {
  EXPECT_EQ(failure("read x; exit 7"), "/bin/sh closed its end and exited with 7");
  EXPECT_EQ(failure("read x; printf half; kill -SEGV $$"),
            "/bin/sh closed its end and killed by signal 11 (Segmentation fault)");
}

TEST_F(LineChannelTest, AProcessThatExitedBeforeTheQuestionIsTheSame) {
  Process process(executor(), guardian_, talker("exit 7"));
  LineChannel channel(process, clock_);
  run(process.wait());
  const auto ask = [&] { run(channel.request("hello", soon())); };
  EXPECT_THAT(ask, testing::ThrowsMessage<ChannelError>("/bin/sh closed its end and exited with 7"));
}

TEST_F(LineChannelTest, ALineWithoutEndIsAnError) {
  EXPECT_EQ(failure("read x; exec tr '\\0' x </dev/zero"), "/bin/sh gave a line of more than 1 MiB");
}

TEST_F(LineChannelTest, SpeakingBeforeTheQuestionIsAnError) {
  Process process(executor(), guardian_, talker("echo a; read x"));
  LineChannel channel(process, clock_);
  run(process.out.async_wait(Pipe::wait_read, use_awaitable));
  const auto ask = [&] { run(channel.request("hello", soon())); };
  EXPECT_THAT(ask, testing::ThrowsMessage<ChannelError>("/bin/sh spoke unasked"));
}

TEST_F(LineChannelTest, SpeakingOnAfterTheAnswerIsAnError) {
  Process process(executor(), guardian_, talker("read x; printf 'a\\nb\\n'; read x"));
  LineChannel channel(process, clock_);
  EXPECT_EQ(run(channel.request("hello", soon())), "a");
  const auto ask = [&] { run(channel.request("hello", soon())); };
  EXPECT_THAT(ask, testing::ThrowsMessage<ChannelError>("/bin/sh spoke unasked"));
}

TEST_F(LineChannelTest, NoAnswerMeetsTheDeadline) {
  Process process(executor(), guardian_, talker("read x; read y"));
  LineChannel channel(process, clock_);
  const auto ask = [&] { run(channel.request("hello", deadline_in(5ms))); };
  EXPECT_THROW(ask(), TimedOut);
}

class OutputLogTest : public ExecTest {
 protected:
  static std::vector<std::string> texts(const std::vector<LogLine>& lines) {
    std::vector<std::string> texts;
    for (const LogLine& line : lines) texts.push_back(line.text);
    return texts;
  }
};

TEST_F(OutputLogTest, FindsAMarkerThatIsSplitOverReads) {
  Launch launch = program({"cat"});
  launch.input = true;
  Process process(executor(), guardian_, launch);
  OutputLog log(std::move(process.out), clock_);
  bool found = false;
  asio::co_spawn(io_, log.wait_for("ready", soon()), [&](const std::exception_ptr&, bool f) { found = f; });
  std::string expected;
  for (const char* part : {"not yet\nit is rea", "d", "y now\n"}) {
    EXPECT_FALSE(found);
    asio::write(process.in, asio::buffer(std::string_view(part)));
    expected += part;
    run_until([&] { return log.text() == expected; });
  }
  run_until([&] { return found; });
  EXPECT_THAT(texts(log.lines()), ElementsAre("not yet", "it is ready now"));
  EXPECT_LE(log.lines()[0].at, clock_.now());
}

TEST_F(OutputLogTest, ReturnsWhenTheProcessExitsWithoutTheMarker) {
  Process process(executor(), guardian_, shell("echo bind failed; exit 1"));
  OutputLog log(std::move(process.out), clock_);
  EXPECT_FALSE(run(log.wait_for("ready", soon())));
  EXPECT_TRUE(log.ended());
  EXPECT_THAT(texts(log.lines()), ElementsAre("bind failed"));
}

TEST_F(OutputLogTest, ReturnsAtTheDeadline) {
  Process process(executor(), guardian_, shell("echo working; exec sleep 1000"));
  OutputLog log(std::move(process.out), clock_);
  EXPECT_TRUE(run(log.wait_for("working", soon())));
  EXPECT_FALSE(run(log.wait_for("ready", deadline_in(5ms))));
  EXPECT_FALSE(log.ended());
}

TEST_F(OutputLogTest, NeverLetsTheProcessBlockAndBoundsItsMemory) {
  Process process(executor(), guardian_, shell("yes | head -c 1000000"));
  OutputLog log(std::move(process.out), clock_, 10);
  EXPECT_TRUE(run(log.wait_for_end(soon())));
  EXPECT_EQ(run(process.wait()), Exit(Exited{0}));
  EXPECT_THAT(texts(log.lines()), ElementsAre("y", "y", "y", "y", "y", "... truncated"));
}

TEST_F(OutputLogTest, NeverLosesTheLinesThatAreAlwaysToBeKept) {
  Process process(executor(), guardian_, shell("yes noise | head -n 9; echo key 1; yes noise | head -n 9; echo key 2"));
  OutputLog log(std::move(process.out), clock_, 20, "key");
  EXPECT_TRUE(run(log.wait_for_end(soon())));
  EXPECT_THAT(texts(log.lines()), ElementsAre("noise", "noise", "noise", "key 1", "key 2", "... truncated"));
  EXPECT_FALSE(log.lost());
}

TEST_F(OutputLogTest, SaysThatItLostSuchLines) {
  Process process(executor(), guardian_, shell("yes key | head -n 100"));
  OutputLog log(std::move(process.out), clock_, 20, "key");
  EXPECT_TRUE(run(log.wait_for_end(soon())));
  EXPECT_THAT(texts(log.lines()), testing::SizeIs(11));
  EXPECT_TRUE(log.lost());
}

TEST_F(OutputLogTest, DrainsWhatIsThereWithoutWaiting) {
  Process process(executor(), guardian_, shell("echo one; echo two; exec sleep 1000"));
  run(process.out.async_wait(Pipe::wait_read, use_awaitable));
  OutputLog log(std::move(process.out), clock_);
  EXPECT_EQ(log.text(), "");
  log.drain();
  EXPECT_THAT(std::string(log.text()), testing::StartsWith("one\n"));
  EXPECT_TRUE(run(log.wait_for("two", soon())));
}

TEST_F(OutputLogTest, GivesEachCompleteLineOnce) {
  Launch launch = program({"cat"});
  launch.input = true;
  Process process(executor(), guardian_, launch);
  OutputLog log(std::move(process.out), clock_);
  asio::write(process.in, asio::buffer("first\nsec", 9));
  EXPECT_TRUE(run(log.wait_for("sec", soon())));
  EXPECT_THAT(texts(log.take()), ElementsAre("first"));
  EXPECT_THAT(texts(log.take()), ElementsAre());
  asio::write(process.in, asio::buffer("ond\n", 4));
  EXPECT_TRUE(run(log.wait_for("second", soon())));
  EXPECT_THAT(texts(log.take()), ElementsAre("second"));
  asio::write(process.in, asio::buffer("last", 4));
  process.in.close();
  EXPECT_TRUE(run(log.wait_for_end(soon())));
  EXPECT_THAT(texts(log.take()), ElementsAre("last"));
}

TEST_F(OutputLogTest, HasRoomAgainOnceItsLinesAreTaken) {
  Launch launch = program({"cat"});
  launch.input = true;
  Process process(executor(), guardian_, launch);
  OutputLog log(std::move(process.out), clock_, 8);
  asio::write(process.in, asio::buffer("one\ntwo three\n", 14));
  EXPECT_TRUE(run(log.wait_for("two ", soon())));
  EXPECT_THAT(texts(log.take()), ElementsAre("one", "two ", "... truncated"));
  asio::write(process.in, asio::buffer("four\n", 5));
  EXPECT_TRUE(run(log.wait_for("four", soon())));
  EXPECT_THAT(texts(log.take()), ElementsAre("four"));
}

}  // namespace
}  // namespace ti
