// What `tshark -V` prints, and Wireshark's packet details as text: fields of every record, long ones in part.
#include <map>

#include "pasted/format.hpp"
#include "pasted/named_messages.hpp"
#include "pasted/printed_handshake.hpp"
#include "pasted/reads.hpp"

namespace ti {

namespace {

void put(Bytes& out, std::size_t value, std::size_t size) {
  while (size-- > 0) out.push_back(static_cast<std::uint8_t>(value >> 8 * size));
}

class DetailsReader {
 public:
  explicit DetailsReader(const PastedText& words) : words_(words) {}

  std::vector<PrintedConnection> read() {
    while (at_ < words_.size())
      if (!read_packet() && !read_record() && !read_content() && !read_handshake()) ++at_;
    return connections_.take();
  }

  bool cut_short() const { return cut_short_; }

 private:
  bool is(std::string_view phrase) const { return words_.stands(at_, phrase); }

  /// The number that ends a name: `Handshake (22)`, `TLS 1.2 (0x0303)`
  std::optional<std::uint32_t> bracketed(std::size_t at) const {
    constexpr std::size_t longest_name = 8;
    for (std::size_t i = at; i < at + longest_name; ++i)
      if (const auto number = number_in_brackets(words_[i].text)) return number;
    return std::nullopt;
  }

  bool read_packet() {
    constexpr std::size_t port_at = 5;
    constexpr std::size_t other_port_at = 8;
    if (is_elision(words_, at_) || is("Previous segment")) {
      connections_.missing(words_.place(at_) + ": a message is missing here");
      ++at_;
      return true;
    }
    if (words_[at_].text == "Src:" && words_[at_ + 2].text == "Dst:") {
      from_ = words_[at_ + 1].text;
      to_ = words_[at_ + 3].text;
      if (from_.ends_with(',')) from_.remove_suffix(1);
      at_ += 4;
      return true;
    }
    if (!is("Transmission Control Protocol, Src Port:")) return false;
    const std::string from = std::string(from_).append(" ").append(words_[at_ + port_at].text);
    const std::string to = std::string(to_).append(" ").append(words_[at_ + other_port_at].text);
    const std::string name = std::min(from, to) + " " + std::max(from, to);
    connections_.select(name);
    side_ = first_.emplace(name, from).first->second == from ? Side::client : Side::server;
    at_ += other_port_at;
    return true;
  }

  /// `Content Type: Handshake (22)`, `Version: TLS 1.2 (0x0303)`, `Length: 65`
  bool read_record() {
    const bool opaque = is("Opaque Type:");
    if (is("[Content Type:")) {
      connections_.inner_content(side_, static_cast<std::uint8_t>(bracketed(at_ + 2).value_or(0)));
      at_ += 2;
      return true;
    }
    if (!opaque && !is("Content Type:")) return false;
    const auto content = bracketed(at_ + 2);
    constexpr std::size_t far = 12;
    std::size_t length = at_ + 2;
    std::uint32_t version = 0;
    while (length < at_ + far && words_[length].text != "Length:") {
      if (words_[length].text == "Version:") version = bracketed(length + 1).value_or(0);
      ++length;
    }
    at_ += 2;
    if (words_[length].text != "Length:" || !content) {
      connections_.missing(words_.place(at_) + ": a record's header cannot be read");
      return true;
    }
    record_length_ = number_at(words_[length + 1].text).value_or(0);
    connections_.record(side_, static_cast<std::uint16_t>(version), static_cast<std::uint8_t>(*content),
                        record_length_);
    at_ = length + 2;
    return true;
  }

  bool read_content() {
    if (is("Encrypted Application Data:")) {
      connections_.sealed(side_, ContentType::application_data, record_length_);
    } else if (is("Encrypted Handshake Message") && at_ > 2 && words_[at_ - 3].text != "Layer:") {
      connections_.sealed(side_, ContentType::handshake, record_length_);
    } else if (is("Alert Message: Encrypted")) {
      connections_.sealed(side_, ContentType::alert, record_length_);
    } else if (is("Change Cipher Spec Message")) {
      connections_.change_cipher_spec(side_);
    } else if (is("Alert Message Level:")) {
      const auto level = bracketed(at_ + 3);
      std::size_t description = at_ + 3;
      while (description < at_ + 6 && words_[description].text != "Description:") ++description;
      const auto number = bracketed(description);
      std::optional<Alert> alert;
      if (level && number) alert = {static_cast<std::uint8_t>(*level), static_cast<std::uint8_t>(*number)};
      connections_.alert(side_, alert);
    } else {
      return false;
    }
    at_ += 3;
    return true;
  }

  bool read_handshake() {
    if (!is("Handshake Type:")) return false;
    const auto number = bracketed(at_ + 2);
    while (at_ < words_.size() && words_[at_].text != "Length:" && !number_in_brackets(words_[at_].text)) ++at_;
    ++at_;
    if (!number || words_[at_].text != "Length:") {
      connections_.missing(words_.place(at_) + ": a message cannot be read");
      return true;
    }
    constexpr std::size_t header = 4;
    const std::size_t length = number_at(words_[at_ + 1].text).value_or(0);
    at_ += 2;
    PrintedHandshake printed;
    printed.type = static_cast<MessageType>(*number);
    while (!is_end()) read_field(printed);
    finish_extension(printed);
    const bool tls13 = !printed.nonce.empty() || printed.age_add;
    const Bytes message = message_of(printed, tls13 ? Version::tls13 : Version::tls12, length);
    connections_.handshake(
        side_,
        name(printed.type) == name(MessageType::unknown_handshake) ? MessageType::unknown_handshake : printed.type,
        header + length, message);
    return true;
  }

  bool is_end() const {
    return at_ >= words_.size() || is("Handshake Type:") || is("Record Layer:") || is("Content Type:") ||
           is("Opaque Type:") || is("Frame Number:") || is("Transmission Control Protocol,") || is_elision(words_, at_);
  }

  /// Bytes of a field of a known length, which may be printed in part (`7918d178...`, ending in an ellipsis): enough to
  /// tell one from another. The rest is filled up.
  Bytes some_bytes(std::string_view word, std::size_t length) {
    const std::size_t digits = std::min(word.find_first_not_of("0123456789abcdefABCDEF"), word.size());
    Bytes bytes = from_hex(word.substr(0, digits - digits % 2));
    constexpr std::size_t telling = 32;
    if (bytes.size() < length && bytes.size() >= telling) {
      cut_short_ = true;
      bytes.resize(length);
    }
    return bytes;
  }

  void read_field(PrintedHandshake& printed) {
    const std::size_t start = at_;
    if (is("Extension:")) {
      read_extension(printed);
    } else if (is("Version:")) {
      printed.legacy_version = bracketed(at_ + 1).value_or(0);
    } else if (is("Random:")) {
      const Bytes random = from_hex(words_[at_ + 1].text);
      constexpr std::size_t time_bytes = 4;
      for (std::size_t i = 0; i < random.size(); ++i)
        i < time_bytes ? void(printed.time = printed.time << 8 | random[i]) : printed.random.push_back(random[i]);
    } else if (is("Session ID:")) {
      printed.session_id = from_hex(words_[at_ + 2].text);
    } else if (is("Cipher Suite:")) {
      for (std::size_t i = at_ + 2; i < at_ + 6; ++i)
        if (words_[i].text.starts_with("(0x")) {
          printed.suites.push_back(static_cast<std::uint16_t>(number_in_brackets(words_[i].text).value_or(0)));
          break;
        }
    } else if (is("Compression Methods Length:")) {
      printed.compression_methods = number_at(words_[at_ + 3].text).value_or(1) % 256;
    } else if (is("Session Ticket Lifetime Hint:")) {
      printed.lifetime = static_cast<std::uint32_t>(number_at(words_[at_ + 4].text).value_or(0));
    } else if (is("Session Ticket Age Add:")) {
      printed.age_add = static_cast<std::uint32_t>(number_at(words_[at_ + 4].text).value_or(0));
    } else if (is("Session Ticket Nonce:")) {
      printed.nonce = from_hex(words_[at_ + 3].text);
    } else if (is("Session Ticket Length:")) {
      ticket_length_ = number_at(words_[at_ + 3].text).value_or(0);
    } else if (is("Session Ticket:")) {
      printed.ticket = some_bytes(words_[at_ + 2].text, ticket_length_);
    } else {
      read_content_of_extension(printed);
    }
    if (at_ == start) ++at_;
  }

  /// `Extension: session_ticket (len=0)`, `Type: session_ticket (35)`, `Length: 0`
  void read_extension(PrintedHandshake& printed) {
    constexpr std::size_t far = 12;
    finish_extension(printed);
    std::size_t type = at_;
    while (type < at_ + far && words_[type].text != "Type:") ++type;
    std::optional<std::uint32_t> number;
    std::size_t i = type;
    for (; i < type + far && words_[i].text != "Length:"; ++i)
      if (const auto found = number_in_brackets(words_[i].text)) number = found;
    if (!number || words_[i].text != "Length:") {
      printed.problems.push_back(words_.place(at_) + ": an extension cannot be read");
      ++at_;
      return;
    }
    printed.extensions.push_back(
        {static_cast<std::uint16_t>(*number), number_at(words_[i + 1].text).value_or(0), {}, {}});
    at_ = i + 2;
  }

  void read_content_of_extension(PrintedHandshake& printed) {
    if (printed.extensions.empty()) return;
    PrintedExtension& extension = printed.extensions.back();
    if (is("Supported Version:")) {
      if (const auto version = bracketed(at_ + 2)) extension.numbers.push_back(*version);
    } else if (is("PSK Key Exchange Mode:")) {
      for (std::size_t i = at_ + 4; i < at_ + 16; ++i)
        if (const auto mode = number_in_brackets(words_[i].text); mode && words_[i].text.starts_with('(')) {
          extension.numbers.push_back(*mode);
          break;
        }
    } else if (is("Renegotiation info extension length:")) {
      renegotiation_ = number_at(words_[at_ + 4].text).value_or(0);
      if (extension.type == ext::renegotiation_info) extension.dump = Bytes(renegotiation_);
    } else if (is("Server Name:") && extension.type == ext::server_name) {
      const std::string_view host = words_[at_ + 2].text;
      put(extension.dump, host.size() + 3, 2);
      put(extension.dump, 0, 1);
      put(extension.dump, host.size(), 2);
      extension.dump.insert(extension.dump.end(), host.begin(), host.end());
    } else if (is("Identity Length:")) {
      identity_length_ = number_at(words_[at_ + 2].text).value_or(0);
    } else if (is("Identity:") && !is("Identity: (") && words_[at_ - 1].text != "Selected") {
      identities_.push_back({some_bytes(words_[at_ + 1].text, identity_length_), 0});
    } else if (is("Obfuscated Ticket Age:") && !identities_.empty()) {
      identities_.back().obfuscated_ticket_age =
          static_cast<std::uint32_t>(number_at(words_[at_ + 3].text).value_or(0));
    } else if (is("PSK Binders length:")) {
      binders_ = number_at(words_[at_ + 3].text).value_or(0);
    } else if (is("Selected Identity:")) {
      put(extension.dump, number_at(words_[at_ + 2].text).value_or(0), 2);
    }
  }

  /// A ClientHello's pre_shared_key is put together when all of it was seen. Binders are not printed, and not judged.
  void finish_extension(PrintedHandshake& printed) {
    constexpr std::size_t longest = 255;
    if (identities_.empty() || printed.extensions.empty()) return;
    Bytes list;
    for (const PskIdentity& psk : identities_) {
      put(list, psk.identity.size(), 2);
      list.insert(list.end(), psk.identity.begin(), psk.identity.end());
      put(list, psk.obfuscated_ticket_age, 4);
    }
    Bytes& dump = printed.extensions.back().dump;
    put(dump, list.size(), 2);
    dump.insert(dump.end(), list.begin(), list.end());
    put(dump, binders_, 2);
    const std::size_t each = binders_ / identities_.size();
    for (std::size_t i = 0; i < identities_.size() && each > 0 && each <= longest + 1; ++i) {
      put(dump, each - 1, 1);
      dump.resize(dump.size() + each - 1);
    }
    identities_.clear();
  }

  const PastedText& words_;
  std::size_t at_ = 0;
  NamedConnections connections_{NamedConnections::Relative::to_first};
  std::map<std::string, std::string> first_;  ///< who was seen first, a connection
  std::string_view from_;
  std::string_view to_;
  Side side_ = Side::client;
  std::size_t record_length_ = 0;
  std::size_t ticket_length_ = 0;
  std::size_t identity_length_ = 0;
  std::size_t binders_ = 0;
  std::size_t renegotiation_ = 0;
  std::vector<PskIdentity> identities_;
  bool cut_short_ = false;
};

}  // namespace

bool is_tshark_details(const PastedText& words) {
  return words.holds("Record Layer: ") && (words.holds("Content Type: ") || words.holds("Handshake Type: "));
}

void read_tshark_details(const PastedText& words, Pasted& pasted) {
  if (!pasted.capture.empty()) return;
  DetailsReader reader(words);
  add_connections(reader.read(), pasted);
  if (reader.cut_short())
    pasted.notes.emplace_back(
        "tickets are printed in part, and told apart by how they begin; tshark -T json shows all");
}

}  // namespace ti
