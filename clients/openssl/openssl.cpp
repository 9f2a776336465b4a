#include "common/libssl_adapter.hpp"
#include "common/serve.hpp"

#include <openssl/crypto.h>

using namespace ti::adapter;

namespace {

std::string serialise(SSL_SESSION* session) {
  unsigned char* der = nullptr;
  const int length = i2d_SSL_SESSION(session, &der);
  std::string bytes(der, der + length);
  OPENSSL_free(der);
  return bytes;
}

SSL_SESSION* parse(std::string_view bytes, SSL_CTX*) {
  const auto* der = reinterpret_cast<const unsigned char*>(bytes.data());
  return d2i_SSL_SESSION(nullptr, &der, static_cast<long>(bytes.size()));
}

/// SSL_get_session(3): in TLSv1.3 it is recommended that each SSL_SESSION object is only used for resumption once.
Use use(const SSL_SESSION* session) {
  return SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION ? Use::once : Use::many_times;
}

template <Handover handover, Carry carry>
std::unique_ptr<Adapter> make() {
  return std::make_unique<LibsslAdapter>(
      LibsslFlavour{.library = "OpenSSL",
                    .version = OpenSSL_version(OPENSSL_VERSION_STRING),
                    .all_ciphers = "ALL:!aNULL",
                    .prepare = [](SSL_CTX* context) { SSL_CTX_set_security_level(context, 0); },
                    .serialise = serialise,
                    .parse = parse,
                    .copy = [](SSL_SESSION* session) { return SSL_SESSION_dup(session); },
                    .use = use},
      handover, carry);
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv,
             {{"get-session", make<Handover::get_session, Carry::cache>},
              {"callback", make<Handover::callback, Carry::cache>},
              {"export", make<Handover::get_session, Carry::exported>}});
}
