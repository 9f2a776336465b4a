// Cells that are run several times: which of the repetitions is told, and whose evidence is there.
#include "run/evidence.hpp"
#include "run_test.hpp"

namespace ti {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class RunRepeated : public RunTest {
 protected:
  /// Each process of the client has the next of these faults.
  void faults(const std::vector<std::string>& faults) {
    const std::string counter = (counters_.path() / "started").string();
    std::string script = "echo >> " + counter + "; set -- \"$@\"; case $(wc -l < " + counter + ") in ";
    for (std::size_t i = 0; i < faults.size(); ++i)
      script += std::to_string(i + 1) + ") exec " + where::fake_client().string() + " " + faults[i] + " \"$@\";; ";
    client_.argv.insert(client_.argv.begin(), {"/bin/sh", "-c", script + "esac", "sh"});
    client_.capabilities.erase("warm");
    client_.id = "changes";
  }

  CellResult repeated(std::size_t times, Keep keep) {
    RunnerSettings settings;
    settings.jobs = 1;
    settings.mode = mode_;
    settings.cell = CellSettings{results_.path(), keep};
    settings.repetitions = times;
    Heard heard;
    Runner runner(context_, settings, {&heard});
    run(runner.run({planned()}));
    EXPECT_EQ(heard.cells.size(), 1U);
    return heard.cells.at(0);
  }

  std::string text_of(const std::string& file) const {
    std::ifstream in(results_.path() / file);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  /// Everything that stands in the results' folder, and in that of the evidence.
  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const std::filesystem::path& folder : {results_.path(), results_.path() / "evidence"})
      if (std::filesystem::exists(folder))
        for (const auto& entry : std::filesystem::directory_iterator(folder))
          names.push_back(entry.path().filename().string());
    return names;
  }

  const TempDir counters_{guardian_};
};

TEST_F(RunRepeated, OfADifferingCellTheFirstThatDidNotPassIsTold) {
  faults({"none", "says-resumed", "keeps-the-first-ticket", "none"});
  const CellResult result = repeated(4, Keep::failed);
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason,
              HasSubstr("each time: pass, and then fail client witness-client-resumed; of the "));
  EXPECT_EQ(result.connections.at(0).client.resumed, true);
  EXPECT_THAT(left(), ElementsAre("evidence", folder_name(result.id)));
  EXPECT_THAT(text_of(result.evidence.value().logs.at(1)),
              AllOf(HasSubstr("\"resumed\":true"), Not(HasSubstr("\"resumed\":false"))));
}

TEST_F(RunRepeated, EvidenceOfWhatPassedGivesWayToThatOfWhatDidNot) {
  faults({"none", "says-resumed", "none"});
  const CellResult result = repeated(3, Keep::all);
  EXPECT_EQ(result.connections.at(0).client.resumed, true);
  EXPECT_THAT(text_of(result.evidence.value().logs.at(1)),
              AllOf(HasSubstr("\"resumed\":true"), Not(HasSubstr("\"resumed\":false"))));
  EXPECT_THAT(left(), ElementsAre("evidence", folder_name(result.id)));
}

TEST_F(RunRepeated, WhereAllPassTheEvidenceIsOfTheFirst) {
  faults({"none", "none"});
  const CellResult result = repeated(2, Keep::all);
  EXPECT_EQ(in_short(result.verdict), "pass") << result.verdict.reason;
  const std::string session = result.connections.at(1).client.session_id.value();
  EXPECT_THAT(text_of(result.evidence.value().logs.at(1)), HasSubstr(session));
  EXPECT_THAT(left(), ElementsAre("evidence", folder_name(result.id)));
}

TEST_F(RunRepeated, WherePassesAreNotKeptNothingIsLeft) {
  faults({"none", "none"});
  EXPECT_FALSE(repeated(2, Keep::failed).evidence);
  EXPECT_THAT(left(), Not(testing::Contains(HasSubstr("ti-"))));
}

}  // namespace
}  // namespace ti
