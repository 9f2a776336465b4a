#include <algorithm>
#include <streambuf>

#include "capture/capture.hpp"
#include "capture/tls_start.hpp"

namespace ti {

namespace {

constexpr std::size_t frames_ahead = 256;
/// Of connections that are over and wait for an older one: bytes and number.
constexpr std::size_t most_bytes_ready = 32 << 20;
constexpr std::size_t most_ready = 4096;

std::size_t bytes_of(const Recording& recording) {
  std::size_t bytes = 0;
  for (const Segment& segment : recording.segments) bytes += segment.bytes.size();
  return bytes;
}

/// ViewBuffer lets a stream read bytes that somebody else holds.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(ByteView bytes) {
    char* begin = const_cast<char*>(as_text(bytes).data());
    setg(begin, begin, begin + bytes.size());
  }
};

}  // namespace

std::optional<Frame> CaptureReader::earliest_frame() {
  while (!at_end_ && window_.size() < frames_ahead) {
    Result<std::optional<Frame>> frame = packets_.next();
    if (!frame) error_ = frame.error();
    at_end_ = !frame || !*frame;
    if (at_end_) break;
    const auto later = std::upper_bound(window_.begin(), window_.end(), **frame,
                                        [](const Frame& a, const Frame& b) { return a.at < b.at; });
    window_.insert(later, std::move(**frame));
  }
  if (window_.empty()) return std::nullopt;
  Frame earliest = std::move(window_.front());
  window_.pop_front();
  return earliest;
}

/// Takes in one frame; false when there is none left.
bool CaptureReader::read_frame() {
  const std::optional<Frame> frame = earliest_frame();
  if (!frame) return false;
  if (const auto packet = opener_.open(*frame)) table_.add(*packet, frame->at);
  return true;
}

void CaptureReader::look_for_tls(const TcpTable::Ended& ended) {
  if (std::optional<CaptureRecording> recording = tls_in(ended.stream.conversation())) {
    bytes_ready_ += bytes_of(*recording);
    ready_.emplace(ended.number, std::move(*recording));
  } else {
    ++(ended.stream.bytes_kept() == 0 ? without_data_ : without_tls_);
  }
}

/// The oldest connection that is over, if none older is open or too many wait.
std::optional<CaptureRecording> CaptureReader::take_ready() {
  if (ready_.empty()) return std::nullopt;
  const auto oldest_open = table_.oldest();
  const bool too_many = ready_.size() > most_ready || bytes_ready_ > most_bytes_ready;
  if (oldest_open && *oldest_open < ready_.begin()->first && !too_many) return std::nullopt;
  CaptureRecording recording = std::move(ready_.begin()->second);
  ready_.erase(ready_.begin());
  bytes_ready_ -= bytes_of(recording);
  return recording;
}

Result<std::optional<CaptureRecording>> CaptureReader::next() {
  while (true) {
    while (const auto ended = table_.take_ended()) look_for_tls(*ended);
    if (std::optional<CaptureRecording> recording = take_ready()) return recording;
    if (read_frame()) continue;
    if (!table_.oldest()) break;
    table_.end_all();
  }
  if (error_) return *error_;
  return std::optional<CaptureRecording>();
}

std::vector<std::string> CaptureReader::unread() const {
  std::vector<std::string> phrases = opener_.unread();
  const auto add = [&](std::size_t n, const char* what) {
    if (n > 0) phrases.push_back(std::to_string(n) + (n == 1 ? " TCP connection " : " TCP connections ") + what);
  };
  add(without_tls_, "without TLS");
  add(without_data_, "without data");
  if (!packets_.cut_off().empty()) phrases.push_back(packets_.cut_off());
  return phrases;
}

std::string keylog_of(std::istream& in) {
  PacketReader packets(in);
  while (true) {
    const auto frame = packets.next();
    if (!frame || !*frame) return packets.take_keylog();
  }
}

Result<CaptureFile> read_capture(ByteView file) {
  ViewBuffer buffer(file);
  std::istream in(&buffer);
  CaptureReader reader(in);
  CaptureFile capture;
  while (true) {
    Result<std::optional<CaptureRecording>> recording = reader.next();
    if (!recording) return recording.error();
    if (!*recording) break;
    capture.connections.push_back(std::move(**recording));
  }
  capture.keylog = reader.take_keylog();
  capture.unread = reader.unread();
  return capture;
}

}  // namespace ti
