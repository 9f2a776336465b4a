#include "pasted/printed_bytes.hpp"

#include <algorithm>

#include "pasted/whose_text.hpp"
#include "wire/decoder.hpp"
#include "wire/records.hpp"

namespace ti {

namespace {

constexpr auto handshake_record = static_cast<std::uint8_t>(ContentType::handshake);

Side seat(bool own) { return own ? Side::client : Side::server; }

/// Whether bytes can begin a record: its type, its major version, its length.
bool begins_record(ByteView bytes) {
  constexpr std::uint8_t major = 3;
  if (bytes[0] < 20 || bytes[0] > 24 || (bytes.size() > 1 && bytes[1] != major)) return false;
  return bytes.size() < record_header_bytes || std::size_t{bytes[3]} * 256 + bytes[4] <= max_record_payload;
}

/// A ClientHello that nothing protects: its length fits into the record, and its version is one.
bool is_plain_client_hello(ByteView record) {
  Reader reader(record);
  if (reader.u8() != handshake_record) return false;
  reader.take(record_header_bytes - 1);
  if (reader.u8() != static_cast<std::uint8_t>(MessageType::client_hello)) return false;
  const std::size_t length = reader.u24();
  return reader.ok() && length <= reader.left() && reader.u8() == 3;
}

/// A text may lack a row without a trace of it: what does not fit together in one proves nothing against a side.
void distrust(Transcript& transcript) {
  for (Problem& problem : transcript.problems)
    if (problem.malformed) {
      problem.malformed = false;
      problem.missing = Missing::messages;
      problem.what = "bytes may be missing here, for they do not fit: " + problem.what;
    }
  for (Message& message : transcript.messages)
    if (auto* finished = std::get_if<Finished>(&message.body); finished != nullptr && finished->verified == false) {
      finished->verified.reset();
      transcript.problems.push_back({message.from, message.offset, 0,
                                     "a message may be missing, for a Finished does not fit", false,
                                     Missing::messages});
    }
}

}  // namespace

PrintedBytes::Connection& PrintedBytes::connection() {
  if (connections_.empty()) connections_.emplace_back();
  return connections_.back();
}

void PrintedBytes::next_connection() {
  if (!connections_.empty() && !connections_.back().segments.empty()) connections_.emplace_back();
}

void PrintedBytes::add(bool own, ByteView bytes, std::size_t missing) {
  Flow* flow = &connection().flows[own ? 1 : 0];
  if (flow->lost && is_plain_client_hello(bytes)) next_connection();
  flow = &connection().flows[own ? 1 : 0];
  if (flow->lost) return;
  const bool header = bytes.size() == record_header_bytes && begins_record(bytes);
  if (header && flow->pending.size() >= record_header_bytes) return lose(own, 1);
  flow->pending.insert(flow->pending.end(), bytes.begin(), bytes.end());
  std::size_t at = 0;
  while (at < flow->pending.size()) {
    const ByteView rest = ByteView(flow->pending).subspan(at);
    if (!begins_record(rest)) {
      if (flow->begun) return lose(own, rest.size());
      at = flow->pending.size();
      break;
    }
    if (rest.size() < record_header_bytes) break;
    const std::size_t length = record_header_bytes + rest[3] * std::size_t{256} + rest[4];
    if (rest.size() < length) break;
    const Bytes record = copy(rest.first(length));
    at += length;
    if (flow->protects && is_plain_client_hello(record)) {
      const Bytes left = copy(rest.subspan(length));
      flow->pending.clear();
      next_connection();
      connection().flows[own ? 1 : 0].pending = left;
      flow = &connection().flows[own ? 1 : 0];
      at = 0;
    }
    take_record(own, record);
  }
  flow->pending.erase(flow->pending.begin(), flow->pending.begin() + static_cast<std::ptrdiff_t>(at));
  if (missing > 0) lose(own, missing);
}

void PrintedBytes::take_record(bool own, ByteView record) {
  Connection& connection = this->connection();
  Flow& flow = connection.flows[own ? 1 : 0];
  flow.begun = true;
  flow.protects |= record[0] == static_cast<std::uint8_t>(ContentType::change_cipher_spec) ||
                   record[0] == static_cast<std::uint8_t>(ContentType::application_data);
  connection.segments.push_back({seat(own), Instant{}, copy(record)});
}

void PrintedBytes::lose(bool own, std::size_t bytes) {
  Connection& connection = this->connection();
  Flow& flow = connection.flows[own ? 1 : 0];
  if (flow.lost) return;
  flow.lost = true;
  flow.pending.clear();
  connection.gaps.push_back({seat(own), connection.segments.size(), std::max<std::size_t>(bytes, 1)});
}

void PrintedBytes::gap() {
  if (connections_.empty()) return;
  lose(true, 1);
  lose(false, 1);
}

std::vector<Transcript> PrintedBytes::transcripts(const KeyLog& keys) const {
  std::vector<Transcript> transcripts;
  for (const Connection& connection : connections_) {
    if (connection.segments.empty()) continue;
    Recording recording;
    recording.segments = connection.segments;
    recording.gaps = connection.gaps;
    Transcript transcript = decode(recording, keys);
    if (whose_text(transcript) == Side::server) {
      for (Segment& segment : recording.segments) segment.from = other(segment.from);
      for (Gap& gap : recording.gaps) gap.from = other(gap.from);
      transcript = decode(recording, keys);
      transcript.vantage = Vantage::server_callback;
    } else {
      transcript.vantage = Vantage::client_callback;
    }
    if (order_ == Order::wire) transcript.vantage = Vantage::untimed;
    distrust(transcript);
    note_missing_beginning(transcript);
    transcripts.push_back(std::move(transcript));
  }
  return transcripts;
}

Bytes PrintedBytes::client_random() const {
  if (connections_.empty()) return {};
  for (const Segment& segment : connections_.back().segments)
    if (is_plain_client_hello(segment.bytes)) {
      constexpr std::size_t random_at = record_header_bytes + 4 + 2;
      constexpr std::size_t random_bytes = 32;
      const ByteView bytes = segment.bytes;
      return bytes.size() < random_at + random_bytes ? Bytes() : copy(bytes.subspan(random_at, random_bytes));
    }
  return {};
}

}  // namespace ti
