#include "capture/evidence_stamp.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <vector>

#include "capture/pcapng.hpp"

namespace ti {

namespace {

constexpr std::string_view said_mark = "ticket-interop: ";
constexpr std::string_view whole_mark = "ticket-interop: all that passed; SHA-256 of what is behind this block: ";
constexpr std::size_t header_bytes = 24;  ///< of a Section Header Block, to its options

void put(Bytes& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

void put_comment(Bytes& out, const std::string& comment) {
  constexpr std::size_t longest = 4096;
  const std::string_view text = std::string_view(comment).substr(0, longest);
  put(out, pcapng::opt_comment, 2);
  put(out, text.size(), 2);
  out.insert(out.end(), text.begin(), text.end());
  out.resize((out.size() + 3) / 4 * 4);
}

class Digest {
 public:
  Digest() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }

  void add(ByteView bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }

  std::string hex() {
    std::array<std::uint8_t, 32> digest{};
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    return to_hex(digest);
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

std::string digest_of(std::istream& in) {
  Digest digest;
  Bytes some(std::size_t{1} << 16);
  while (in.read(reinterpret_cast<char*>(some.data()), static_cast<std::streamsize>(some.size())), in.gcount() > 0)
    digest.add(ByteView(some).first(static_cast<std::size_t>(in.gcount())));
  return digest.hex();
}

std::uint32_t number(ByteView bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= static_cast<std::uint32_t>(bytes[at + i]) << 8 * i;
  return value;
}

/// The comments of a first block as we write it, in little-endian order; the stream is then behind the block.
std::vector<std::string> comments_of(std::istream& in) {
  constexpr std::size_t longest = 1 << 16;
  Bytes block(header_bytes);
  const auto read = [&](std::size_t from, std::size_t size) {
    in.read(reinterpret_cast<char*>(block.data() + from), static_cast<std::streamsize>(size));
    return in.gcount() == static_cast<std::streamsize>(size);
  };
  if (!read(0, header_bytes) || number(block, 0, 4) != pcapng::section_header ||
      number(block, 8, 4) != pcapng::byte_order_magic)
    return {};
  const std::size_t length = number(block, 4, 4);
  if (length < header_bytes + 4 || length > longest) return {};
  block.resize(length);
  if (!read(header_bytes, length - header_bytes)) return {};
  std::vector<std::string> comments;
  for (std::size_t at = header_bytes; at + 8 <= length;) {
    const std::size_t size = number(block, at + 2, 2);
    if (at + 4 + size > length) break;
    if (number(block, at, 2) == pcapng::opt_comment)
      comments.emplace_back(as_text(ByteView(block).subspan(at + 4, size)));
    at += 4 + (size + 3) / 4 * 4;
  }
  return comments;
}

}  // namespace

Bytes stamped_section_header(const EvidenceStamp& stamp, ByteView behind) {
  Bytes options;
  if (!stamp.said.empty()) put_comment(options, std::string(said_mark) + stamp.said);
  if (stamp.whole) {
    Digest digest;
    digest.add(behind);
    put_comment(options, std::string(whole_mark) + digest.hex());
  }
  if (!options.empty()) put(options, pcapng::opt_endofopt, 4);
  const std::size_t length = header_bytes + options.size() + 4;
  Bytes block;
  put(block, pcapng::section_header, 4);
  put(block, length, 4);
  put(block, pcapng::byte_order_magic, 4);
  put(block, 1, 4);  // version 1.0
  put(block, ~std::uint64_t{0}, 8);
  block.insert(block.end(), options.begin(), options.end());
  put(block, length, 4);
  return block;
}

EvidenceStamp stamp_of(std::istream& in) {
  EvidenceStamp stamp;
  std::string digest;
  for (const std::string& comment : comments_of(in)) {
    if (comment.starts_with(whole_mark))
      digest = comment.substr(whole_mark.size());
    else if (comment.starts_with(said_mark))
      stamp.said = comment.substr(said_mark.size());
  }
  stamp.whole = !digest.empty() && digest == digest_of(in);
  return stamp;
}

}  // namespace ti
