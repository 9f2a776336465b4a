#pragma once
// Which keys protect which record of a connection, and whether each Finished is true.
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "wire/key_schedule.hpp"
#include "wire/keylog.hpp"
#include "wire/messages.hpp"
#include "wire/record_crypto.hpp"

namespace ti {

using ClientRandom = std::array<std::uint8_t, 32>;

/// SecretName is label (a literal) and client random, as in a key log.
using SecretName = std::pair<std::string_view, ClientRandom>;

/// Content is what a record holds, as far as it can be known.
struct Content {
  enum class Access : std::uint8_t {
    plain,    ///< the record was not protected
    opened,   ///< it was, and its integrity is proved
    keyless,  ///< it was, and no key is known
    refused   ///< it was, and the key that should open it does not
  };
  Access access;
  std::uint8_t type;
  Bytes bytes;                    ///< of the record as it stands, unless opened
  bool receiver_has_key = false;  ///< opened: its receiver told the secret, or has sent records of the same secrets
};

/// ConnectionKeys follows the handshakes of a connection. It must be told every handshake message and every
/// ChangeCipherSpec in wire order, each before the sender's next record is opened.
class ConnectionKeys {
 public:
  /// `keys` must outlive it. The secrets of `misfits` are not used.
  explicit ConnectionKeys(const KeyLog& keys, std::set<SecretName> misfits = {})
      : keys_(keys), misfits_(std::move(misfits)) {}

  Content open(Side from, const Record& record);

  /// Why records of a side are keyless now; empty if they are not.
  const std::string& keyless_because(Side side) const { return flow(side).keyless_because; }

  /// Takes in a message that its sender has sent. For a Finished: whether it fits the handshake, if that can be known.
  std::optional<bool> handshake(Side from, MessageType type, const Body& body, ByteView raw);

  void change_cipher_spec(Side from);

  /// Handshake messages may have been missed: no Finished can be checked any more.
  void missed();

  /// The secrets that opened none of the records that they should, none of which came from who told the secret: the key
  /// log is wrong, not the peer.
  std::set<SecretName> misfits() const;

  /// That of the handshake negotiated last, below TLS 1.3; empty when it is not known.
  Bytes master_secret() const { return session_.version == Version::tls13 ? Bytes() : session_.master; }

  /// The version negotiated last.
  Version version() const { return session_.version; }

  /// Whether the message ends the life of the keys that its sender wrote it with: no more may follow in its record.
  bool changes_keys(MessageType type) const;

 private:
  struct Candidate {
    RecordOpener opener;
    const char* label;  ///< of its secret
  };

  /// Flow is one direction. Of the candidates the first that opens a record retires those before it: that is how the
  /// end of refused early data is found, which nothing announces (RFC 8446 4.2.10).
  struct Flow {
    std::vector<Candidate> candidates;
    bool is_protected = false;
    bool early_data = false;  ///< protected only in so far as it sends early data
    ClientRandom random{};    ///< of the candidates' secrets
    ClientRandom proved{};    ///< its last record that opened was of these secrets
    bool gap = false;         ///< a key that comes before those of the candidates is not known
    Bytes handshake_secret;
    Bytes traffic_secret;
    std::string keyless_because;
  };

  struct Session {
    Version version = Version::none;
    std::optional<Suite> suite;
    std::string suite_name;
    ClientRandom client_random{};
    std::array<std::uint8_t, 32> server_random{};
    bool encrypt_then_mac = false;
    bool compressed = false;
    Bytes master;
    Bytes key_block;
  };

  Flow& flow(Side side) { return flows_[static_cast<std::size_t>(side)]; }
  const Flow& flow(Side side) const { return flows_[static_cast<std::size_t>(side)]; }
  bool protects(const Flow& flow, const Record& record) const;
  bool holds(Side side, const SecretName& secret) const;
  ByteView secret(const char* label, const ClientRandom& random) const;
  std::string no_secret(const char* label, const ClientRandom& random) const;

  void client_hello(const ClientHello& hello);
  void retry(const ServerHello& hello);
  void server_hello(const ServerHello& hello);
  void finished_13(Side from);
  void key_update(Side from);
  void end_early_data();
  std::optional<bool> verify(Side from, const Finished& finished) const;

  bool offer(Flow& flow, const Suite& suite, ByteView secret, const char* label);
  void derive_key_block();
  std::optional<RecordOpener> opener_12(Side side) const;

  const KeyLog& keys_;
  std::set<SecretName> misfits_;
  std::map<SecretName, bool> fits_;  ///< whether a secret that was tried opened any record
  std::set<SecretName> binding_;     ///< those that did not open a record of who told them
  bool missed_ = false;
  bool unread_ = false;  ///< messages of this handshake may stand in records that could not be opened
  ClientHello hello_;
  bool retried_ = false;
  bool completed_13_ = false;
  Session session_;
  Bytes messages_;  ///< of the handshake under way, as its Finished count them
  std::array<Flow, 2> flows_;
};

}  // namespace ti
