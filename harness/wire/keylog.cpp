#include "wire/keylog.hpp"

#include "base/text.hpp"

namespace ti {

namespace {

constexpr std::size_t random_bytes = 32;

/// A master secret is 48 bytes; the secrets of TLS 1.3 are as long as a hash. Anything else is half a line.
bool whole(std::string_view label, std::size_t secret_bytes) {
  return secret_bytes == 48 || (secret_bytes == 32 && label != "CLIENT_RANDOM");
}

std::optional<Side> teller_of(std::string_view comment) {
  for (const Side side : {Side::client, Side::server})
    if (comment == told_by_line(side)) return side;
  return std::nullopt;
}

}  // namespace

std::string told_by_line(Side side) { return std::string("# told by the ") + name(side); }

void KeyLog::add(std::string_view text, std::optional<Side> teller) {
  for (const std::string& line : split(text, '\n')) {
    std::string_view rest = line;
    if (rest.ends_with('\r')) rest.remove_suffix(1);
    if (rest.empty()) continue;
    if (rest.front() == '#') teller = teller_of(rest);
    const std::vector<std::string> words = split(rest, ' ');
    const Bytes random = words.size() == 3 ? from_hex(words[1]) : Bytes();
    const Bytes bytes = words.size() == 3 ? from_hex(words[2]) : Bytes();
    if (words.front().empty() || random.size() != random_bytes || !whole(words[0], bytes.size())) {
      ++skipped_;
      continue;
    }
    Secret& secret = secrets_.try_emplace({words[0], random}, Secret{bytes}).first->second;
    if (teller && secret.bytes == bytes) secret.tellers.insert(*teller);
  }
}

const KeyLog::Secret* KeyLog::secret(std::string_view label, ByteView client_random) const {
  const auto found = secrets_.find({std::string(label), copy(client_random)});
  return found == secrets_.end() ? nullptr : &found->second;
}

ByteView KeyLog::find(std::string_view label, ByteView client_random) const {
  const Secret* found = secret(label, client_random);
  return found == nullptr ? ByteView() : ByteView(found->bytes);
}

bool KeyLog::told_by(Side side, std::string_view label, ByteView client_random) const {
  const Secret* found = secret(label, client_random);
  return found != nullptr && found->tellers.contains(side);
}

}  // namespace ti
