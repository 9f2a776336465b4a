#pragma once
// What is too much for results.json of each cell: its messages, its witnesses, all breaches. It lies beside it in
// details.zst, and details.index says where (reports/README.md).
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/results.hpp"

namespace ti {

/// DetailsPlace is where a cell's line lies: in the frame that begins at this offset of details.zst, so many bytes into
/// what that frame holds.
struct DetailsPlace {
  std::uint64_t frame = 0;
  std::uint64_t skip = 0;
  std::uint64_t size = 0;
};

/// By cell id.
using DetailsIndex = std::map<std::string, DetailsPlace>;

/// The index of a results folder; empty where there is none, as beside results of schema 1.
Result<DetailsIndex> load_details_index(const std::filesystem::path& folder);

/// DetailsReader finds the cells of a results folder; the frame that was read last is kept.
class DetailsReader {
 public:
  explicit DetailsReader(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// The cell's line, the whole cell as JSON.
  Result<std::string> line(const DetailsPlace& place);
  /// The cell with its details, or as it is where there are none.
  Result<CellResult> whole(const CellResult& cell);

 private:
  Result<std::string> frame(std::uint64_t offset) const;

  std::filesystem::path folder_;
  std::optional<DetailsIndex> index_;
  std::uint64_t at_ = 0;
  std::string frame_;  ///< the one at at_; empty before the first
};

/// DetailsWriter gathers lines until a frame is full. What is not yet in a frame is in details.part, so that a killed
/// run loses nothing. Throws std::runtime_error when it cannot write.
class DetailsWriter {
 public:
  /// The folder exists. With `append`, what an earlier run left there is gone on with.
  DetailsWriter(std::filesystem::path folder, bool append);
  ~DetailsWriter();
  DetailsWriter(const DetailsWriter&) = delete;
  DetailsWriter& operator=(const DetailsWriter&) = delete;

  void add(const std::string& cell, std::string_view line);
  /// Takes over all that lies in another folder, as it is compressed there.
  void add_all_of(const std::filesystem::path& folder);
  /// Writes the last frame; nothing may be added afterwards.
  void finish();

 private:
  void write_frame();
  void index(const std::string& cell, const DetailsPlace& place) const;

  std::filesystem::path folder_;
  int frames_ = -1;
  int index_ = -1;
  int part_ = -1;
  std::uint64_t end_ = 0;  ///< of details.zst
  std::string lines_;      ///< of the frame to come
};

/// Writes all of it, or throws std::runtime_error that names the path.
void write_all(int fd, std::string_view text, const std::filesystem::path& path);

}  // namespace ti
