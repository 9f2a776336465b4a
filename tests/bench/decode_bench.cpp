// What it costs to read a cell: five recorded connections with their key log, opened and split into handshakes.
#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>

#include "wire/capture.hpp"
#include "wire/decoder.hpp"

namespace {

ti::Capture cell_of(const std::string& name) {
  std::ifstream in(std::string(TI_SOURCE_DIR) + "/tests/golden/wire/" + name + ".pcapng", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  ti::Capture cell = ti::read_capture(ti::as_bytes(bytes)).value();
  for (std::size_t i = 0; cell.connections.size() < 5; ++i) cell.connections.push_back(cell.connections[i]);
  return cell;
}

void decode_cell(benchmark::State& state, const std::string& name) {
  const ti::Capture cell = cell_of(name);
  std::size_t messages = 0;
  for (auto _ : state) {
    const ti::KeyLog keys(cell.keylog);
    for (const ti::Recording& recording : cell.connections) {
      const ti::Transcript transcript = ti::decode(recording, keys);
      benchmark::DoNotOptimize(ti::handshakes_of(transcript));
      messages += transcript.messages.size();
    }
  }
  state.counters["messages"] = benchmark::Counter(static_cast<double>(messages), benchmark::Counter::kAvgIterations);
}

BENCHMARK_CAPTURE(decode_cell, tls10_cbc, "tls10-cbc-renewed");
BENCHMARK_CAPTURE(decode_cell, tls12_gcm, "tls12-gcm");
BENCHMARK_CAPTURE(decode_cell, tls13, "tls13");

}  // namespace
