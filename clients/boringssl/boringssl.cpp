#include "common/libssl_adapter.hpp"
#include "common/serve.hpp"

#include <openssl/base.h>
#include <openssl/mem.h>

using namespace ti::adapter;

namespace {

std::string serialise(SSL_SESSION* session) {
  std::uint8_t* data = nullptr;
  std::size_t length = 0;
  if (SSL_SESSION_to_bytes(session, &data, &length) != 1) return {};
  std::string bytes(data, data + length);
  OPENSSL_free(data);
  return bytes;
}

SSL_SESSION* parse(std::string_view bytes, SSL_CTX* context) {
  return SSL_SESSION_from_bytes(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), context);
}

SSL_SESSION* share(SSL_SESSION* session) {
  SSL_SESSION_up_ref(session);
  return session;
}

Use use(const SSL_SESSION* session) {
  return SSL_SESSION_should_be_single_use(session) == 1 ? Use::once : Use::many_times;
}

template <Handover handover, Carry carry>
std::unique_ptr<Adapter> make() {
  return std::make_unique<LibsslAdapter>(LibsslFlavour{.library = "BoringSSL",
                                                       .version = "API " + std::to_string(BORINGSSL_API_VERSION),
                                                       .all_ciphers = "ALL",
                                                       .serialise = serialise,
                                                       .parse = parse,
                                                       .copy = share,
                                                       .use = use},
                                         handover, carry);
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv,
             {{"callback", make<Handover::callback, Carry::cache>},
              {"get-session", make<Handover::get_session, Carry::cache>},
              {"export", make<Handover::callback, Carry::exported>}});
}
