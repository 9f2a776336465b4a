#include "server.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

namespace ti::server {
namespace {

using Ssl = std::unique_ptr<SSL, decltype(&SSL_free)>;

constexpr long week_s = 7L * 24 * 60 * 60;
constexpr std::string_view response = "HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\nok\r\n";

[[noreturn]] void fail(const std::string& what) {
  std::string text = what;
  for (auto code = ERR_get_error(); code != 0; code = ERR_get_error()) {
    std::array<char, 256> words{};
    ERR_error_string_n(code, words.data(), words.size());
    text += std::string(": ") + words.data();
  }
  throw std::runtime_error(text);
}

void expect(bool succeeded, const std::string& what) {
  if (!succeeded) fail(what);
}

[[noreturn]] void fail_by_errno(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

/// A witness that lost lines in silence would be a false one.
void write_line(int file, std::string line) {
  line += '\n';
  if (::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size())) return;
  std::perror("a log cannot be written");
  std::abort();
}

int listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("the socket's path is too long: " + path);
  path.copy(address.sun_path, path.size());
  ::unlink(path.c_str());
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener == -1 || ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == -1 ||
      ::listen(listener, SOMAXCONN) == -1)
    fail_by_errno(path);
  return listener;
}

/// Whether a whole request came: a line and headers, up to the empty one.
bool read_request(SSL* ssl) {
  std::string request;
  std::array<char, 4096> buffer{};
  while (request.find("\r\n\r\n") == std::string::npos && request.find("\n\n") == std::string::npos) {
    const int count = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
    if (count <= 0) return false;
    request.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return true;
}

/// Why a connection came to an end, for people.
void tell_errors(const char* what) {
  for (auto code = ERR_get_error(); code != 0; code = ERR_get_error()) {
    std::array<char, 256> words{};
    ERR_error_string_n(code, words.data(), words.size());
    write_line(STDERR_FILENO, std::string(what) + ": " + words.data());
  }
}

}  // namespace

Server* Server::running_ = nullptr;

Server::Server(Options options)
    : options_(std::move(options)), context_(libssl::new_context(libssl::Side::server, options_.tls), SSL_CTX_free) {
  expect(context_ != nullptr, libssl::words() + " has no such version of TLS");
  SSL_CTX* context = context_.get();
  running_ = this;
  choose_ciphers();
  libssl::offer_ephemeral_keys(context);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  load_certificates();
  if (!options_.ca.empty()) ask_for_client_certificate();
  set_tickets();
  if (options_.keylog.empty()) return;
  keylog_ = ::open(options_.keylog.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (keylog_ == -1) fail_by_errno(options_.keylog);
  libssl::tell_secrets(context, on_secret);
}

Server::~Server() { running_ = nullptr; }

void Server::choose_ciphers() {
  if (options_.ciphers.empty()) return;
  const std::string list = libssl::known_cipher_list(context_.get(), options_.ciphers);
  expect(SSL_CTX_set_cipher_list(context_.get(), list.c_str()) == 1, "--ciphers " + list);
}

void Server::load_certificates() {
  const std::array pairs{std::pair(options_.cert, options_.key), std::pair(options_.ecdsa_cert, options_.ecdsa_key)};
  for (const auto& [certificate, key] : pairs) {
    if (certificate.empty()) continue;
    expect(SSL_CTX_use_certificate_chain_file(context_.get(), certificate.c_str()) == 1, certificate);
    expect(SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM) == 1, key);
  }
}

/// One that is shown must be of the CA; none need be shown.
void Server::ask_for_client_certificate() {
  constexpr std::string_view id = "ticket-interop";
  SSL_CTX* context = context_.get();
  expect(SSL_CTX_load_verify_locations(context, options_.ca.c_str(), nullptr) == 1, options_.ca);
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(options_.ca.c_str()));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(id.data()), id.size());
}

/// Below TLS 1.3 a renewed ticket holds the old session, and the library takes none that is over, whatever the callback
/// says: a session outlives many keys.
void Server::set_tickets() {
  SSL_CTX* context = context_.get();
  if (!options_.results.empty()) options_.policy.results = options_.results.c_str();
  keys_ = ticket_keys_make(&options_.policy);
  if (!keys_) fail_by_errno("there is no memory for ticket keys");
  SSL_CTX_set_timeout(context, std::max(options_.policy.expire_after, week_s));
  libssl::set_ticket_callback(context, on_ticket);
  if (!options_.tickets) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  const int count = options_.tickets ? options_.tickets_per_handshake : 0;
  if (count < 0 || options_.tls < libssl::tls1_3) return;
  expect(libssl::send_tickets(context, static_cast<std::size_t>(count)),
         libssl::words() + " sends as many tickets as it likes");
}

void Server::run() {
  const int listener = listen_at(options_.socket);
  write_line(STDOUT_FILENO, "listening, on " + libssl::words());
  while (true) {
    const int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection == -1 && errno != EINTR && errno != ECONNABORTED) fail_by_errno("accept");
    if (connection == -1) continue;
    serve(connection);
    ::close(connection);
  }
}

void Server::serve(int connection) {
  ERR_clear_error();
  const Ssl owner(SSL_new(context_.get()), SSL_free);
  SSL* ssl = owner.get();
  expect(ssl && SSL_set_fd(ssl, connection) == 1, "SSL_new");
  if (SSL_accept(ssl) != 1) return tell_errors("handshake");
  if (read_request(ssl) && SSL_write(ssl, response.data(), static_cast<int>(response.size())) <= 0)
    return tell_errors("response");
  tell_errors("request");
  SSL_shutdown(ssl);
}

int Server::on_ticket(SSL*, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, libssl::TicketMac* mac,
                      int sealing) {
  ticket_keys* keys = running_->keys_;
  ticket_decision decision = sealing != 0 ? ticket_keys_seal(keys, iv) : ticket_keys_open(keys, name);
  if (sealing != 0) std::memcpy(name, decision.name, sizeof decision.name);
  if (decision.result > 0 && !libssl::key_ticket(cipher, mac, decision.cipher, decision.mac, iv, sealing))
    decision.result = -1;
  if (ticket_decision_log(&decision, STDERR_FILENO) == 0) std::abort();
  return decision.result;
}

void Server::on_secret(const SSL*, const char* line) { write_line(running_->keylog_, line); }

}  // namespace ti::server
