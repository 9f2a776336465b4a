#pragma once

#include "common/adapter.hpp"
#include "common/kept_sessions.hpp"
#include "common/key_log.hpp"

#include <openssl/ssl.h>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ti::adapter {

/// Where libraries with the API of libssl differ in what they want of an application. The functions may be called with
/// no connection open; those that make a session give a new reference, or null with the reason in the error queue.
struct LibsslFlavour {
  std::string library;
  std::string version;
  /// Cipher list that offers every suite with a certificate and encryption, the old and weak ones too.
  const char* all_ciphers;
  std::string (*serialise)(SSL_SESSION* session);
  SSL_SESSION* (*parse)(std::string_view bytes, SSL_CTX* context);
  /// A session that does not change when `session` is used.
  SSL_SESSION* (*copy)(SSL_SESSION* session);
  /// How often the documentation of this library allows to offer it.
  Use (*use)(const SSL_SESSION* session);
};

/// How an application comes by a session: it asks with SSL_get1_session once the response has been read, or it is
/// handed each one through SSL_CTX_sess_set_new_cb.
enum class Handover { get_session, callback };

/// A client on a library with the API of libssl. Compiled into each adapter, against that library's own headers.
class LibsslAdapter : public Adapter {
 public:
  LibsslAdapter(LibsslFlavour flavour, Handover handover, Carry carry);

  Hello hello() const override;
  void configure(const Settings& settings) override;
  void connect(const ConnectOrder& order, ConnectResult& result) override;

 private:
  using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
  using Session = std::shared_ptr<SSL_SESSION>;

  Context make_context(const Settings& settings) const;
  Session session_to_offer(const ConnectOrder& order);
  void keep(Session session);

  static LibsslAdapter& of(const SSL* ssl);
  static int on_new_session(SSL* ssl, SSL_SESSION* session);
  static void on_secret(const SSL* ssl, const char* line);

  LibsslFlavour flavour_;
  Handover handover_;
  Carry carry_;
  std::vector<Tls> tls_;  // at which this build of the library has tickets for this front door
  std::string server_name_;
  std::unique_ptr<KeyLog> key_log_;
  KeptSessions<Session> kept_;
  std::map<std::string, std::string> cannot_;  // Hello::cannot
  Context context_{nullptr, SSL_CTX_free};
  ConnectResult* result_ = nullptr;  // of the connection under way
};

}  // namespace ti::adapter
