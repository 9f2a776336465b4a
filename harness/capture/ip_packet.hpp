#pragma once
// IP packets, and fragments put together.
#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "base/bytes.hpp"

namespace ti {

/// IpEndpoint is an address and, where there is one, a port.
struct IpEndpoint {
  bool v6 = false;
  std::array<std::uint8_t, 16> address{};  ///< the first four bytes for IPv4
  std::uint16_t port = 0;

  auto operator<=>(const IpEndpoint&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 sees a 0 in it
  std::string address_text() const;
};

/// IpPacket is what an IP packet carries, extension headers taken off. It views the packet.
struct IpPacket {
  struct Fragment {
    std::uint32_t id;
    std::size_t offset;
    bool more;
  };

  IpEndpoint from;  ///< without ports
  IpEndpoint to;
  std::uint8_t protocol = 0;  ///< of the payload
  ByteView bytes;             ///< the payload as far as it was captured
  std::size_t length = 0;     ///< what it was on the wire
  std::optional<Fragment> fragment;
};

/// The packet, or nothing if it is none or its headers are cut off.
std::optional<IpPacket> read_ip(ByteView packet);

/// Fragments puts packets together again. Of those never completed it keeps the last few hundred.
class Fragments {
 public:
  /// The whole payload once its last missing fragment has come; what of it was not captured is where it ends.
  std::optional<Bytes> add(const IpPacket& fragment);
  /// Fragments that were taken and belong to no packet that is whole.
  std::size_t left() const { return left_; }

 private:
  using Key = std::tuple<IpEndpoint, IpEndpoint, std::uint8_t, std::uint32_t>;
  struct Pending {
    std::map<std::size_t, Bytes> parts;  ///< by offset
    std::optional<std::size_t> length;
    std::list<Key>::iterator age;
  };

  static std::optional<Bytes> join(const Pending& pending);

  std::map<Key, Pending> pending_;
  std::list<Key> ages_;  ///< the oldest first
  std::size_t left_ = 0;
};

}  // namespace ti
