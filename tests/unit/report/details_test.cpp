// The details of cells, found by index, also of a run that was killed in the middle.
#include "report/details.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "model/cell_line.hpp"
#include "model/files.hpp"

namespace ti {
namespace {

namespace fs = std::filesystem;

CellResult cell_of(const std::string& scenario, const std::string& reason) {
  CellResult cell;
  cell.id = {"nginx", "openssl", scenario, Version::tls12};
  cell.verdict.outcome = Outcome::fail;
  cell.verdict.fault = Side::client;
  cell.verdict.reason = reason;
  cell.connections.emplace_back().handshake = "full";
  cell.connections[0].messages = {{Side::client, "ClientHello", 200, 1, false, "offers A"}};
  return cell;
}

class Details : public testing::Test {
 protected:
  Details() : folder_(fs::temp_directory_path() / ("ti-details-" + std::to_string(::getpid()))) { make("a"); }
  ~Details() override { fs::remove_all(folder_); }

  fs::path make(const std::string& name) const {
    fs::create_directories(folder_ / name);
    return folder_ / name;
  }
  static void add(DetailsWriter& writer, const CellResult& cell) { writer.add(cell.id.text(), cell_details(cell)); }

  /// What is found of a cell of which only the name is known.
  static std::string reason_of(const fs::path& folder, const std::string& scenario) {
    CellResult stored = cell_of(scenario, "");
    stored.connections.clear();
    const Result<CellResult> whole = DetailsReader(folder).whole(stored);
    if (!whole) return whole.error().text();
    return whole->connections.empty() ? "no details" : whole->verdict.reason;
  }

  fs::path folder_;
};

TEST_F(Details, AreFoundInEveryFrame) {
  const fs::path at = folder_ / "a";
  DetailsWriter writer(at, false);
  for (int i = 0; i < 300; ++i)
    add(writer, cell_of("s" + std::to_string(i), std::string(5000, 'x') + std::to_string(i)));
  writer.finish();
  EXPECT_FALSE(fs::exists(at / "details.part"));
  EXPECT_LT(fs::file_size(at / "details.zst"), 100000U);
  for (const int i : {0, 1, 150, 299})
    EXPECT_EQ(reason_of(at, "s" + std::to_string(i)), std::string(5000, 'x') + std::to_string(i));
  EXPECT_EQ(reason_of(at, "unknown"), "no details");
}

TEST_F(Details, OfAKilledRunAreFoundAndGoneOnWith) {
  const fs::path at = folder_ / "a";
  {
    DetailsWriter killed(at, false);
    add(killed, cell_of("first", "one"));
  }
  EXPECT_EQ(reason_of(at, "first"), "one");
  std::ofstream(at / "details.part", std::ios::app) << "{\"id\":\"half a li";
  std::ofstream(at / "details.index", std::ios::app) << "half a";
  EXPECT_EQ(reason_of(at, "first"), "one");
  DetailsWriter writer(at, true);
  add(writer, cell_of("second", "two"));
  writer.finish();
  EXPECT_EQ(reason_of(at, "first"), "one");
  EXPECT_EQ(reason_of(at, "second"), "two");
}

TEST_F(Details, HalfAFrameIsInThePart) {
  const fs::path at = folder_ / "a";
  {
    DetailsWriter killed(at, false);
    add(killed, cell_of("first", "one"));
  }
  std::ofstream(at / "details.zst", std::ios::binary) << "\x28\xb5\x2f\xfd half a frame";
  EXPECT_EQ(reason_of(at, "first"), "one");
  DetailsWriter writer(at, true);
  writer.finish();
  EXPECT_EQ(reason_of(at, "first"), "one");
}

TEST_F(Details, OfOtherFoldersAreTakenOver) {
  const fs::path killed = make("killed"), whole = make("whole"), joined = make("joined");
  {
    DetailsWriter writer(whole, false);
    add(writer, cell_of("whole", "one"));
    writer.finish();
    DetailsWriter part(killed, false);
    add(part, cell_of("killed", "two"));
  }
  DetailsWriter writer(joined, false);
  writer.add_all_of(whole);
  writer.add_all_of(killed);
  add(writer, cell_of("own", "three"));
  writer.finish();
  EXPECT_EQ(reason_of(joined, "whole"), "one");
  EXPECT_EQ(reason_of(joined, "killed"), "two");
  EXPECT_EQ(reason_of(joined, "own"), "three");
}

TEST_F(Details, ThatAreBrokenAreAnErrorAndNothingWorse) {
  const fs::path at = folder_ / "a";
  {
    DetailsWriter writer(at, false);
    add(writer, cell_of("first", std::string(3000, 'x')));
    writer.finish();
  }
  const std::string index = read_file(at / "details.index").value();
  const auto with_index = [&](const std::string& text) {
    std::ofstream(at / "details.index", std::ios::binary) << text;
    return reason_of(at, "first");
  };
  const std::string id = cell_of("first", "").id.text();
  EXPECT_THAT(with_index(id + " 7 0 10\n"), testing::HasSubstr("no frame of zstd begins"));
  EXPECT_THAT(with_index(id + " 999999 0 10\n"), testing::HasSubstr("cut short"));
  EXPECT_THAT(with_index(id + " 0 5 18446744073709551615\n"), testing::HasSubstr("more than the frame holds"));
  EXPECT_THAT(with_index(id + " 0 -1 10\n"), testing::HasSubstr("not a cell and three numbers"));
  EXPECT_THAT(with_index("nonsense\n"), testing::HasSubstr("details.index:1"));
  with_index(index);
  fs::resize_file(at / "details.zst", fs::file_size(at / "details.zst") / 2);
  EXPECT_THAT(reason_of(at, "first"), testing::HasSubstr("cut short"));
}

}  // namespace
}  // namespace ti
