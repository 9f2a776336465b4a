#pragma once

#include "options.hpp"

#include "common/libssl_compat.hpp"

#include <memory>

namespace ti::server {

/// A server of one connection after the other, as servers/CONTRACT.md says, on libssl's public API alone. There is one
/// in a process, as the library's callbacks are given nothing by which to tell several apart.
class Server {
 public:
  /// Throws std::runtime_error, with the library's own words, if it cannot be as the options say.
  explicit Server(Options options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// Listens, says so, and serves until it is ended.
  [[noreturn]] void run();

 private:
  void choose_ciphers();
  void load_certificates();
  void ask_for_client_certificate();
  void set_tickets();
  void serve(int connection);

  static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, libssl::TicketMac* mac,
                       int sealing);
  static void on_secret(const SSL* ssl, const char* line);

  static Server* running_;

  Options options_;
  int keylog_ = -1;
  ticket_keys* keys_ = nullptr;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
};

}  // namespace ti::server
