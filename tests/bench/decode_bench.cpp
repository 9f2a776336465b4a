// What it costs to read and to judge a cell: five recorded connections with their key log, opened, split into
// handshakes and held against every rule.
#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>

#include "capture/capture.hpp"
#include "rules/registry.hpp"
#include "where/where.hpp"
#include "wire/decoder.hpp"

namespace {

ti::Capture cell_of(const std::string& name) {
  std::ifstream in(ti::where::source() / "tests/golden/wire" / (name + ".pcapng"), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  ti::Capture cell = ti::read_capture(ti::as_bytes(bytes)).value().capture();
  for (std::size_t i = 0; cell.connections.size() < 5; ++i) cell.connections.push_back(cell.connections[i]);
  return cell;
}

ti::Observation observe(const ti::Capture& cell) {
  const ti::KeyLog keys(cell.keylog);
  ti::Observation observation;
  for (const ti::Recording& recording : cell.connections) {
    ti::ObservedConnection& connection = observation.connections.emplace_back();
    connection.transcript = ti::decode(recording, keys);
    connection.handshakes = ti::handshakes_of(connection.transcript);
    connection.begun = recording.opened;
    connection.client.answered = connection.client.ok = true;
  }
  return observation;
}

void decode_cell(benchmark::State& state, const std::string& name) {
  const ti::Capture cell = cell_of(name);
  std::size_t messages = 0;
  for (auto _ : state)
    for (const ti::ObservedConnection& connection : observe(cell).connections)
      messages += connection.transcript.messages.size();
  state.counters["messages"] = benchmark::Counter(static_cast<double>(messages), benchmark::Counter::kAvgIterations);
}

void judge_cell(benchmark::State& state, const std::string& name) {
  const ti::Observation observation = observe(cell_of(name));
  for (auto _ : state) benchmark::DoNotOptimize(ti::judge(observation));
}

void decode_and_judge_cell(benchmark::State& state, const std::string& name) {
  const ti::Capture cell = cell_of(name);
  for (auto _ : state) benchmark::DoNotOptimize(ti::judge(observe(cell)));
}

#define FOR_EACH_CELL(bench)                                \
  BENCHMARK_CAPTURE(bench, tls10_cbc, "tls10-cbc-renewed"); \
  BENCHMARK_CAPTURE(bench, tls12_gcm, "tls12-gcm");         \
  BENCHMARK_CAPTURE(bench, tls13, "tls13")

FOR_EACH_CELL(decode_cell);
FOR_EACH_CELL(judge_cell);
FOR_EACH_CELL(decode_and_judge_cell);

}  // namespace
