#include "common/libssl.hpp"
#include "common/libssl_compat.hpp"
#include "common/serve.hpp"
#include "common/tcp.hpp"

#include <curl/curl.h>
#include <dlfcn.h>
#include <unistd.h>
#include <array>
#include <cstdlib>
#include <sstream>

using namespace ti::adapter;
namespace libssl = ti::libssl;

namespace {

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

constexpr std::array<long, 4> minima{CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_TLSv1_1, CURL_SSLVERSION_TLSv1_2,
                                     CURL_SSLVERSION_TLSv1_3};
constexpr std::array<long, 4> maxima{CURL_SSLVERSION_MAX_TLSv1_0, CURL_SSLVERSION_MAX_TLSv1_1,
                                     CURL_SSLVERSION_MAX_TLSv1_2, CURL_SSLVERSION_MAX_TLSv1_3};

// What came with libcurl 7.80: a callback between the handshake and the request. Older headers do not name it.
constexpr unsigned version_with_prerequest = 0x075000;
constexpr auto prerequest_function = static_cast<CURLoption>(CURLOPTTYPE_FUNCTIONPOINT + 312);
constexpr auto prerequest_data = static_cast<CURLoption>(CURLOPTTYPE_OBJECTPOINT + 313);
constexpr int prerequest_ok = 0, prerequest_abort = 1;

bool has_prerequest() { return curl_version_info(CURLVERSION_NOW)->version_num >= version_with_prerequest; }

/// Whether libcurl speaks TLS with the libssl that the functions called here are of: an object of another one, or of
/// one that is linked into libcurl, must not be looked into.
bool shares_libssl() {
  Dl_info curl{};
  if (::dladdr(reinterpret_cast<void*>(&curl_easy_perform), &curl) == 0) return false;
  void* loaded = ::dlopen(curl.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (!loaded) return false;
  const bool shared = ::dlsym(loaded, "SSL_version") == ::dlsym(RTLD_DEFAULT, "SSL_version");
  ::dlclose(loaded);
  return shared;
}

Failure failure_of(Stage stage, CURLcode code, const char* text = "") {
  return {stage, *text ? text : curl_easy_strerror(code), std::to_string(code)};
}

template <class Value>
void set(const Easy& easy, CURLoption option, Value value) {
  if (const CURLcode code = curl_easy_setopt(easy.get(), option, value)) throw failure_of(Stage::protocol, code);
}

Easy make_easy() { return {curl_easy_init(), curl_easy_cleanup}; }

struct RequestLine {
  std::string path;
  long http_version;
};

/// libcurl writes the request itself, so an order's request can only be honoured if it is a plain GET.
RequestLine parse_request(const std::string& request) {
  std::istringstream words(request);
  std::string method, path, version;
  words >> method >> path >> version;
  if (method == "GET" && path.starts_with('/') && version == "HTTP/1.0") return {path, CURL_HTTP_VERSION_1_0};
  if (method == "GET" && path.starts_with('/') && version == "HTTP/1.1") return {path, CURL_HTTP_VERSION_1_1};
  throw Unimplemented{"connect.request " + request};
}

/// libcurl looks at the settings only when it connects; a wrong one is to be known before.
void check(const Settings& settings) {
  if (settings.ciphers) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        libssl::new_context(libssl::Side::client, libssl::tls1_0 + static_cast<int>(settings.tls)), SSL_CTX_free);
    if (!context) throw Unimplemented{"configure.tls 1." + std::to_string(static_cast<int>(settings.tls))};
    choose_ciphers(context.get(), *settings.ciphers);
  }
  std::vector<std::string> files{settings.ca};
  if (settings.certificate) files.insert(files.end(), {settings.certificate->cert, settings.certificate->key});
  for (const std::string& file : files)
    if (::access(file.c_str(), R_OK) != 0) throw system_failure(Stage::protocol);
}

std::string cipher_list(const Settings& settings) {
  if (!settings.ciphers) return "ALL:!aNULL:@SECLEVEL=0";
  std::string list;
  for (const std::string& name : *settings.ciphers) list += name + ":";
  return list + "@SECLEVEL=0";
}

/// One transfer as libcurl's callbacks see it.
struct Transfer {
  const ConnectOrder& order;
  ConnectResult& result;
  CURL* easy;
  bool sees_ssl;
  bool connected = false;
  bool request_sent = false;
  bool session_kept = false;

  bool to_be_closed() const { return !order.read_response && (request_sent || !order.request); }
};

const SSL* ssl_of(const Transfer& transfer) {
  if (!transfer.sees_ssl) return nullptr;
  curl_tlssessioninfo* tls = nullptr;
  const CURLcode code = curl_easy_getinfo(transfer.easy, CURLINFO_TLS_SSL_PTR, &tls);
  if (code != CURLE_OK || !tls || tls->backend != CURLSSLBACKEND_OPENSSL) return nullptr;
  return static_cast<const SSL*>(tls->internals);
}

void note_connected(Transfer& transfer) {
  if (transfer.connected) return;
  transfer.connected = true;
  if (const SSL* ssl = ssl_of(transfer)) tell_handshake(ssl, transfer.result);
}

int before_request(void* context, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(context);
  note_connected(transfer);
  return transfer.to_be_closed() ? prerequest_abort : prerequest_ok;
}

int on_debug(CURL*, curl_infotype type, char*, std::size_t, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (type != CURLINFO_HEADER_OUT) return 0;
  note_connected(transfer);
  transfer.request_sent = true;
  return 0;
}

int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& transfer = *static_cast<const Transfer*>(context);
  return transfer.connected && transfer.to_be_closed() ? 1 : 0;
}

/// What libcurl keeps, libssl has handed to it before the response. Where that cannot be seen, it is taken for granted.
std::size_t on_body(char*, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  const SSL* ssl = ssl_of(transfer);
  transfer.session_kept = !ssl || libssl::is_resumable(SSL_get_session(ssl));
  return size * count;
}

Stage stage_of(CURLcode code, const Transfer& transfer) {
  if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST) return Stage::connect;
  if (code == CURLE_PEER_FAILED_VERIFICATION) return Stage::verify;
  if (!transfer.connected) return Stage::handshake;
  return code == CURLE_SEND_ERROR ? Stage::write : Stage::read;
}

/// One easy handle for all connections, each of them a new one: libcurl keeps the session in the handle, by host name
/// and port, and offers it by itself.
class CurlAdapter : public Adapter {
 public:
  Hello hello() const override {
    return {.library = "libcurl", .version = curl_version_info(CURLVERSION_NOW)->version, .carry = Carry::cache};
  }

  void configure(const Settings& settings) override {
    check(settings);
    easy_.reset();
    curl_global_cleanup();
    if (settings.keylog)
      ::setenv("SSLKEYLOGFILE", settings.keylog->c_str(), 1);
    else
      ::unsetenv("SSLKEYLOGFILE");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    easy_ = make_easy();
    settings_ = settings;
  }

  void connect(const ConnectOrder& order, ConnectResult& result) override {
    if (order.offer.kind == Offer::Kind::saved)
      throw Unimplemented{"connect.offer " + std::to_string(order.offer.after)};
    const bool may_lack_request = !order.read_response && has_prerequest();
    if (!order.request && !may_lack_request) throw Unimplemented{"connect.request null"};
    const RequestLine request = order.request ? parse_request(*order.request) : RequestLine{"/", CURL_HTTP_VERSION_1_0};
    Easy fresh = order.offer.kind == Offer::Kind::none ? make_easy() : Easy(nullptr, curl_easy_cleanup);
    const bool session_kept = transfer(fresh ? fresh : easy_, request, order, result);
    if (fresh && session_kept) easy_ = std::move(fresh);
  }

 private:
  /// Whether the handle has come to hold a session.
  bool transfer(const Easy& easy, const RequestLine& request, const ConnectOrder& order, ConnectResult& result) const {
    const std::string authority = settings_.server_name + ":" + std::to_string(order.port);
    const List address(curl_slist_append(nullptr, (authority + ":" + order.host).c_str()), curl_slist_free_all);
    std::array<char, CURL_ERROR_SIZE> error{};
    Transfer transfer{.order = order, .result = result, .easy = easy.get(), .sees_ssl = sees_ssl_};

    apply_settings(easy);
    set(easy, CURLOPT_URL, ("https://" + authority + request.path).c_str());
    set(easy, CURLOPT_HTTP_VERSION, request.http_version);
    set(easy, CURLOPT_RESOLVE, address.get());
    set(easy, CURLOPT_ERRORBUFFER, error.data());
    if (has_prerequest()) {
      set(easy, prerequest_function, before_request);
      set(easy, prerequest_data, &transfer);
    }
    set(easy, CURLOPT_VERBOSE, 1L);
    set(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    set(easy, CURLOPT_DEBUGDATA, &transfer);
    set(easy, CURLOPT_NOPROGRESS, 0L);
    set(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    set(easy, CURLOPT_XFERINFODATA, &transfer);
    set(easy, CURLOPT_WRITEFUNCTION, on_body);
    set(easy, CURLOPT_WRITEDATA, &transfer);

    const CURLcode code = curl_easy_perform(easy.get());
    if (transfer.connected && order.read_response) result.response_bytes = received(easy);
    const bool closed_as_ordered = code == CURLE_ABORTED_BY_CALLBACK && transfer.to_be_closed();
    if (code != CURLE_OK && !closed_as_ordered) throw failure_of(stage_of(code, transfer), code, error.data());
    return transfer.session_kept;
  }

  void apply_settings(const Easy& easy) const {
    const auto version = static_cast<std::size_t>(settings_.tls);
    curl_easy_reset(easy.get());
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_PROXY, "");
    set(easy, CURLOPT_FRESH_CONNECT, 1L);
    set(easy, CURLOPT_FORBID_REUSE, 1L);
    set(easy, CURLOPT_SSL_SESSIONID_CACHE, 1L);
    set(easy, CURLOPT_SSLVERSION, minima[version] | maxima[version]);
    set(easy, CURLOPT_SSL_CIPHER_LIST, cipher_list(settings_).c_str());
    set(easy, CURLOPT_CAINFO, settings_.ca.c_str());
    set(easy, CURLOPT_CAPATH, nullptr);
    if (!settings_.certificate) return;
    set(easy, CURLOPT_SSLCERT, settings_.certificate->cert.c_str());
    set(easy, CURLOPT_SSLKEY, settings_.certificate->key.c_str());
  }

  static std::size_t received(const Easy& easy) {
    long header = 0;
    curl_off_t body = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_HEADER_SIZE, &header);
    curl_easy_getinfo(easy.get(), CURLINFO_SIZE_DOWNLOAD_T, &body);
    return static_cast<std::size_t>(header + body);
  }

  const bool sees_ssl_ = shares_libssl();
  Settings settings_;
  Easy easy_{nullptr, curl_easy_cleanup};
};

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, {{"", []() -> std::unique_ptr<Adapter> { return std::make_unique<CurlAdapter>(); }}});
}
