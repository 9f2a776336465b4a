// A cell whose folder is full: a small file system of its own, in a mount namespace of this program.
#include <sched.h>
#include <sys/mount.h>

#include <cstdlib>

#include "run_test.hpp"

namespace ti {
namespace {

class RunRoom : public RunTest {
 protected:
  void SetUp() override {
    RunTest::SetUp();
    credentials();  // made where there is room
    const bool alone = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    if (!alone) GTEST_SKIP() << "no mount namespace is to be had here";
    ASSERT_EQ(::mount("none", small_.path().c_str(), "tmpfs", 0, "size=512k"), 0);
    ::setenv("TMPDIR", small_.path().c_str(), 1);
  }

  void TearDown() override {
    ::unsetenv("TMPDIR");
    ::umount(small_.path().c_str());
  }

  /// Leaves so much less of the 512 KiB.
  void take(std::size_t kib) const { std::ofstream(small_.path() / "ballast") << std::string(kib << 10, ' '); }

  void renew_too_late() { server_.policy["renew_after"].any.args = {"-ticket_renew_after", "18"}; }

 private:
  const TempDir small_{guardian_};
};

TEST_F(RunRoom, AFullFolderIsNobodysFault) {
  take(512 - 48);
  renew_too_late();
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, testing::MatchesRegex("the folder /.* is full, .*; else it would be: the server "
                                                           "judged .*"));
}

TEST_F(RunRoom, WithRoomAFailIsOne) {
  renew_too_late();
  EXPECT_EQ(in_short(cell().verdict), "fail server policy-renewed-in-time");
}

TEST_F(RunRoom, APassNeedsNoMoreThanItTook) {
  take(512 - 48);
  EXPECT_EQ(in_short(cell().verdict), "pass");
}

}  // namespace
}  // namespace ti
